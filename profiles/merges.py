"""Customers found to be one person. The rows of each stay their own, so that a merge can be undone whole.

A merge says "this customer is that one". Reading either gives both, under the id of the one that stayed.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from profiles.errors import IdentityConflict, InvalidInput
from profiles.owned import STORABLE, Id, Moment, Owned
from profiles.schema import MergeRow
from profiles.sql import among, chunks


class Merge(Owned):
    """One customer taken for another."""

    customer_id: Id
    """Of the one that was merged."""
    into: Id
    """Of the one that stayed."""
    at: Moment
    by: Annotated[str, Field(max_length=200), STORABLE]
    """Who confirmed it, or `automatic`."""
    reason: Annotated[str, Field(max_length=2000), STORABLE]


def roots_of(session: Session, ids: Sequence[str]) -> dict[str, str]:
    """The id each customer is read under: its own, where it was not merged."""
    found: dict[str, str] = {i: i for i in ids}
    while found:
        now = list(dict.fromkeys(found.values()))
        query = select(MergeRow.customer_id, MergeRow.into).where(among(session, MergeRow.customer_id, now))
        into: dict[str, str] = {}
        into.update((customer, root) for customer, root in session.execute(query))
        if not into:
            break
        found = {i: into.get(root, root) for i, root in found.items()}
    return found


def members_of(session: Session, roots: Sequence[str]) -> dict[str, list[str]]:
    """All customers that are read under each root, itself first."""
    found = {root: [root] for root in roots}
    newest = {root: root for root in roots}
    while newest:
        below: dict[str, str] = {}
        for some in chunks(list(newest)):
            query = (
                select(MergeRow.customer_id, MergeRow.into)
                .where(MergeRow.into.in_(some))
                .order_by(MergeRow.at, MergeRow.customer_id)
            )
            below.update((customer, newest[into]) for customer, into in session.execute(query))
        for customer, root in below.items():
            found[root].append(customer)
        newest = below
    return found


def merge(session: Session, entry: Merge, external_ids: Sequence[str]) -> Merge:
    """Record that one customer is another; `external_ids` are those of both.

    Raises:
        InvalidInput: the two are one already.
        IdentityConflict: they have different external ids, and so are two customers.
    """
    roots = roots_of(session, [entry.customer_id, entry.into])
    gone, kept = roots[entry.customer_id], roots[entry.into]
    if gone == kept:
        raise InvalidInput("the two are one customer already: nothing to merge")
    if len(set(external_ids)) > 1:
        raise IdentityConflict(
            "the two have different external ids, and so are two customers: correct the number at its "
            "source first"
        )
    done = entry.model_copy(update={"customer_id": gone, "into": kept})
    session.execute(insert(MergeRow), [done.model_dump()])
    return done


def unmerge(session: Session, customer_id: str) -> Merge:
    """Take the merge of this customer back: both are again what they were, with what came since.

    Raises:
        InvalidInput: it was not merged.
    """
    found = merges_of(session, [customer_id])
    if not found:
        raise InvalidInput(f"customer {customer_id!r} was not merged: nothing to take back")
    session.execute(delete(MergeRow).where(MergeRow.customer_id == customer_id))
    return found[0]


def merges_of(session: Session, customers: Sequence[str]) -> list[Merge]:
    """What was merged among these customers, oldest first."""
    names = list(Merge.model_fields)
    columns = [getattr(MergeRow, name) for name in names]
    query = (
        select(*columns)
        .where(MergeRow.customer_id.in_(customers))
        .order_by(MergeRow.at, MergeRow.customer_id)
    )
    return [Merge.model_validate(dict(zip(names, values, strict=True))) for values in session.execute(query)]
