"""Rules are data: TOML files a product person edits, validated at load, errors naming file and line."""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from knowledge.errors import InvalidRules

Rules = TypeVar("Rules", bound=BaseModel)


def load_rules(path: Path, shape: type[Rules]) -> Rules:
    """The file as `shape`.

    Raises:
        InvalidRules: the file is missing, is no TOML, or breaks the schema; says where and what.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRules(f"cannot read {path}: {error}") from error
    try:
        data = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise InvalidRules(f"{path}: {error}") from error
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        problems = [
            f"{path}:{_line_of(source, fault['loc'])}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise InvalidRules("\n".join(problems)) from error


def _line_of(source: str, where: tuple[int | str, ...]) -> int:
    """The line (from 1) that a pydantic location points at, as near as the text shows it.

    Walks the location: a number picks the n-th following `[[table]]` of the name before it (or the n-th
    element of an inline array, whose line is the array's), a name picks its header or its assignment.
    """
    lines = source.splitlines()
    at, prefix = 0, ""
    for step, following in zip(where, (*where[1:], None), strict=False):
        if isinstance(step, int):
            continue
        dotted = f"{prefix}.{step}" if prefix else step
        occurrence = following if isinstance(following, int) else 0
        found = (
            _nth(lines, rf"^\s*\[\[\s*{re.escape(dotted)}\s*\]\]", at, occurrence)
            or _nth(lines, rf"^\s*\[\s*{re.escape(dotted)}\s*\]", at, 0)
            or _nth(lines, rf"^\s*\"?{re.escape(step)}\"?\s*=", at, 0)
        )
        if found:
            at = found - 1
        prefix = dotted
    return at + 1


def _nth(lines: list[str], pattern: str, start: int, n: int) -> int:
    """Line (from 1) of the n-th match (from 0) at or after `start`; 0 where there is none."""
    compiled = re.compile(pattern)
    matches = [number for number, line in enumerate(lines[start:], start + 1) if compiled.match(line)]
    return matches[n] if n < len(matches) else 0
