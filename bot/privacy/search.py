"""All rules over one text: what they find, settled, with offsets in the text as written."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice

from bot.privacy.addresses import chinese_addresses
from bot.privacy.addresses_en import english_addresses
from bot.privacy.candidates import Candidate, settle
from bot.privacy.kinds import Kind
from bot.privacy.names import MOST_SOUGHT, find_again, find_names, occurrences
from bot.privacy.normal import FILLER, Reading, read
from bot.privacy.patterns.birth import find_birth_dates
from bot.privacy.patterns.codes import find_codes
from bot.privacy.patterns.labels import Labels
from bot.privacy.patterns.numbers import number_rules
from bot.privacy.patterns.online import find_online

_ONCE = frozenset({Kind.ADDRESS, Kind.DATE_OF_BIRTH})
"""Kinds that are not looked for again: a date elsewhere is another date."""
_SHORTEST_AGAIN = 5
"""Characters from which a value that was found once is looked for in the rest of the text."""
_PART = re.compile(rf"[^{FILLER}\s](?:[^{FILLER}]*[^{FILLER}\s])?")


def search(text: str, known: Mapping[str, Kind], names: Iterable[str]) -> list[Candidate]:
    """What a text holds, in order, none overlapping.

    Args:
        text: as written; placeholders and masks in it are left alone.
        known: values to find wherever they stand, in the spelling of `normal.spell`.
        names: people to find wherever they stand, in that spelling.
    """
    reading = read(text)
    candidates = _proposals(reading)
    for value, kind in known.items():
        candidates += [Candidate(*span, kind, "known value") for span in occurrences(reading.folded, value)]
    candidates += find_again(reading, names)
    if not candidates:
        return []
    candidates += _elsewhere(reading, candidates)
    pieces = [piece for candidate in settle(candidates) for piece in _readable(reading.text, candidate)]
    return pieces if reading.offsets is None else [_as_written(reading, piece) for piece in pieces]


def _proposals(reading: Reading) -> list[Candidate]:
    """What every rule says by itself; rules that cannot apply are not asked."""
    candidates: list[Candidate] = []
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


def _elsewhere(reading: Reading, candidates: list[Candidate]) -> list[Candidate]:
    """The other places where a value stands that was found once."""
    spans = {(c.start, c.end) for c in candidates}
    values = dict.fromkeys((c.kind, reading.folded[c.start : c.end]) for c in candidates)
    found: list[Candidate] = []
    for kind, value in islice(values, MOST_SOUGHT):
        if kind is Kind.PERSON:
            found += find_again(reading, [value])
        elif kind not in _ONCE and len(value) >= _SHORTEST_AGAIN and reading.folded.count(value) > 1:
            places = occurrences(reading.folded, value)
            found += [Candidate(*place, kind, "a value found elsewhere") for place in places]
    return [candidate for candidate in found if (candidate.start, candidate.end) not in spans]


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


def _as_written(reading: Reading, candidate: Candidate) -> Candidate:
    start, end = reading.written(candidate.start, candidate.end)
    return candidate._replace(start=start, end=end)
