"""The chat widget and the signed webhook over real HTTP."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from bot.channels.signatures import sign
from tests.services import Service, make_home, serving

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("hooked")
    with serving(*make_home(home, webhook_secret=SECRET, webhook_tenant="demo")) as running:
        yield running


def _deliver(
    service: Service, body: bytes, *, message: str = "msg_1", at: int | None = None
) -> httpx.Response:
    stamp = int(time.time()) if at is None else at
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(stamp),
        "webhook-signature": sign(SECRET, message, stamp, body),
    }
    return httpx.post(f"{service.url}/webhooks/complaints", content=body, headers=headers, trust_env=False)


def _event(text: str) -> bytes:
    event = {"type": "complaint.created", "timestamp": "2026-11-20T08:00:00Z", "data": {"text": text}}
    return json.dumps(event, ensure_ascii=False).encode()


def test_a_signed_complaint_is_stored_once(hooked: Service) -> None:
    first = _deliver(hooked, _event("外卖洒了一半"))
    again = _deliver(hooked, _event("外卖洒了一半"))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    with hooked.client() as client:
        kept = client.get(f"/v1/complaints/{first.json()['id']}").json()
        assert kept["turns"][0]["text"] == "外卖洒了一半"
        assert kept["received_at"].startswith("2026-11-20T08:00:00")
        assert client.get(f"/v1/complaints/{first.json()['id']}/suggestion").status_code == 200


def test_what_is_not_signed_as_agreed_is_refused_and_not_stored(hooked: Service) -> None:
    with hooked.client() as client:
        before = client.get("/v1/complaints").json()
        body = _event("伪造的投诉")
        late = _deliver(hooked, body, message="msg_late", at=int(time.time()) - 3600)
        bare = httpx.post(f"{hooked.url}/webhooks/complaints", content=body, trust_env=False)
        assert (late.status_code, bare.status_code) == (401, 401)
        assert client.get("/v1/complaints").json() == before


def test_another_event_is_acknowledged_and_a_broken_one_is_explained(hooked: Service) -> None:
    other = _deliver(hooked, b'{"type": "ticket.closed", "data": {}}', message="msg_2")
    broken = _deliver(hooked, b'{"type": "complaint.created", "data": {"text": 5}}', message="msg_3")
    assert (other.status_code, other.json()) == (202, {"accepted": False})
    assert broken.status_code == 400
    assert "data.text" in broken.json()["detail"]


def test_the_webhook_is_closed_without_a_secret(service: Service) -> None:
    answer = httpx.post(f"{service.url}/webhooks/complaints", content=b"{}", trust_env=False)
    assert answer.status_code == 404
    assert "REDRESS_WEBHOOK_SECRET" in answer.json()["detail"]


def test_the_widget_answers_with_approved_clauses_and_remembers_the_conversation(service: Service) -> None:
    message = {"sender": "visitor-1", "message": "我的退款三周了还没到账，打电话也没人接！"}
    with service.client() as client:
        assert client.get("/webhooks/rest/").json() == {"status": "ok"}
        answer = client.post("/webhooks/rest/webhook", json=message)
        assert answer.status_code == 200
        replies = answer.json()
        assert replies
        assert all(reply["recipient_id"] == "visitor-1" for reply in replies)
        assert "三周" not in json.dumps(replies, ensure_ascii=False)
        client.post("/webhooks/rest/webhook", json={**message, "message": "再不处理我就打12315"})
        newest = client.get("/v1/complaints?limit=5").json()["complaints"]
        mine = [row for row in newest if row["turns"] == 2]
        assert mine
        words = client.get(f"/v1/complaints/{mine[0]['id']}").json()["turns"]
        assert words[1]["text"] == "再不处理我就打12315"
        assert client.post("/webhooks/rest/webhook", json={"sender": "v2", "message": ""}).json()
