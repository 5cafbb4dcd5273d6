"""Which encoding an office machine wrote a text file in, and its lines in bounded memory."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TextIO, cast

from knowledge.errors import UnreadableFile

MAX_LINE: Final = 8_000_000
"""Characters of one line: a text of MAX_TEXT characters written as JSON escapes, with room for the rest."""
TOLERATED: Final = 0.001
"""Share of a file that may be damaged before we say that we do not know its encoding."""
_CHUNK: Final = 1 << 20
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BROKEN = re.compile("[\udc80-\udcff]")


def open_text(path: Path) -> TextIO:
    """The file as text; bytes that do not belong to its encoding become lone surrogates (see `is_broken`).

    Raises:
        UnreadableFile: it is neither UTF-8, nor UTF-16 with a byte-order mark, nor GB18030 (of which GBK and
            GB2312 are parts).
    """
    with path.open("rb") as file:
        encoding = _encoding(file, path.name)
    # UTF-16 cannot escape single bytes; a damaged one shows U+FFFD instead
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    return cast("TextIO", path.open(encoding=encoding, errors=errors, newline=""))


def is_broken(text: str) -> bool:
    """Whether bytes that could not be decoded are in it."""
    return _BROKEN.search(text) is not None


def numbered_lines(file: TextIO) -> Iterator[tuple[int, str | None]]:
    """Lines with their number from 1; None for one longer than MAX_LINE, which is passed over."""
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        if len(line) < MAX_LINE or line[-1] in "\r\n":
            yield number, line
            continue
        while (rest := file.readline(MAX_LINE)) and rest[-1] not in "\r\n":
            pass
        yield number, None


def _encoding(file: BinaryIO, name: str) -> str:
    head = file.read(4096)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if _looks_wide(head):
        raise UnreadableFile(
            f"{name} is no text, or UTF-16 without a byte-order mark: save it as UTF-8 and try again"
        )
    for encoding in ("utf-8", "gb18030"):
        if _decodes(file, encoding):
            return encoding
    return _least_damaged(file, name)


def _looks_wide(head: bytes) -> bool:
    """Whether it is binary, or UTF-16: there, zero bytes stand at even or at odd positions only."""
    zeros = [position for position, byte in enumerate(head) if byte == 0]
    return len(zeros) > len(head) // 5 or (len(zeros) > 1 and len({position % 2 for position in zeros}) == 1)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole file is of that encoding; a last character cut in half is forgiven."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(_CHUNK):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


def _least_damaged(file: BinaryIO, name: str) -> str:
    damage = {encoding: _damage(file, encoding) for encoding in ("utf-8", "gb18030")}
    encoding = min(damage, key=lambda name: damage[name])
    size = file.seek(0, 2)
    if damage[encoding] > max(1, size * TOLERATED):
        raise UnreadableFile(
            f"{name} is neither UTF-8 nor GB18030: {damage['utf-8']} places do not decode as the first, "
            f"{damage['gb18030']} not as the second; save it as UTF-8 and try again"
        )
    return encoding


def _damage(file: BinaryIO, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
    file.seek(0)
    count = 0
    while chunk := file.read(_CHUNK):
        count += len(_BROKEN.findall(decoder.decode(chunk)))
    return count
