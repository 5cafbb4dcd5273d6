"""Text in a picture: how wide it is about, cut to fit, and safe to put in markup."""

import re
import unicodedata
from html import escape
from typing import Final, Literal

FONT: Final = (
    "system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC',"
    "'Noto Sans',Arial,sans-serif"
)
BOLD: Final = 1.12
"""How much wider bold text is."""
Anchor = Literal["start", "middle", "end"]

_NARROW: Final = frozenset("iljtfrI.,:;|!'()[]{}/\\ ·`-")
_WIDE: Final = frozenset("mwMW@%&—QOGD")
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no place for."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide it is, in the unit of `size`, rather too wide than too narrow.

    A Chinese character is as wide as it is high; others are guessed from classes of a wide sans-serif.
    """
    return size * sum(_em(character) for character in text) * (BOLD if bold else 1)


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.42
    if character in _WIDE:
        return 0.98
    if character.isascii():
        return 0.74 if character.isupper() else 0.64
    if unicodedata.combining(character):
        return 0.0
    # an ambiguous one is drawn full width beside Chinese text
    return 1.05 if unicodedata.east_asian_width(character) in "WFA" else 0.85


def fitted(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, cut with "…" where it does not fit; empty where nothing does."""
    if width(text, size, bold=bold) <= room:
        return text
    left = room - width("…", size, bold=bold)
    for place, character in enumerate(text):
        left -= width(character, size, bold=bold)
        if left < 0:
            return f"{text[:place].rstrip()}…" if place else ""
    return text


def safe(text: str) -> str:
    """For text and quoted attributes of XML: escaped, without the characters it has no place for."""
    return escape(_FORBIDDEN.sub("\ufffd", text))


def label(
    x: float, y: float, text: str, *, size: float = 12, anchor: Anchor = "start", style: str = "ink"
) -> str:
    """A line of text; nothing for an empty one."""
    if not text:
        return ""
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}">'
        f"{safe(text)}</text>"
    )
