"""The tables of profiles: customers, and what is known of them."""

from datetime import UTC, date, datetime

from sqlalchemy import Boolean, Date, DateTime, Dialect, Double, Index, Integer, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment. SQLite forgets the zone of a time, so what goes in is UTC and what comes out says so."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Tables of this package."""


class TenantRow:
    """Every row has a tenant."""

    # in front, so that the primary key finds the rows of a tenant's customer by both
    tenant: Mapped[str] = mapped_column(String(80), primary_key=True, sort_order=-1)


class CustomerRow(TenantRow, Base):
    """A customer, without anything about them."""

    __tablename__ = "customers"
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str | None] = mapped_column(String(8))
    fingerprint: Mapped[str] = mapped_column(String(64))
    """Of the record as it was put."""


class IdentityRow(TenantRow, Base):
    """A name by which a system knows a customer."""

    __tablename__ = "identities"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(String(200))
    normalised: Mapped[str] = mapped_column(Text)
    verified: Mapped[bool] = mapped_column(Boolean)
    __table_args__ = (
        # kind comes last: with it in front, SQLite would rather search all numbers than one customer's rows
        Index("identities_by_value", "tenant", "normalised", "kind"),
        Index(
            "identities_one_external_id",
            "tenant",
            "normalised",
            unique=True,
            sqlite_where=text("kind = 'external_id'"),
            postgresql_where=text("kind = 'external_id'"),
        ),
    )


class FactRow(TenantRow, Base):
    """A fact."""

    __tablename__ = "facts"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    field: Mapped[str] = mapped_column(String(60))
    value: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(60))
    observed_at: Mapped[date] = mapped_column(Date)
    purpose: Mapped[str] = mapped_column(String(60))
    basis: Mapped[str] = mapped_column(String(20))
    consent_id: Mapped[str | None] = mapped_column(String(200))
    confidence: Mapped[float] = mapped_column(Double)
    expires_at: Mapped[date | None] = mapped_column(Date)


class ContactRow(TenantRow, Base):
    """A contact."""

    __tablename__ = "contacts"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    added: Mapped[bool] = mapped_column(Boolean)
    """True where it was added here, and so survives the next record of the customer."""
    at: Mapped[datetime] = mapped_column(UtcTime)
    channel: Mapped[str] = mapped_column(String(60))
    summary: Mapped[str] = mapped_column(Text)
    emotion: Mapped[str] = mapped_column(String(20))
    intensity: Mapped[int] = mapped_column(Integer)
    case: Mapped[str | None] = mapped_column("case_id", String(200))
    promise: Mapped[str | None] = mapped_column(Text)


class EventRow(TenantRow, Base):
    """Something that happened with a customer."""

    __tablename__ = "events"
    source: Mapped[str] = mapped_column(String(60), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(String(20))
    rest: Mapped[str] = mapped_column(Text)
    """What else is known of it, as JSON."""
    __table_args__ = (Index("events_of_customer", "tenant", "customer_id", "at"),)


class TallyRow(TenantRow, Base):
    """What the events of a customer come to; made afresh from them at any time."""

    __tablename__ = "tallies"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class MergeRow(TenantRow, Base):
    """One customer found to be the same person as another. Their rows stay apart, so it can be undone."""

    __tablename__ = "merges"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    into: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("merges_into", "tenant", "into"),)


class NoteRow(TenantRow, Base):
    """A note whose vector is in the index."""

    __tablename__ = "notes"
    id: Mapped[str] = mapped_column(String(240), primary_key=True)
    """The customer's, a bar, the note's digest."""
    customer_id: Mapped[str] = mapped_column(String(200))
    __table_args__ = (Index("notes_of_customer", "tenant", "customer_id"),)


class NoteChangeRow(TenantRow, Base):
    """A customer whose notes may have changed since their vectors were made."""

    __tablename__ = "note_changes"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    stamp: Mapped[str] = mapped_column(String(16))
    """Another one at each change."""


class DuplicateRow(TenantRow, Base):
    """Two customers who are probably one person; in order of their ids."""

    __tablename__ = "duplicates"
    first: Mapped[str] = mapped_column(String(200), primary_key=True)
    second: Mapped[str] = mapped_column(String(200), primary_key=True)
    probability: Mapped[float] = mapped_column(Double)
    reasons: Mapped[str] = mapped_column(Text)
    """Kind, agreement and bits of each, as JSON."""
    two_numbers: Mapped[bool] = mapped_column(Boolean)
    found_at: Mapped[datetime] = mapped_column(UtcTime)
    refused_by: Mapped[str | None] = mapped_column(String(200))
    """Who said that they are two people; None while nobody did."""


class RelationRow(TenantRow, Base):
    """How two customers stand to each other."""

    __tablename__ = "relations"
    first: Mapped[str] = mapped_column(String(200), primary_key=True)
    second: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    source: Mapped[str] = mapped_column(String(60))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class ControlRow(TenantRow, Base):
    """What a customer or the law switched for them; never changed, the newest holds."""

    __tablename__ = "controls"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    control: Mapped[str] = mapped_column(String(20))
    on: Mapped[bool] = mapped_column("is_on", Boolean)
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)


class AccessRow(TenantRow, Base):
    """Who read what of a customer, and what for."""

    __tablename__ = "accesses"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(Text)
    """Names of the fields that were shown."""
    complaint_id: Mapped[str | None] = mapped_column(String(200))
    __table_args__ = (Index("accesses_of_customer", "tenant", "customer_id", "at"),)


class TombstoneRow(TenantRow, Base):
    """Somebody who was forgotten: enough to refuse them when they are brought in again, and no more."""

    __tablename__ = "tombstones"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Keyed hash of the customer's id, or of one identity."""
    tombstone_id: Mapped[str] = mapped_column(String(40))
    erased_at: Mapped[datetime] = mapped_column(UtcTime)
    basis: Mapped[str] = mapped_column(String(60))


class KeyRow(TenantRow, Base):
    """The key under which a tenant's tombstones are hashed."""

    __tablename__ = "tombstone_keys"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(64))


class ConsentRow(TenantRow, Base):
    """An entry of the consent ledger; never changed."""

    __tablename__ = "consents"
    customer_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    purpose: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    consent_id: Mapped[str | None] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(60))
