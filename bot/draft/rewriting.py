"""The prompt by which a model rewrites a reply (prompts/rewrite*.md, rewrite.toml)."""

from datetime import date
from functools import cache
from pathlib import Path
from string import Template
from typing import Final, Literal

from bot.clocks.pack import Words
from bot.draft.chat import Message
from bot.draft.prompt import FOLDER, plain
from knowledge.case import Language, Owned
from knowledge.rules import load_rules

Way = Literal["shorten", "expand", "warm", "formalise", "translate"]
FILE: Final[Path] = FOLDER / "rewrite.toml"


class _Ways(Owned):
    version: str
    source: str
    valid_from: date
    zh: dict[Way, str]
    en: dict[Way, str]
    languages: dict[Language, Words]


def render_rewriting(text: str, way: Way, target: Language, marker: str) -> tuple[Message, ...]:
    """The messages: our rules, then the redacted text as data.

    Args:
        text: The reply, personal data replaced by placeholders.
        way: What is asked.
        target: The language of the result; our rules are in it too.
        marker: Fences the text in; nobody may know it beforehand.

    Raises:
        InvalidRules: rewrite.toml breaks its schema.
    """
    ways = _ways()
    system = _frame(target).substitute(
        way=(ways.zh if target == "zh" else ways.en)[way],
        language=ways.languages[target].say(target),
        marker=marker,
    )
    fenced = f"=={marker}==\n{plain(text)}\n=={marker}=="
    return Message("system", system), Message("user", fenced)


@cache
def _ways() -> _Ways:
    return load_rules(FILE, _Ways)


@cache
def _frame(language: Language) -> Template:
    return Template((FOLDER / f"rewrite_{language}.md").read_text(encoding="utf-8").strip())
