"""What a sent reply promised stays on the ledger until somebody says what became of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from bot.cli import main
from bot.wiring import open_store
from tests.services import Service, make_home, serving

TEXT = "信用卡年费没通知就扣了300元，打了三次电话没人管，要求退回"


def suggest(api: httpx.Client, **more: Any) -> dict[str, Any]:
    body = {"text": TEXT, "sector": "banking", "language": "zh", **more}
    name = api.post("/v1/complaints", json=body).json()["id"]
    return api.get(f"/v1/complaints/{name}/suggestion").json()


def outcome(api: httpx.Client, suggestion: dict[str, Any], **told: Any) -> None:
    answer = api.post(f"/v1/suggestions/{suggestion['id']}/outcome", json=told)
    assert answer.status_code == 201, answer.text


def of(api: httpx.Client, suggestion: dict[str, Any]) -> list[dict[str, Any]]:
    found = api.get("/v1/commitments").json()["commitments"]
    return [each for each in found if each["suggestion_id"] == suggestion["id"]]


def test_what_a_sent_reply_promised_is_on_the_ledger_once(service: Service) -> None:
    with service.client() as api:
        suggestion = suggest(api)
        assert of(api, suggestion) == []
        outcome(api, suggestion, action="sent", owner="林")
        found = of(api, suggestion)
        promised = suggestion["draft"]["commitments"]
        assert promised
        assert {(each["kind"], each["due"], each["source"]) for each in found} == {
            (each["kind"], each["deadline"], each["source"]) for each in promised
        }
        assert {each["owner"] for each in found} == {"林"}
        outcome(api, suggestion, action="sent")
        assert of(api, suggestion) == found


def test_what_the_agent_took_out_was_not_promised_and_what_was_discarded_neither(service: Service) -> None:
    with service.client() as api:
        first, second = suggest(api), suggest(api)
        outcome(api, first, action="edited", text="您好，来信收到。")
        outcome(api, second, action="discarded")
        assert of(api, first) == of(api, second) == []
        third = suggest(api)
        outcome(api, third, action="edited", text=third["draft"]["text"] + "\n谢谢。")
        assert len(of(api, third)) == len(third["draft"]["commitments"])


def test_a_promise_is_settled_once_and_the_customers_history_knows(service: Service) -> None:
    person = {"id": "pr-1", "identities": [{"kind": "external_id", "value": "PR-1", "verified": True}]}
    with service.client() as api:
        assert api.put("/v1/customers/pr-1", json=person).status_code == 200
        suggestion = suggest(api, customer={"kind": "external_id", "value": "PR-1", "verified": True})
        outcome(api, suggestion, action="sent")
        first, *_ = of(api, suggestion)
        read = {"X-Purpose": "complaint_handling"}
        assert api.get("/v1/customers/pr-1", headers=read).json()["traits"]["open_promises"] >= 1
        path = f"/v1/commitments/{first['id']}"
        assert api.post(path, json={"state": "broken"}).json()["state"] == "broken"
        assert api.post(path, json={"state": "broken"}).status_code == 200
        assert api.post(path, json={"state": "kept"}).status_code == 409
        assert first["id"] not in {each["id"] for each in of(api, suggestion)}
        kinds = [each["kind"] for each in api.get("/v1/customers/pr-1/events", headers=read).json()["events"]]
        assert kinds.count("broken") == 1 and "promise" in kinds
        assert api.post("/v1/commitments/cmt_nobody", json={"state": "kept"}).status_code == 404
        assert api.post(path, json={"state": "forgotten"}).status_code == 400


@pytest.mark.parametrize("flag", ["--kept", "--broken"])
def test_what_is_overdue_is_listed_and_settled_by_command(tmp_path: Path, flag: str) -> None:
    settings, key, other = make_home(tmp_path / "home")
    with serving(settings, key, other) as running, running.client() as api:
        suggestion = suggest(api)
        outcome(api, suggestion, action="sent", owner="林")
        assert api.get("/v1/commitments", params={"overdue": "true"}).json()["overdue"] == 0
        promise = of(api, suggestion)[0]["id"]
    later = datetime.now(UTC).date() + timedelta(days=60)
    with open_store(settings) as stored:
        assert promise in {each.id for each in stored.promises.waiting("demo", later, overdue=True)}
    env = {"REDRESS_HOME": str(settings.home)}
    listed = CliRunner().invoke(main, ["commitments", "--tenant", "demo"], env=env)
    assert "林" in listed.stdout and promise[:8] in listed.stdout
    none = CliRunner().invoke(main, ["commitments", "--overdue", "--tenant", "demo", "--json"], env=env)
    assert json.loads(none.stdout) == []
    done = CliRunner().invoke(main, ["commitments", flag, promise, "--tenant", "demo", "--json"], env=env)
    assert done.exit_code == 0 and promise not in done.stdout
    gone = CliRunner().invoke(main, ["commitments", flag, "cmt_x", "--tenant", "demo"], env=env)
    assert gone.exit_code != 0 and "cmt_x" in gone.output
