"""Words a draft shares with past cases: other people's stories must not leak into a reply."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Final, Literal

from bot.draft.clauses import Clauses, wording
from knowledge.case import Language

LONGEST: Final[dict[Language, int]] = {"zh": 12, "en": 8}
"""From this many characters (zh) or words (en) in a row, shared words are somebody else's."""
_GRAM: Final[dict[Language, int]] = {"zh": 6, "en": 4}
"""Half a run: two in a row of these, found at every seventh (fifth) place, cannot miss a run."""

FOLLOWED: Final = 60
READ: Final = 20_000
"""Characters of another text that are compared."""
SAME: Final = 8
"""Places of the same words in a draft that are followed."""

_BREAK: Final = "\0"
_STOP: Final = re.compile(r"[。！？!?\n\d]+|\.(?:\s|$)|\{\w+\}|⟦[^⟦⟧\n]*⟧")
_ZH_KEPT: Final = re.compile(r"[^\w\0]+|_")
_EN_WORD: Final = re.compile(r"[a-z]+(?:['’][a-z]+)?|\0")

Tokens = str | tuple[str, ...]


def shared_run(
    draft: str, others: Iterable[str], own: Iterable[str], language: Language, least: int = 0
) -> int:
    """Characters (zh) or words (en) of the longest run a draft shares with one of `others`.

    0 where none reaches `least`, by default `LONGEST`; longer ones are followed for `FOLLOWED` each way.
    What also stands in `own` or in our approved clauses does not count.
    """
    tokens = _tokens(draft, language)
    places: dict[Tokens, list[int]] = {}
    least = least or LONGEST[language]
    size = min(_GRAM[language], least)
    for place in range(len(tokens) - size + 1):
        places.setdefault(tokens[place : place + size], []).append(place)
    known: set[Tokens] | None = None
    longest = 0
    for other in others:
        for start, end in _runs(tokens, places, _tokens(other[:READ], language), size, least):
            if known is None:
                known = _known(own, language)
            longest = max(longest, _foreign(tokens[start:end], known, _GRAM[language]))
    return longest if longest >= least else 0


def _runs(
    tokens: Tokens, places: dict[Tokens, list[int]], other: Tokens, size: int, least: int
) -> Iterable[tuple[int, int]]:
    """Where the draft has a run of `other`: start and end."""
    for at in range(0, len(other) - size + 1, least - size + 1):
        for place in places.get(other[at : at + size], ())[:SAME]:
            start, end = _reach(tokens, other, place, at, -1), _reach(tokens, other, place, at, 1)
            if end - start >= least:
                yield start, end


def _reach(one: Tokens, two: Tokens, place: int, at: int, step: Literal[-1, 1]) -> int:
    """How far the two agree from these places on, backwards or forwards, up to a break; a place in `one`."""
    here, there = (place - 1, at - 1) if step < 0 else (place, at)
    last = max(-1, place - FOLLOWED - 1) if step < 0 else min(len(one), place + FOLLOWED)
    while here != last and 0 <= there < len(two) and one[here] == two[there] != _BREAK:
        here, there = here + step, there + step
    return here + 1 if step < 0 else here


def _foreign(run: Tokens, known: set[Tokens], size: int) -> int:
    """Length of the longest stretch of the run that is not covered by known words."""
    covered = bytearray(len(run))
    for place in range(len(run) - size + 1):
        if run[place : place + size] in known:
            covered[place : place + size] = b"\1" * size
    return max((len(stretch) for stretch in bytes(covered).split(b"\1")), default=0)


def _known(own: Iterable[str], language: Language) -> set[Tokens]:
    known = set(_approved(language))
    for text in own:
        known.update(_grams(_tokens(text, language), _GRAM[language]))
    return known


@cache
def _approved(language: Language) -> frozenset[Tokens]:
    """Everything our clauses say, in pieces."""
    words = wording(language)
    texts = [*Clauses.shipped(language).texts()]
    texts += [
        said
        for topic in words.topics.values()
        for said in (topic.topic, topic.topic_on, topic.grievance, topic.look)
    ]
    texts += [need.ask for need in words.needs.values()]
    return frozenset(gram for text in texts for gram in _grams(_tokens(text, language), _GRAM[language]))


def _grams(tokens: Tokens, size: int) -> Iterable[Tokens]:
    return (tokens[place : place + size] for place in range(len(tokens) - size + 1))


@lru_cache(maxsize=512)
def _tokens(text: str, language: Language) -> Tokens:
    """Characters or words, lower case; figures, sentence ends and gaps are breaks that no run crosses."""
    broken = _STOP.sub(_BREAK, text.lower())
    if language == "zh":
        return _ZH_KEPT.sub("", broken)
    return tuple(_EN_WORD.findall(broken))
