"""The words of the lexicons found in a text: one pass for all subjects, both scripts.

A lexicon file is about one subject in one language. Its groups name what their phrases show (`kinds`) and how
strongly (`weight`). A group may name contexts in which its words mean something else (`unless`), or without
which they mean nothing (`only`); a context is a regular expression over the words around, where @ stands for
the phrase: "请问.{0,4}@". Where phrases of one subject overlap, the longest wins; kind `none` exists to win
over a phrase that would mislead (气死我了).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, field_validator

from bot.triage.phrases import ChineseTree, EnglishTree, Phrases, compiled, parse
from knowledge.case import Language, Owned
from knowledge.errors import InvalidRules
from knowledge.rules import load_rules
from knowledge.words import PLACEHOLDER

Subject = Literal["note", "emotion", "escalation", "needs", "vulnerability", "situation", "complaint"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)

LEXICONS = Path(__file__).parent / "lexicons"
PATTERNS_AT_ONCE = 10
"""Compiled between two pauses: some milliseconds."""

_CANCELLED = -1.0
"""Weight of a phrase that its context cancels; it still hides the shorter phrases inside it."""
_KINDS_APART: frozenset[Subject] = frozenset({"escalation", "needs", "vulnerability"})
"""Subjects of which the same words may show several kinds."""
_AROUND = {"zh": 18, "en": 60}
"""Characters on either side of a phrase that a context may look at."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_NEGATION = re.compile(
    r"(?:(?<![得要])不(?:是|会|再|太|很|算|想|怎么|觉得|感到|那么)?"
    r"|没(?:有)?(?:觉得|感到|什么|那么|太)?|并非|别|毫无|从不"
    r"|\b(?:not|never|isn't|wasn't|aren't|don't|didn't|doesn't|hardly|nor)"
    r"(?: (?:really|very|at all|so|that|too|even|being|been|feel|feeling|a|an|the|any"
    r"|trying to be|going to be))* )$"
)
"""Words before a feeling that cancel it."""
_LOOK_BACK = 30
"""Characters before a feeling in which its negation or its degree may stand."""
_LATIN = re.compile(r"[a-z]")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_PATTERN = {
    code: (f"\\{chr(plain)}" if chr(plain) in "?()[]{}.*+|^$" else chr(plain))
    for code, plain in _FULL_WIDTH.items()
}
"""Full-width marks of a pattern as folded text has them."""
_MARKS = {ord(mark): ord(plain) for mark, plain in zip("’‘ʼ`“”", "''''\"\"", strict=True)}


@dataclass(frozen=True, slots=True)
class Span:
    """Words of the text: characters `start` to `end`, end excluded."""

    start: int
    end: int
    text: str


class Group(Owned):
    """Phrases that show the same thing equally strongly."""

    kinds: tuple[str, ...] = Field(min_length=1)
    weight: float = Field(default=1, ge=0, le=4)
    phrases: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    """Literal words of which one must be in the text before `regex` is tried."""
    regex: tuple[str, ...] = ()
    """For what a phrase cannot say; searched in folded text."""
    only: tuple[str, ...] = ()
    """Names of contexts: one of them must hold around the phrase."""
    unless: tuple[str, ...] = ()
    """Names of contexts: none of them may hold."""
    note: str = ""

    @field_validator("phrases")
    @classmethod
    def _spelled(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        for phrase in phrases:
            parse(phrase)
        return phrases

    @field_validator("regex")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_folded_pattern, patterns))


def _folded_pattern(pattern: str) -> str:
    """The pattern with its full-width marks as folded text has them, proved to be one."""
    folded = pattern.translate(_PATTERN)
    try:
        compiled(folded)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return folded


class Lexicon(Owned):
    """One file."""

    version: str
    source: str
    valid_from: str
    language: Language
    subject: Subject
    contexts: dict[str, tuple[str, ...]] = {}
    groups: tuple[Group, ...]

    @field_validator("contexts")
    @classmethod
    def _compiles(cls, contexts: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        return {name: tuple(map(_folded_pattern, patterns)) for name, patterns in contexts.items()}


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found."""

    start: int
    end: int
    kinds: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Scan:
    """What the lexicons find in one text."""

    text: str
    folded: str
    """Same length as `text`: lower case, half width, simplified characters, placeholders blanked."""
    hits: dict[Subject, tuple[Hit, ...]]
    """By subject, in order of the text; hits of one subject do not overlap."""
    misleading: tuple[Hit, ...] = ()
    """Words that look like an escalation and are none: idioms, and phrases that their context cancels."""

    def of(self, subject: Subject, *kinds: str) -> list[Hit]:
        """Hits of a subject that show one of these kinds, or all of its hits where none is named."""
        hits = self.hits[subject]
        if not kinds:
            return list(hits)
        if len(kinds) == 1:
            return [hit for hit in hits if kinds[0] in hit.kinds]
        wanted = frozenset(kinds)
        return [hit for hit in hits if not wanted.isdisjoint(hit.kinds)]

    def span(self, hit: Hit) -> Span:
        """The words of the customer."""
        return Span(hit.start, hit.end, self.text[hit.start : hit.end])


class _Matcher:
    """All lexicons of one language."""

    def __init__(self, language: Language, lexicons: tuple[Lexicon, ...]) -> None:
        self._around = _AROUND[language]
        self._tree: Phrases = ChineseTree() if language == "zh" else EnglishTree()
        self._subjects: list[Subject] = []
        self._groups: list[Group] = []
        self._unless: list[str] = []
        self._only: list[str] = []
        self._regexes: list[tuple[int, tuple[str, ...], re.Pattern[str]]] = []
        for lexicon in lexicons:
            for group in lexicon.groups:
                self._add(lexicon, group)

    def _add(self, lexicon: Lexicon, group: Group) -> None:
        number = len(self._groups)
        self._groups.append(group)
        self._subjects.append(lexicon.subject)
        self._unless.append(_around(lexicon, group.unless))
        self._only.append(_around(lexicon, group.only))
        for phrase in group.phrases:
            self._tree.add(phrase.translate(_FULL_WIDTH), number)
        self._regexes += [(number, group.near, compiled(regex)) for regex in group.regex]

    def patterns(self) -> frozenset[str]:
        """Those that are compiled when they are first needed."""
        return frozenset((*self._tree.tails(), *filter(None, self._unless), *filter(None, self._only)))

    def find(self, text: str) -> Iterator[tuple[Subject, Hit]]:
        """Every hit, overlapping ones too; one in a misleading context is cancelled."""
        for number, start, end in (*self._tree.find(text), *self._by_regex(text)):
            group = self._groups[number]
            weight = group.weight if self._fits(text, number, start, end) else _CANCELLED
            yield self._subjects[number], Hit(start, end, group.kinds, weight)

    def _fits(self, text: str, number: int, start: int, end: int) -> bool:
        """Whether the words around let the phrase mean what its group says."""
        unless, only = self._unless[number], self._only[number]
        if not unless and not only:
            return True
        around = f"{text[max(0, start - self._around) : start]}@{text[end : end + self._around]}"
        if unless and compiled(unless).search(around):
            return False
        return not only or compiled(only).search(around) is not None

    def _by_regex(self, text: str) -> Iterator[tuple[int, int, int]]:
        for number, near, regex in self._regexes:
            if not near or any(word in text for word in near):
                for match in regex.finditer(text):
                    if match.end() > match.start():
                        yield number, match.start(), match.end()


def _around(lexicon: Lexicon, names: tuple[str, ...]) -> str:
    """One pattern for the contexts of these names; empty for none."""
    return "|".join(context for name in names for context in lexicon.contexts[name])


@lru_cache(maxsize=16)
def scan(text: str) -> Scan:
    """Everything the lexicons find; the readings of one text share one scan."""
    folded = fold(text)
    found: dict[Subject, list[Hit]] = {subject: [] for subject in SUBJECTS}
    for matcher in _matchers_for(folded):
        for subject, hit in matcher.find(folded):
            found[subject].append(hit)
    return Scan(
        text,
        folded,
        {subject: _kept(hits, len(text), apart=subject in _KINDS_APART) for subject, hits in found.items()},
        tuple(hit for hit in found["escalation"] if hit.weight == _CANCELLED or "none" in hit.kinds),
    )


def compile_patterns(pause: Callable[[], bool]) -> None:
    """Compile all patterns, so that no complaint waits for one; `pause`, called often, is true to stop."""
    for language in get_args(Language):
        for number, pattern in enumerate(sorted(_matcher(language).patterns())):
            compiled(pattern)
            if number % PATTERNS_AT_ONCE == 0 and pause():
                return


def negated(found: Scan, hit: Hit) -> bool:
    """Whether the words right before take a feeling back: 不失望, "not at all worried"."""
    return _NEGATION.search(found.folded[max(0, hit.start - _LOOK_BACK) : hit.start]) is not None


def fold(text: str) -> str:
    """The text as the lexicons see it, of the same length."""
    if not text.isascii():
        text = text.translate(_plain())
        text = PLACEHOLDER.sub(lambda match: "▢" * len(match[0]), text)
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


def _matchers_for(folded: str) -> Iterator[_Matcher]:
    if _HAN.search(folded):
        yield _matcher("zh")
    if _LATIN.search(folded):
        yield _matcher("en")


@cache
def _matcher(language: Language) -> _Matcher:
    files = sorted(LEXICONS.glob(f"{language}_*.toml"))
    return _Matcher(language, tuple(load_lexicon(file) for file in files))


def load_lexicon(path: Path) -> Lexicon:
    """One lexicon file.

    Raises:
        InvalidRules: it breaks the schema, or a group names a context that the file does not have.
    """
    lexicon = load_rules(path, Lexicon)
    for group in lexicon.groups:
        for name in (*group.only, *group.unless):
            if name not in lexicon.contexts:
                raise InvalidRules(
                    f"{path}: a group names context {name!r}: add it under [contexts] or remove it; "
                    f"the file has {', '.join(sorted(lexicon.contexts)) or 'none'}"
                )
    return lexicon


class _Characters(Owned):
    version: str
    source: str
    valid_from: str
    traditional: str
    simplified: str


@cache
def _plain() -> dict[int, int]:
    """Character to character: half width, plain quotes, simplified."""
    table = load_rules(LEXICONS / "characters.toml", _Characters)
    old, new = "".join(table.traditional.split()), "".join(table.simplified.split())
    return _FULL_WIDTH | _MARKS | {ord(a): ord(b) for a, b in zip(old, new, strict=True)}


def _kept(hits: list[Hit], size: int, *, apart: bool) -> tuple[Hit, ...]:
    """The longest of overlapping hits; where kinds are kept apart, each kind against itself and `none`."""
    if not apart:
        return _longest(hits, size)
    misleading = [hit for hit in hits if "none" in hit.kinds]
    kinds = dict.fromkeys(hit.kinds for hit in hits if "none" not in hit.kinds)
    kept = [
        hit
        for each in kinds
        for hit in _longest([*misleading, *(hit for hit in hits if hit.kinds == each)], size)
        if hit.kinds == each
    ]
    return tuple(sorted(kept, key=lambda hit: hit.start))


def _longest(hits: list[Hit], size: int) -> tuple[Hit, ...]:
    """The hits without those that overlap a longer one, in order of the text."""
    taken = bytearray(size)
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start, -hit.weight)):
        if taken.find(1, hit.start, hit.end) < 0:
            taken[hit.start : hit.end] = b"\1" * (hit.end - hit.start)
            kept.append(hit)
    return tuple(sorted((hit for hit in kept if hit.weight != _CANCELLED), key=lambda hit: hit.start))
