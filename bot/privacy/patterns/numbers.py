"""Numbers made of digits alone: phones, cards, identity numbers, accounts.

Every run of digits is offered to the rules below in order, from each of its groups; the first rule that
accepts takes it. A rule is a shape and a judge: the judge weighs check digit, label and spelling.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns import checksums, shapes
from bot.privacy.patterns.labels import NO_LABEL, Label, Labels, words_pattern
from bot.privacy.rules import privacy_rules

_SHORTEST = 6
"""Characters of the shortest run worth a look."""
_CODE_BEFORE = re.compile(r"([A-Za-z]{1,12})[-_]?\Z")
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
    "account_number": Span(Kind.ACCOUNT, 6, 26),
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


_ACCOUNTS = ("account", "account_number", "card")


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
            (shapes.IDENTITY, self._identity),
            (shapes.MOBILE, self._mobile),
            (shapes.CARD, self._card),
            (shapes.SSN, _social_security),
            (shapes.NORTH_AMERICAN, self._north_american),
            (shapes.TRUNK, self._trunk),
        )

        self._first_rules: tuple[tuple[re.Pattern[str], Judge], ...] = (
            (shapes.ANY, self._international),
            (shapes.ANY, self._labelled),
        )

    def find(self, reading: Reading, labels: Labels) -> list[Candidate]:
        """Every number of the reading that identifies someone."""
        found: list[Candidate] = []
        for run in shapes.RUN.finditer(reading.text):
            if run.end() - run.start() >= _SHORTEST:
                self._read_run(reading, labels, run.span(), found)
        return found

    def _read_run(
        self, reading: Reading, labels: Labels, run: tuple[int, int], found: list[Candidate]
    ) -> None:
        text, (start, end) = reading.text, run
        code = self._part_of_code(text, start)
        done = start
        for group in shapes.GROUP.finditer(text, start, end):
            at, first = group.start(), group.start() == start
            if at < done or not (first or shapes.BEGINS.match(text, at)) or shapes.DATE.match(text, at):
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
        if shapes.DECIMAL.fullmatch(written):
            return True
        return written.isdigit() and (
            self._unit.match(folded, candidate.end) is not None
            or shapes.DECIMALS_AFTER.match(folded, candidate.end) is not None
        )

    def _identity(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        number = shapes.plain(match[0])
        if int(number[:2]) not in self._provinces or not checksums.real_date(number[6:14]):
            return None
        check = "check digit valid" if checksums.identity_number(number) else "check digit wrong"
        return spot.candidate(
            Kind.ID_NUMBER, match.end(), f"identity number: province and date of birth, {check}"
        )

    def _mobile(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        groups = [len(group) for group in shapes.GROUP.findall(match["number"])]
        evenly = min(groups) >= 3 or max(groups) == 1
        if not (evenly or (groups[0] > 1 and spot.label.hints("phone", "wechat"))):
            return None
        kind = {"wechat": Kind.WECHAT, "qq": Kind.QQ}.get(
            spot.label.kind if spot.label.touching else "", Kind.PHONE
        )
        if kind is Kind.PHONE and spot.label.says(*_ACCOUNTS, "social_insurance") and not match["country"]:
            kind = _LABELLED.get(spot.label.kind, _LABELLED["account"]).kind
        if spot.plus and not match["country"]:
            return None
        extension = shapes.EXTENSION.match(spot.reading.folded, match.end())
        end = extension.end() if extension else match.end()
        return spot.candidate(kind, end, "mobile number of mainland China: 11 digits from 13 to 19")

    def _card(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        digits, grouped = shapes.plain(match[0]), not match[0].isdigit()
        valid, known = checksums.luhn(digits), shapes.ISSUER.fullmatch(digits) is not None
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
        chinese = shapes.CHINESE_LANDLINE.match(spot.text, spot.start)
        if chinese and not spot.label.says(*_ACCOUNTS):
            return self._phone(spot, chinese.end(), "landline: area code and number")
        digits = shapes.plain(match[0])
        certain = not match[0].isdigit() or digits.startswith("07") or spot.label.hints("phone")
        if not (certain or self._phone_after(spot, match.end())) or spot.label.says(*_ACCOUNTS):
            return None
        return self._phone(spot, match.end(), "phone number: trunk prefix 0 and ten or eleven digits")

    def _international(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        if not spot.plus and not (match[0].startswith("00") and not match[0].isdigit()):
            return None
        end = shapes.joined(match[0], _SHORTEST_INTERNATIONAL, _LONGEST_PHONE)
        return self._phone(spot, spot.start + end, "phone number: country code") if end else None

    def _labelled(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        label = spot.label
        if not (label.says(*_LABELLED) or label.hints("account_number")):
            return self._near_phone(spot, match)
        kind, fewest, most = _LABELLED[label.kind]
        end = shapes.joined(match[0], fewest, most)
        if not end:
            return None
        if kind is Kind.PHONE:
            return self._phone(spot, spot.start + end, "phone number: 7 to 15 digits")
        return spot.candidate(kind, spot.start + end, f"{fewest} to {most} digits")

    def _near_phone(self, spot: Spot, match: re.Match[str]) -> Candidate | None:
        """A number not quite beside its label must look like a phone number."""
        if not (spot.label.hints("phone") or self._phone_after(spot, match.end())):
            return None
        end = shapes.joined(match[0], 7, 13)
        plain = match[0][:end].isdigit()
        if not end or (plain and end < _NANP_DIGITS):
            return None
        return self._phone(spot, spot.start + end, "phone number: 7 to 13 digits in groups")

    def _phone_after(self, spot: Spot, end: int) -> bool:
        return _PHONE_AFTER.match(spot.reading.folded, end) is not None

    def _phone(self, spot: Spot, end: int, reason: str) -> Candidate | None:
        """A phone number unless it is a hotline or a date; takes its extension along."""
        digits = shapes.plain(spot.text[spot.start : end])
        hotline = self._hotline.fullmatch(digits) or (
            not spot.reading.has_han and self._hotline_outside_china.fullmatch(digits)
        )
        if hotline or spot.label.says("hotline"):
            return None
        if len(digits) == 8 and digits[0] in "12" and checksums.real_date(digits):
            return None
        extension = shapes.EXTENSION.match(spot.reading.folded, end)
        return spot.candidate(Kind.PHONE, extension.end() if extension else end, reason)


def _social_security(spot: Spot, match: re.Match[str]) -> Candidate | None:
    if match[0].count("-") != 2 and not spot.label.hints("ssn"):
        return None
    return spot.candidate(Kind.SSN, match.end(), "social security number: 3-2-4 digits")


def _digits_pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(form.replace("x", "[0-9]") for form in forms))


@cache
def number_rules() -> NumberRules:
    """The rules, built once."""
    return NumberRules()
