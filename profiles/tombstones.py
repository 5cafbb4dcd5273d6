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


class Graveyard:
    """The tombstones that may concern some customers, looked up once for all of them."""

    def __init__(self, session: Session, customers: Iterable[Customer]) -> None:
        self._key = session.scalar(select(KeyRow.key).where(KeyRow.id == 1)) or ""
        self._stones: dict[str, Tombstone] = {}
        if not self._key or session.scalar(select(TombstoneRow.digest).limit(1)) is None:
            return
        digests = {_digest(self._key, sign) for customer in customers for sign in _signs(customer)}
        columns = TombstoneRow.digest, TombstoneRow.tombstone_id, TombstoneRow.erased_at, TombstoneRow.basis
        for some in chunks(sorted(digests)):
            found = session.execute(select(*columns).where(TombstoneRow.digest.in_(some)))
            self._stones |= {digest: Tombstone(name, at, basis) for digest, name, at, basis in found}

    def refuse(self, customer: Customer, number: int = 1) -> None:
        """Refuse somebody who was forgotten; a consent granted since lifts that.

        Raises:
            ErasedCustomer: names the tombstone, and the customer by `number`.
        """
        for sign in _signs(customer) if self._stones else ():
            stone = self._stones.get(_digest(self._key, sign))
            if stone is None or any(
                e.kind == "granted" and e.at > stone.erased_at for e in customer.consents
            ):
                continue
            raise ErasedCustomer(
                f"customer {number} of this batch was forgotten on {stone.erased_at:%Y-%m-%d} "
                f"({stone.id}): leave the record out, or send it with a consent granted since",
                stone.id,
            )


def refuse_erased(session: Session, customers: Sequence[Customer]) -> None:
    """Refuse to bring in anybody who was forgotten and has not agreed again since.

    Raises:
        ErasedCustomer: one of them was; says which of the batch, and the tombstone.
    """
    graveyard = Graveyard(session, customers)
    for number, customer in enumerate(customers, start=1):
        graveyard.refuse(customer, number)


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
