"""The tables of the desk: tenants and their keys, complaints, suggestions, outcomes, idempotency."""

from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Date, DateTime, Dialect, Index, Integer, Numeric, String, Text
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

    tenant: Mapped[str] = mapped_column(String(80), primary_key=True, sort_order=-1)


class TenantInfoRow(TenantRow, Base):
    """A tenant and its settings as JSON."""

    __tablename__ = "tenants"
    name: Mapped[str] = mapped_column(String(200))
    settings: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)


class ApiKeyRow(TenantRow, Base):
    """An API key: its hash, never itself."""

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    __table_args__ = (Index("api_keys_by_id", "id"),)


class ComplaintRow(TenantRow, Base):
    """A complaint without a word of it."""

    __tablename__ = "complaints"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    channel: Mapped[str] = mapped_column(String(60))
    language: Mapped[str | None] = mapped_column(String(8))
    sector: Mapped[str | None] = mapped_column(String(60))
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    turns: Mapped[int] = mapped_column(Integer)
    suggested_turns: Mapped[int] = mapped_column(Integer)
    """How many turns the newest suggestion has seen; fewer than `turns` means one is due."""
    category: Mapped[str | None] = mapped_column(String(80))
    urgency: Mapped[str | None] = mapped_column(String(10))
    """Both as the newest suggestion has them."""
    __table_args__ = (Index("complaints_by_time", "tenant", "received_at", "id"),)


class RawMessageRow(TenantRow, Base):
    """The words of a complaint as they came: position 0 holds who and which, 1 onwards the turns."""

    __tablename__ = "raw_messages"
    complaint_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class SuggestionRow(TenantRow, Base):
    """A suggestion as JSON, without the customer's profile, with placeholders where personal data was."""

    __tablename__ = "suggestions"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    complaint_id: Mapped[str] = mapped_column(String(40))
    seen_turns: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    category: Mapped[str | None] = mapped_column(String(80))
    urgency: Mapped[str] = mapped_column(String(10))
    body: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("suggestions_by_complaint", "tenant", "complaint_id", "seen_turns"),)


class OutcomeRow(TenantRow, Base):
    """What the agent did with a suggestion."""

    __tablename__ = "outcomes"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    suggestion_id: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    __table_args__ = (Index("outcomes_by_suggestion", "tenant", "suggestion_id"),)


class ClockStepRow(TenantRow, Base):
    """Something that happened to a date of a complaint; never changed."""

    __tablename__ = "clock_steps"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    complaint_id: Mapped[str] = mapped_column(String(40))
    rule: Mapped[str] = mapped_column(String(80))
    """Under which the date began."""
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    to_rule: Mapped[str | None] = mapped_column(String(80))
    told_on: Mapped[date | None] = mapped_column(Date)
    __table_args__ = (Index("clock_steps_of_complaint", "tenant", "complaint_id"),)


class CommitmentRow(TenantRow, Base):
    """Something a sent reply promised."""

    __tablename__ = "commitments"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    complaint_id: Mapped[str] = mapped_column(String(40))
    suggestion_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)
    due: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(220))
    """Id of the clock or passage that allows it."""
    owner: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    settled_by: Mapped[str] = mapped_column(String(200))
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When a receiver took the event that it is overdue."""
    amount: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    approved_by: Mapped[str] = mapped_column(String(20), server_default="")
    __table_args__ = (
        Index("commitments_by_state", "tenant", "state", "due"),
        Index("commitments_of_complaint", "tenant", "complaint_id"),
    )


class IdempotencyRow(TenantRow, Base):
    """A request that was carried out, by the key its sender gave it."""

    __tablename__ = "idempotency_keys"
    route: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    result_id: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
