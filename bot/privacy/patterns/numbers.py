"""Numbers made of digits alone: phones, cards, identity numbers, accounts.

Every run of digits is offered to the rules below in order, from each of its groups; the first rule that accepts
takes it. A rule is a shape and a judge: the judge weighs check digit, label and spelling.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns import checksums
from bot.privacy.patterns.labels import NO_LABEL, Label, Labels, words_pattern
from bot.privacy.rules import privacy_rules

_RUN = re.compile(r"[0-9](?:[0-9]|[ .()-]{1,3}(?=[0-9]))*")
_GROUP = re.compile(r"[0-9]+")
_SHORTEST = 6
"""Characters of the shortest run worth a look."""
_CODE_BEFORE = re.compile(r"([A-Za-z]{1,12})[-_]?\Z")
_DECIMALS_AFTER = re.compile(r"\.[0-9]{1,2}(?![0-9])")
_DECIMAL = re.compile(r"[0-9]+\.[0-9]{1,2}")
_EXTENSION = re.compile(r" ?(?:ext\.? ?|x|转|分机号?|#)[0-9]{1,6}(?![0-9])|-[0-9]{1,5}(?![0-9])")
_CARD_AFTER = re.compile(r".{0,5}(?:卡|card)")
_PHONE_AFTER = re.compile(r"[ ,-]{0,3}(?:\()?(?:是我(?:的)?(?:手机|电话)|office|mobile|fax|cell|home|desk)")

_MOBILE_DIGITS = 11
_NANP_DIGITS = 10
_LONGEST_PHONE = 15
_SHORTEST_INTERNATIONAL = 8


class Span(NamedTuple):
    """How many digits a labelled number has, and what it is then."""

    kind: Kind
    fewest: int
    most: int


_LABELLED = {
    "phone": Span(Kind.PHONE, 7, _LONGEST_PHONE),
    "account": Span(Kind.ACCOUNT, 6, 26),
    "sort_code": Span(Kind.ACCOUNT, 6, 14),
    "id_number": Span(Kind.ID_NUMBER, 8, 18),
    "ssn": Span(Kind.SSN, 9, 9),
    "social_insurance": Span(Kind.SOCIAL_INSURANCE, 6, 20),
    "company": Span(Kind.COMPANY_ID, 13, 18),
    "imei": Span(Kind.IMEI, 14, 17),
    "qq": Span(Kind.QQ, 5, 11),
    "wechat": Span(Kind.WECHAT, 6, 19),
    "passport": Span(Kind.PASSPORT, 6, 10),
    "permit": Span(Kind.TRAVEL_PERMIT, 8, 11),
    "licence": Span(Kind.DRIVER_LICENCE, 6, 18),
    "vehicle": Span(Kind.VEHICLE, 6, 17),
}


class Spot:
    """A group of digits and what stands around it."""

    __slots__ = ("_label", "_labels", "plus", "reading", "start", "text")

    def __init__(self, reading: Reading, start: int, labels: Labels | None) -> None:
        self.reading = reading
        self.text = reading.text
        self.start = start
        self.plus = start > 0 and self.text[max(0, start - 2) : start].rstrip("(").endswith("+")
        self._labels = labels
        self._label = None if labels else NO_LABEL

    @property
    def label(self) -> Label:
        """The label before it; only the first group of a run has one."""
        if self._label is None:
            self._label = self._labels.before(self.start) if self._labels else NO_LABEL
        return self._label

    def candidate(self, kind: Kind, end: int, reason: str) -> Candidate:
        """A find from here to `end`, with the bracket or plus sign in front."""
        start = self.start
        if start and self.text[start - 1] == "(" and ")" in self.text[start:end]:
            start -= 1
        if start and self.text[start - 1] == "+":
            start -= 1
        word = self.label.word
        return Candidate(start, end, kind, f"{reason}, after {word!r}" if word else reason)


Judge = Callable[[Spot, re.Match[str]], Candidate | None]


class NumberRules:
    """The rules for digits, with the words of privacy.toml."""

    def __init__(self) -> None:
        rules = privacy_rules().numbers
        self._provinces = rules.provinces
        self._phone_letters = frozenset(rules.phone_letters)
        self._unit = re.compile(rf"\s?(?:{words_pattern(rules.units)})")
        self._currency = re.compile(rf"(?:{'|'.join(map(re.escape, rules.currencies))})\s?\Z")
        self._hotline = _digits_pattern(rules.hotlines)
        self._hotline_outside_china = _digits_pattern(rules.hotlines_outside_china)
        self._rules: tuple[tuple[re.Pattern[str], Judge], ...] = (
            (_IDENTITY, self._identity),
            (_MOBILE, self._mobile),
            (_CARD, self._card),
            (_SSN, _social_security),
            (_NANP, self._north_american),
            (_TRUNK, self._trunk),
        )

        self._first_rules: tuple[tuple[re.Pattern[str], Judge], ...] = (
            (_ANY, self._international),
            (_ANY, self._labelled),
        )

    def find(self, reading: Reading, labels: Labels) -> list[Candidate]:
        """Every number of the reading that identifies someone."""
        found: list[Candidate] = []
        for run in _RUN.finditer(reading.text):
            if run.end() - run.start() >= _SHORTEST:
                self._read_run(reading, labels, run.span(), found)
        return found

    def _read_run(
        self, reading: Reading, labels: Labels, run: tuple[int, int], found: list[Candidate]
    ) -> None:
        text, (start, end) = reading.text, run
        code = self._part_of_code(text, start)
        done = start
        for group in _GROUP.finditer(text, start, end):
            at, first = group.start(), group.start() == start
            if at < done or not (first or _BEGINS.match(text, at)) or _DATE.match(text, at):
                continue
            code = code and (first or text[at - 1] == "-")
            if not first and text[at - 1] == "." and at - 1 != done:
                continue
            candidate = self._judge(Spot(reading, at, labels if first else None), first, code)
            if candidate:
                found.append(candidate)
                done = candidate.end

    def _part_of_code(self, text: str, start: int) -> bool:
        """Whether letters in front make the digits part of a code: HT-20260012, SF1380013800012."""
        letters = _CODE_BEFORE.search(text, max(0, start - 13), start)
        return letters is not None and letters[1].lower() not in self._phone_letters

    def _judge(self, spot: Spot, first: bool, code: bool) -> Candidate | None:
        """What the number that begins here is. `first`: nothing but its label stands before it."""
        for shape, judge in self._rules + self._first_rules * first:
            match = shape.match(spot.text, spot.start)
            candidate = judge(spot, match) if match else None
            if candidate and not self._vetoed(spot, candidate, code):
                return candidate
        return None

    def _vetoed(self, spot: Spot, candidate: Candidate, code: bool) -> bool:
        """An amount, a code, or a number of the business."""
        folded = spot.reading.folded
        if spot.label.says("keep") or (code and not (spot.label.touching and spot.label.kind in _LABELLED)):
            return True
        if self._currency.search(folded, max(0, candidate.start - 5), candidate.start):
            return True
        written = spot.text[spot.start : candidate.end]
        if _DECIMAL.fullmatch(written):
            return True
        return written.isdigit() and (
            self._unit.match(folded, candidate.end) is not None
            or _DECIMALS_AFTER.match(folded, candidate.end) is not None
        )

    def _identity(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        number = _plain(match[0])
        if int(number[:2]) not in self._provinces or not checksums.real_date(number[6:14]):
            return None
        check = "check digit valid" if checksums.identity_number(number) else "check digit wrong"
        return spot.candidate(
            Kind.ID_NUMBER, match.end(), f"identity number: province and date of birth, {check}"
        )

    def _mobile(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        groups = [len(group) for group in _GROUP.findall(match["number"])]
        evenly = min(groups) >= 3 or max(groups) == 1
        if not (evenly or spot.label.hints("phone", "wechat")):
            return None
        kind = {"wechat": Kind.WECHAT, "qq": Kind.QQ}.get(
            spot.label.kind if spot.label.touching else "", Kind.PHONE
        )
        if (
            kind is Kind.PHONE
            and spot.label.says("account", "card", "social_insurance")
            and not match["country"]
        ):
            kind = _LABELLED.get(spot.label.kind, _LABELLED["account"]).kind
        if spot.plus and not match["country"]:
            return None
        extension = _EXTENSION.match(spot.reading.folded, match.end())
        end = extension.end() if extension else match.end()
        return spot.candidate(kind, end, "mobile number of mainland China: 11 digits from 13 to 19")

    def _card(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        digits, grouped = _plain(match[0]), not match[0].isdigit()
        valid, known = checksums.luhn(digits), _ISSUER.fullmatch(digits) is not None
        touching = spot.label.says("card")
        hinted = spot.label.hints("card") or _CARD_AFTER.match(spot.reading.folded, match.end()) is not None
        if valid and (hinted or known or (grouped and digits[0] in "3456")):
            return spot.candidate(Kind.CARD, match.end(), "bank card: Luhn check digit valid")
        if touching or (grouped and digits.startswith("62") and known):
            return spot.candidate(Kind.CARD, match.end(), "bank card: length and grouping, check digit wrong")
        return None

    def _north_american(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        written_as_phone = not match[0].isdigit() or spot.plus
        if not (written_as_phone or spot.label.hints("phone") or self._phone_after(spot, match.end())):
            return None
        return self._phone(spot, match.end(), "phone number: ten digits, North American form")

    def _trunk(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        chinese = _CHINESE_LANDLINE.match(spot.text, spot.start)
        if chinese and not spot.label.says("account", "card"):
            return self._phone(spot, chinese.end(), "landline: area code and number")
        digits = _plain(match[0])
        certain = not match[0].isdigit() or digits.startswith("07") or spot.label.hints("phone")
        if not (certain or self._phone_after(spot, match.end())) or spot.label.says("account", "card"):
            return None
        return self._phone(spot, match.end(), "phone number: trunk prefix 0 and ten or eleven digits")

    def _international(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        if not spot.plus and not (match[0].startswith("00") and not match[0].isdigit()):
            return None
        end = _joined(match[0], _SHORTEST_INTERNATIONAL, _LONGEST_PHONE)
        return self._phone(spot, spot.start + end, "phone number: country code") if end else None

    def _labelled(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        label = spot.label
        if not label.says(*_LABELLED):
            return self._near_phone(spot, match)
        kind, fewest, most = _LABELLED[label.kind]
        end = _joined(match[0], fewest, most)
        if not end:
            return None
        if kind is Kind.PHONE:
            return self._phone(spot, spot.start + end, "phone number: 7 to 15 digits")
        return spot.candidate(kind, spot.start + end, f"{fewest} to {most} digits")

    def _near_phone(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        """A number not quite beside its label must look like a phone number."""
        if not (spot.label.hints("phone") or self._phone_after(spot, match.end())):
            return None
        end = _joined(match[0], 7, 13)
        plain = match[0][:end].isdigit()
        if not end or (plain and end < _NANP_DIGITS):
            return None
        return self._phone(spot, spot.start + end, "phone number: 7 to 13 digits in groups")

    def _phone_after(self, spot: Spot, end: int) -> bool:
        return _PHONE_AFTER.match(spot.reading.folded, end) is not None

    def _phone(self, spot: Spot, end: int, reason: str) -> Candidate | None:
        """A phone number unless it is a hotline or a date; takes its extension along."""
        digits = _plain(spot.text[spot.start : end])
        hotline = self._hotline.fullmatch(digits) or (
            not spot.reading.has_han and self._hotline_outside_china.fullmatch(digits)
        )
        if hotline or spot.label.says("hotline"):
            return None
        if len(digits) == 8 and digits[0] in "12" and checksums.real_date(digits):
            return None
        extension = _EXTENSION.match(spot.reading.folded, end)
        return spot.candidate(Kind.PHONE, extension.end() if extension else end, reason)


def _social_security(spot: Spot, match: re.Match[str]) -> Candidate | None:
    if match[0].count("-") != 2 and not spot.label.hints("ssn"):
        return None
    return spot.candidate(Kind.SSN, match.end(), "social security number: 3-2-4 digits")


def _plain(written: str) -> str:
    return "".join(character for character in written if character.isalnum())


def _joined(written: str, fewest: int, most: int) -> int:
    """Length of the beginning of `written` that makes a number of `fewest` to `most` digits; 0 if none does.

    Groups join until there are enough digits; after that only across a hyphen, or if of two digits or more.
    """
    end = digits = 0
    for group in _GROUP.finditer(written):
        size = group.end() - group.start()
        complete = digits >= fewest
        if digits + size > most or (complete and size < 2 and written[group.start() - 1] != "-"):
            break
        digits, end = digits + size, group.end()
    return end if fewest <= digits else 0


def _digits_pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(form.replace("x", "[0-9]") for form in forms))


_BEGINS = re.compile(r"[0-9]{3}|[0-9]{1,2}[ .()-]{1,3}[0-9]{3}|1[ -][3-9](?:[ -][0-9]){9}(?![ -]?[0-9])")
"""What a number inside a run of digits begins with."""
_DATE = re.compile(r"(?:19|20)[0-9]{2}([-.])[0-9]{1,2}\1[0-9]{1,2}(?![0-9])")
_IDENTITY = re.compile(
    r"[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}[ -]?(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12][0-9]|3[01])[ -]?[0-9]{3}[ -]?[0-9Xx](?![0-9A-Za-z])"
)
_MOBILE = re.compile(r"(?P<country>(?:00)?86[ )-]{0,2})?0?(?P<number>1[ -]?[3-9](?:[ .-]?[0-9]){9})(?![0-9])")
_CARD = re.compile(
    r"3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}(?![0-9])|[0-9]{4}(?:[ -]?[0-9]{4}){2,3}(?:[ -]?[0-9]{1,3})?(?![0-9])"
)
_ISSUER = re.compile(
    r"4[0-9]{15}|5[1-5][0-9]{14}|2[2-7][0-9]{14}|3[47][0-9]{13}|3(?:0[0-5]|[68][0-9])[0-9]{11}|35[0-9]{14}|6(?:011|5[0-9]{2}|4[4-9][0-9])[0-9]{12}"
    r"|62[0-9]{14,17}|9558[0-9]{15}"
)
_SSN = re.compile(r"[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{4}(?![0-9-])")
_NANP = re.compile(r"(?:1[ .-]?)?\(?[2-9][0-9]{2}\)?[ .-]{0,2}[2-9][0-9]{2}[ .-]?[0-9]{4}(?![0-9])")
_TRUNK = re.compile(r"0[1-9](?:[ .)-]{0,2}[0-9]){8,10}(?![0-9])")
_CHINESE_LANDLINE = re.compile(
    r"0(?:10|2[0-9]|[3-9][0-9]{2})\)?[ -]{0,2}[2-9][0-9]{2,3}[ -]?[0-9]{4}(?![0-9])"
)
_ANY = re.compile(r"[0-9]+(?:[ .()-]{1,3}[0-9]+){0,12}")


@cache
def number_rules() -> NumberRules:
    """The rules, built once."""
    return NumberRules()
