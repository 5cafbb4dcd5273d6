"""How a phrase of a lexicon is written, and the trees that find all phrases of a language in one pass.

(a|b)       one of these; (a|) is a or nothing
…           a gap inside the clause: up to 8 characters in Chinese, up to 4 words in English
sue+        the English word with its regular endings (sues, suing, sued, sue's)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
"""An English word in folded text (lower case, straight apostrophes)."""

LONGEST = 12
"""Words an English phrase may have."""

_WORD_AND_END = re.compile(rf"({WORD.pattern})([.!?;\n])?")
"""A word, and the mark that ends its sentence: no phrase goes on behind it."""
_PLAIN = re.compile(r"[^()|]+")
_ZH_GAP = r"[^。！？；，!?;,\n]{0,8}?"
_EN_BREAK = r"[^a-z0-9.!?;\n]+"
_EN_GAP = rf"(?:{_EN_BREAK}[a-z0-9]+(?:'[a-z]+)*){{0,4}}?{_EN_BREAK}"
_VOWELS = "aeiou"

Find = tuple[int, int, int]
"""Index of the group a phrase belongs to, and where the phrase starts and ends."""


@dataclass(slots=True)
class Node:
    """A step inside the phrases: by character in Chinese, by word in English."""

    children: dict[str, "Node"] = field(default_factory=dict[str, "Node"])
    targets: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Groups whose phrase ends here, with the pattern that must follow where only its head does."""

    def reach(self, steps: Sequence[str]) -> "Node":
        """The node after these steps, made where it is missing."""
        node = self
        for step in steps:
            node = node.children.setdefault(step, Node())
        return node

    def ending(self, text: str, start: int, end: int) -> Iterator[Find]:
        """What is found when the walk from `start` stands here, at `end`."""
        for group, tail in self.targets:
            if not tail:
                yield group, start, end
            elif rest := _compiled(tail).match(text, end):
                yield group, start, rest.end()


def spellings(pattern: str) -> list[str]:
    """The pattern with every choice made, in every way.

    Raises:
        ValueError: brackets that do not close.
    """
    options, rest = _options(pattern)
    if rest:
        raise ValueError(f"{pattern!r}: a bracket closes that never opened")
    return options


def _options(pattern: str) -> tuple[list[str], str]:
    """What can be read up to the bracket that closes this level, and what stands from there on."""
    done: list[str] = []
    open_ones = [""]
    while pattern and not pattern.startswith(")"):
        if pattern[0] == "|":
            done, open_ones, pattern = done + open_ones, [""], pattern[1:]
        elif pattern[0] == "(":
            inner, rest = _options(pattern[1:])
            if not rest:
                raise ValueError(f"{pattern!r}: the bracket does not close")
            open_ones, pattern = ["".join(pair) for pair in product(open_ones, inner)], rest[1:]
        else:
            plain = _PLAIN.match(pattern)
            assert plain is not None
            open_ones, pattern = [option + plain[0] for option in open_ones], pattern[plain.end() :]
    return done + open_ones, pattern


def inflected(word: str) -> tuple[str, ...]:
    """The word and its regular English endings: cancel, cancels, canceled, cancelled, cancelling, cancel's …"""
    if word.endswith("e"):
        return word, f"{word}s", f"{word}d", f"{word[:-1]}ing", f"{word}'s"
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word, f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing", f"{word}'s"
    plural = f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"
    forms = (word, plural, f"{word}ed", f"{word}ing", f"{word}'s")
    if len(word) > 2 and word[-1] not in "aeiouwxyh" and word[-2] in _VOWELS:
        forms += (f"{word}{word[-1]}ed", f"{word}{word[-1]}ing")
    return forms


class ChineseTree:
    """Phrases found character by character; a Latin word inside a phrase still matches whole words only."""

    def __init__(self) -> None:
        self._root = Node()

    def add(self, pattern: str, group: int) -> None:
        """One more phrase of that group."""
        head, *rest = (part.strip() for part in pattern.split("…"))
        tail = _tail([re.escape(option) for option in spellings(part)] for part in rest) if rest else ""
        for spelling in spellings(head):
            self._root.reach(spelling).targets.append((group, tail))

    def find(self, text: str) -> Iterator[Find]:
        """Every phrase in folded text, overlapping ones too."""
        first, size = self._root.children, len(text)
        for start, character in enumerate(text):
            node = first.get(character)
            at = start + 1
            while node is not None:
                if node.targets and _whole(text, start, at):
                    yield from node.ending(text, start, at)
                if at == size:
                    break
                node = node.children.get(text[at])
                at += 1


class EnglishTree:
    """Phrases found word by word."""

    def __init__(self) -> None:
        self._root = Node()
        self._bases: dict[str, tuple[str, ...]] = {}

    def add(self, pattern: str, group: int) -> None:
        """One more phrase of that group."""
        head, *rest = (part.strip() for part in pattern.split("…"))
        tail = (
            _tail(
                ([_sequence(option) for option in spellings(part)] for part in rest), _EN_GAP, "(?![a-z0-9])"
            )
            if rest
            else ""
        )
        for spelling in spellings(head):
            steps = spelling.split()
            for step in steps:
                if step.endswith("+"):
                    self._learn(step)
            self._root.reach(steps).targets.append((group, tail))

    def _learn(self, step: str) -> None:
        for form in inflected(step[:-1]):
            if step not in self._bases.get(form, ()):
                self._bases[form] = (*self._bases.get(form, ()), step)

    def find(self, text: str) -> Iterator[Find]:
        """Every phrase in folded text, overlapping ones too."""
        bases, root = self._bases, [self._root]
        words = [
            (m.start(1), m.end(1), (m[1], *bases.get(m[1], ())), m[2] is not None)
            for m in _WORD_AND_END.finditer(text)
        ]
        for first, (start, _, _, _) in enumerate(words):
            nodes = root
            for _, end, keys, stop in words[first : first + LONGEST]:
                nodes = [child for node in nodes for key in keys if (child := node.children.get(key))]
                for node in nodes:
                    if node.targets:
                        yield from node.ending(text, start, end)
                if stop or not nodes:
                    break


def _tail(parts: Iterator[list[str]], gap: str = _ZH_GAP, end: str = "") -> str:
    """What must follow the head: for each part the gap, then one of its spellings, the longest first."""
    return "".join(rf"{gap}(?:{'|'.join(sorted(part, key=len, reverse=True))}){end}" for part in parts)


@cache
def _compiled(tail: str) -> re.Pattern[str]:
    """Compiled when a head is first found: most tails never are."""
    return re.compile(tail)


def _sequence(spelling: str) -> str:
    """English words as a pattern, endings included."""
    return _EN_BREAK.join(
        f"(?:{'|'.join(map(re.escape, inflected(word[:-1])))})" if word.endswith("+") else re.escape(word)
        for word in spelling.split()
    )


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the piece does not cut a Latin word or a number in two."""
    return not (
        (_latin(text[start]) and start > 0 and _latin(text[start - 1]))
        or (_latin(text[end - 1]) and end < len(text) and _latin(text[end]))
    )


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
