"""Rules are data: a TOML file a product person edits, validated at load, errors naming file and line."""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from profiles.errors import InvalidRules

Rules = TypeVar("Rules", bound=BaseModel)
Location = tuple[int | str, ...]
"""The way into the file: table names, then a key, then positions in a list."""


def load_rules(path: Path, shape: type[Rules]) -> tuple[Rules, str]:
    """The file as `shape`, and its text.

    Raises:
        InvalidRules: the file is missing, is no TOML, or breaks the schema; says where and what.
    """
    try:
        source = path.read_text(encoding="utf-8")
        data = tomllib.loads(source)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidRules(f"{path}: {error}") from error
    try:
        return shape.model_validate(data), source
    except ValidationError as error:
        faults = [(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
        raise InvalidRules(located(path, source, faults)) from error


def located(path: Path, source: str, faults: Iterable[tuple[Location, str]]) -> str:
    """One line per fault: file, line, way into the file, message."""
    return "\n".join(
        f"{path}:{_line_of(source, where)}: {'.'.join(map(str, where))}: {message}"
        for where, message in faults
    )


def _line_of(source: str, where: Location) -> int:
    """The line (from 1) of the key, else of its table; 1 where neither is written down."""
    names = [step for step in where if isinstance(step, str)]
    lines = source.splitlines()
    for depth in range(len(names), 0, -1):
        header = re.compile(rf"^\s*\[\s*{re.escape('.'.join(names[:depth]))}\s*\]")
        for number, line in enumerate(lines, start=1):
            if header.match(line):
                return _line_of_key(lines, number, names[depth : depth + 1]) or number
    return _line_of_key(lines, 0, names[:1]) or 1


def _line_of_key(lines: list[str], after: int, key: list[str]) -> int:
    """The line where the table that begins at line `after` sets the key; 0 where it does not."""
    for number, line in enumerate(lines[after:], start=after + 1):
        if re.match(r"^\s*\[", line):
            break
        if key and re.match(rf"^\s*\"?{re.escape(key[0])}\"?\s*=", line):
            return number
    return 0
