"""Complaints, suggestions and outcomes in SQL, on SQLite and PostgreSQL alike."""

import concurrent.futures
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.complaint import ComplaintIn, CustomerRef, Turn
from bot.database import Database
from bot.errors import KeyReused, NotFound
from bot.schema import TenantInfoRow
from bot.store import DeskStore, Once
from bot.suggestion import Draft, Emotion, Matches, ProfileView, Route, Suggestion, Triage

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=8)))
COMPLAINT = ComplaintIn(
    text="退款没到账 😡",
    channel="app",
    customer=CustomerRef(value="C-1", verified=True),
    reference="GD-7",
    sector="banking",
)


def _suggestion(suggestion_id: str, complaint_id: str, minutes: int = 0) -> Suggestion:
    return Suggestion(
        id=suggestion_id,
        complaint_id=complaint_id,
        language="zh",
        created_at=NOON + timedelta(minutes=minutes),
        triage=Triage(
            category="delay",
            confidence=0.8,
            margin=0.5,
            abstained=False,
            reason_code="assigned",
            alternatives=(),
            complaint=True,
            urgency="normal",
            route=Route(queue="general"),
            emotion=Emotion(primary="anger", intensity=2, scores={"anger": 0.7}),
            escalations=(),
            needs=(),
            vulnerability=(),
            reasons=(),
        ),
        matches=Matches(),
        profile=ProfileView(),
        clocks=(),
        draft=Draft(text="您好", language="zh", source="composer"),
    )


def test_a_complaint_comes_back_as_it_was_given(database: Database) -> None:
    store = DeskStore(database)
    received = store.receive("a", COMPLAINT, NOON)
    kept = store.complaint("a", received.id)
    assert kept.turns == (Turn(text="退款没到账 😡"),)
    assert (kept.channel, kept.sector, kept.reference) == ("app", "banking", "GD-7")
    assert kept.customer == COMPLAINT.customer
    assert kept.received_at == NOON
    assert kept.received_at.utcoffset() == timedelta(0)
    for tenant, complaint_id in (("b", received.id), ("a", "cmp_nothing")):
        with pytest.raises(NotFound):
            store.complaint(tenant, complaint_id)


def test_a_repeated_request_finds_the_first_and_another_is_refused(database: Database) -> None:
    store = DeskStore(database)
    once = Once("complaints", "key-1", "print-1")
    first = store.receive("a", COMPLAINT, NOON, once)
    again = store.receive("a", COMPLAINT, NOON, once)
    assert (first.repeated, again.repeated, again.id) == (False, True, first.id)
    with pytest.raises(KeyReused):
        store.receive("a", COMPLAINT, NOON, Once("complaints", "key-1", "print-2"))
    assert store.receive("b", COMPLAINT, NOON, once).id != first.id


def test_twenty_at_once_with_one_key_store_one_complaint(database: Database) -> None:
    store = DeskStore(database)
    once = Once("complaints", "key-1", "print-1")
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        ids = {pool.submit(store.receive, "a", COMPLAINT, NOON, once) for _ in range(20)}
        assert len({future.result().id for future in ids}) == 1
    assert len(store.newest("a")) == 1


def test_what_has_no_suggestion_for_its_newest_turn_is_awaited(database: Database) -> None:
    store = DeskStore(database)
    complaint = store.receive("a", COMPLAINT, NOON).id
    assert store.awaiting() == [("a", complaint)]
    store.keep_suggestion("a", _suggestion("sug_1", complaint), seen_turns=1)
    assert store.awaiting() == []
    store.add_turns("a", complaint, [Turn(text="还没好吗"), Turn(text="在吗")])
    assert store.awaiting() == [("a", complaint)]
    assert store.status("a", complaint).turns == 3
    with pytest.raises(NotFound):
        store.add_turns("b", complaint, [Turn(text="x")])


def test_the_suggestion_that_has_seen_most_counts_whenever_it_was_finished(database: Database) -> None:
    store = DeskStore(database)
    complaint = store.receive("a", COMPLAINT, NOON).id
    store.add_turns("a", complaint, [Turn(text="在吗")])
    store.keep_suggestion("a", _suggestion("sug_seen_two", complaint), seen_turns=2)
    store.keep_suggestion("a", _suggestion("sug_late", complaint, minutes=5), seen_turns=1)
    newest = store.newest_suggestion("a", complaint)
    assert newest is not None
    assert newest.id == "sug_seen_two"
    status = store.status("a", complaint)
    assert (status.suggested_turns, status.category, status.urgency) == (2, "delay", "normal")
    assert store.newest_suggestion("b", complaint) is None


def test_what_comes_by_itself_does_not_replace_what_was_asked_for_meanwhile(database: Database) -> None:
    store = DeskStore(database)
    complaint = store.receive("a", COMPLAINT, NOON).id
    store.keep_suggestion("a", _suggestion("sug_asked", complaint), seen_turns=1)
    store.keep_suggestion("a", _suggestion("sug_late", complaint, minutes=5), seen_turns=1, unless_seen=True)
    newest = store.newest_suggestion("a", complaint)
    assert newest is not None and newest.id == "sug_asked"
    store.keep_suggestion("a", _suggestion("sug_by_itself", complaint, minutes=7), seen_turns=1)
    store.keep_suggestion("a", _suggestion("sug_asked_again", complaint, minutes=6), seen_turns=1)
    newest = store.newest_suggestion("a", complaint)
    assert newest is not None and newest.id == "sug_asked_again"
    store.add_turns("a", complaint, [Turn(text="在吗")])
    store.keep_suggestion("a", _suggestion("sug_next", complaint, minutes=9), seen_turns=2, unless_seen=True)
    newest = store.newest_suggestion("a", complaint)
    assert newest is not None and newest.id == "sug_next"


def test_outcomes_are_recorded_and_counted(database: Database) -> None:
    store = DeskStore(database)
    complaint = store.receive("a", COMPLAINT, NOON).id
    store.keep_suggestion("a", _suggestion("sug_1", complaint), seen_turns=1)
    store.record_outcome("a", "sug_1", "edited", "{}")
    with pytest.raises(NotFound):
        store.record_outcome("b", "sug_1", "edited", "{}")
    counts = store.counts("a", NOON - timedelta(days=1))
    assert counts == {"category": {"delay": 1}, "urgency": {"normal": 1}, "outcome": {"edited": 1}}
    assert store.counts("b", NOON - timedelta(days=1))["outcome"] == {}


def test_old_keys_are_forgotten(database: Database) -> None:
    store = DeskStore(database)
    once = Once("complaints", "key-1", "print-1")
    first = store.receive("a", COMPLAINT, NOON, once)
    store.forget_old_keys()
    assert store.receive("a", COMPLAINT, NOON, once).id == first.id
    from sqlalchemy import update

    from bot.schema import IdempotencyRow

    with database.write("a") as session:
        session.execute(update(IdempotencyRow).values(created_at=datetime(2020, 1, 1, tzinfo=UTC)))
    store.forget_old_keys()
    assert store.receive("a", COMPLAINT, NOON, once).id != first.id


def test_raw_words_are_in_one_table_only(sqlite_database: Database) -> None:
    """Every other table is searched for the words, whatever tables there will be."""
    store = DeskStore(sqlite_database)
    store.receive("a", ComplaintIn(text="独一无二的暗号"), NOON, Once("complaints", "k", "f"))
    with sqlite_database._reader.connect() as connection:  # pyright: ignore[reportPrivateUsage]
        tables = [
            name
            for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        holding = [
            table
            for table in tables
            if any("暗号" in str(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"'))
        ]
    assert holding == ["raw_messages"]
    assert TenantInfoRow.__tablename__ in tables
