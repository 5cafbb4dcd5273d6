"""People from a table of any system, by its headers, to measure how well duplicates are found."""

import re
from pathlib import Path
from typing import Final

from profiles.duplicate_rules import DuplicateRules
from profiles.duplicate_values import NAME, Person
from profiles.errors import InvalidInput
from profiles.tables import table_of

_IDS: Final = ("id", "rec id", "record id", "customer id", "编号", "客户编号")
_NAMES: Final = ("name", "full name", "姓名", "客户姓名")


def people_of(path: Path, rules: DuplicateRules | None = None) -> list[Person]:
    """The people of a CSV: one column is their id, others are kinds of duplicates.toml by name or alias.

    Raises:
        InvalidInput: the file cannot be read, no column is an id or none can be compared, or an id stands
            there twice.
    """
    known = rules or DuplicateRules.shipped()
    header, rows = table_of(path)
    meant = {_plain(name): NAME for name in _NAMES}
    for kind, declared in known.kinds.items():
        meant.update((_plain(name), kind) for name in (kind, *declared.aliases))
    columns = {place: meant[_plain(name)] for place, name in enumerate(header) if _plain(name) in meant}
    ids = [place for place, name in enumerate(header) if _plain(name) in _IDS]
    if not ids or not columns:
        lacks = "id" if not ids else "name, date of birth, address or anything else that can be compared"
        raise InvalidInput(f"{path.name} has no column with {lacks}: name it in the header, such as 'id'")
    people = [
        Person(row[ids[0]], {kind: (row[place],) for place, kind in columns.items() if row[place]})
        for _, row in rows
    ]
    if len({person.id for person in people}) < len(people):
        raise InvalidInput(f"{path.name}: an id stands there twice: give each row one of its own")
    return people


def _plain(header: str) -> str:
    return " ".join(re.split(r"[\W_]+", header.casefold())).strip()
