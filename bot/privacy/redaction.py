"""Redaction: personal data out of a text, and back in again.

    redaction = redact("我叫张伟，电话13800138000")
    redaction.text                      "我叫⟦PERSON_1⟧，电话⟦PHONE_1⟧"
    redaction.original_span(2, 12)      (2, 4)
    redaction.restore(reply, original)  the reply with name and number in it

Redacting a redacted text changes nothing: the rules run on their own output until they find no more.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from types import MappingProxyType

from bot.privacy.candidates import Candidate, settle
from bot.privacy.kinds import Kind
from bot.privacy.names import MOST_SOUGHT
from bot.privacy.normal import PLACEHOLDER, spell
from bot.privacy.search import search

_MOST_ROUNDS = 12
"""Rounds of redaction after which a text is taken as it is; two are the rule."""
_SHORTEST_KNOWN = 2
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
        """What to add to an offset behind `count` placeholders to get the one in the text as written."""
        return self.findings[count - 1].end - self._ends[count - 1] if count else 0

    def _begins(self, index: int) -> int:
        return self._ends[index] - len(self.findings[index].placeholder)


class Numbering:
    """Which placeholder stands for which value, over the turns of one conversation.

    Holds the values: it lives in memory and is never stored or logged.
    """

    def __init__(self) -> None:
        self._as_written: dict[tuple[Kind, str], str] = {}
        self._issued: dict[tuple[Kind, str], str] = {}
        self._last: dict[Kind, int] = {}
        self._names: dict[str, None] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """People named lately; every later turn is searched for them."""
        return tuple(islice(reversed(self._names), MOST_SOUGHT))

    def placeholder(self, kind: Kind, value: str, taken: frozenset[str] = frozenset()) -> str:
        """The placeholder of a value, the same for the same value; never one that is `taken`."""
        issued = self._as_written.get((kind, value))
        if issued is not None and issued not in taken:
            return issued
        same = _same_value(kind, value)
        issued = self._as_written[kind, value] = self._issue(kind, same, taken)
        return issued

    def _issue(self, kind: Kind, same: str, taken: frozenset[str]) -> str:
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
        """A redactor for one customer.

        Args:
            known: values of theirs (the name from the profile, …), redacted wherever they stand. Values of
                fewer than two characters are ignored: they would tear words apart.
        """
        spelled = {spell(value.strip()): kind for value, kind in known.items()}
        self._known = {value: kind for value, kind in spelled.items() if len(value) >= _SHORTEST_KNOWN}
        self._people = tuple(value for value, kind in self._known.items() if kind is Kind.PERSON)

    def redact(self, text: str, *, numbering: Numbering | None = None) -> Redaction:
        """The redaction of a text. Any text: it never raises.

        Args:
            text: as the customer wrote it; placeholders and masks (XXXX, ****) in it stay.
            numbering: that of the conversation, so that a value has the same placeholder in every turn.
        """
        numbering = numbering or Numbering()
        taken = (
            frozenset(match[0] for match in PLACEHOLDER.finditer(text)) if "⟦" in text else frozenset[str]()
        )
        found = more = self._search(text, numbering)
        redaction = _replace(text, found, numbering, taken)
        for _ in range(_MOST_ROUNDS):
            more = self._search(redaction.text, numbering) if more else []
            if not more:
                break
            found = settle([*found, *(_in_original(candidate, redaction) for candidate in more)])
            redaction = _replace(text, found, numbering, taken)
        return redaction

    def _search(self, text: str, numbering: Numbering) -> list[Candidate]:
        return search(text, self._known, (*self._people, *numbering.names))


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
