"""Customers over real HTTP: purpose and log of every read, rights, history, merges."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.services import Service

FOR_WORK = {"X-Purpose": "complaint_handling"}
AGO = datetime.now(UTC) - timedelta(days=3)


def customer(name: str, number: str | None = None) -> dict[str, Any]:
    known = {"source": "crm", "observed_at": "2026-05-01", "purpose": "complaint_handling"}
    identities = [{"kind": "wechat", "value": f"wx-{name}"}]
    if number is not None:
        identities.append({"kind": "external_id", "value": number, "verified": True})  # pyright: ignore[reportArgumentType]
    return {
        "id": name,
        "language": "zh",
        "identities": identities,
        "facts": [
            {"field": "name", "value": "陆雅琴", "basis": "contract", **known},
            {"field": "region", "value": "无锡", "basis": "contract", **known},
            {"field": "preferred_channel", "value": "电话", "basis": "consent", "consent_id": "c-1", **known},
        ],
        "consents": [
            {"at": AGO.isoformat(), "purpose": "complaint_handling", "kind": "granted", "consent_id": "c-1"}
        ],
    }


def event(name: str, kind: str, days: float, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, "source": "crm",
            "at": (datetime.now(UTC) - timedelta(days=days)).isoformat(), **more}  # fmt: skip


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


def fields(person: dict[str, Any]) -> set[str]:
    return {fact["field"] for fact in person["facts"]}


def test_a_read_says_what_for_and_is_logged(api: httpx.Client) -> None:
    assert api.put("/v1/customers/p-1", json=customer("p-1")).status_code == 200
    bare = api.get("/v1/customers/p-1")
    assert bare.status_code == 400 and "send X-Purpose" in bare.json()["detail"]
    strange = api.get("/v1/customers/p-1", headers={"X-Purpose": "marketing"})
    assert strange.status_code == 400 and "'marketing' is no purpose" in strange.json()["detail"]
    assert api.get("/v1/customers/nobody", headers=FOR_WORK).status_code == 404
    person = api.get("/v1/customers/p-1", headers={**FOR_WORK, "X-Actor": "lin"}).json()
    assert fields(person) == {"name", "region", "preferred_channel"}
    other = api.get("/v1/customers/p-1", headers={"X-Purpose": "rca_analytics"}).json()
    assert "name" not in fields(other)
    page = api.get("/v1/customers", headers=FOR_WORK, params={"limit": 500}).json()
    log = api.get("/v1/customers/p-1/accesses").json()
    assert [(each["purpose"], set(each["what"]) >= {"name"}) for each in log] == [
        ("complaint_handling", True), ("rca_analytics", False), ("complaint_handling", True),
    ]  # fmt: skip
    assert log[-1]["by"].endswith(":lin")
    assert "p-1" in {each["id"] for each in page["customers"]}


def test_a_withdrawn_consent_and_an_objection_count_at_once(api: httpx.Client) -> None:
    api.put("/v1/customers/p-2", json=customer("p-2"))
    path = "/v1/customers/p-2"
    withdrawn = {
        "at": datetime.now(UTC).isoformat(),
        "purpose": "complaint_handling",
        "kind": "withdrawn",
        "consent_id": "c-1",
    }
    assert api.post(f"{path}/consents", json=withdrawn).status_code == 201
    assert fields(api.get(path, headers=FOR_WORK).json()) == {"name", "region"}
    api.post(f"{path}/events", json={"events": [event("w1", "complaint", 2)]})
    switched = {"at": datetime.now(UTC).isoformat(), "control": "no_profile", "on": True}
    assert api.post(f"{path}/controls", json=switched).status_code == 201
    person = api.get(path, headers=FOR_WORK).json()
    assert (person["facts"], person["traits"], person["withheld"]) == ([], {}, "objected")
    assert api.get(f"{path}/events", headers=FOR_WORK).json() == {"events": []}
    own = api.get(path, headers={"X-Purpose": "rights_request"}).json()
    assert fields(own) == {"name", "region"} or fields(own) == {"name", "region", "preferred_channel"}
    api.post(
        f"{path}/controls", json={**switched, "control": "restricted", "at": datetime.now(UTC).isoformat()}
    )
    assert api.get(path, headers={"X-Purpose": "rights_request"}).json()["withheld"] == "restricted"
    assert fields(api.get(path, headers={"X-Purpose": "legal_hold"}).json()) >= {"name", "region"}


def test_events_change_the_profile_at_once(api: httpx.Client) -> None:
    api.put("/v1/customers/p-3", json=customer("p-3"))
    path = "/v1/customers/p-3"
    events = [
        event(
            "e1", "complaint", 30, channel="phone", category="delay", emotion="anger", intensity=3, case="c1"
        ),
        event("e2", "promise", 20, case="c1"),
    ]
    assert api.post(f"{path}/events", json={"events": events}).json() == {"new": 2, "repeated": 0}
    assert api.post(f"{path}/events", json={"events": events[:1]}).json() == {"new": 0, "repeated": 1}
    person = api.get(path, headers=FOR_WORK).json()
    assert person["traits"]["complaints_90d"] == 1 and person["traits"]["open_promises"] == 1
    assert person["feelings"] == {"anger": 1}
    assert "近 90 天投诉 1 次" in person["said"] and "未兑现承诺 1 项" in person["said"]
    assert [each["id"] for each in api.get(f"{path}/events", headers=FOR_WORK).json()["events"]] == [
        "e1",
        "e2",
    ]
    told = api.get(f"{path}/journey", headers=FOR_WORK, params={"language": "zh"}).json()
    assert len(told["episodes"]) == 1 and told["episodes"][0]["feeling"] is not None
    drawn = api.get(f"{path}/journey", headers=FOR_WORK, params={"format": "svg"})
    assert drawn.headers["content-type"].startswith("image/svg+xml") and "<svg" in drawn.text
    assert api.get(f"{path}/journey").status_code == 400
    future = api.post(f"{path}/events", json={"events": [event("e3", "call", -9)]})
    assert future.status_code == 400 and "future" in future.json()["detail"]
    assert api.post("/v1/customers/nobody/events", json={"events": events}).status_code == 404


def test_a_correction_reaches_every_source_and_merges_are_taken_back(api: httpx.Client) -> None:
    for name, number in (("p-4", "N-4"), ("p-5", None), ("p-6", "N-6")):
        api.put(f"/v1/customers/{name}", json=customer(name, number))
    merged = api.post("/v1/customers/p-5/merges", json={"into": "p-4", "reason": "同一人"})
    assert merged.status_code == 201 and merged.json()["into"] == "p-4"
    again = api.post("/v1/customers/p-4/merges", json={"into": "p-5", "reason": "again"})
    assert again.status_code == 400 and "one customer already" in again.json()["detail"]
    refused = api.post("/v1/customers/p-6/merges", json={"into": "p-4", "reason": "?"})
    assert refused.status_code == 409 and "different external ids" in refused.json()["detail"]
    fact = {"field": "region", "value": "苏州", "source": "agent", "observed_at": "2026-06-01",
            "purpose": "complaint_handling", "basis": "contract"}  # fmt: skip
    person = api.post(
        "/v1/customers/p-5/facts", json={"fact": fact, "reason": "客户来电更正"}, headers=FOR_WORK
    ).json()
    assert person["id"] == "p-4"
    assert [f["value"] for f in person["facts"] if f["field"] == "region"] == ["苏州"]
    assert not person["conflicts"]
    assert api.delete("/v1/customers/p-5/merges").json()["customer_id"] == "p-5"
    assert api.delete("/v1/customers/p-5/merges").status_code == 400


def test_relations_and_forgetting(api: httpx.Client) -> None:
    for name in ("p-7", "p-8"):
        api.put(f"/v1/customers/{name}", json=customer(name))
    relation = {
        "first": "p-7",
        "second": "p-8",
        "kind": "authorised_agent",
        "source": "agent",
        "since": "2026-01-01",
    }
    assert api.put("/v1/customers/p-7/relations", json=relation).status_code == 200
    assert api.put("/v1/customers/p-1/relations", json=relation).status_code == 400
    person = api.get("/v1/customers/p-8", headers=FOR_WORK).json()
    assert [r["kind"] for r in person["relations"]] == ["authorised_agent"]
    assert api.post("/v1/customers/p-7/relations/remove", json=relation).status_code == 200
    assert api.post("/v1/customers/p-7/relations/remove", json=relation).status_code == 404
    gone = api.delete("/v1/customers/p-7")
    assert gone.status_code == 200 and gone.json()["tombstone"].startswith("tomb_")
    assert api.delete("/v1/customers/p-7").status_code == 404
    back = api.put("/v1/customers/p-7", json={**customer("p-7"), "consents": []})
    assert back.status_code == 409 and gone.json()["tombstone"] in back.json()["detail"]


def test_duplicates_are_proposed_with_reasons_and_refused_for_good(api: httpx.Client) -> None:
    for name, wechat in (("d-1", "a"), ("d-2", "b")):
        known = {"source": "crm", "observed_at": "2026-05-01", "purpose": "complaint_handling",
                 "basis": "contract"}  # fmt: skip
        values = {"name": "慕容晓雪", "birth_date": "1991-03-04", "address": "常州市新北区通江路21号"}
        body = {
            "id": name,
            "identities": [
                {"kind": "wechat", "value": f"wx-d-{wechat}"},
                {"kind": "phone", "value": "+8613900008888"},
            ],
            "facts": [{"field": field, "value": value, **known} for field, value in values.items()],
        }
        assert api.put(f"/v1/customers/{name}", json=body).status_code == 200
    assert api.post("/v1/duplicates/find").json()["proposed"] >= 1
    found = api.get("/v1/duplicates", params={"limit": 5000}).json()["duplicates"]
    (pair,) = [each for each in found if {each["first"], each["second"]} == {"d-1", "d-2"}]
    assert pair["probability"] > 0.5
    said = [reason["en"] for reason in pair["reasons"]]
    assert "same date of birth" in said
    assert "慕容" not in str(pair)
    refused = api.post("/v1/duplicates/refuse", json={"first": "d-2", "second": "d-1"})
    assert refused.status_code == 204
    api.post("/v1/duplicates/find")
    again = api.get("/v1/duplicates", params={"limit": 5000}).json()["duplicates"]
    assert not [each for each in again if {each["first"], each["second"]} == {"d-1", "d-2"}]
    strange = api.post("/v1/duplicates/refuse", json={"first": "d-2", "second": "nobody"})
    assert strange.status_code == 400 and "not proposed" in strange.json()["detail"]
