"""How a phrase of a lexicon is written, and the trees that find all phrases of a language in one pass.

(a|b)       one of these; (a|) is a or nothing; choices may nest
…           a gap inside the clause: up to 8 characters in Chinese, up to 4 words in English
sue+        the English word with its regular endings (sues, suing, sued, sue's)

The beginning of a phrase (its head) is spelled out into a tree; what follows is a pattern that is compiled
and tried only when the head is found.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Protocol

WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)*")
"""An English word in folded text (lower case, straight apostrophes)."""
LONGEST_HEAD = 8
"""Words the head of an English phrase may have."""
_MOST_HEADS = 48
"""Spellings of a head; a phrase with more choices is cut earlier."""

_WORD_AND_END = re.compile(rf"({WORD.pattern})([.!?;\n])?")
"""A word, and the mark that ends its sentence: no phrase goes on behind it."""
_MARKS = re.compile(r"[()|…]")
_TOKEN = re.compile(r"[()|…]|[^()|…]+")
_ZH_GAP = r"[^。！？；，!?;,\n]{0,8}?"
_EN_BREAK = r"[^a-z0-9.!?;\n]+"
_EN_GAP = rf"(?:{_EN_BREAK}{WORD.pattern}){{0,4}}?"
_VOWELS = "aeiou"

Find = tuple[int, int, int]
"""Index of the group a phrase belongs to, and where the phrase starts and ends."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several sequences."""

    options: tuple[tuple["Part", ...], ...]


Part = str | Choice
"""A literal (in English a word, in Chinese a run of characters), the gap `…`, or a choice."""


class Phrases(Protocol):
    """All phrases of one language."""

    def add(self, pattern: str, group: int) -> None:
        """One more phrase of that group."""
        ...

    def find(self, text: str) -> Iterator[Find]:
        """Every phrase in folded text, overlapping ones too."""
        ...

    def tails(self) -> Iterator[str]:
        """Every pattern that follows a head."""
        ...


def parse(pattern: str) -> tuple[Part, ...]:
    """The phrase as its parts.

    Raises:
        ValueError: brackets that do not match, or a gap with nothing before or after it.
    """
    if (plain := pattern.split()) and not _MARKS.search(pattern):  # most phrases
        return tuple(plain)
    tokens: list[str] = _TOKEN.findall(pattern)
    choice, rest = _choice(tokens, pattern)
    if rest:
        raise ValueError(f"{pattern!r}: a bracket closes that never opened")
    parts = choice.options[0] if len(choice.options) == 1 else (choice,)
    if not parts or "…" in (parts[0], parts[-1]):
        raise ValueError(f"{pattern!r}: nothing before or after the gap")
    return parts


def _choice(tokens: list[str], pattern: str) -> tuple[Choice, list[str]]:
    """The options up to the bracket that closes this level, and the tokens from there on."""
    options: list[list[Part]] = [[]]
    while tokens and tokens[0] != ")":
        mark, tokens = tokens[0], tokens[1:]
        if mark == "|":
            options.append([])
        elif mark == "(":
            inner, tokens = _choice(tokens, pattern)
            if not tokens:
                raise ValueError(f"{pattern!r}: a bracket does not close")
            options[-1].append(inner)
            tokens = tokens[1:]
        else:
            options[-1] += mark.split()
    return Choice(tuple(tuple(option) for option in options)), tokens


def inflected(word: str) -> tuple[str, ...]:
    """The word and its regular English endings: cancel, cancels, canceled, cancelled, cancelling."""
    if word.endswith("e"):
        return word, f"{word}s", f"{word}d", f"{word[:-1]}ing", f"{word}'s"
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word, f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing", f"{word}'s"
    plural = f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"
    forms = (word, plural, f"{word}ed", f"{word}ing", f"{word}'s")
    if len(word) > 2 and word[-1] not in "aeiouwxyh" and word[-2] in _VOWELS:
        forms += (f"{word}{word[-1]}ed", f"{word}{word[-1]}ing")
    return forms


@dataclass(slots=True)
class _Node:
    """A step inside the heads: by character in Chinese, by word in English."""

    children: dict[str, "_Node"] = field(default_factory=dict[str, "_Node"])
    targets: list["Target"] = field(default_factory=list["Target"])
    """Groups whose head ends here."""

    def reach(self, steps: Sequence[str]) -> "_Node":
        """The node after these steps, made where it is missing."""
        node = self
        for step in steps:
            node = node.children.setdefault(step, _Node())
        return node

    def tails(self) -> Iterator[str]:
        """Every pattern that follows a head here or further on."""
        yield from (tail for _, tail in self.targets if tail)
        for child in self.children.values():
            yield from child.tails()

    def ending(self, text: str, start: int, end: int) -> Iterator[Find]:
        """What is found when the walk from `start` stands here, at `end`."""
        for group, tail in self.targets:
            if not tail:
                yield group, start, end
            elif rest := compiled(tail).match(text, end):
                yield group, start, rest.end()


Target = tuple[int, str]
"""A group, and the pattern that must follow its head; empty where the head is all."""

compiled: Callable[[str], re.Pattern[str]] = cache(re.compile)
"""A pattern when it is first needed: to compile the thousands of a lexicon takes half a second."""


class ChineseTree:
    """Phrases found character by character; a Latin word inside a phrase still matches whole words only."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, pattern: str, group: int) -> None:
        """One more phrase of that group."""
        head, rest = _cut(parse(pattern))
        tail = _as_pattern(rest, _ZH_GAP, re.escape)
        for spelling in head:
            self._root.reach("".join(spelling)).targets.append((group, tail))

    def tails(self) -> Iterator[str]:
        """Every pattern that follows a head."""
        return self._root.tails()

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
        self._root = _Node()
        self._bases: dict[str, tuple[str, ...]] = {}

    def add(self, pattern: str, group: int) -> None:
        """One more phrase of that group."""
        head, rest = _cut(parse(pattern))
        tail = _as_pattern(rest, _EN_GAP, _word_pattern)
        for steps in head:
            for step in steps:
                if step.endswith("+"):
                    self._learn(step)
            self._root.reach(steps).targets.append((group, f"{tail}(?![a-z0-9])" if tail else ""))

    def tails(self) -> Iterator[str]:
        """Every pattern that follows a head."""
        return self._root.tails()

    def _learn(self, step: str) -> None:
        for form in inflected(step[:-1]):
            if step not in self._bases.get(form, ()):
                self._bases[form] = (*self._bases.get(form, ()), step)

    def find(self, text: str) -> Iterator[Find]:
        """Every phrase in folded text, overlapping ones too."""
        bases, root, begins = self._bases, [self._root], self._root.children
        words = [
            (m.start(1), m.end(1), (m[1], *bases.get(m[1], ())), m[2] is not None)
            for m in _WORD_AND_END.finditer(text)
        ]
        for first, (start, _, forms, _) in enumerate(words):
            if not any(map(begins.__contains__, forms)):  # most words begin no phrase
                continue
            nodes = root
            for _, end, keys, stop in words[first : first + LONGEST_HEAD]:
                nodes = [child for node in nodes for key in keys if (child := node.children.get(key))]
                for node in nodes:
                    if node.targets:
                        yield from node.ending(text, start, end)
                if stop or not nodes:
                    break


def _cut(parts: tuple[Part, ...]) -> tuple[list[tuple[str, ...]], tuple[Part, ...]]:
    """The head in all its spellings, none empty and not too many of them, and the parts behind it."""
    spelled: list[tuple[str, ...]] = [()]
    for at, part in enumerate(parts):
        options = _spellings(part)
        enough = all(spelled)
        if part == "…" or (enough and len(spelled) * len(options) > _MOST_HEADS):
            return spelled, parts[at:]
        if enough and sum(map(len, spelled[0])) >= LONGEST_HEAD:
            return spelled, parts[at:]
        spelled = [(*before, *option) for before, option in product(spelled, options)]
    return spelled, ()


def _spellings(part: Part) -> list[tuple[str, ...]]:
    if isinstance(part, str):
        return [(part,)]
    return [
        tuple(word for piece in pieces for word in piece)
        for option in part.options
        for pieces in product(*map(_spellings, option))
    ]


def _as_pattern(parts: Sequence[Part], gap: str, literal: "Literal") -> str:
    """A regular expression for the parts, the longest options first."""
    pieces: list[str] = []
    for part in parts:
        if isinstance(part, Choice):
            options = [_as_pattern(option, gap, literal) for option in part.options]
            pieces.append(f"(?:{'|'.join(sorted(options, key=len, reverse=True))})")
        else:
            pieces.append(gap if part == "…" else literal(part))
    return "".join(pieces)


class Literal(Protocol):
    """How a literal part is written as a regular expression."""

    def __call__(self, pattern: str, /) -> str: ...


def _word_pattern(word: str) -> str:
    """The next English word, in all its forms where it carries a +."""
    if not word.endswith("+"):
        return _EN_BREAK + re.escape(word)
    return f"{_EN_BREAK}(?:{'|'.join(map(re.escape, inflected(word[:-1])))})"


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the piece does not cut a Latin word or a number in two."""
    if text[start] > "z" < text[end - 1]:
        return True
    return not (
        (_latin(text[start]) and start > 0 and _latin(text[start - 1]))
        or (_latin(text[end - 1]) and end < len(text) and _latin(text[end]))
    )


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
