"""Bad input gets a clear problem that says what to do and never repeats what was sent."""

import json

import httpx
import pytest

from tests.services import Service

SECRET = "Zebra-4471-Quasar"


def _problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert SECRET not in answer.text
    return body


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u200b"])
def test_a_complaint_without_a_visible_character(service: Service, text: str) -> None:
    with service.client() as client:
        for path in ("/v1/complaints", "/v1/triage"):
            problem = _problem(client.post(path, json={"text": text}), 422)
            assert "no text" in str(problem["detail"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": SECRET, "turns": [{"text": "x"}]},
        {"text": SECRET, "colour": "red"},
        {"text": 5},
        {"turns": []},
        {"text": SECRET, "language": "fr"},
        {"text": SECRET, "channel": "Not A Channel"},
        {"text": SECRET, "received_at": "yesterday"},
        {"turns": [{"text": SECRET, "speaker": "dog"}]},
        [1, 2],
        "just a string",
    ],
)
def test_a_body_that_breaks_the_schema(service: Service, body: object) -> None:
    with service.client() as client:
        problem = _problem(client.post("/v1/complaints", json=body), 400)
    assert problem.get("errors") or problem["detail"]


@pytest.mark.parametrize(
    "raw",
    [b'{"text": "half', b"", b"\xff\xfe", '{"text": "乱码"}'.encode("gb18030"), b"[" * 100_000],
    ids=["half", "empty", "not utf-8", "gb18030", "deep"],
)
def test_a_body_that_is_no_json(service: Service, raw: bytes) -> None:
    with service.client() as client:
        sent = client.post("/v1/triage", content=raw, headers={"content-type": "application/json"})
    problem = _problem(sent, 400)
    assert "JSON" in str(problem["detail"]) or problem["errors"]


@pytest.mark.parametrize(
    "text",
    [
        "half an emoji \ud83d and the refund of 30 yuan 退款30元",
        "a NUL \x00 in the middle of 退款30元 refund",
        "😡" * 400 + " 退款30元 refund",
        "退款30元 refund " * 3,
    ],
    ids=["surrogate", "nul", "emoji", "plain"],
)
def test_broken_characters_do_not_cost_the_customer_their_complaint(service: Service, text: str) -> None:
    raw = json.dumps({"text": text}).encode()
    with service.client() as client:
        stored = client.post(
            "/v1/complaints?wait=suggestion", content=raw, headers={"content-type": "application/json"}
        )
        assert stored.status_code == 201, stored.text
        kept = client.get(f"/v1/complaints/{stored.json()['complaint_id']}").json()["turns"][0]["text"]
    assert len(kept) == len(text)
    assert "退款30元" in kept


def test_a_megabyte_is_stored_whole_and_read_in_part(service: Service) -> None:
    text = "我的退款还没有到账，请尽快处理。" * 40_000
    text = text[:600_000]
    with service.client() as client:
        answer = client.post("/v1/complaints?wait=suggestion", json={"text": text})
        assert answer.status_code == 201, answer.text
        kept = client.get(f"/v1/complaints/{answer.json()['complaint_id']}").json()["turns"][0]["text"]
    assert kept == text
    assert any("20,000" in reason or "20000" in reason for reason in answer.json()["triage"]["reasons"])


def test_more_than_the_limit_is_refused_with_the_limit(service: Service) -> None:
    with service.client() as client:
        problem = _problem(client.post("/v1/complaints", json={"text": "x" * 4_100_000}), 413)
    assert "REDRESS_MAX_BODY_BYTES" in str(problem["detail"])


def test_a_conversation_of_fifty_turns(service: Service) -> None:
    turns = [
        {"speaker": "customer" if n % 2 == 0 else "agent", "text": f"第{n}轮：退款到底什么时候到？"}
        for n in range(50)
    ]
    with service.client() as client:
        answer = client.post("/v1/complaints?wait=suggestion", json={"turns": turns})
        assert answer.status_code == 201, answer.text
        too_many = client.post("/v1/complaints", json={"turns": turns * 5})
    assert answer.json()["draft"]["text"]
    _problem(too_many, 400)


@pytest.mark.parametrize("key", ["x", "rk_", "rk_0_x", "rk_deadbeef0000_" + "x" * 43, "Basic abc", "😀"])
def test_a_wrong_key(service: Service, key: str) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        header = f"Bearer {key}".encode()
        answer = client.get("/v1/complaints", headers={b"authorization": header})
    _problem(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_no_key(service: Service) -> None:
    with httpx.Client(base_url=service.url, trust_env=False) as client:
        problem = _problem(client.post("/v1/triage", json={"text": "x"}), 401)
    assert "redress keys new" in str(problem["detail"])


def test_a_key_of_another_tenant_sees_nothing(service: Service) -> None:
    with service.client() as client, service.client(service.other_key) as other:
        complaint = client.post("/v1/complaints?wait=suggestion", json={"text": "退款没到"}).json()
        case = client.get("/v1/cases?limit=1").json()["cases"][0]["id"]
        customer = client.get("/v1/customers?limit=1", headers={"X-Purpose": "qa"}).json()["customers"][0][
            "id"
        ]
        for path in (
            f"/v1/complaints/{complaint['complaint_id']}",
            f"/v1/complaints/{complaint['complaint_id']}/suggestion",
            f"/v1/cases/{case}",
            f"/v1/customers/{customer}",
        ):
            _problem(other.get(path, headers={"X-Purpose": "qa"}), 404)
        assert other.get("/v1/complaints").json() == {"complaints": []}
        assert other.get("/v1/cases").json()["cases"] == []
        answer = other.post(f"/v1/suggestions/{complaint['id']}/outcome", json={"action": "sent"})
        _problem(answer, 404)
        mine = other.post("/v1/triage", json={"text": "退款没到账"}).json()
        assert mine["matches"] == {"cases": [], "passages": []}


def test_a_key_without_the_scope(service: Service) -> None:
    from bot.wiring import open_store

    with open_store(service.settings) as parts:
        key = parts.tenants.new_key("demo", "widget only", ["widget"])
    with service.client(key) as client:
        problem = _problem(client.post("/v1/triage", json={"text": "x"}), 403)
        assert "agent" in str(problem["detail"])
        _problem(client.get("/v1/cases"), 403)


def test_unknown_paths_and_methods(service: Service) -> None:
    with service.client() as client:
        nowhere = _problem(client.get("/v1/nothing"), 404)
        otherwise = _problem(client.put("/v1/triage", json={}), 405)
        missing = _problem(client.get("/v1/cases/none"), 404)
        none_wanted = _problem(client.get("/v1/cases?limit=0"), 400)
    assert nowhere["title"] and otherwise["title"]
    assert "none" in str(missing["detail"])
    assert "limit" in str(none_wanted)


def test_a_case_with_an_unknown_category_or_field_is_refused(service: Service) -> None:
    case = {"id": "x-1", "language": "zh", "text": f"退款 {SECRET}"}
    with service.client() as client:
        _problem(client.put("/v1/cases/x-1", json={**case, "outcome": "perhaps"}), 400)
        _problem(client.put("/v1/cases/x-2", json=case), 400)
        _problem(client.post("/v1/cases", json={"cases": []}), 400)
        problem = _problem(client.put("/v1/cases/x-1", json={**case, "category": "fee_pricing"}), 400)
    assert "fees_pricing" in str(problem["detail"])
