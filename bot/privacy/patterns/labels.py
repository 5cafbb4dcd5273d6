"""The word in front of a number, which says what the number is: 订单号 keeps it, 手机 redacts it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from bot.privacy.normal import FILLER
from bot.privacy.rules import privacy_rules

REACH = 36
"""Characters before a number in which its label is looked for."""
_NEAR = 16
"""Characters a label may be away from its number if it does not touch it."""

_JOINTS = (
    r"[\s:=#№.()\"'“”‘’\[\]【】<>「」*|,-]|号码?|编号|代码|是|为|叫|的|我的|改成|换成"
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

    Words are grouped by their first character, so that a position is settled by one comparison for each.
    """
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    latin = _by_first([word for word in ordered if word[0].isascii()])
    other = _by_first([word for word in ordered if not word[0].isascii()])
    return "|".join([other] * bool(other) + [f"(?<![a-z])(?:{latin})(?![a-z])"] * bool(latin))


def _by_first(words: list[str]) -> str:
    groups: dict[str, list[str]] = {}
    for word in words:
        groups.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in groups.items())


class Labels:
    """Finds the label of a number."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]) -> None:
        self._kind_of = {word: kind for kind, group in words.items() for word in group}
        self._pattern = re.compile(words_pattern(self._kind_of))
        self._patterns: dict[tuple[str, ...], re.Pattern[str]] = {}

    def before(self, folded: str, at: int) -> Label:
        """The nearest label that ends before character `at` of a folded text."""
        floor = max(0, at - REACH)
        found = None
        for match in self._pattern.finditer(folded, floor, at):
            found = match
        if found is None:
            return NO_LABEL
        gap = folded[found.end() : at]
        touching = _TOUCHING.fullmatch(gap) is not None
        if not touching and (len(gap) > _NEAR or _BREAK.search(gap)):
            return NO_LABEL
        return Label(self._kind_of[found[0]], found[0], touching)

    def each(self, folded: str, kinds: tuple[str, ...]) -> Iterator[tuple[int, str]]:
        """Where what follows a label begins, and the class of the label, for every label of these classes."""
        if kinds not in self._patterns:
            wanted = [word for word, kind in self._kind_of.items() if kind in kinds]
            self._patterns[kinds] = re.compile(words_pattern(wanted))
        for match in self._patterns[kinds].finditer(folded):
            joint = _JOINT.match(folded, match.end())
            yield joint.end() if joint else match.end(), self._kind_of[match[0]]


@cache
def labels() -> Labels:
    """The labels of privacy.toml."""
    return Labels(privacy_rules().labels)
