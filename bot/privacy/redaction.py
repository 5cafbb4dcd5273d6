"""Redaction: personal data out of a text, and back in again.

    redaction = redact("我叫张伟，电话13800138000")
    redaction.text                      "我叫⟦PERSON_1⟧，电话⟦PHONE_1⟧"
    redaction.original_span(2, 14)      (2, 4)
    redaction.restore(reply, original)  the reply with name and number in it

Redacting a redacted text changes nothing: the rules run on their own output until they find no more.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from types import MappingProxyType

from bot.privacy.addresses import chinese_addresses
from bot.privacy.addresses_en import english_addresses
from bot.privacy.candidates import Candidate, settle
from bot.privacy.kinds import Kind
from bot.privacy.names import MOST_SOUGHT, find_again, find_names, occurrences
from bot.privacy.normal import FILLER, PLACEHOLDER, Reading, read, spell
from bot.privacy.patterns.birth import find_birth_dates
from bot.privacy.patterns.codes import find_codes
from bot.privacy.patterns.labels import Labels
from bot.privacy.patterns.numbers import number_rules
from bot.privacy.patterns.online import find_online

_MOST_ROUNDS = 12
"""Rounds of redaction after which a text is taken as it is; two are the rule."""
_SHORTEST_KNOWN = 2
_ONCE = frozenset({Kind.ADDRESS, Kind.DATE_OF_BIRTH})
_SHORTEST_AGAIN = 5
"""Characters from which a value that was found once is looked for in the rest of the text."""

NOTHING_KNOWN: Mapping[str, Kind] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Finding:
    """Something personal in a text."""

    kind: Kind
    start: int
    """Character offset in the text as written."""
    end: int
    placeholder: str
    """What stands for it in the redacted text: ⟦PHONE_1⟧."""
    reason: str
    """The rule, the check digit and the word in front that made it one; never the value."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """A redacted text, and the way back to the text as written."""

    text: str
    findings: tuple[Finding, ...]
    """In order of the text, none overlapping."""
    _ends: tuple[int, ...] = field(repr=False)
    """Where the placeholder of each finding ends in `text`."""

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text as written that a span of the redacted text stands for.

        A span that touches the inside of a placeholder covers the whole original value.

        Raises:
            ValueError: the span does not lie in the redacted text.
        """
        _check(start, end, len(self.text))
        first = bisect_right(self._ends, start)
        original_start = start + self._shift(first)
        if first < len(self.findings) and start > self._begins(first):
            original_start = self.findings[first].start
        last = bisect_left(self._ends, end)
        original_end = end + self._shift(last)
        if last < len(self.findings) and end > self._begins(last):
            original_end = self.findings[last].end
        return original_start, original_end

    def redacted_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the redacted text that stands for a span of the text as written.

        A span that touches the inside of a redacted value covers its whole placeholder.

        Raises:
            ValueError: the span does not lie in the text as written.
        """
        _check(start, end, len(self.text) + self._shift(len(self.findings)))
        first = bisect_right(self.findings, start, key=_finding_end)
        redacted_start = start - self._shift(first)
        if first < len(self.findings) and start > self.findings[first].start:
            redacted_start = self._begins(first)
        last = bisect_left(self.findings, end, key=_finding_end)
        redacted_end = end - self._shift(last)
        if last < len(self.findings) and end > self.findings[last].start:
            redacted_end = self._ends[last]
        return redacted_start, redacted_end

    def restore(self, text: str, original: str) -> str:
        """`text` with the values of `original` in place of the placeholders this redaction issued.

        The second mention of a value is restored as `original` writes it the second time. Placeholders it did
        not issue stay. `original` is the text as written that this redaction came from.
        """
        written: dict[str, list[str]] = {}
        for finding in self.findings:
            written.setdefault(finding.placeholder, []).append(original[finding.start : finding.end])
        mentions: dict[str, int] = {}

        def value(match: re.Match[str]) -> str:
            values = written.get(match[0])
            if values is None:
                return match[0]
            mention = mentions.get(match[0], 0)
            mentions[match[0]] = mention + 1
            return values[mention] if mention < len(values) else values[0]

        return PLACEHOLDER.sub(value, text)

    def _shift(self, count: int) -> int:
        """What to add to an offset after the first `count` placeholders to get the one in the text as written."""
        return self.findings[count - 1].end - self._ends[count - 1] if count else 0

    def _begins(self, index: int) -> int:
        return self._ends[index] - len(self.findings[index].placeholder)


class Numbering:
    """Which placeholder stands for which value, over the turns of one conversation.

    Holds the values: it lives in memory and is never stored or logged.
    """

    def __init__(self) -> None:
        self._issued: dict[tuple[Kind, str], str] = {}
        self._last: dict[Kind, int] = {}
        self._names: dict[str, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """People named lately; every later turn is searched for them."""
        return tuple(islice(reversed(self._names), MOST_SOUGHT))

    def placeholder(self, kind: Kind, value: str, taken: frozenset[str] = frozenset()) -> str:
        """The placeholder of a value, the same for the same value; never one that is `taken`."""
        same = _same_value(kind, value)
        issued = self._issued.get((kind, same))
        if issued is not None and issued not in taken:
            return issued
        number = self._last.get(kind, 0) + 1
        while (placeholder := f"⟦{kind}_{number}⟧") in taken:
            number += 1
        self._last[kind] = number
        self._issued[kind, same] = placeholder
        if kind is Kind.PERSON:
            self._names[same] = None
        return placeholder

    def __repr__(self) -> str:
        return f"<Numbering of {len(self._issued)} values>"


class Redactor:
    """Finds personal data and puts placeholders in its place."""

    def __init__(self, known: Mapping[str, Kind] = NOTHING_KNOWN) -> None:
        """`known`: values of this customer (their name from the profile, …) that are redacted wherever they stand.

        Values of fewer than two characters are ignored: they would tear words apart.
        """
        self._known: dict[str, Kind] = {}
        for value, kind in known.items():
            same = read(value.strip()).folded
            if len(same) >= _SHORTEST_KNOWN and FILLER not in same:
                self._known[same] = kind

    def redact(self, text: str, *, numbering: Numbering | None = None) -> Redaction:
        """The redaction of a text. Any text: it never raises.

        Args:
            text: as the customer wrote it; placeholders and masks (XXXX, ****) in it stay.
            numbering: that of the conversation, so that the same value gets the same placeholder in every turn.
        """
        numbering = numbering or Numbering()
        taken = (
            frozenset(match[0] for match in PLACEHOLDER.finditer(text)) if "⟦" in text else frozenset[str]()
        )
        found = more = self._find(read(text), numbering.names)
        redaction = _replace(text, found, numbering, taken)
        for _ in range(_MOST_ROUNDS):
            more = self._find(read(redaction.text), numbering.names) if more else []
            if not more:
                break
            found = settle([*found, *(_in_original(candidate, redaction) for candidate in more)])
            redaction = _replace(text, found, numbering, taken)
        return redaction

    def _find(self, reading: Reading, names: tuple[str, ...]) -> list[Candidate]:
        """What a reading holds, settled; offsets in the text as written."""
        candidates = self._propose(reading)
        if names:
            candidates += find_again(reading, names)
        if candidates:
            candidates += _again(reading, candidates)
        settled = settle(candidates) if len(candidates) > 1 else candidates
        pieces = [piece for candidate in settled for piece in _readable(reading.text, candidate)]
        if reading.offsets is None:
            return pieces
        spans = [reading.written(piece.start, piece.end) for piece in pieces]
        return [
            piece._replace(start=start, end=end) for piece, (start, end) in zip(pieces, spans, strict=True)
        ]

    def _propose(self, reading: Reading) -> list[Candidate]:
        candidates = [
            Candidate(start, end, kind, "known value of this customer")
            for value, kind in self._known.items()
            for start, end in occurrences(reading.folded, value)
        ]
        if self._known:
            candidates += find_again(
                reading, [value for value, kind in self._known.items() if kind is Kind.PERSON]
            )
        if reading.has_digit:
            labels = Labels(reading.folded)
            candidates += number_rules().find(reading, labels)
            candidates += find_codes(reading, labels)
            candidates += find_birth_dates(reading)
            if reading.has_latin:
                candidates += english_addresses().find(reading)
        candidates += find_online(reading)
        if reading.has_han:
            candidates += chinese_addresses().find(reading)
        candidates += find_names(reading)
        return candidates


@cache
def default_redactor() -> Redactor:
    """The redactor that knows no customer."""
    return Redactor()


def redact(text: str) -> Redaction:
    """The redaction of a text by a redactor that knows no customer."""
    return default_redactor().redact(text)


def _in_original(candidate: Candidate, redaction: Redaction) -> Candidate:
    start, end = redaction.original_span(candidate.start, candidate.end)
    return candidate._replace(start=start, end=end)


def _again(reading: Reading, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The other places where a value stands that was found once."""
    values = dict.fromkeys((c.kind, reading.folded[c.start : c.end]) for c in candidates)
    found: list[Candidate] = []
    for kind, value in islice(values, MOST_SOUGHT):
        if kind is Kind.PERSON:
            found += find_again(reading, [value])
        elif kind not in _ONCE and len(value) >= _SHORTEST_AGAIN and reading.folded.count(value) > 1:
            spans = occurrences(reading.folded, value)
            found += [Candidate(*span, kind, "a value found elsewhere") for span in spans]
    return found


def _readable(text: str, candidate: Candidate) -> list[Candidate]:
    """The candidate without placeholders, masks and white space at its edges.

    Nothing, if no letter or digit is left.
    """
    whole = text[candidate.start : candidate.end]
    if FILLER not in whole and whole.strip() == whole and any(map(str.isalnum, whole)):
        return [candidate]
    return [
        candidate._replace(start=part.start(), end=part.end())
        for part in _PART.finditer(text, candidate.start, candidate.end)
        if any(map(str.isalnum, part[0]))
    ]


def _replace(text: str, found: list[Candidate], numbering: Numbering, taken: frozenset[str]) -> Redaction:
    pieces: list[str] = []
    findings: list[Finding] = []
    ends: list[int] = []
    at = length = 0
    for candidate in found:
        placeholder = numbering.placeholder(candidate.kind, text[candidate.start : candidate.end], taken)
        pieces += (text[at : candidate.start], placeholder)
        length += candidate.start - at + len(placeholder)
        at = candidate.end
        findings.append(
            Finding(candidate.kind, candidate.start, candidate.end, placeholder, candidate.reason)
        )
        ends.append(length)
    return Redaction("".join([*pieces, text[at:]]), tuple(findings), tuple(ends))


def _same_value(kind: Kind, value: str) -> str:
    """The form in which two writings of one value are equal."""
    same = spell(value)
    if kind is Kind.PERSON:
        return " ".join(same.split())
    return same if same.isalnum() else "".join(c for c in same if c.isalnum() or c in "@.") or same


def _finding_end(finding: Finding) -> int:
    return finding.end


def _check(start: int, end: int, length: int) -> None:
    if not 0 <= start <= end <= length:
        raise ValueError(f"span {start} to {end} does not lie in a text of {length} characters")


_PART = re.compile(rf"[^{FILLER}\s](?:[^{FILLER}]*[^{FILLER}\s])?")
