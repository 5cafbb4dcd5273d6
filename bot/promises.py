"""What sent replies promised: who keeps it, by when, and whether it was kept."""

import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy import insert, select, update

from bot.clocks.traces import written
from bot.errors import Conflict, NotFound
from bot.schema import CommitmentRow
from bot.store import DeskStore, Sessions, new_id
from bot.suggestion import Suggestion
from knowledge.case import Owned
from profiles.errors import ProfilesError
from profiles.event import Event, EventKind
from profiles.histories import Histories
from profiles.store import ProfileStore

log = logging.getLogger(__name__)

SOURCE: Final = "redress"
"""Of the events that promises are in a customer's history."""

State = Literal["open", "kept", "broken"]
Settled = Literal["kept", "broken"]


class Promise(Owned):
    """One promise of a reply that went out."""

    id: str
    complaint_id: str
    suggestion_id: str
    kind: str
    text: str
    due: date | None
    source: str
    """Id of the clock or passage that allows it."""
    owner: str
    """Who keeps it; empty where nobody was named."""
    state: State
    made_at: datetime
    settled_at: datetime | None = None
    settled_by: str = ""
    amount: Decimal | None = None
    currency: str | None = None
    approved_by: str = ""
    """The role that approved it, where it is a remedy."""

    def overdue(self, today: date) -> bool:
        """Whether its day has passed and it was neither kept nor given up."""
        return self.state == "open" and self.due is not None and self.due < today


class Promises:
    """The ledger of every tenant."""

    def __init__(
        self, sessions: Sessions, store: DeskStore, profiles: ProfileStore, histories: Histories
    ) -> None:
        self._sessions, self._store = sessions, store
        self._profiles, self._histories = profiles, histories

    def sent(
        self, tenant: str, suggestion_id: str, text: str | None, owner: str, now: datetime
    ) -> list[Promise]:
        """Write down what a reply promised that went out; the same reply twice is written down once.

        Args:
            tenant: whose reply.
            suggestion_id: of the draft.
            text: the reply as it went out, where it was edited: a promise whose date is no longer in it was
                not made. None where it went out as it was drafted.
            owner: who keeps the promises.
            now: when it went out.

        Raises:
            NotFound: the tenant has no such suggestion.
        """
        suggestion = self._store.suggestion(tenant, suggestion_id)
        if suggestion is None:
            raise NotFound(f"no suggestion {suggestion_id!r}")
        with self._sessions.write(tenant, ordered=True) as session:
            known = select(CommitmentRow).where(CommitmentRow.suggestion_id == suggestion_id)
            if before := [_promise(row) for row in session.scalars(known)]:
                return before
            made = list(_made(suggestion, text, owner, now))
            if made:
                session.execute(insert(CommitmentRow), [promise.model_dump() for promise in made])
        self._tell(tenant, suggestion.complaint_id, [(promise.id, "promise") for promise in made], now)
        return made

    def settle(self, tenant: str, promise_id: str, state: Settled, by: str, now: datetime) -> Promise:
        """Say that a promise was kept, or will not be.

        Raises:
            NotFound: there is no such promise.
            Conflict: that was said already, and otherwise.
        """
        with self._sessions.write(tenant) as session:
            row = session.scalar(select(CommitmentRow).where(CommitmentRow.id == promise_id))
            if row is None:
                raise NotFound(f"no promise {promise_id!r}: 'GET /v1/commitments' lists them")
            known = _promise(row)
            if known.state == state:
                return known
            if known.state != "open":
                raise Conflict(f"promise {promise_id!r} is {known.state} since {known.settled_at:%Y-%m-%d}")
            session.execute(
                update(CommitmentRow)
                .where(CommitmentRow.id == promise_id)
                .values(state=state, settled_at=now, settled_by=by)
            )
        self._tell(tenant, known.complaint_id, [(f"{promise_id}:{state}", state)], now)
        return known.model_copy(update={"state": state, "settled_at": now, "settled_by": by})

    def waiting(self, tenant: str, today: date, *, overdue: bool = False) -> list[Promise]:
        """Promises that are open, those due first in front; `overdue`: only those whose day has passed."""
        query = select(CommitmentRow).where(CommitmentRow.state == "open")
        with self._sessions.read(tenant) as session:
            found = [_promise(row) for row in session.scalars(query)]
        chosen = [promise for promise in found if not overdue or promise.overdue(today)]
        return sorted(chosen, key=lambda promise: (promise.due or date.max, promise.id))

    def untold(self, tenant: str, today: date) -> list[Promise]:
        """Overdue promises of which no receiver has been told, those due first in front."""
        query = (
            select(CommitmentRow)
            .where(CommitmentRow.state == "open", CommitmentRow.told_at.is_(None), CommitmentRow.due < today)
            .order_by(CommitmentRow.due, CommitmentRow.id)
        )
        with self._sessions.read(tenant) as session:
            return [_promise(row) for row in session.scalars(query)]

    def told(self, tenant: str, promise_id: str, at: datetime) -> None:
        """A receiver has taken the event that this promise is overdue."""
        with self._sessions.write(tenant) as session:
            session.execute(update(CommitmentRow).where(CommitmentRow.id == promise_id).values(told_at=at))

    def of_complaint(self, tenant: str, complaint_id: str) -> list[Promise]:
        """Everything that replies to one complaint promised, as it stands, the oldest first."""
        query = (
            select(CommitmentRow)
            .where(CommitmentRow.complaint_id == complaint_id)
            .order_by(CommitmentRow.made_at, CommitmentRow.id)
        )
        with self._sessions.read(tenant) as session:
            return [_promise(row) for row in session.scalars(query)]

    def _tell(
        self, tenant: str, complaint_id: str, told: Sequence[tuple[str, EventKind]], now: datetime
    ) -> None:
        """Put it among the events of the customer, where somebody checked that the complaint is theirs."""
        reference = self._store.complaint(tenant, complaint_id).customer
        if not told or reference is None or not reference.verified:
            return
        customer = self._profiles.find(tenant, reference.kind, reference.value)
        if customer is None:
            return
        events = [Event(id=name, kind=kind, at=now, source=SOURCE, case=complaint_id) for name, kind in told]
        try:
            self._histories.add(tenant, customer, events)
        except ProfilesError as error:  # the ledger has it, and the customer may just have been forgotten
            log.info("a promise of complaint %s is in no history: %s", complaint_id, error)


def _made(suggestion: Suggestion, text: str | None, owner: str, now: datetime) -> list[Promise]:
    draft = suggestion.draft
    language = "zh" if draft.language == "zh" else "en"
    return [
        Promise(
            id=new_id("cmt"),
            complaint_id=suggestion.complaint_id,
            suggestion_id=suggestion.id,
            kind=commitment.kind,
            text=commitment.text,
            due=commitment.deadline,
            source=commitment.source,
            owner=commitment.owner or owner,
            amount=commitment.amount,
            currency=commitment.currency,
            approved_by=commitment.approved_by,
            state="open",
            made_at=now,
        )
        for commitment in draft.commitments
        if text is None or commitment.deadline is None or written(commitment.deadline, language) in text
    ]


def _promise(row: CommitmentRow) -> Promise:
    names = list(Promise.model_fields)
    values = {name: getattr(row, name) for name in names}
    for name in ("made_at", "settled_at"):
        if values[name] is not None and values[name].tzinfo is None:
            values[name] = values[name].replace(tzinfo=UTC)
    return Promise.model_validate(values)
