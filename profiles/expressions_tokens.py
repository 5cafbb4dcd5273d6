"""The pieces an expression is written in: words, signs, numbers and quoted words, English or Chinese.

A sign of a Chinese keyboard means what its plain twin means: ＞＝ is >=, （ is (, “phone” is "phone".
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from profiles.errors import InvalidRules

LONGEST: Final = 4_000
"""Characters of an expression."""

Kind = Literal["name", "number", "text", "sign", "end"]


class InvalidExpression(InvalidRules):
    """A condition that cannot be read; says where and what to write instead."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at
        """Characters of the expression before the fault."""


@dataclass(frozen=True, slots=True)
class Token:
    """One piece."""

    kind: Kind
    text: str
    """A sign or keyword in its plain English form; a quoted word without its quotes."""
    at: int
    """Characters of the expression before it."""


def tokens_of(expression: str) -> list[Token]:
    """The pieces in order, and the end.

    Raises:
        InvalidExpression: a character that begins nothing, a quote left open, an expression too long.
    """
    if len(expression) > LONGEST:
        raise InvalidExpression(f"longer than {LONGEST} characters: make several rules of it", LONGEST)
    return [*_scan(expression), Token("end", "", len(expression))]


def _scan(expression: str) -> Iterator[Token]:
    plain, at = expression.translate(_PLAIN), 0
    while at < len(plain):
        if plain[at].isspace():
            at += 1
            continue
        if plain[at] in _QUOTES:
            token, at = _quoted(expression, plain[at], at)
            yield token
            continue
        found = _PIECE.match(plain, at)
        if found is None:
            raise _unreadable(plain, at)
        yield _token(found)
        at = found.end()


def _token(found: re.Match[str]) -> Token:
    text, at = found.group(), found.start()
    match found.lastgroup:
        case "number":
            return Token("number", text, at)
        case "name":
            small = text.lower()
            return (
                Token("sign", _ALIASES.get(small, small), at)
                if small in KEYWORDS
                else Token("name", text, at)
            )
        case "strange":
            raise InvalidExpression(f"{text!r} is no sign: write {_MEANT[text]!r}", at)
        case _:
            return Token("sign", _ALIASES.get(text, text), at)


def _quoted(expression: str, quote: str, start: int) -> tuple[Token, int]:
    """A quoted word, in which a backslash makes the next character an ordinary one; and where it ends."""
    ends, letters, at = _QUOTES[quote], list[str](), start + 1
    while at < len(expression):
        letter = expression[at]
        if letter == "\\" and at + 1 < len(expression):
            letters.append(expression[at + 1])
            at += 2
            continue
        if letter in ends:
            return Token("text", "".join(letters), start), at + 1
        letters.append(letter)
        at += 1
    raise InvalidExpression("a quote is opened here and never closed", start)


def _unreadable(plain: str, at: int) -> InvalidExpression:
    word = re.compile(r"\w+|.", re.DOTALL).match(plain, at)
    text = word.group()[:40] if word else plain[at]
    return InvalidExpression(f"cannot read {text!r}: {suggest(text, SIGNS, 'signs and words are')}", at)


def suggest(word: str, known: tuple[str, ...], otherwise: str) -> str:
    """What the word may have been meant to be; else all that is known."""
    close = difflib.get_close_matches(word.lower(), known, n=2, cutoff=0.6)
    return f"did you mean {' or '.join(close)}?" if close else f"{otherwise} {', '.join(known)}"


KEYWORDS: Final = frozenset({"and", "or", "not", "in", "is", "known", "unknown", "true", "false"})
SIGNS: Final = (
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "in",
    "not in",
    "is known",
    "is unknown",
    "and",
    "or",
    "not",
)
"""What a person may write between traits and values."""
_QUOTES: Final = {"'": "'＇", '"': '"＂', "“": "”", "”": "”", "‘": "’", "’": "’", "「": "」", "『": "』"}
"""What closes each."""
_PLAIN: Final = str.maketrans(
    "＜＞＝！（）［］【】，、％－＋．＂＇" + "０１２３４５６７８９", "<>=!()[][],,%-+.\"'" + "0123456789"
)
_ALIASES: Final = {
    "=": "==",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "且": "and",
    "并且": "and",
    "或": "or",
    "或者": "or",
    "非": "not",
    "不是": "is not",
    "不为": "is not",
    "不等于": "!=",
    "等于": "==",
    "为": "is",
    "是": "is",
    "在": "in",
    "不在": "not in",
    "已知": "known",
    "未知": "unknown",
    "真": "true",
    "假": "false",
    "大于": ">",
    "小于": "<",
    "不小于": ">=",
    "不大于": "<=",
}
_MEANT: Final = {
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "===": "==",
    "!==": "!=",
    "&&": "and",
    "||": "or",
    "&": "and",
    "|": "or",
    "!": "not",
}
_HAN: Final = sorted((alias for alias in _ALIASES if alias > "一"), key=len, reverse=True)
_PIECE: Final = re.compile(
    r"(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?%?(?![A-Za-z0-9_]))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    rf"|(?P<strange>=>|=<|<>|===|!==|&&|\|\||&|\||!(?!=))"
    rf"|(?P<sign><=|>=|==|!=|[<>=≤≥≠()\[\],]|{'|'.join(_HAN)})",
    re.ASCII,
)
