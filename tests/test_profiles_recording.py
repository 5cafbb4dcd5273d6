"""Records of several sources become one profile a person; merges are undone whole; the forgotten stay so."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.database import Database
from profiles.consent import ConsentEntry
from profiles.errors import IdentityConflict, InvalidInput, UnknownCustomer
from profiles.event import Event
from profiles.event_store import Happened
from profiles.fact import Contact, Fact, Identity
from profiles.histories import Histories
from profiles.people import People, Relation
from profiles.recording import Record, Recorded, Recorder
from profiles.registry import EventKindRules, Registry
from profiles.rights import Access
from profiles.schema import Base
from profiles.store import ProfileStore
from profiles.tally import Tally

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Desk:
    """The stores of one database."""

    def __init__(self, database: Database) -> None:
        self.profiles, self.histories = ProfileStore(database), Histories(database)
        self.people, self.recorder = People(database), Recorder(database)

    def record(self, *records: Record) -> Recorded:
        return self.recorder.record("a", records, NOW)

    def ids(self) -> list[str]:
        return [customer.id for customer in self.profiles.every_customer("a")]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    database = Database(database_url)
    Base.metadata.create_all(database._writer)  # pyright: ignore[reportPrivateUsage]  # schema only
    yield Desk(database)
    database.close()


def identity(kind: str, value: str, *, verified: bool = False) -> Identity:
    return Identity.model_validate({"kind": kind, "value": value, "verified": verified})


def fact(field: str, value: str, source: str = "crm", day: int = 1) -> Fact:
    known = {"purpose": "complaint_handling", "basis": "contract", "confidence": 0.9}
    return Fact.model_validate(
        {"field": field, "value": value, "source": source, "observed_at": date(2026, 5, day), **known}
    )


def event(name: str, kind: str = "contact", days: float = -1, **more: Any) -> Event:
    base = {"id": name, "kind": kind, "at": NOW + timedelta(days=days), "source": "crm"}
    return Event.model_validate({**base, **more})


def record(*identities: Identity, source: str = "crm", **more: Any) -> Record:
    return Record.model_validate({"source": source, "identities": identities, **more})


NUMBER, PHONE = identity("external_id", "K-1", verified=True), identity("phone", "13800138000")
ACCOUNT = identity("app_user", "salesforce:003")


def test_three_sources_become_one_person_and_again_change_nothing(desk: Desk) -> None:
    records = (
        record(NUMBER, PHONE, facts=(fact("name", "陈晓梅"),)),
        record(
            ACCOUNT, identity("phone", "+86 138-0013-8000"), source="salesforce",
            facts=(fact("region", "杭州", "salesforce"),), events=(event("c1", "complaint"),),
        ),
        record(NUMBER, source="app", events=(event("v1", "visit", source="app"),)),
        record(ACCOUNT, source="salesforce", events=(event("c2", "complaint", -0.5),)),
    )  # fmt: skip
    first = desk.record(*records)
    assert (first.people_new, first.happened, first.refused) == (1, Happened(3), [])
    (customer,) = desk.profiles.every_customer("a")
    assert {i.kind for i in customer.identities} == {"external_id", "phone", "app_user"}
    assert {f.source for f in customer.facts} == {"crm", "salesforce"}
    assert desk.histories.tally("a", customer.id).kinds == {"complaint": 2, "visit": 1}
    again = desk.record(*records)
    assert (again.people_new, again.people_changed, again.happened) == (0, 0, Happened(0, 3))
    assert list(desk.profiles.every_customer("a")) == [customer]


def test_one_telephone_of_two_people_links_nobody(desk: Desk) -> None:
    desk.record(record(NUMBER, PHONE), record(identity("external_id", "K-2", verified=True), PHONE))
    assert len(desk.ids()) == 2
    done = desk.record(record(PHONE, source="survey", events=(event("s1", "survey", source="survey"),)))
    assert (done.people_new, done.undecided) == (1, 1), "kept apart, not guessed and not lost"
    again = desk.record(record(PHONE, source="survey", events=(event("s2", "survey", source="survey"),)))
    assert again.people_new == 0, "the same source's next row finds the same one"
    assert len(desk.ids()) == 3


def test_an_address_nobody_verified_links_nobody_but_its_own_source(desk: Desk) -> None:
    mail = identity("email", "li@example.com")
    desk.record(record(NUMBER, identity("email", "li@example.com")))
    assert desk.record(record(mail, source="web")).people_new == 1
    assert desk.record(record(mail, source="web")).people_new == 0
    assert desk.record(record(mail, source="chat")).people_new == 1
    checked = record(NUMBER, identity("email", "li@example.com", verified=True))
    assert desk.record(checked).people_changed == 1
    assert desk.record(record(mail, source="mail")).people_new == 0, "a verified one links"


def test_two_numbers_are_two_people_whatever_else_agrees(desk: Desk) -> None:
    desk.record(record(NUMBER, ACCOUNT))
    done = desk.record(record(identity("external_id", "K-2", verified=True), ACCOUNT))
    assert done.people_new == 1
    assert len(desk.ids()) == 2


def test_what_is_wrong_is_refused_by_place_and_the_rest_is_kept(desk: Desk) -> None:
    strange = fact("region", "x").model_copy(update={"field": "shoe_size"})
    done = desk.record(
        record(NUMBER, facts=(strange,)),
        record(ACCOUNT, events=(event("f", "contact", days=30),)),
        record(PHONE, facts=(fact("region", "无锡"),)),
    )
    assert [refused.place for refused in done.refused] == [0, 1]
    assert "not declared" in done.refused[0].why and "future" in done.refused[1].why
    assert done.people_new == 1


def test_an_older_observation_does_not_replace_a_newer_one(desk: Desk) -> None:
    desk.record(record(NUMBER, facts=(fact("region", "苏州", day=20),)))
    desk.record(record(NUMBER, facts=(fact("region", "无锡", day=3),)))
    (customer,) = desk.profiles.every_customer("a")
    assert [f.value for f in customer.facts] == ["苏州"]
    desk.record(
        record(NUMBER, facts=(fact("product", "贷款"),)), record(NUMBER, facts=(fact("product", "信用卡"),))
    )
    (customer,) = desk.profiles.every_customer("a")
    assert {f.value for f in customer.facts if f.field == "product"} == {"贷款", "信用卡"}


def test_events_out_of_order_are_counted_as_if_in_order(desk: Desk) -> None:
    events = [event(f"e{n}", "complaint", -n, case=f"c{n}") for n in range(1, 9)]
    for one in (events[3], events[0], *events[4:], events[1], events[2]):
        desk.record(record(NUMBER, events=(one,)))
    (only,) = desk.ids()
    assert desk.histories.tally("a", only) == Tally.of(events)
    assert desk.histories.remake("a", only) == Tally.of(events)
    assert desk.histories.events("a", only) == sorted(events, key=lambda one: one.at)


def test_contacts_are_events_too_and_go_with_them(desk: Desk) -> None:
    desk.record(record(NUMBER))
    (only,) = desk.ids()
    contact = Contact(
        at=NOW, channel="phone", summary="催单", emotion="anger", intensity=3, promise="周五前回电"
    )
    desk.profiles.add_contact("a", only, contact)
    desk.profiles.add_contact("a", only, contact)
    assert desk.histories.tally("a", only).kinds == {"contact": 1, "promise": 1}
    assert all(one.note is None for one in desk.histories.events("a", only))


def test_a_merge_shows_both_and_is_undone_whole(desk: Desk) -> None:
    desk.record(
        record(NUMBER, facts=(fact("name", "陈晓梅"),), events=(event("e1", "complaint"),)),
        record(ACCOUNT, source="salesforce", facts=(fact("region", "杭州", "salesforce"),),
               events=(event("e2", "complaint", -0.5),)),
    )  # fmt: skip
    before = {customer.id: customer for customer in desk.profiles.every_customer("a")}
    kept = next(i for i, customer in before.items() if customer.external_id == "K-1")
    gone = next(i for i in before if i != kept)
    desk.people.merge("a", gone, kept, by="Lin", reason="同一手机号，本人确认")
    one = desk.profiles.customer("a", gone)
    assert one is not None and one.id == kept
    assert {f.field for f in one.facts} == {"name", "region"}
    assert desk.ids() == [kept]
    assert desk.histories.tally("a", kept).kinds == {"complaint": 2}
    assert desk.profiles.find("a", "app_user", "salesforce:003") == kept
    assert [m.customer_id for m in desk.people.merges("a", kept)] == [gone]
    for first, second in ((gone, kept), (kept, gone), (kept, kept)):
        with pytest.raises(InvalidInput, match="one customer already"):
            desk.people.merge("a", first, second, by="Lin", reason="again")
    desk.people.unmerge("a", gone)
    assert {customer.id: customer for customer in desk.profiles.every_customer("a")} == before
    assert desk.histories.tally("a", gone).kinds == {"complaint": 1}
    with pytest.raises(InvalidInput, match="was not merged"):
        desk.people.unmerge("a", gone)


def test_chains_of_merges_are_undone_one_by_one(desk: Desk) -> None:
    desk.record(*(record(identity("wechat", name), events=(event(name),)) for name in ("w1", "w2", "w3")))
    first, second, third = desk.ids()
    desk.people.merge("a", third, second, by="Lin", reason="x")
    desk.people.merge("a", third, first, by="Lin", reason="x")  # third stands for second
    assert desk.ids() == [first]
    assert desk.histories.tally("a", first).events == 3
    desk.people.unmerge("a", second)
    assert desk.ids() == [first, second]
    assert desk.histories.tally("a", second).events == 2


def test_different_numbers_and_strangers_are_never_merged(desk: Desk) -> None:
    desk.record(record(NUMBER), record(identity("external_id", "K-2", verified=True)))
    one, two = desk.ids()
    with pytest.raises(IdentityConflict, match="different external ids"):
        desk.people.merge("a", one, two, by="Lin", reason="x")
    with pytest.raises(UnknownCustomer):
        desk.people.merge("a", one, "nobody", by="Lin", reason="x")


def test_the_forgotten_are_refused_until_they_agree_again(desk: Desk) -> None:
    known = record(NUMBER, PHONE, events=(event("e1"),))
    desk.record(known)
    (only,) = desk.ids()
    desk.people.note_access("a", [Access(customer_id=only, at=NOW, by="key-1", purpose="qa", what=("name",))])
    stone = desk.profiles.forget("a", only)
    assert stone is not None
    assert desk.ids() == [] and desk.histories.count("a") == 0
    assert [access.by for access in desk.people.accesses("a", stone.id)] == ["key-1"]
    done = desk.record(known, record(ACCOUNT))
    assert [refused.place for refused in done.refused] == [0] and stone.id in done.refused[0].why
    assert done.people_new == 1
    stranger = record(identity("external_id", "K-9", verified=True), PHONE)
    assert desk.record(stranger).people_new == 1, "a number may belong to somebody else by now"
    agreed = ConsentEntry(at=datetime.now(UTC), purpose="complaint_handling", kind="granted")
    assert desk.record(known.model_copy(update={"consents": (agreed,)})).people_new == 1
    assert desk.record(known).refused == []


def test_relations_are_kept_replaced_and_found_from_both_ends(desk: Desk) -> None:
    desk.record(record(NUMBER, PHONE), record(identity("external_id", "K-2", verified=True), PHONE))
    one, two = desk.ids()
    relation = Relation(first=one, second=two, kind="authorised_agent", source="crm", since=date(2026, 1, 1))
    desk.people.relate("a", relation)
    longer = relation.model_copy(update={"until": date(2026, 12, 31)})
    desk.people.relate("a", longer)
    today = date(2026, 6, 1)
    shared = ("shared_contact", "identities")
    for end in (one, two):
        found = desk.people.relations("a", end, today)
        assert [(r.kind, r.source) for r in found] == [("authorised_agent", "crm"), shared]
    assert [r.kind for r in desk.people.relations("a", one, date(2027, 1, 1))] == ["shared_contact"]
    assert desk.people.unrelate("a", longer) and not desk.people.unrelate("a", longer)
    with pytest.raises(UnknownCustomer):
        desk.people.relate("a", relation.model_copy(update={"second": "nobody"}))


def test_another_tenant_sees_none_of_it(desk: Desk) -> None:
    desk.record(record(NUMBER, PHONE, events=(event("e1"),)))
    (only,) = desk.ids()
    assert desk.histories.events("b", only) == [] and desk.histories.count("b") == 0
    assert desk.people.accesses("b", only) == [] and desk.people.merges("b", only) == []
    assert desk.recorder.record("b", [record(NUMBER)], NOW).people_new == 1
    assert desk.profiles.forget("b", only) is None
    with pytest.raises(UnknownCustomer):
        desk.histories.add("b", only, [event("e2")])


ASSESSED = Registry.shipped().model_copy(
    update={
        "events": Registry.shipped().events.model_copy(
            update={
                "kinds": {
                    "mention": EventKindRules(
                        consent_for="social_listening", assessment="PIA-7", assessed_until=date(2030, 1, 1)
                    )
                }
            }
        )
    }
)


def test_public_posts_are_off_until_assessed_and_then_need_consent(desk: Desk, database_url: str) -> None:
    post = record(ACCOUNT, source="social", events=(event("p1", "mention"),))
    (refused,) = desk.record(post).refused
    assert "events of kind 'mention' are off" in refused.why
    assert desk.ids() == []
    database = Database(database_url)
    recorder, histories = Recorder(database, ASSESSED), Histories(database, ASSESSED)
    (refused,) = recorder.record("a", [post], NOW).refused
    assert "agreed to 'social_listening'" in refused.why
    (only,) = desk.ids()
    with pytest.raises(InvalidInput, match="record the consent first"):
        histories.add("a", only, [event("p1", "mention")], NOW)
    entry = ConsentEntry(at=NOW, purpose="social_listening", kind="granted")
    desk.profiles.add_consent("a", only, entry)
    assert recorder.record("a", [post], NOW).happened == Happened(1)
    assert histories.add("a", only, [event("p2", "mention", -0.5)], NOW) == Happened(1)
    database.close()


def test_a_consent_withdrawn_during_an_import_stops_what_follows(desk: Desk, database_url: str) -> None:
    database = Database(database_url)
    recorder = Recorder(database, ASSESSED)
    granted = ConsentEntry(at=NOW - timedelta(days=2), purpose="social_listening", kind="granted")
    withdrawn = ConsentEntry(at=NOW - timedelta(days=1), purpose="social_listening", kind="withdrawn")
    done = recorder.record(
        "a",
        [
            record(ACCOUNT, consents=(granted,), events=(event("p1", "mention"),)),
            record(ACCOUNT, consents=(withdrawn,), events=(event("p2", "mention"),)),
            record(ACCOUNT, events=(event("p3", "mention"),)),
        ],
        NOW,
    )
    database.close()
    assert done.happened == Happened(1)
    assert [refused.place for refused in done.refused] == [1, 2]


def test_old_events_are_swept_by_kind_and_a_second_sweep_finds_nothing(desk: Desk) -> None:
    events = (event("v1", "visit", -500), event("c1", "complaint", -500), event("c2", "complaint", -2000))
    desk.record(record(NUMBER, events=events))
    (only,) = desk.ids()
    assert desk.histories.sweep("a", NOW, dry_run=True) == {"complaint": 1, "visit": 1}
    assert desk.histories.sweep("a", NOW) == {"complaint": 1, "visit": 1}
    assert desk.histories.sweep("a", NOW) == {}
    assert [one.id for one in desk.histories.events("a", only)] == ["c1"]
    assert desk.histories.tally("a", only) == Tally.of([events[1]])


def test_a_contact_that_was_added_here_stays_an_event_when_the_customer_is_put_again(desk: Desk) -> None:
    desk.record(record(NUMBER))
    (only,) = desk.ids()
    added = Contact(at=NOW, channel="phone", summary="催单")
    desk.profiles.add_contact("a", only, added)
    (known,) = desk.profiles.every_customer("a")
    put = known.model_copy(
        update={"contacts": (Contact(at=NOW - timedelta(days=9), channel="web", summary="投诉"),)}
    )
    desk.profiles.put_customers("a", [put])
    assert desk.histories.tally("a", only).channels == {"phone": 1, "web": 1}
    desk.profiles.put_customers("a", [put.model_copy(update={"contacts": ()})])
    assert desk.histories.tally("a", only).channels == {"phone": 1}


def test_a_sweep_of_many_customers_is_many_short_transactions(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("profiles.histories.SWEPT_AT_ONCE", 3)
    for n in range(10):
        number = identity("external_id", f"N-{n}", verified=True)
        desk.record(record(number, events=(event(f"old{n}", "visit", -500), event(f"new{n}", "visit"))))
    assert desk.histories.sweep("a", NOW, dry_run=True) == {"visit": 10}
    assert desk.histories.sweep("a", NOW) == {"visit": 10}
    assert desk.histories.count("a") == 10
    assert {desk.histories.tally("a", customer).events for customer in desk.ids()} == {1}
