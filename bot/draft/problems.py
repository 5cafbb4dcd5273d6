"""What the checks say to the agent (problems.toml), in the language of the reply."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from bot.clocks.pack import Words
from bot.draft.tone import Family
from knowledge.case import Language, Owned
from knowledge.rules import load_rules

FILE: Final = Path(__file__).with_name("problems.toml")


class ProblemWords(Owned):
    """The file."""

    version: str
    source: str
    valid_from: date
    families: dict[Family, Words]
    problems: dict[str, Words]


@cache
def problem_words() -> ProblemWords:
    """The words; read once.

    Raises:
        InvalidRules: the file breaks its schema.
    """
    return load_rules(FILE, ProblemWords)


def say(problem: str, language: Language, **values: object) -> str:
    """A problem in words, with its figures filled in."""
    return problem_words().problems[problem].say(language).format(**values)
