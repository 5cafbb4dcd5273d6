"""What every statement of this package needs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from sqlalchemy import Select
from sqlalchemy.orm import Session

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
