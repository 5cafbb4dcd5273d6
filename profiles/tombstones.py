"""Those who were forgotten stay forgotten: keyed hashes that recognise them and tell nothing else.

The hash of a customer's own number could be found by trying all numbers, so it is made with a key that never
leaves the database.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from profiles.customer import Customer
from profiles.errors import ErasedCustomer
from profiles.schema import KeyRow, TombstoneRow
from profiles.sql import chunks

OWN_KINDS: Final = frozenset({"external_id", "wechat", "app_user"})
"""Identities that belong to one person; a telephone number may be somebody else's next year."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a customer who was forgotten."""

    id: str
    erased_at: datetime
    basis: str


def bury(session: Session, customer: Customer, basis: str) -> Tombstone:
    """Remember that this customer is to be forgotten."""
    key = own_key(session)
    stone = Tombstone(f"tomb_{secrets.token_hex(10)}", datetime.now(UTC), basis)
    digests = {_digest(key, sign) for sign in _signs(customer)}
    known = set(session.scalars(select(TombstoneRow.digest).where(TombstoneRow.digest.in_(digests))))
    new = [
        {"digest": digest, "tombstone_id": stone.id, "erased_at": stone.erased_at, "basis": basis}
        for digest in sorted(digests - known)
    ]
    if new:
        session.execute(insert(TombstoneRow), new)
    return stone


def refuse_erased(session: Session, customers: Iterable[Customer]) -> None:
    """Refuse to bring in anybody who was forgotten and has not agreed again since.

    Raises:
        ErasedCustomer: one of them was; says which of the batch, and the tombstone.
    """
    for number, customer in enumerate(customers, start=1):
        if stone := erased(session, customer):
            raise ErasedCustomer(
                f"customer {number} of this batch was forgotten on {stone.erased_at:%Y-%m-%d} "
                f"({stone.id}): leave the record out, or send it with a consent granted since",
                stone.id,
            )


def erased(session: Session, customer: Customer) -> Tombstone | None:
    """The tombstone that forbids this customer, if there is one; a consent granted since lifts it."""
    key = session.scalar(select(KeyRow.key).where(KeyRow.id == 1))
    if key is None:
        return None
    digests = [_digest(key, sign) for sign in _signs(customer)]
    query = select(TombstoneRow.tombstone_id, TombstoneRow.erased_at, TombstoneRow.basis)
    for some in chunks(digests):
        for id_, erased_at, basis in session.execute(query.where(TombstoneRow.digest.in_(some))):
            if not any(e.kind == "granted" and e.at > erased_at for e in customer.consents):
                return Tombstone(id_, erased_at, basis)
    return None


def lift(session: Session, customers: Sequence[Customer]) -> None:
    """Those who agreed again are no longer forgotten."""
    key = session.scalar(select(KeyRow.key).where(KeyRow.id == 1))
    agreed = [c for c in customers if any(e.kind == "granted" for e in c.consents)]
    if key is None or not agreed:
        return
    digests = [_digest(key, sign) for customer in agreed for sign in _signs(customer)]
    for some in chunks(digests):
        session.execute(delete(TombstoneRow).where(TombstoneRow.digest.in_(some)))


def _signs(customer: Customer) -> list[str]:
    """What the customer is known by: their id and own accounts; where there is none, all they have."""
    own = [i for i in customer.identities if i.kind in OWN_KINDS]
    identities = own or customer.identities
    return [
        f"id:{customer.id}",
        *(f"{identity.kind}:{identity.normalised(customer.language)}" for identity in identities),
    ]


def _digest(key: str, sign: str) -> str:
    return hmac.new(bytes.fromhex(key), sign.encode(), hashlib.sha256).hexdigest()


def own_key(session: Session) -> str:
    """The tenant's own key, hexadecimal, made when it is first wanted."""
    key = session.scalar(select(KeyRow.key).where(KeyRow.id == 1))
    if key is None:
        key = secrets.token_hex(32)
        session.execute(insert(KeyRow), [{"id": 1, "key": key}])
    return key
