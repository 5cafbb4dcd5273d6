"""What a model handed in, made fit to be checked: the line of sources taken off, Markdown taken off. Pure."""

import re
from dataclasses import dataclass
from typing import Final

_DECORATION: Final = " \t*_#>`-"
_SOURCES: Final = re.compile(
    r"^[ \t*_#>`-]*(?:SOURCES|来源)[ \t*_`]*[:：](?P<ids>[^\n]*)", re.IGNORECASE | re.MULTILINE
)
_BEGUN: Final = re.compile(r"SOURCES[ \t*_`]*[:：]", re.IGNORECASE)
_NO_SOURCE: Final = re.compile(r"(?:none|no source|n/?a\b|nil|无|没有|-).*|", re.IGNORECASE)

_MARKDOWN: Final = (
    (re.compile(r"^[ \t]*```[^\n]*$", re.MULTILINE), ""),
    (re.compile(r"!?\[([^\]\n]*)\]\(([^)\n]*)\)"), r"\1 (\2)"),
    (re.compile(r"\*\*(?=[^\s*])([^\n]+?)(?<=[^\s*])\*\*"), r"\1"),
    (re.compile(r"__(?=[^\s_])([^\n]+?)(?<=[^\s_])__"), r"\1"),
    (re.compile(r"(?<![*\w])\*(?=[^\s*])([^*\n]+)(?<=[^\s*])\*(?![*\w])"), r"\1"),
    (re.compile(r"`([^`\n]+)`"), r"\1"),
    (re.compile(r"^[ \t]*(?:#{1,6}|>|[-*•])[ \t]+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE), ""),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)
"""What is replaced by what. The address of a link stays in sight, for the checks to see."""


@dataclass(frozen=True, slots=True)
class Manuscript:
    """A reply as handed in."""

    text: str
    """Plain text; may be empty."""
    sources: tuple[str, ...]
    """The ids that the last line names, as they are written there."""


def read_manuscript(written: str) -> Manuscript:
    """The reply and its sources. What stands after the line of sources is left out."""
    written = written.replace("\r\n", "\n").replace("\r", "\n")
    lines = list(_SOURCES.finditer(written))
    if not lines:
        return Manuscript(plain_text(written), ())
    named = (name.strip(" \t*_`[]()（）【】\"“”'.。") for name in re.split("[,，、;；]", lines[-1]["ids"]))
    sources = dict.fromkeys(name for name in named if not _NO_SOURCE.fullmatch(name))
    return Manuscript(plain_text(written[: lines[-1].start()]), tuple(sources))


def plain_text(text: str) -> str:
    """The text without Markdown."""
    for mark, plain in _MARKDOWN:
        text = mark.sub(plain, text)
    return text.strip()


class Preview:
    """The reply as it streams, without the line of sources at its end."""

    def __init__(self) -> None:
        self._held = ""
        self._line_begins = True
        self._over = False

    def feed(self, words: str) -> str:
        """What may be shown now; the beginning of a line waits until it is clear that it names no sources."""
        if self._over:
            return ""
        self._held += words
        shown: list[str] = []
        while self._held:
            line, newline, rest = self._held.partition("\n")
            beginning = line.lstrip(_DECORATION)
            if self._line_begins and _BEGUN.match(beginning):
                self._over = True
                break
            if self._line_begins and not newline and "SOURCES".startswith(beginning.rstrip(" \t*_`").upper()):
                break
            shown.append(line + newline)
            self._held = rest
            self._line_begins = bool(newline)
        return "".join(shown)
