"""Customers from outside: our JSON Lines shape, and flat rows of CSV and XLSX exports in both languages."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, cast, get_args

from pydantic import ValidationError

from profiles.cells import NO, YES, cell_text
from profiles.customer import Customer
from profiles.errors import InvalidInput
from profiles.identity import IdentityKind, normalised
from profiles.registry import Registry

NESTED: Final = frozenset({"identities", "facts", "contacts", "consents"})
"""A row with a list under one of these is in our own shape; any other is flat."""

_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})(?:日|[T\s].*)?", re.DOTALL)
_KINDS: tuple[IdentityKind, ...] = get_args(IdentityKind)


def customer_from_row(
    row: Mapping[str, Any],
    *,
    leave_out: Collection[str] = (),
    observed_on: date | None = None,
    fields: Registry | None = None,
) -> Customer:
    """A customer from one row, whichever of the two shapes it has.

    A flat row needs the company's own customer number, which stays an identity: the customer's id is made
    from it. `leave_out` names the columns to ignore (see `unknown_columns`). `observed_on` is the day the
    export was made, where no column says it: by default today.

    Raises:
        InvalidInput: names the field or column and what to do, never the value.
        UndeclaredField: a fact's field is not in fields.toml.
    """
    rules = fields or Registry.shipped()
    data = dict(row) if is_nested(row) else _nested(row, leave_out, observed_on, rules)
    for name in _field_names(data.get("facts")):
        rules.field(name)
    try:
        customer = Customer.model_validate(data)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise InvalidInput("; ".join(_fault(data, fault["loc"], fault["msg"]) for fault in faults)) from None
    for fact in customer.facts:
        rules.check(fact)
    return customer


def is_nested(row: Mapping[str, Any]) -> bool:
    """Whether a row is in our own shape, and not a flat one."""
    return any(isinstance(row.get(key), list | tuple) for key in NESTED)


def unknown_columns(headers: Iterable[str], fields: Registry | None = None) -> tuple[str, ...]:
    """The columns of a flat file that hold nothing we know, in order: to be reported, then left out."""
    rules = fields or Registry.shipped()
    return tuple(header for header in headers if rules.column(header) is None)


def customer_id_for(external_id: str) -> str:
    """The id of a customer whom a flat file describes: always the same, and not readable as the number."""
    digest = hashlib.sha256(normalised("external_id", external_id).encode()).hexdigest()
    return f"cust_{digest[:24]}"


@dataclass(slots=True)
class _Cells:
    """The cells of a flat row, by what their columns hold."""

    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, use: str, header: str, text: str) -> None:
        if text not in self.texts.setdefault(use, []):
            self.texts[use].append(text)
        self.headers.setdefault(use, header)

    def only(self, use: str) -> str | None:
        """The one value of that use, if there is any."""
        texts = self.texts.get(use, [])
        if len(texts) > 1:
            raise InvalidInput(f"two columns give {use} and differ: keep the right one")
        return texts[0] if texts else None


def _nested(
    row: Mapping[str, Any], leave_out: Collection[str], observed_on: date | None, rules: Registry
) -> dict[str, Any]:
    """A flat row in our own shape."""
    cells = _cells(row, leave_out, rules)
    external_id = cells.only("external_id")
    if external_id is None:
        raise InvalidInput(
            "customer_id (客户编号) is missing: a row without the company's own number cannot be told apart "
            f"from others; name its column one of {', '.join(('external_id', *rules.columns['external_id']))}"
        )
    written = cells.only("correspondence_language")
    language = None if written is None else rules.language_of(written)
    if written is not None and language is None:
        # a language we do not write in is still worth knowing
        cells.add("language", cells.headers["correspondence_language"], written)
    return {
        "id": customer_id_for(external_id),
        "language": language,
        "identities": _identities(cells),
        "facts": _facts(cells, _observed(cells, observed_on), rules),
    }


def _cells(row: Mapping[str, Any], leave_out: Collection[str], rules: Registry) -> _Cells:
    cells = _Cells()
    unknown: list[str] = []
    for header, value in row.items():
        if header in leave_out:
            continue
        use = rules.column(_header(header, value))
        if use is None:
            unknown.append(repr(header[:60]))
        elif (text := cell_text(header, value)) is not None:
            cells.add(use, header, text)
    if unknown:
        raise InvalidInput(
            f"unknown columns {', '.join(unknown)}: rename them, declare them in profiles/fields.toml, "
            "or name them as left out"
        )
    return cells


def _header(header: object, value: object) -> str:
    """The header as text. `csv.DictReader` puts the cells that have no header under None."""
    if isinstance(header, str):
        return header
    if value:
        raise InvalidInput("the row has more cells than there are columns: quote the commas inside its texts")
    return ""


def _identities(cells: _Cells) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind in _KINDS:
        verified = kind == "external_id" or _flag(cells, f"{kind}_verified")
        for value in cells.texts.get(kind, []):
            try:
                normalised(kind, value)
            except ValueError as error:
                raise InvalidInput(f"column {cells.headers[kind][:60]!r} holds {error}") from None
            found.append({"kind": kind, "value": value, "verified": verified})
    return found


def _flag(cells: _Cells, use: str) -> bool:
    text = cells.only(use)
    if text is None or text.casefold() in NO:
        return False
    if text.casefold() in YES:
        return True
    raise InvalidInput(
        f"column {cells.headers[use][:60]!r} is neither yes nor no: write 是/否, yes/no or 1/0"
    )


def _observed(cells: _Cells, observed_on: date | None) -> date:
    text = cells.only("observed_at")
    if text is None:
        return observed_on or datetime.now(UTC).date()
    day = _DAY.fullmatch(text)
    try:
        if day is not None:
            return date(*map(int, day.groups()))
    except ValueError:
        pass
    raise InvalidInput(f"column {cells.headers['observed_at'][:60]!r} is no date: write it like 2026-03-05")


def _facts(cells: _Cells, observed_at: date, rules: Registry) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name, declared in rules.fields.items():
        values = cells.texts.get(name, []) if declared.many else [cells.only(name)]
        for value in filter(None, values):
            if rules.flat.basis not in declared.basis:
                raise InvalidInput(
                    f"column {cells.headers[name][:60]!r} holds {name!r}, which rests on "
                    f"{' or '.join(declared.basis)}: a flat row cannot show that, so leave the column out "
                    "or send the customer as JSON Lines with basis and consent_id"
                )
            found.append(
                {
                    "field": name,
                    "value": value,
                    "source": rules.flat.source,
                    "observed_at": observed_at,
                    "purpose": rules.flat.purpose,
                    "basis": rules.flat.basis,
                    "confidence": rules.flat.confidence,
                }
            )
    return found


def _field_names(facts: object) -> list[str]:
    """The fields a row's facts name, before anything about them is checked."""
    if not isinstance(facts, list | tuple):
        return []
    rows = (cast("dict[str, object]", f) for f in cast("list[object]", facts) if isinstance(f, dict))
    named = [row.get("field") for row in rows]
    return [name for name in named if isinstance(name, str)]


def _fault(data: Mapping[str, Any], where: tuple[int | str, ...], message: str) -> str:
    """What is wrong and where, with the field's name beside the number of a fact."""
    steps = [str(step)[:60] for step in where]
    match where:
        case ("facts", int(n), *_) if names := _field_names(data["facts"][n : n + 1]):
            steps[1] = f"{n} ({names[0]})"
        case _:
            pass
    return f"{'.'.join(steps) or 'customer'}: {message.removeprefix('Value error, ')}"
