"""Dates of stored complaints over real HTTP and from the command line: they move as their rules allow."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from click.testing import CliRunner

from bot.cli import main
from tests.services import Service, make_home, serving

TEXT = "信用卡年费没通知就扣了300元，打了三次电话没人管，要求退回"


def complain(api: httpx.Client, received: str = "2026-11-20T09:00:00+08:00") -> str:
    body = {"text": TEXT, "sector": "banking", "language": "zh", "received_at": received}
    name = api.post("/v1/complaints", json=body).json()["id"]
    assert api.get(f"/v1/complaints/{name}/suggestion").status_code == 200
    return name


def of(api: httpx.Client, name: str, rule: str) -> dict[str, str]:
    found = api.get(f"/v1/complaints/{name}/clocks").json()["clocks"]
    (one,) = [each for each in found if each["began_under"] == rule]
    return one


def test_a_date_is_extended_as_its_rule_allows_and_the_next_suggestion_knows(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        path = f"/v1/complaints/{name}/clocks"
        first = of(api, name, "cn.nfra.final")
        assert (first["due"], first["state"]) == ("2026-12-05", "running")
        wrong = api.post(path, json={"rule": "cn.nfra.final", "kind": "extend", "to_rule": "cn.nfra.limit"})
        assert wrong.status_code == 400 and "what does: cn.nfra.complex" in wrong.json()["detail"]
        none = api.post(path, json={"rule": "uk.final", "kind": "stop"})
        assert none.status_code == 404 and "cn.nfra.final" in none.json()["detail"]
        moved = api.post(
            path,
            json={
                "rule": "cn.nfra.final",
                "kind": "extend",
                "to_rule": "cn.nfra.complex",
                "reason": "案情复杂",
            },
        ).json()
        assert moved["due"] == "2026-12-20"
        assert any("案情复杂" in said for said in moved["trace"])
        api.post(
            f"/v1/complaints/{name}/turns", json={"turns": [{"speaker": "customer", "text": "还没消息吗"}]}
        )
        clocks = api.get(f"/v1/complaints/{name}/suggestion").json()["clocks"]
        (final,) = [clock for clock in clocks if clock["rule"] == "cn.nfra.final"]
        assert final["due"] == "2026-12-20" and "案情复杂" in final["trace"]


def test_a_date_is_paused_and_stopped_and_steps_that_contradict_are_refused(service: Service) -> None:
    with service.client() as api:
        name = complain(api)
        path = f"/v1/complaints/{name}/clocks"
        assert api.post(path, json={"rule": "cn.nfra.final", "kind": "resume"}).status_code == 409
        paused = api.post(path, json={"rule": "cn.nfra.final", "kind": "pause", "reason": "等待鉴定"}).json()
        assert paused["state"] == "paused"
        assert api.post(path, json={"rule": "cn.nfra.final", "kind": "pause"}).status_code == 409
        assert api.post(path, json={"rule": "cn.nfra.final", "kind": "resume"}).json()["state"] == "running"
        assert api.post(path, json={"rule": "cn.nfra.final", "kind": "stop"}).json()["state"] == "stopped"
        assert api.post(path, json={"rule": "cn.nfra.final", "kind": "pause"}).status_code == 409
        assert of(api, name, "cn.nfra.final")["state"] == "stopped"
        assert api.get("/v1/complaints/cmp_nobody/clocks").status_code == 404


def test_what_runs_out_is_listed_by_command_and_api(tmp_path: Path) -> None:
    settings, key, other = make_home(tmp_path / "home")
    long_ago = (datetime.now(UTC).date() - timedelta(days=400)).isoformat() + "T09:00:00+08:00"
    with serving(settings, key, other) as running, running.client() as api:
        name = complain(api, long_ago)
        listed = api.get("/v1/clocks", params={"language": "en"}).json()["clocks"]
        assert {each["complaint_id"] for each in listed} == {name}
        assert {each["state"] for each in listed} == {"overdue"}
        assert [each["due"] for each in listed] == sorted(each["due"] for each in listed)
    env = {"REDRESS_HOME": str(settings.home)}
    told = CliRunner().invoke(main, ["clocks", "--tenant", "demo"], env=env)
    assert told.exit_code == 0 and "overdue" in told.stdout and name[:10] in told.stdout
    one = CliRunner().invoke(main, ["clocks", name, "--tenant", "demo", "--language", "zh"], env=env)
    assert "应在" in one.stdout
    unknown = CliRunner().invoke(main, ["clocks", "cmp_nobody", "--tenant", "demo"], env=env)
    assert unknown.exit_code != 0
