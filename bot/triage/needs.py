"""What the customer asks for and implies, and whether it is a complaint at all (codebook, section Needs)."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.triage.complaint import is_complaint, wrongs
from bot.triage.lexicon import LEXICONS, Hit, Span, load_lexicon, scan
from knowledge.case import LANGUAGES, NeedKind

_MOST_EVIDENCE = 5
_LONGEST = 160
"""Characters of a clause that is shown as the customer's words; of a longer one, what is around the need."""
_SENTENCE = re.compile(r"[。！？；!?;\n]|\.(?=\s|$)")
_CLAUSE = re.compile(r"[。！？；!?;\n，,、：:]|\.(?=\s|$)")
_NO_NEEDS = ("none", "implied", "cue")
NEED_KINDS: Final[tuple[NeedKind, ...]] = ("explicit", "implicit")
_SHORTEST = 8
"""Characters a clause must have to be understood; a shorter one takes its neighbour in."""


@dataclass(frozen=True, slots=True)
class NeedFound:
    """One need, with the clause that shows it."""

    kind: NeedKind
    need: str
    """A code of the codebook's list: refund, repair, explanation, certainty_of_date, …"""
    text: str
    """The clause of the customer's own words."""
    span: Span
    """The same clause."""


def need_label(kind: NeedKind, need: str) -> str:
    """How a head names a need."""
    return f"{kind}.{need}"


@cache
def need_codes() -> tuple[str, ...]:
    """Those the lexicons know, sorted."""
    files = (LEXICONS / f"{language}_needs.toml" for language in LANGUAGES)
    kinds = {kind for file in files for group in load_lexicon(file).groups for kind in group.kinds}
    return tuple(sorted(kinds - set(_NO_NEEDS)))


def find_needs(text: str, language: str) -> tuple[NeedFound, ...]:
    """Each code once, where it is first said, in order of the text; explicit before implied."""
    found = scan(text)
    sentences, clauses = _ends(text, _SENTENCE), _ends(text, _CLAUSE)
    cues = found.of("needs", "cue")
    first: dict[str, Hit] = {}
    for hit in found.of("needs"):
        if not _implied(hit) and not _asked(hit, cues, sentences):
            continue
        for code in hit.kinds:
            known = first.get(code)
            if code not in _NO_NEEDS and (known is None or _implied(known) > _implied(hit)):
                first[code] = hit
    if all(map(_implied, first.values())) and (question := _question(text)):
        first["explanation"] = question
    return tuple(
        NeedFound("implicit" if _implied(hit) else "explicit", code, clause.text, clause)
        for code, hit in sorted(first.items(), key=lambda item: item[1].start)
        for clause in (_clause(text, hit, sentences, clauses),)
    )


def clause_around(text: str, hit: Hit) -> Span:
    """The clause that holds the words."""
    return _clause(text, hit, _ends(text, _SENTENCE), _ends(text, _CLAUSE))


def looks_like_complaint(text: str, language: str) -> tuple[bool, tuple[Span, ...]]:
    """Whether something is wrong, failed or unfair, and the words that say so, in order of the text."""
    found = scan(text)
    if not is_complaint(found):
        return False, ()
    strongest = sorted(wrongs(found), key=lambda item: -item[0])[:_MOST_EVIDENCE]
    return True, tuple(found.span(hit) for _, hit in sorted(strongest, key=lambda item: item[1].start))


def _implied(hit: Hit) -> bool:
    return "implied" in hit.kinds


def _asked(hit: Hit, cues: list[Hit], sentences: list[int]) -> bool:
    """Whether the sentence asks for something; what is only told is not asked for."""
    start, end = _between(sentences, hit)
    first = bisect_left(cues, start, key=lambda cue: cue.start)
    return first < len(cues) and cues[first].end <= end + 1


def _question(text: str) -> Hit | None:
    """The first sentence that is a question: who asks, asks for an answer."""
    at = min((at for mark in "?？" if (at := text.find(mark)) > 0), default=0)
    return Hit(at - 1, at, ("explanation",), 1.0) if at else None


def _clause(text: str, hit: Hit, sentences: list[int], clauses: list[int]) -> Span:
    """The clause around the words; the sentence where the clause says too little."""
    start, end = _between(clauses, hit)
    if end - start < _SHORTEST:
        start, end = _between(sentences, hit)
    start, end = max(start, hit.start - _LONGEST // 2), min(end, max(hit.end, hit.start + _LONGEST // 2))
    while start < hit.start and text[start].isspace():
        start += 1
    while end > hit.end and text[end - 1].isspace():
        end -= 1
    return Span(start, end, text[start:end])


def _ends(text: str, marks: re.Pattern[str]) -> list[int]:
    """Where the pieces between the marks end, the end of the text included."""
    return [*(mark.start() for mark in marks.finditer(text)), len(text)]


def _between(ends: list[int], hit: Hit) -> tuple[int, int]:
    """Start and end of what lies between the marks around the hit."""
    before, after = bisect_left(ends, hit.start), bisect_left(ends, hit.end)
    return (ends[before - 1] + 1 if before else 0), ends[min(after, len(ends) - 1)]
