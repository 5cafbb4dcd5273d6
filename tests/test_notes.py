"""What was noted of customers is found by meaning, and nothing that may not be used is ever found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.access import Tenants, TenantSettings
from bot.database import Database
from bot.notes import NoteKeeper, RedactedVectors
from knowledge.embedding import Embedder, load_embedder
from profiles.consent import ConsentEntry
from profiles.customer import Customer
from profiles.event import Event
from profiles.fact import Contact, Fact
from profiles.histories import Histories
from profiles.note_index import NoteIndex, outcomes
from profiles.notes import MOST, notes_of
from profiles.people import People
from profiles.rights import ControlEntry
from profiles.store import ProfileStore
from tests.services import Service

NOW = datetime.now(UTC)
TODAY = NOW.date()
ROUTER = "宽带一到晚上就断线，师傅上门换了光猫还是断"
FEE = "信用卡年费没通知就扣了，要求退回"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder("redress")


class Memory:
    """Stores and vectors of one database."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.folder = folder
        self.database = Database(f"sqlite:///{folder / 'r.db'}")
        self.database.migrate()
        self.tenants = Tenants(self.database)
        if self.tenants.settings("t") is None:
            self.tenants.create("t", TenantSettings())
        self.store, self.people = ProfileStore(self.database), People(self.database)
        self.histories = Histories(self.database)
        self.vectors = RedactedVectors(folder / "notes", embedder)
        self.keeper = NoteKeeper(self.database, self.tenants, self.vectors)

    @property
    def index(self) -> NoteIndex:
        return self.keeper.index

    def put(self, name: str, *summaries: str, **more: Any) -> None:
        contacts = tuple(
            Contact(at=NOW - timedelta(days=10 + n), channel="phone", summary=text, case=f"{name}-{n}")
            for n, text in enumerate(summaries)
        )
        self.store.put_customers("t", [Customer(id=name, contacts=contacts, **more)])

    def ids(self, text: str, **more: Any) -> list[str]:
        return [each.customer_id for each in self.index.similar("t", text, TODAY, **more)]

    def close(self) -> None:
        self.keeper.close()
        self.database.close()


@pytest.fixture
def memory(tmp_path: Path, embedder: Embedder) -> Iterator[Memory]:
    made = Memory(tmp_path, embedder)
    yield made
    made.close()


def test_who_had_the_problem_is_found_and_who_had_another_is_not(memory: Memory) -> None:
    memory.put("a", ROUTER)
    memory.put("b", FEE)
    assert memory.keeper.catch_up() == 2
    assert memory.index.waiting("t") == 0
    found = memory.index.similar("t", "家里宽带晚上总是断线，换了光猫也没用", TODAY)
    assert [each.customer_id for each in found] == ["a"]
    assert found[0].similarity > 0.5
    assert memory.ids("年费没有通知就被扣，请退给我") == ["b"]
    assert memory.ids("年费没有通知就被扣，请退给我", besides="b") == []
    assert memory.index.similar("other", ROUTER, TODAY) == []


def test_how_it_came_out_is_told(memory: Memory) -> None:
    memory.put("a", ROUTER)
    memory.histories.add(
        "t",
        "a",
        [
            Event(
                id="x", kind="closed", at=NOW - timedelta(days=2), source="crm", case="a-0", outcome="upheld"
            ),
            Event(id="y", kind="turn", at=NOW, source="crm", note=FEE),
        ],
    )
    memory.keeper.catch_up()
    found = memory.index.similar("t", ROUTER, TODAY)
    assert found[0].outcome == "upheld"
    assert outcomes(found) == {"upheld": 1}
    (noted,) = memory.index.similar("t", FEE, TODAY)
    assert (noted.on, noted.outcome) == (TODAY, None)


@pytest.mark.parametrize("control", ["no_profile", "restricted"])
def test_who_objects_is_found_by_nobody_even_before_the_vectors_know(memory: Memory, control: Any) -> None:
    memory.put("a", ROUTER)
    memory.keeper.catch_up()
    entry = ControlEntry(at=NOW, control=control, on=True, by="customer", reason="asked")
    memory.store.add_control("t", "a", entry)
    assert memory.ids(ROUTER) == []
    assert memory.keeper.catch_up() == 1
    assert memory.vectors.nearest("t", ROUTER, 5) == []


def test_an_objection_to_the_purpose_counts_likewise(memory: Memory) -> None:
    memory.put("a", ROUTER)
    memory.keeper.catch_up()
    entry = ConsentEntry(at=NOW, purpose="complaint_handling", kind="objected", channel="phone")
    memory.store.add_consent("t", "a", entry)
    assert memory.ids(ROUTER) == []
    memory.keeper.catch_up()
    assert memory.vectors.nearest("t", ROUTER, 5) == []


def test_who_is_forgotten_leaves_no_vector(memory: Memory) -> None:
    memory.put("a", ROUTER)
    memory.keeper.catch_up()
    memory.store.forget("t", "a")
    assert memory.ids(ROUTER) == []
    memory.keeper.catch_up()
    assert memory.vectors.nearest("t", ROUTER, 5) == []


def test_a_contact_that_is_gone_from_the_record_is_gone_from_the_vectors(memory: Memory) -> None:
    memory.put("a", ROUTER)
    memory.keeper.catch_up()
    memory.put("a", FEE)
    assert memory.ids(ROUTER) == []
    memory.keeper.catch_up()
    assert memory.ids(FEE) == ["a"]
    assert len(memory.vectors.nearest("t", ROUTER, 5)) == 1


def test_a_merged_person_is_found_once(memory: Memory) -> None:
    memory.put("a", ROUTER)
    memory.put("b", ROUTER + "。")
    memory.keeper.catch_up()
    assert sorted(memory.ids(ROUTER)) == ["a", "b"]
    memory.people.merge("t", "b", "a", by="somebody", reason="same")
    assert memory.ids(ROUTER) == ["a"]
    assert memory.ids(ROUTER, besides="b") == []


def test_what_is_embedded_is_redacted(tmp_path: Path, embedder: Embedder) -> None:
    class Listening:
        """Hears what is embedded."""

        name, dimensions = embedder.name, embedder.dimensions
        heard: list[str] = []

        def embed_query(self, text: str) -> Any:
            self.heard.append(text)
            return embedder.embed_query(text)

        def embed_documents(self, texts: Any) -> Any:
            self.heard.extend(texts)
            return embedder.embed_documents(texts)

    listening = Listening()
    made = Memory(tmp_path, listening)
    made.put("a", f"{ROUTER}，请打13800138000找陈晓梅")
    made.keeper.catch_up()
    made.ids("我的手机是13900139000，" + ROUTER)
    made.vectors.matter(notes_of(_customer("13700137000"), [], "complaint_handling", TODAY),
                        embedder.embed_query(ROUTER), 5)  # fmt: skip
    assert len(listening.heard) == 3
    assert not any("138000" in text or "139001" in text or "137001" in text for text in listening.heard)
    made.close()


def _customer(number: str) -> Customer:
    return Customer(id="x", contacts=(Contact(at=NOW, channel="phone", summary=f"{ROUTER} {number}"),))


def test_another_embedder_begins_afresh(tmp_path: Path, embedder: Embedder) -> None:
    first = Memory(tmp_path, embedder)
    first.put("a", ROUTER)
    first.keeper.catch_up()
    first.close()
    again = Memory(tmp_path, embedder)
    assert again.index.waiting("t") == 0
    assert again.ids(ROUTER) == ["a"]
    again.close()
    other = Memory(tmp_path, load_embedder("lexical"))
    assert other.index.waiting("t") == 1
    other.keeper.catch_up()
    assert other.ids(ROUTER) == ["a"]
    other.close()


def test_a_run_that_broke_off_between_vectors_and_sql_is_repeated(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.put("a", ROUTER)
    with monkeypatch.context() as broken:
        broken.setattr("profiles.note_index._note_done", _fail)
        with pytest.raises(OSError, match="full"):
            memory.keeper.catch_up()
    assert memory.keeper.catch_up() == 1
    assert memory.ids(ROUTER) == ["a"]


def _fail(*_: Any) -> None:
    raise OSError("disk full")


def test_facts_that_may_be_embedded_are_notes_and_sensitive_ones_are_not() -> None:
    known = {"source": "crm", "observed_at": TODAY, "purpose": "complaint_handling", "basis": "contract"}
    facts = tuple(
        Fact.model_validate({"field": field, "value": value, **known})
        for field, value in (("product", "千兆宽带"), ("name", "陈晓梅"), ("address", "和平街8号"))
    )
    notes = notes_of(Customer(id="x", facts=facts), [], "complaint_handling", TODAY, "zh")
    assert [note.kind for note in notes] == ["fact"]
    assert "千兆宽带" in notes[0].text


def test_the_same_words_are_one_note_of_the_day_they_were_told_first() -> None:
    events = [
        Event.model_validate(
            {"id": kind, "kind": kind, "at": NOW - timedelta(days=ago), "source": "crm", "note": ROUTER}
        )
        for kind, ago in (("closed", 2), ("complaint", 9), ("reopened", 1))
    ]
    (note,) = notes_of(Customer(id="x"), events, "complaint_handling", TODAY)
    assert note.on == (NOW - timedelta(days=9)).date()


def test_of_ten_thousand_notes_the_newest_are_read() -> None:
    events = [
        Event(id=str(n), kind="turn", at=NOW - timedelta(hours=n), source="crm", note=f"第{n}次来电")
        for n in range(3000)
    ]
    notes = notes_of(Customer(id="x"), events, "complaint_handling", TODAY)
    assert len(notes) == MOST
    assert notes[0].on >= notes[-1].on


def test_a_complaint_brings_up_what_was_noted_of_the_customer_before(service: Service) -> None:
    person = {
        "id": "n-1",
        "identities": [{"kind": "external_id", "value": "N-1", "verified": True}],
        "contacts": [
            {"at": (NOW - timedelta(days=20)).isoformat(), "channel": "phone", "summary": ROUTER},
            {"at": (NOW - timedelta(days=30)).isoformat(), "channel": "phone", "summary": FEE},
        ],
    }
    reference = {"kind": "external_id", "value": "N-1", "verified": True}
    with service.client() as api:
        assert api.put("/v1/customers/n-1", json=person).status_code == 200
        body = {"text": "宽带晚上又断线了，换了光猫也不行，请尽快处理", "customer": reference}
        shown = api.post("/v1/triage", json=body).json()["profile"]["relevant"]
        assert shown[0]["text"] == ROUTER
        assert FEE not in [each["text"] for each in shown]
        unverified = {**body, "customer": {**reference, "verified": False}}
        assert api.post("/v1/triage", json=unverified).json()["profile"]["relevant"] == []
        _found_within(api, "n-1")
        bare = api.post("/v1/customers/similar", json={"text": ROUTER})
        assert bare.status_code == 400 and "X-Purpose" in bare.json()["detail"]
        log = api.get("/v1/customers/n-1/accesses").json()
        assert ["similar"] in [each["what"] for each in log]


def _found_within(api: httpx.Client, name: str, seconds: float = 10) -> None:
    import time

    until = time.monotonic() + seconds
    found: list[str] = []
    while name not in found and time.monotonic() < until:
        answer = api.post("/v1/customers/similar", json={"text": ROUTER, "limit": 50},
                          headers={"X-Purpose": "complaint_handling"}).json()  # fmt: skip
        found = [each["customer_id"] for each in answer["customers"]]
        time.sleep(0.1)
    assert name in found
