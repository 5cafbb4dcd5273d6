"""What the checks say to the agent (problems.toml), in the language of the reply."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from bot.draft.tone import Family
from knowledge.case import Language, Owned
from knowledge.rules import load_rules

FILE: Final = Path(__file__).with_name("problems.toml")


class Words(Owned):
    """The same in both languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        """The words of one language."""
        return self.zh if language == "zh" else self.en


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
    return problem_words().problems[problem].of(language).format(**values)
