"""Complaints, suggestions and outcomes in SQL. Raw words live in `raw_messages` and nowhere else."""

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import DateTime, Dialect, Index, Integer, String, Text, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from bot.complaint import Complaint, ComplaintIn, CustomerRef, Turn
from bot.errors import KeyReused, NotFound
from bot.suggestion import Suggestion
from knowledge.case import Urgency

KEEP_IDEMPOTENCY_KEYS: Final = timedelta(days=2)
"""At least a day: what clients that retry over night need."""


class Sessions(Protocol):
    """Where sessions come from. Each sees the rows of one tenant, whatever a statement says."""

    def read(self, tenant: str) -> AbstractContextManager[Session]: ...
    def write(self, tenant: str, *, ordered: bool = False) -> AbstractContextManager[Session]: ...
    def read_every_tenant(self) -> AbstractContextManager[Session]: ...
    def write_every_tenant(self) -> AbstractContextManager[Session]: ...


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


class IdempotencyRow(TenantRow, Base):
    """A request that was carried out, by the key its sender gave it."""

    __tablename__ = "idempotency_keys"
    route: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    result_id: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcTime)


@dataclass(frozen=True, slots=True)
class Once:
    """Names a request so that its repetition finds the first one's result."""

    route: str
    key: str
    """The sender's key, together with the id of their credential."""
    fingerprint: str
    """Hash of what was asked."""


@dataclass(frozen=True, slots=True)
class Received:
    """A complaint that is safely stored."""

    id: str
    repeated: bool = False
    """The same request came before; nothing was stored now."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where a complaint stands."""

    id: str
    channel: str
    language: str | None
    received_at: datetime
    turns: int
    suggested_turns: int
    category: str | None
    urgency: Urgency | None


class DeskStore:
    """Complaints of every tenant, with their suggestions and outcomes."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def receive(
        self, tenant: str, complaint: ComplaintIn, received_at: datetime, once: Once | None = None
    ) -> Received:
        """Store a complaint; when this returns it is on disk.

        Raises:
            KeyReused: the idempotency key came before with another complaint.
        """
        turns = complaint.all_turns()
        row = {
            "id": new_id("cmp"),
            "channel": complaint.channel,
            "language": complaint.language,
            "sector": complaint.sector,
            "received_at": received_at,
            "turns": len(turns),
            "suggested_turns": 0,
            "category": None,
            "urgency": None,
        }
        header = complaint.model_dump_json(include={"customer", "reference"})
        bodies = [header, *(turn.model_dump_json() for turn in turns)]

        def store(session: Session) -> str:
            session.execute(insert(ComplaintRow), [row])
            session.execute(insert(RawMessageRow), _raw_rows(str(row["id"]), 0, bodies))
            return str(row["id"])

        return self._once(tenant, once, store)

    def add_turns(
        self, tenant: str, complaint_id: str, turns: Sequence[Turn], once: Once | None = None
    ) -> Received:
        """Add turns to a complaint.

        Raises:
            NotFound: the tenant has no such complaint.
            KeyReused: the idempotency key came before with other turns.
        """

        def store(session: Session) -> str:
            known = session.scalar(
                select(ComplaintRow.turns).where(ComplaintRow.id == complaint_id).with_for_update()
            )
            if known is None:
                raise NotFound(f"no complaint {complaint_id!r}")
            bodies = [turn.model_dump_json() for turn in turns]
            session.execute(insert(RawMessageRow), _raw_rows(complaint_id, known + 1, bodies))
            session.execute(
                update(ComplaintRow).where(ComplaintRow.id == complaint_id).values(turns=known + len(turns))
            )
            return complaint_id

        return self._once(tenant, once, store)

    def complaint(self, tenant: str, complaint_id: str) -> Complaint:
        """The complaint with its words.

        Raises:
            NotFound: the tenant has no such complaint.
        """
        with self._sessions.read(tenant) as session:
            row = session.execute(
                select(
                    ComplaintRow.channel, ComplaintRow.language, ComplaintRow.sector, ComplaintRow.received_at
                ).where(ComplaintRow.id == complaint_id)
            ).one_or_none()
            bodies = list(
                session.scalars(
                    select(RawMessageRow.body)
                    .where(RawMessageRow.complaint_id == complaint_id)
                    .order_by(RawMessageRow.position)
                )
            )
        if row is None or not bodies:
            raise NotFound(f"no complaint {complaint_id!r}")
        header = json.loads(bodies[0])
        return Complaint(
            id=complaint_id,
            turns=tuple(Turn.model_validate_json(body) for body in bodies[1:]),
            channel=row.channel,
            language=row.language,
            customer=CustomerRef.model_validate(header["customer"]) if header["customer"] else None,
            sector=row.sector,
            reference=header["reference"],
            received_at=row.received_at,
        )

    def status(self, tenant: str, complaint_id: str) -> Status:
        """Where the complaint stands.

        Raises:
            NotFound: the tenant has no such complaint.
        """
        found = self._statuses(tenant, ComplaintRow.id == complaint_id, limit=1)
        if not found:
            raise NotFound(f"no complaint {complaint_id!r}")
        return found[0]

    def newest(self, tenant: str, limit: int = 50) -> list[Status]:
        """The complaints that came last, newest first."""
        return self._statuses(tenant, ComplaintRow.id != "", limit=limit)

    def _statuses(self, tenant: str, condition: Any, limit: int) -> list[Status]:
        query = (
            select(
                ComplaintRow.id,
                ComplaintRow.channel,
                ComplaintRow.language,
                ComplaintRow.received_at,
                ComplaintRow.turns,
                ComplaintRow.suggested_turns,
                ComplaintRow.category,
                ComplaintRow.urgency,
            )
            .where(condition)
            .order_by(ComplaintRow.received_at.desc(), ComplaintRow.id.desc())
            .limit(limit)
        )
        with self._sessions.read(tenant) as session:
            return [Status(*row) for row in session.execute(query)]

    def awaiting(self, limit: int = 1000) -> list[tuple[str, str]]:
        """(tenant, complaint id) of complaints whose newest turn no suggestion has seen, oldest first."""
        query = (
            select(ComplaintRow.tenant, ComplaintRow.id)
            .where(ComplaintRow.suggested_turns < ComplaintRow.turns)
            .order_by(ComplaintRow.received_at)
            .limit(limit)
        )
        with self._sessions.read_every_tenant() as session:
            return [(tenant, i) for tenant, i in session.execute(query)]

    def keep_suggestion(self, tenant: str, suggestion: Suggestion, seen_turns: int) -> None:
        """Store a suggestion that has seen that many turns."""
        row = {
            "id": suggestion.id,
            "complaint_id": suggestion.complaint_id,
            "seen_turns": seen_turns,
            "created_at": suggestion.created_at,
            "category": suggestion.triage.category,
            "urgency": suggestion.triage.urgency,
            "body": suggestion.model_dump_json(),
        }
        with self._sessions.write(tenant) as session:
            session.execute(insert(SuggestionRow), [row])
            session.execute(
                update(ComplaintRow)
                .where(ComplaintRow.id == suggestion.complaint_id, ComplaintRow.suggested_turns < seen_turns)
                .values(suggested_turns=seen_turns, category=row["category"], urgency=row["urgency"])
            )

    def newest_suggestion(self, tenant: str, complaint_id: str) -> Suggestion | None:
        """The suggestion that has seen the most turns of a complaint, the newest of these, if any."""
        return self._suggestion(tenant, SuggestionRow.complaint_id == complaint_id)

    def suggestion(self, tenant: str, suggestion_id: str) -> Suggestion | None:
        """A suggestion by its own id."""
        return self._suggestion(tenant, SuggestionRow.id == suggestion_id)

    def _suggestion(self, tenant: str, condition: Any) -> Suggestion | None:
        query = (
            select(SuggestionRow.body)
            .where(condition)
            .order_by(SuggestionRow.seen_turns.desc(), SuggestionRow.created_at.desc())
            .limit(1)
        )
        with self._sessions.read(tenant) as session:
            body = session.scalar(query)
        return None if body is None else Suggestion.model_validate_json(body)

    def record_outcome(
        self, tenant: str, suggestion_id: str, action: str, body: str, once: Once | None = None
    ) -> Received:
        """Record what the agent did; `body` is the redacted outcome as JSON.

        Raises:
            NotFound: the tenant has no such suggestion.
            KeyReused: the idempotency key came before with another outcome.
        """

        def store(session: Session) -> str:
            if session.scalar(select(SuggestionRow.id).where(SuggestionRow.id == suggestion_id)) is None:
                raise NotFound(f"no suggestion {suggestion_id!r}")
            outcome_id = new_id("out")
            row = {
                "id": outcome_id,
                "suggestion_id": suggestion_id,
                "action": action,
                "body": body,
                "at": datetime.now(UTC),
            }
            session.execute(insert(OutcomeRow), [row])
            return outcome_id

        return self._once(tenant, once, store)

    def counts(self, tenant: str, since: datetime) -> dict[str, dict[str, int]]:
        """Suggestions since then by category and by urgency, and outcomes by action."""
        with self._sessions.read(tenant) as session:
            suggestions = select(func.count()).where(SuggestionRow.created_at >= since)
            by_category = session.execute(
                suggestions.add_columns(SuggestionRow.category).group_by(SuggestionRow.category)
            ).all()
            by_urgency = session.execute(
                suggestions.add_columns(SuggestionRow.urgency).group_by(SuggestionRow.urgency)
            ).all()
            by_action = session.execute(
                select(func.count(), OutcomeRow.action)
                .where(OutcomeRow.at >= since)
                .group_by(OutcomeRow.action)
            ).all()
        return {
            "category": {name or "(abstained)": n for n, name in by_category},
            "urgency": {name: n for n, name in by_urgency},
            "outcome": {name: n for n, name in by_action},
        }

    def forget_old_keys(self) -> None:
        """Drop idempotency keys that nobody will repeat any more."""
        with self._sessions.write_every_tenant() as session:
            session.execute(
                delete(IdempotencyRow).where(
                    IdempotencyRow.created_at < datetime.now(UTC) - KEEP_IDEMPOTENCY_KEYS
                )
            )

    def _once(self, tenant: str, once: Once | None, store: Callable[[Session], str]) -> Received:
        """Run `store` and record that it ran, in one transaction; or find the record of the first time."""
        try:
            with self._sessions.write(tenant) as session:
                if once is not None and (first := _first_time(session, once)) is not None:
                    return Received(first, repeated=True)
                result = store(session)
                if once is not None:
                    session.execute(insert(IdempotencyRow), [_once_row(once, result)])
                return Received(result)
        except IntegrityError:
            # PostgreSQL: the same key was committed by another writer between our look and our insert
            with self._sessions.read(tenant) as session:
                first = None if once is None else _first_time(session, once)
            if first is None:
                raise
            return Received(first, repeated=True)


def new_id(prefix: str) -> str:
    """An id nobody can guess, with what it names in front."""
    return f"{prefix}_{secrets.token_hex(12)}"


def _first_time(session: Session, once: Once) -> str | None:
    row = session.execute(
        select(IdempotencyRow.fingerprint, IdempotencyRow.result_id).where(
            IdempotencyRow.route == once.route, IdempotencyRow.key == once.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.fingerprint != once.fingerprint:
        raise KeyReused(
            "this Idempotency-Key came before with a different request: use a new key for a new request"
        )
    return row.result_id


def _once_row(once: Once, result_id: str) -> dict[str, Any]:
    return {
        "route": once.route,
        "key": once.key,
        "fingerprint": once.fingerprint,
        "result_id": result_id,
        "created_at": datetime.now(UTC),
    }


def _raw_rows(complaint_id: str, first: int, bodies: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"complaint_id": complaint_id, "position": n, "body": body} for n, body in enumerate(bodies, first)
    ]
