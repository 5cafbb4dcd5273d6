"""The complaint API over real HTTP."""

import concurrent.futures
import json
import sqlite3
from typing import Any

import httpx
import pytest

from tests.services import Service

ANGRY = "你们乱收年费！说好免费的，扣了我300块，打了三次电话没人管，再不退我就打12378投诉！"


def _events(client: httpx.Client, path: str) -> list[tuple[str, Any]]:
    events: list[tuple[str, Any]] = []
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                events.append((name, json.loads(line[5:])))
    return events


def test_a_complaint_is_stored_and_answered(service: Service) -> None:
    with service.client() as client:
        answer = client.post("/v1/complaints", json={"text": ANGRY, "channel": "app", "sector": "banking"})
        assert answer.status_code == 201, answer.text
        stored = answer.json()
        assert stored["turns"] == 1
        suggestion = client.get(f"/v1/complaints/{stored['id']}/suggestion").json()
        assert suggestion["complaint_id"] == stored["id"]
        assert suggestion["language"] == "zh"
        triage = suggestion["triage"]
        assert triage["emotion"]["primary"] == "anger"
        assert triage["emotion"]["intensity"] >= 2
        assert [found["kind"] for found in triage["escalations"]] == ["regulator"]
        assert triage["urgency"] == "high"
        assert len(suggestion["matches"]["cases"]) == 5
        assert len(suggestion["matches"]["passages"]) == 3
        assert suggestion["draft"]["source"] == "composer"
        assert "300" in suggestion["draft"]["text"]
        assert all(check["passed"] for check in suggestion["draft"]["checks"])
        again = client.get(f"/v1/complaints/{stored['id']}/suggestion").json()
        assert again == suggestion
        whole = client.get(f"/v1/complaints/{stored['id']}").json()
        assert whole["turns"][0]["text"] == ANGRY
        assert stored["id"] in {row["id"] for row in client.get("/v1/complaints").json()["complaints"]}


def test_evidence_points_at_the_words_as_the_customer_wrote_them(service: Service) -> None:
    text = "我叫张伟，手机13912345678，😡你们太过分了！！我要去12315投诉你们"
    with service.client() as client:
        suggestion = client.post("/v1/triage", json={"text": text}).json()
    spans = [*suggestion["triage"]["emotion"]["evidence"]]
    spans += [span for found in suggestion["triage"]["escalations"] for span in found["evidence"]]
    assert spans
    for span in spans:
        if "⟦" not in span["text"]:
            assert text[span["start"] : span["end"]] == span["text"]
    assert "13912345678" not in json.dumps(suggestion, ensure_ascii=False)
    assert "张伟" not in json.dumps(suggestion, ensure_ascii=False)


def test_waiting_for_the_suggestion(service: Service) -> None:
    with service.client() as client:
        body = {"text": "My parcel SO-77120 is nine days late and nobody answers.", "sector": "ecommerce"}
        answer = client.post("/v1/complaints?wait=suggestion", json=body)
    assert answer.status_code == 201
    suggestion = answer.json()
    assert suggestion["language"] == "en"
    assert "SO-77120" in suggestion["draft"]["text"]
    assert set(suggestion["timings"]) >= {"redact", "embed", "triage", "recall", "draft", "total"}
    assert suggestion["models"]["embedder"].startswith("redress-static@")


def test_the_events_of_a_suggestion_come_in_order(service: Service) -> None:
    with service.client() as client:
        complaint = client.post("/v1/complaints", json={"text": ANGRY + " 请尽快"}).json()["id"]
        events = _events(client, f"/v1/complaints/{complaint}/events")
        assert [name for name, _ in events] == ["triage", "matches", "profile", "draft", "done"]
        assert events[-1][1] == client.get(f"/v1/complaints/{complaint}/suggestion").json()
        assert _events(client, f"/v1/complaints/{complaint}/events") == events
        assert client.get("/v1/complaints/cmp_nothing/events").status_code == 404


def test_new_turns_make_a_new_suggestion(service: Service) -> None:
    with service.client() as client:
        complaint = client.post("/v1/complaints", json={"text": "宽带又断了"}).json()["id"]
        first = client.get(f"/v1/complaints/{complaint}/suggestion").json()
        turns = [
            {"speaker": "agent", "text": "请问具体是什么情况？"},
            {"text": "第三次了！再修不好我就找律师起诉你们！"},
        ]
        answer = client.post(f"/v1/complaints/{complaint}/turns", json={"turns": turns})
        assert answer.status_code == 201
        assert answer.json()["turns"] == 3
        second = client.get(f"/v1/complaints/{complaint}/suggestion").json()
    assert second["id"] != first["id"]
    assert [found["kind"] for found in second["triage"]["escalations"]] == ["legal"]
    assert second["triage"]["escalations"][0]["evidence"][0]["turn"] == 2


def test_the_same_request_twice_is_one_complaint(service: Service) -> None:
    headers = {"idempotency-key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}
    body = {"text": "The same complaint, sent twice by a nervous proxy."}
    with service.client() as client:
        first = client.post("/v1/complaints", json=body, headers=headers)
        second = client.post("/v1/complaints", json=body, headers=headers)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["id"] == second.json()["id"]
        other = client.post("/v1/complaints", json={"text": "another"}, headers=headers)
        assert other.status_code == 422
        assert "Idempotency-Key" in other.json()["detail"]


def test_fifty_at_once_with_one_key_are_one_complaint(service: Service) -> None:
    headers = {"idempotency-key": "fifty-at-once"}

    def send(_: int) -> tuple[int, str]:
        with service.client() as client:
            answer = client.post("/v1/complaints", json={"text": "抢购失败，一直转圈"}, headers=headers)
            return answer.status_code, answer.json()["id"]

    with concurrent.futures.ThreadPoolExecutor(25) as pool:
        answers = set(pool.map(send, range(50)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201


def test_an_outcome_is_recorded_without_personal_data(service: Service) -> None:
    with service.client() as client:
        suggestion = client.post("/v1/complaints?wait=suggestion", json={"text": ANGRY}).json()
        body = {"action": "edited", "text": "王女士您好，已致电13912345678", "category": "fees_pricing"}
        answer = client.post(f"/v1/suggestions/{suggestion['id']}/outcome", json=body)
        assert answer.status_code == 201
        missing = client.post("/v1/suggestions/sug_nothing/outcome", json={"action": "sent"})
        assert missing.status_code == 404
        summary = client.get("/v1/insight/summary").json()
    assert summary["outcomes"]["edited"] >= 1
    database = (service.settings.home / "redress.db").read_bytes()
    wal = (service.settings.home / "redress.db-wal").read_bytes()
    assert b"13912345678" not in database + wal


def test_a_known_customer_is_shown_when_verified_and_only_then(service: Service) -> None:
    with service.client() as client:
        customer = client.get("/v1/customers?limit=1", headers={"X-Purpose": "complaint_handling"}).json()[
            "customers"
        ][0]
        reference = {"kind": "external_id", "value": _external_id(customer)}
        body = {"text": "又来找你们了，上次答应的事还没办", "customer": reference}
        unverified = client.post("/v1/triage", json=body).json()["profile"]
        verified = client.post("/v1/triage", json={**body, "customer": {**reference, "verified": True}})
        unknown = client.post("/v1/triage", json={**body, "customer": {**reference, "value": "nobody"}})
    assert unverified["facts"] == []
    assert unverified["note"]
    profile = verified.json()["profile"]
    assert profile["customer_id"] == customer["id"]
    assert profile["facts"]
    assert profile["contacts"]
    assert unknown.json()["profile"]["customer_id"] is None
    assert unknown.json()["profile"]["note"]


def _external_id(customer: dict[str, Any]) -> str:
    return next(i["value"] for i in customer["identities"] if i["kind"] == "external_id")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我要投诉", "zh"),
        (
            "Ich möchte mich beschweren, weil meine Bestellung nicht angekommen ist und niemand antwortet.",
            "und",
        ),
        ("😡😡😡", "und"),
        ("Rückerstattung jetzt", "und"),
    ],
)
def test_a_text_we_cannot_judge_abstains_and_still_gets_a_reply(
    service: Service, text: str, language: str
) -> None:
    with service.client() as client:
        suggestion = client.post("/v1/triage", json={"text": text}).json()
    assert suggestion["language"] == language
    assert suggestion["draft"]["text"]
    if language == "und":
        assert suggestion["triage"]["abstained"]
        assert suggestion["triage"]["reason_code"] in {"language_unsupported", "not_enough_text"}
        assert suggestion["triage"]["category"] is None


def test_a_forgotten_customer_is_gone_from_earlier_suggestions(service: Service) -> None:
    customer = {
        "id": "cust-to-forget",
        "language": "zh",
        "identities": [{"kind": "external_id", "value": "FORGET-1", "verified": True}],
        "facts": [
            {
                "field": "name",
                "value": "林知夏",
                "source": "crm",
                "observed_at": "2026-11-01",
                "purpose": "complaint_handling",
                "basis": "contract",
                "confidence": 1.0,
                "expires_at": None,
            }
        ],
        "contacts": [],
    }
    with service.client() as client:
        assert client.put("/v1/customers/cust-to-forget", json=customer).status_code == 200
        body = {
            "text": "退款三周了还没到账",
            "channel": "email",
            "customer": {"kind": "external_id", "value": "FORGET-1", "verified": True},
        }
        first = client.post("/v1/complaints?wait=suggestion", json=body).json()
        assert "林知夏" in first["draft"]["text"]
        path = f"/v1/complaints/{first['complaint_id']}/suggestion"
        assert client.get(path).json() == first
        files = [service.settings.home / name for name in ("redress.db", "redress.db-wal")]
        assert client.delete("/v1/customers/cust-to-forget").status_code == 200
        after = client.get(path).json()
    assert "林知夏" not in json.dumps(after, ensure_ascii=False)
    assert "尊敬的客户" in after["draft"]["text"]
    connection = sqlite3.connect(files[0])
    bodies = [row[0] for row in connection.execute("SELECT body FROM suggestions")]
    connection.close()
    assert not any("林知夏" in stored for stored in bodies)


def test_a_repeated_request_makes_no_second_suggestion(service: Service) -> None:
    headers = {"idempotency-key": "once-only"}
    with service.client() as client:
        answers = [
            client.post("/v1/complaints?wait=suggestion", json={"text": "网速太慢"}, headers=headers).json()
            for _ in range(3)
        ]
    assert len({answer["id"] for answer in answers}) == 1


def test_a_turn_added_while_a_suggestion_is_made_is_seen(service: Service) -> None:
    with service.client() as client:
        for _ in range(10):
            complaint = client.post("/v1/complaints", json={"text": "宽带又断了"}).json()["id"]
            turns = {"turns": [{"text": "我已经打算投诉到12345了"}]}
            client.post(f"/v1/complaints/{complaint}/turns", json=turns)
            suggestion = client.get(f"/v1/complaints/{complaint}/suggestion").json()
            assert [found["kind"] for found in suggestion["triage"]["escalations"]] == ["regulator"]


@pytest.mark.parametrize("moment", ["9999-12-31T00:00:00Z", "0001-01-01T00:00:00+08:00"])
def test_a_time_out_of_bounds_is_refused(service: Service, moment: str) -> None:
    with service.client() as client:
        answer = client.post("/v1/complaints", json={"text": "迟到", "received_at": moment})
    assert answer.status_code == 400
