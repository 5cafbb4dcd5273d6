"""What every statement of this package needs."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from sqlalchemy import JSON, ColumnElement, Select, String, cast, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

IN_LIMIT: Final = 500
"""Ids in one IN list: far below the smallest limit of a supported database (SQLite's 999 before 3.32)."""


class Sessions(Protocol):
    """Where sessions come from. Each sees the rows of one tenant, whatever a statement says."""

    def read(self, tenant: str) -> AbstractContextManager[Session]: ...
    def write(self, tenant: str, *, ordered: bool = False) -> AbstractContextManager[Session]: ...
    def prepare(
        self, *queries: Select[*tuple[Any, ...]]
    ) -> Callable[[str, Mapping[str, Any]], list[list[tuple[Any, ...]]]]: ...


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids in lists that fit one IN."""
    for start in range(0, len(ids), IN_LIMIT):
        yield ids[start : start + IN_LIMIT]


def among(session: Session, column: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column has one of the values, of which there may be any number.

    They go as one parameter: thousands of parameters cost more than the lookup itself.
    """
    text = literal(json.dumps(list(values)), String())
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(text).table_valued("value")
    else:
        listed = func.json_array_elements_text(cast(text, JSON)).table_valued("value")
    return column.in_(select(listed.c.value))
