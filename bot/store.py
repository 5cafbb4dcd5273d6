"""Complaints, suggestions and outcomes in SQL. Raw words live in `raw_messages` and nowhere else."""

import json
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.complaint import Complaint, ComplaintIn, CustomerRef, Turn
from bot.errors import KeyReused, NotFound
from bot.schema import ComplaintRow, IdempotencyRow, OutcomeRow, RawMessageRow, SuggestionRow
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
class SentReply:
    """A reply that went out."""

    on: date
    stage: str


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

    def keep_suggestion(
        self, tenant: str, suggestion: Suggestion, seen_turns: int, *, unless_seen: bool = False
    ) -> None:
        """Store a suggestion that has seen that many turns.

        With `unless_seen` not where another has seen them already: what an agent asked for meanwhile stays
        the newest.
        """
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
            seen = session.scalar(
                select(ComplaintRow.suggested_turns)
                .where(ComplaintRow.id == suggestion.complaint_id)
                .with_for_update()
            )
            if unless_seen and seen is not None and seen >= seen_turns:
                return
            last = session.scalar(
                select(func.max(SuggestionRow.created_at)).where(
                    SuggestionRow.complaint_id == suggestion.complaint_id,
                    SuggestionRow.seen_turns == seen_turns,
                )
            )
            if (
                last is not None and not unless_seen
            ):  # made earlier, stored later: what is stored last is newest
                row["created_at"] = max(suggestion.created_at, last + timedelta(microseconds=1))
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

    def answered(self, tenant: str, complaint_id: str) -> bool:
        """Whether a reply to this complaint has gone out."""
        query = (
            select(OutcomeRow.id)
            .join(SuggestionRow, SuggestionRow.id == OutcomeRow.suggestion_id)
            .where(SuggestionRow.complaint_id == complaint_id, OutcomeRow.action.in_(("sent", "edited")))
            .limit(1)
        )
        with self._sessions.read(tenant) as session:
            return session.scalar(query) is not None

    def replies(self, tenant: str, complaint_id: str) -> list[SentReply]:
        """The replies to a complaint that went out, the oldest first."""
        query = (
            select(OutcomeRow.at, SuggestionRow.body)
            .join(SuggestionRow, SuggestionRow.id == OutcomeRow.suggestion_id)
            .where(SuggestionRow.complaint_id == complaint_id, OutcomeRow.action.in_(("sent", "edited")))
            .order_by(OutcomeRow.at)
        )
        with self._sessions.read(tenant) as session:
            return [
                SentReply(at.date(), Suggestion.model_validate_json(body).draft.stage)
                for at, body in session.execute(query)
            ]

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
