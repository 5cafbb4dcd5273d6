"""Postal addresses in English text: number and street, flat, postcode, ZIP; city and state stay.

British and American ones, and streets of the Continent: 27 Rua das Flores, Calle Mayor 12, Hauptstraße 4.
"""

import re
from functools import cache

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns.labels import words_pattern
from bot.privacy.rules import privacy_rules

_LEFT = 60
"""Characters before a street word in which its house number is looked for."""
_HOUSE = re.compile(
    r"(?:^|(?<=[^0-9A-Za-z/.-]))(?:[0-9]{1,6}[A-Za-z]?(?:[-/][0-9]{1,5}[A-Za-z]?)?),? "
    r"(?P<name>(?:(?:[A-Za-z][A-Za-z0-9'’.-]*|[0-9]{1,3}(?:st|nd|rd|th)) ){1,4})\Z"
)
_POSTCODE = re.compile(
    r"(?<![0-9A-Za-z])(?:GIR 0AA|[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]|[A-HK-Y][0-9][0-9ABEHMNPRV-Y]"
    r"|[0-9][A-HJKPS-UW]) [0-9][ABD-HJLNP-UW-Z]{2})(?![0-9A-Za-z])"
)
"""British postcode (BS 7666), with its space."""
_IS = r"(?:[\s:=]|is(?![a-z])|was(?![a-z])){1,5}"
_POSTCODE_SAID = re.compile(rf"post ?code{_IS}([a-z]{{1,2}}[0-9][0-9a-z]? ?[0-9][a-z]{{2}})(?![0-9a-z])")
_ZIP_SAID = re.compile(rf"(?<![a-z])zip(?: ?code)?{_IS}([0-9]{{5}}(?:-[0-9]{{4}})?)(?![0-9])")
_BOX = re.compile(r"(?<![a-z])(?:p\.? ?o\.? box|post office box) ?#?([0-9]{1,7})(?![0-9])")
_SAID = ((_POSTCODE_SAID, "post", "postcode"), (_ZIP_SAID, "zip", "ZIP code"), (_BOX, "box", "box number"))
_CAPITAL = r"[A-Z\u00c0-\u00de][\w'’-]*"
_NAME = rf"(?:(?:d[aeiou]s?|del|della|des|la|le|les|of|l['’]|d['’]) ?){{0,3}}{_CAPITAL}(?: {_CAPITAL})?"
"""A street's own name: a capital behind the small words that join it."""
_ORDINAL = re.compile(r"[0-9]{1,3}(?:st|nd|rd|th)?|[NSEW]{1,2}\.?")
_AFTER_LEAD_IN = re.compile(
    r"(?:[\s:=,-]|it is|is){0,3}"
    r"([0-9]{1,5}[A-Za-z]?(?:[-/][0-9]{1,4})?,? (?:[A-Z\u00c0-\u00de][^\s,;.!?]* ?){1,5})"
)


class EnglishAddresses:
    """The rules for addresses in English, with the words of privacy.toml."""

    def __init__(self) -> None:
        words = privacy_rules().addresses_en
        inside = f"(?:{words_pattern(words.inside)})"
        self._safe = frozenset(words.streets)
        self._not_between = words.not_between
        self._street = re.compile(f"(?:{words_pattern((*words.streets, *words.short_streets))})\\.?")
        self._flat_before = re.compile(rf"{inside}\.? ?#?[0-9]{{0,4}}[a-z]?,? ?\Z")
        self._flat_after = re.compile(
            rf",?\s(?:#|{inside}\.? ?#?)[0-9]{{0,4}}-?[a-z]?[0-9]{{0,3}}(?![0-9a-z])"
        )
        self._lead_in = re.compile(words_pattern(words.lead_ins))
        self._zip = re.compile(
            rf"[A-Z][A-Za-z.]+,? (?:{'|'.join(words.states)}),? ([0-9]{{5}}(?:-[0-9]{{4}})?)(?![0-9])"
        )

        before, number = words_pattern(words.before_name), r"[0-9]{1,4}[A-Za-z]?(?![0-9A-Za-z])"
        endings = "|".join(map(re.escape, words.endings))
        self._continental = re.compile(
            rf"(?<![0-9A-Za-z])(?:{number},? (?:{before}) {_NAME}|(?:{before}) {_NAME},? {number}"
            rf"|[A-Z\u00c0-\u00de]\w*-?(?:{endings}) {number})"
        )

    def find(self, reading: Reading) -> list[Candidate]:
        """Every address of the reading: number and street, flat, box, postcode and ZIP."""
        text, folded = reading.text, reading.folded
        found = [self._street_address(text, folded, street) for street in self._street.finditer(folded)]
        found += [self._told(text, lead_in) for lead_in in self._lead_in.finditer(folded)]
        found += [Candidate(*m.span(), Kind.ADDRESS, "British postcode") for m in _POSTCODE.finditer(text)]
        found += [
            Candidate(*m.span(), Kind.ADDRESS, "street of the Continent")
            for m in self._continental.finditer(text)
        ]
        found += [
            Candidate(*m.span(1), Kind.ADDRESS, "ZIP code after a state") for m in self._zip.finditer(text)
        ]
        for said, word, what in _SAID:
            if word not in folded:
                continue
            found += [
                Candidate(*m.span(1), Kind.ADDRESS, f"{what} after its label") for m in said.finditer(folded)
            ]
        return [candidate for candidate in found if candidate]

    def _street_address(self, text: str, folded: str, street: re.Match[str]) -> Candidate | None:
        left = max(0, street.start() - _LEFT)
        house = _HOUSE.search(text[left : street.start()])
        if house is None or not self._is_street(text[street.start() : street.end()], house["name"].split()):
            return None
        start, end = left + house.start(), street.end()
        before = self._flat_before.search(folded, max(0, start - 16), start)
        after = self._flat_after.match(folded, end)
        start, end = before.start() if before else start, after.end() if after else end
        return Candidate(start, end, Kind.ADDRESS, "house number and street")

    def _is_street(self, street: str, name: list[str]) -> bool:
        if any(word.lower() in self._not_between and not word.istitle() for word in name):
            return False
        if street.lower().rstrip(".") in self._safe:
            return True
        return street[0].isupper() and all(word[0].isupper() or _ORDINAL.fullmatch(word) for word in name)

    def _told(self, text: str, lead_in: re.Match[str]) -> Candidate | None:
        told = _AFTER_LEAD_IN.match(text, lead_in.end())
        if told is None:
            return None
        end = told.end(1) - (len(told[1]) - len(told[1].rstrip()))
        return Candidate(told.start(1), end, Kind.ADDRESS, f"number and name after {lead_in[0]!r}")


@cache
def english_addresses() -> EnglishAddresses:
    """The rules, built once."""
    return EnglishAddresses()
