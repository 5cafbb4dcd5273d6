"""What influenced a judgement is told: words, cases, what of the profile, and who read it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner

from bot.cli import main
from tests.services import Service, make_home, serving

NOW = datetime.now(UTC)


def put_customer(api: httpx.Client, name: str) -> dict[str, Any]:
    known = {
        "source": "crm",
        "observed_at": "2026-05-01",
        "purpose": "complaint_handling",
        "basis": "contract",
    }
    person = {
        "id": name,
        "identities": [{"kind": "external_id", "value": f"X-{name}", "verified": True}],
        "facts": [{"field": "name", "value": "陆雅琴", **known}],
    }
    assert api.put(f"/v1/customers/{name}", json=person).status_code == 200
    events = [
        {"id": f"{name}-{n}", "kind": kind, "source": "crm", "at": (NOW - timedelta(days=n)).isoformat(),
         "case": "old"}
        for n, kind in ((40, "complaint"), (30, "promise"), (9, "broken"), (5, "reopened"))
    ]  # fmt: skip
    assert api.post(f"/v1/customers/{name}/events", json={"events": events}).status_code in {200, 201}
    return {"kind": "external_id", "value": f"X-{name}", "verified": True}


def complain(api: httpx.Client, customer: dict[str, Any] | None) -> str:
    text = "你们答应的退款又拖了一个月，再不退我就去12315投诉，我母亲刚去世，没精力跟你们耗"
    answer = api.post("/v1/complaints", json={"text": text, "customer": customer, "language": "zh"})
    name = answer.json()["id"]
    assert api.get(f"/v1/complaints/{name}/suggestion").status_code == 200
    return name


def test_an_explanation_tells_words_profile_and_reads(service: Service) -> None:
    with service.client() as api:
        name = complain(api, put_customer(api, "ex-1"))
        told = api.get(f"/v1/complaints/{name}/explanation").json()
    parts = {each["part"]: each for each in told["from_complaint"]}
    assert "12315" in "".join(parts["escalation"]["because"])
    assert parts["urgency"]["because"]
    assert {"emotion", "category", "route", "similar_case"} <= set(parts)
    assert "strategy" in {each["part"] for each in told["care"]}
    assert {"risk", "history"} <= {each["part"] for each in told["from_profile"]}
    assert all(
        each["because"] for each in (*told["care"], *told["from_profile"]) if each["part"] != "history"
    )
    assert "画像没有参与" in told["never"]
    assert told["read"] and all(each["complaint_id"] == name for each in told["read"])
    assert "name" in told["read"][0]["what"]
    assert "陆雅琴" not in str(told)


def test_without_a_customer_nothing_of_a_profile_is_told(service: Service) -> None:
    with service.client() as api:
        name = complain(api, None)
        told = api.get(f"/v1/complaints/{name}/explanation", params={"language": "en"}).json()
        assert told["from_profile"] == told["read"] == []
        assert "had no part" in told["never"]
        assert api.get("/v1/complaints/cmp_nobody/explanation").status_code == 404


def test_who_objects_has_nothing_but_the_complaint_told(service: Service) -> None:
    with service.client() as api:
        reference = put_customer(api, "ex-2")
        control = {
            "at": NOW.isoformat(),
            "control": "no_profile",
            "on": True,
            "by": "customer",
            "reason": "asked",
        }
        assert api.post("/v1/customers/ex-2/controls", json=control).status_code in {200, 201}
        name = complain(api, reference)
        told = api.get(f"/v1/complaints/{name}/explanation").json()
        assert told["from_profile"] == told["read"] == []


def test_the_command_explains_what_is_on_record(tmp_path: Path) -> None:
    settings, key, other = make_home(tmp_path / "home")
    with serving(settings, key, other) as running, running.client() as api:
        name = complain(api, put_customer(api, "ex-3"))
    env = {"REDRESS_HOME": str(settings.home)}
    asked = ["profiles", "explain", name, "--language", "en", "--tenant", "demo"]
    told = CliRunner().invoke(main, asked, env=env)
    assert told.exit_code == 0, told.output
    assert "from the profile" in told.stdout and "had no part" in told.stdout
    unknown = CliRunner().invoke(main, ["profiles", "explain", "cmp_nobody", "--tenant", "demo"], env=env)
    assert unknown.exit_code != 0 and "cmp_nobody" in unknown.output
