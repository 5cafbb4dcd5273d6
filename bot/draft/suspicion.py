"""Whether a text speaks to whoever writes the reply (suspicion.toml): a model gets its facts, not its words.

What a model does not read it cannot obey. The complaint is handled as any other, with the same promises and
dates, and nobody is told that they are suspected of anything.
"""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

from bot.draft.lexicon import Lexicon, lowered
from knowledge.case import Owned
from knowledge.rules import load_rules

_SENTENCE: Final = re.compile(r"(?:[^。！？!?\n.]|\.(?!\s))*[。！？!?\n.]?", re.DOTALL)
FILE: Final = Path(__file__).with_name("suspicion.toml")


def _compiles(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return patterns


class _Signs(Owned):
    signs: Annotated[tuple[str, ...], AfterValidator(_compiles)]


class _Suspicion(Owned):
    version: str
    source: str
    valid_from: date
    anywhere: _Signs
    zh: _Signs
    en: _Signs


def steers(text: str) -> bool:
    """Whether words in it may be meant for a model: orders about the reply, roles, codes, invented policies.

    Text of the other language counts for both: an attack need not be in the language of the complaint.
    """
    low = lowered(text)
    return any(lexicon.search(low) for lexicon in (_signs("anywhere"), _signs("zh"), _signs("en")))


def without_steering(text: str) -> str:
    """The text with the sentences blanked out that steer; as long as before, so that offsets still hold."""
    if not steers(text):
        return text
    kept = [" " * len(piece) if steers(piece) else piece for piece in _SENTENCE.findall(text)]
    return "".join(kept)


@cache
def _signs(part: str) -> Lexicon:
    rules = load_rules(FILE, _Suspicion)
    found = {"anywhere": rules.anywhere, "zh": rules.zh, "en": rules.en}[part]
    return Lexicon.of(found.signs)
