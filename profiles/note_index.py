"""Notes of all customers as vectors, to find others who had the same problem; SQL says what is still true.

Whoever writes about a customer leaves a line in `note_changes`; `catch_up` brings their vectors up to date
and takes the line away. What the vectors find is looked up again before anybody sees it: what was withdrawn,
corrected or forgotten a moment ago is in no answer.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Protocol

from pydantic import Field
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from profiles.customer_rows import load
from profiles.event import Event
from profiles.event_store import events_of
from profiles.merges import members_of, roots_of
from profiles.note_changes import touch
from profiles.notes import Note, notes_of
from profiles.owned import Id, Owned
from profiles.registry import Registry
from profiles.schema import CustomerRow, NoteChangeRow, NoteRow
from profiles.sql import IN_LIMIT, Sessions, chunks
from profiles.view import barred

AT_ONCE: Final = 200
"""Customers in one transaction."""
ASKED: Final = 60
"""Notes that are asked of the vectors; many may be of the same customer."""
ALIKE: Final = 0.5
"""Cosine similarity from which two notes are of the same problem."""
PURPOSE: Final = "complaint_handling"


class NoteVectors(Protocol):
    """Where vectors are. What is embedded is redacted first."""

    def upsert(self, tenant: str, ids: Sequence[str], texts: Sequence[str]) -> None: ...
    def delete(self, tenant: str, ids: Sequence[str]) -> None: ...
    def nearest(self, tenant: str, text: str, limit: int) -> list[tuple[str, float]]: ...


class SimilarCustomer(Owned):
    """Somebody who had this problem. Says what became of it, never who they are."""

    customer_id: Id
    """Ours; tells nothing about the person."""
    similarity: float = Field(ge=0, le=1)
    on: date
    outcome: str | None = None
    """Of the complaint closed next after it, where one was."""


class NoteIndex:
    """Keeps the vectors of every tenant's notes, and finds who had the same problem."""

    def __init__(self, sessions: Sessions, vectors: NoteVectors, fields: Registry | None = None) -> None:
        self._sessions, self._vectors = sessions, vectors
        self._fields = fields or Registry.shipped()

    def start_afresh(self, tenant: str) -> None:
        """Everybody's notes are to be embedded anew: the vectors are gone or of another model."""
        after = ""
        with self._sessions.write(tenant) as session:
            session.execute(delete(NoteRow))
        while True:
            query = select(CustomerRow.id).where(CustomerRow.id > after).order_by(CustomerRow.id)
            with self._sessions.write(tenant) as session:
                ids = list(session.scalars(query.limit(IN_LIMIT)))
                touch(session, ids)
            if len(ids) < IN_LIMIT:
                return
            after = ids[-1]

    def waiting(self, tenant: str) -> int:
        """Customers whose vectors are behind."""
        with self._sessions.read(tenant) as session:
            return session.scalar(select(func.count()).select_from(NoteChangeRow)) or 0

    def catch_up(self, tenant: str, today: date) -> int:
        """Bring the vectors up to date; how many customers that took.

        Vectors are written before SQL says so, hence a crash between the two only repeats work.
        """
        done = 0
        while stamps := self._catch_up_some(tenant, today):
            done += stamps
        return done

    def _catch_up_some(self, tenant: str, today: date) -> int:
        with self._sessions.read(tenant) as session:
            query = select(NoteChangeRow.customer_id, NoteChangeRow.stamp).limit(AT_ONCE)
            stamps = list(map(tuple, session.execute(query)))
            customers = [customer for customer, _ in stamps]
            wanted = self._wanted(session, customers, today)
            known = set(_known(session, customers))
        fresh = {i: note for i, note in wanted.items() if i not in known}
        gone = sorted(known - set(wanted))
        if fresh:
            self._vectors.upsert(tenant, list(fresh), [note.text for note in fresh.values()])
        if gone:
            self._vectors.delete(tenant, gone)
        if stamps:
            with self._sessions.write(tenant) as session:
                _note_done(session, list(fresh), gone, stamps)
        return len(stamps)

    def similar(
        self,
        tenant: str,
        text: str,
        today: date,
        *,
        limit: int = 5,
        besides: str | None = None,
        days: int = 730,
    ) -> list[SimilarCustomer]:
        """Customers who had the problem of this text, the most similar first, each once.

        Args:
            tenant: whose customers.
            text: redacted.
            today: notes older than `days` before it do not count.
            limit: so many at most.
            besides: a customer who is not meant.
            days: see `today`.
        """
        hits = [(i, s) for i, s in self._vectors.nearest(tenant, text, ASKED) if s >= ALIKE]
        found: dict[str, SimilarCustomer] = {}
        with self._sessions.read(tenant) as session:
            roots = roots_of(session, list({i.rsplit("|", 1)[0] for i, _ in hits}))
            own = None if besides is None else roots_of(session, [besides])[besides]
            truths: dict[str, tuple[dict[str, Note], list[Event]]] = {}
            for i, similarity in hits:
                customer = i.rsplit("|", 1)[0]
                root = roots[customer]
                if root == own or root in found:
                    continue
                if root not in truths:
                    truths[root] = self._true(session, root, today)
                notes, events = truths[root]
                note = notes.get(i)
                if note is not None and note.on >= today - timedelta(days=days):
                    outcome = _outcome(note, events)
                    found[root] = SimilarCustomer(
                        customer_id=root, similarity=round(similarity, 3), on=note.on, outcome=outcome
                    )
                if len(found) == limit:
                    break
        return list(found.values())

    def _true(self, session: Session, root: str, today: date) -> tuple[dict[str, Note], list[Event]]:
        """The notes of a person that may be used now, by id; nothing where any part of them objects."""
        members = members_of(session, [root])[root]
        customers = load(session, members)
        if any(barred(each, PURPOSE, self._fields) is not None for each in customers.values()):
            return {}, []
        return self._wanted(session, members, today), events_of(session, members)

    def _wanted(self, session: Session, customers: Sequence[str], today: date) -> dict[str, Note]:
        """What should be embedded of these customers, by id."""
        wanted: dict[str, Note] = {}
        for i, customer in load(session, customers).items():
            notes = notes_of(customer, events_of(session, [i]), PURPOSE, today, fields=self._fields)
            wanted.update((f"{i}|{note.digest}", note) for note in notes if note.kind != "fact")
        return wanted


def outcomes(found: Sequence[SimilarCustomer]) -> dict[str, int]:
    """How often each came out, most often first."""
    return dict(Counter(each.outcome for each in found if each.outcome is not None).most_common())


def _known(session: Session, customers: Sequence[str]) -> list[str]:
    known: list[str] = []
    for some in chunks(customers):
        known += session.scalars(select(NoteRow.id).where(NoteRow.customer_id.in_(some)))
    return known


def _note_done(
    session: Session, fresh: Sequence[str], gone: Sequence[str], stamps: Sequence[tuple[str, ...]]
) -> None:
    for some in chunks([*gone, *fresh]):  # what a broken run wrote already is no error
        session.execute(delete(NoteRow).where(NoteRow.id.in_(some)))
    if fresh:
        session.execute(insert(NoteRow), [{"id": i, "customer_id": i.rsplit("|", 1)[0]} for i in fresh])
    for customer, stamp in stamps:
        # who was written about meanwhile has another stamp, and stays for the next round
        done = NoteChangeRow.customer_id == customer, NoteChangeRow.stamp == stamp
        session.execute(delete(NoteChangeRow).where(*done))


def _outcome(note: Note, events: Sequence[Event]) -> str | None:
    later = (event for event in events if event.kind == "closed" and event.at.date() >= note.on)
    return next((event.outcome for event in later if event.outcome), None)
