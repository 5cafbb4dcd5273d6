"""Schema history. One file a step under `versions`, named by its revision.

A step that shipped is never edited.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

VERSIONS = Path(__file__).with_name("versions")


def newest() -> str:
    """The revision this version of Redress needs."""
    return max(file.stem.split("_")[0] for file in VERSIONS.glob("[0-9]*.py"))


def is_newest(connection: Connection) -> bool:
    """Whether the database has that revision; False for one without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return list(connection.scalars(text("SELECT version_num FROM alembic_version"))) == [newest()]
