"""The word in front of a number, which says what the number is: 订单号 keeps it, 手机 redacts it."""

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from bot.privacy.normal import FILLER
from bot.privacy.rules import privacy_rules

REACH = 36
"""Characters before a number in which its label is looked for."""
_NEAR = 16
"""Characters a label may be away from its number if it does not touch it."""

_JOINTS = (
    r"[\s:=#№.()\"'“”‘’\[\]【】<>「」*|-]|号码?|编号|代码|是|为|叫|的|我的|改成|换成"
    r"|(?:number|num|no|nr|nbr|id|code|is|was|it's|in|are)(?![a-z])"
)
_TOUCHING = re.compile(rf"(?:{_JOINTS}|[a-z]{{1,6}}-?\Z)*")
_JOINT = re.compile(rf"(?:{_JOINTS}){{0,6}}")
_BREAK = re.compile(rf"[0-9。!?！？;；\n{FILLER}]|\.\s")


class Label(NamedTuple):
    """The nearest label before a number."""

    kind: str
    """Class of `[labels]` in privacy.toml; empty where there is no label."""
    word: str
    touching: bool
    """Nothing between it and the number but 是, "number", a colon and the like."""

    def says(self, *kinds: str) -> bool:
        """Whether it is of one of these classes and touches the number."""
        return self.touching and self.kind in kinds

    def hints(self, *kinds: str) -> bool:
        """Whether it is of one of these classes, touching or near."""
        return self.kind in kinds


NO_LABEL = Label("", "", False)


def words_pattern(words: Iterable[str]) -> str:
    """Alternation of words, the longer first; a word of Latin letters must stand alone.

    Words are grouped by their first character, and every alternative begins with one: so the regex engine
    skips quickly to where a word can begin.
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(set(words), key=lambda word: (-len(word), word)):
        groups.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(_alternative(re.escape(first), "|".join(rest)) for first, rest in groups.items())


def _alternative(first: str, rest: str) -> str:
    if first.isascii():
        return f"{first}(?<![a-z]{first})(?:{rest})(?![a-z])"
    return f"{first}(?:{rest})"


class Labels:
    """The labels of one text; found when first asked for."""

    __slots__ = ("_ends", "_folded", "_words")

    def __init__(self, folded: str) -> None:
        self._folded = folded
        self._ends: list[int] | None = None
        self._words: list[str] = []

    def before(self, at: int) -> Label:
        """The nearest label that ends before character `at`."""
        ends = self._ends if self._ends is not None else self._find()
        nearest = bisect_right(ends, at) - 1
        if nearest < 0 or at - ends[nearest] > REACH:
            return NO_LABEL
        gap, word = self._folded[ends[nearest] : at], self._words[nearest]
        touching = _TOUCHING.fullmatch(gap) is not None
        if not touching and (len(gap) > _NEAR or _BREAK.search(gap)):
            return NO_LABEL
        return Label(_vocabulary()[1][word], word, touching)

    def each(self, kinds: Container[str]) -> Iterator[tuple[int, str]]:
        """Where what follows a label begins, and the class of the label, for every label of these classes."""
        ends, kind_of = self._ends if self._ends is not None else self._find(), _vocabulary()[1]
        for end, word in zip(ends, self._words, strict=True):
            if kind_of[word] in kinds:
                joint = _JOINT.match(self._folded, end)
                yield joint.end() if joint else end, kind_of[word]

    def _find(self) -> list[int]:
        self._ends = ends = list[int]()
        for match in _vocabulary()[0].finditer(self._folded):
            ends.append(match.end())
            self._words.append(match[0])
        return ends


@cache
def _vocabulary() -> tuple[re.Pattern[str], dict[str, str]]:
    """All labels of privacy.toml as one pattern, and the class of each."""
    kind_of = {word: kind for kind, words in privacy_rules().labels.items() for word in words}
    return re.compile(words_pattern(kind_of)), kind_of
