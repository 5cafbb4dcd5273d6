"""`redress profiles`: messy exports of several systems become one clean profile a person."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli import main

CRM = """客户编号,姓名,手机号,邮箱,地区,产品,更新日期,备用
K-1001,陈 晓梅,138 0013 8000,chen@example.com,浙江省-杭州市,理财A,2026年3月5日,x
K-1002,李雷,13900139000；010-62345678,,北京市/海淀区,信用卡,2026-03-01,
K-1003,韩梅梅,不详,han@example.com,上海市,,2026/13/45,
"""
CASES = """CaseNumber,ContactId,ContactEmail,SuppliedPhone,CreatedDate,ClosedDate,IsEscalated,Origin,Subject,Reason
00001026,003A1,chen@example.com,+8613800138000,2026-03-05T14:30:00.000+0000,2026-03-09T10:00:00Z,TRUE,Web,Late,Billing
00001027,003A1,chen@example.com,+8613800138000,2026-04-05T14:30:00.000+0000,,FALSE,Phone,Still late,Billing
00001029,003B2,o@example.com,+44 7700 900123,2036-04-06T14:30:00.000+0000,,FALSE,Email,From the future,Delivery
"""  # noqa: E501
EVENTS = """{"messageId":"m1","type":"track","event":"Order Completed","userId":"K-1001","timestamp":"2026-04-01T10:00:00Z","properties":{"revenue":99.5,"currency":"CNY"}}
{"messageId":"m2","type":"page","userId":"K-1002","timestamp":"2026-04-01T10:00:00Z"}
{"messageId":"m3","type":"track","event":"Mystery","userId":"K-1001","timestamp":"2026-04-04T10:00:00Z"}
{"messageId":"m4","type":"track","event":"Order
"""  # noqa: E501  # one line each, as the site writes them


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "crm.csv").write_text(CRM, encoding="gb18030")
    (tmp_path / "cases.csv").write_text(CASES, encoding="utf-8")
    (tmp_path / "events.jsonl").write_text(EVENTS, encoding="utf-8")
    home = tmp_path / "home"
    assert run(home, "init").exit_code == 0
    return home


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env={"REDRESS_HOME": str(home)})


def answer(home: Path, *arguments: str) -> Any:
    result = run(home, *arguments, "--json")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return json.loads(result.stdout)


def bring_in(home: Path) -> list[dict[str, Any]]:
    files = ("crm.csv", "cases.csv", "events.jsonl")
    return [answer(home, "profiles", "import", str(home.parent / name)) for name in files]


def people(home: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in run(home, "export", "customers").stdout.splitlines()]
    return {i["value"]: row for row in rows for i in row["identities"] if i["kind"] == "external_id"}


def test_three_messy_files_become_one_profile_a_person(home: Path) -> None:
    first = bring_in(home)
    assert [(each["source"], each["rows"], each["bad"]) for each in first] == [
        ("customers", 3, 1), ("salesforce_cases", 3, 1), ("segment", 3, 1),
    ]  # fmt: skip
    assert first[0]["left_out"] == {"备用": 1}
    assert "更新日期" in first[0]["problems"][0]["problem"] and first[0]["problems"][0]["row"] == 4
    assert "future" in first[1]["problems"][0]["problem"]
    assert first[2]["left_out"] == {"events 'track / Mystery'": 1}
    assert first[1]["people"] == {"new": 0, "changed": 1}, "linked by telephone"
    chen = people(home)["K-1001"]
    assert {i["kind"] for i in chen["identities"]} == {"external_id", "phone", "email", "app_user"}
    assert [f["value"] for f in chen["facts"] if f["field"] == "name"] == ["陈晓梅"]
    shown = answer(home, "profiles", "show", chen["id"])
    assert shown["events"] == 5
    assert shown["traits"]["complaints_365d"] == 2 and shown["traits"]["escalated_365d"] == 1
    again = bring_in(home)
    assert [each["people"] for each in again] == [{"new": 0, "changed": 0}] * 3
    assert [each["events"]["new"] for each in again] == [0, 0, 0]
    assert people(home)["K-1001"] == chen


def test_a_dry_run_stores_nothing(home: Path) -> None:
    done = answer(home, "profiles", "import", str(home.parent / "crm.csv"), "--dry-run")
    assert (done["rows"], done["bad"], done["people"]) == (3, 1, {"new": 0, "changed": 0})
    assert run(home, "export", "customers").stdout == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("odd.csv", "colour,size\nred,3\n", "of no export we know"),
        ("empty.csv", "", "is empty"),
        ("x.pdf", "%PDF", "are not read"),
    ],
)
def test_files_we_cannot_read_say_what_to_do(home: Path, name: str, content: str, said: str) -> None:
    file = home.parent / name
    file.write_text(content, encoding="utf-8")
    result = run(home, "profiles", "import", str(file))
    assert result.exit_code == 1 and said in result.stderr


def test_a_source_that_does_not_exist_is_corrected(home: Path) -> None:
    result = run(home, "profiles", "import", str(home.parent / "crm.csv"), "--source", "salesforce_case")
    assert result.exit_code == 1 and "did you mean 'salesforce_cases'?" in result.stderr


def test_merging_forgetting_and_consent_from_the_command_line(home: Path) -> None:
    bring_in(home)
    one, two = (people(home)[number]["id"] for number in ("K-1001", "K-1002"))
    refused = run(home, "profiles", "merge", one, two)
    assert refused.exit_code == 1 and "different external ids" in refused.stderr
    assert "was not merged" in run(home, "profiles", "unmerge", one).stderr
    said = run(home, "profiles", "consent", one, "objected")
    assert said.exit_code == 0
    shown = answer(home, "profiles", "show", one)
    assert (shown["facts"], shown["withheld"]) == ([], "objected")
    assert "objects to this use" in run(home, "profiles", "show", one, "--language", "en").stdout
    assert run(home, "profiles", "show", one, "--purpose", "marketing").exit_code == 1
    gone = answer(home, "profiles", "forget", one, "--yes")
    assert gone["tombstone"].startswith("tomb_")
    back = answer(home, "profiles", "import", str(home.parent / "crm.csv"))
    assert back["bad"] == 2 and any(gone["tombstone"] in p["problem"] for p in back["problems"])
    assert run(home, "profiles", "forget", one, "--yes").exit_code == 2


def test_the_archive_for_the_person_is_whole(home: Path) -> None:
    bring_in(home)
    chen = people(home)["K-1001"]["id"]
    file = home.parent / "chen.zip"
    done = answer(home, "profiles", "export", chen, str(file))
    assert done["bytes"] == file.stat().st_size and file.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(content.pop("manifest.json"))
    assert manifest == {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    assert len(content["events.jsonl"].splitlines()) == 5
    profile = json.loads(content["profile.json"])
    assert {f["field"] for f in profile["customer"]["facts"]} >= {"name", "region", "product"}
    assert b"rights_request" in content["accesses.jsonl"]
    assert "李雷" not in file.read_bytes().decode("utf-8", "ignore")


def test_quality_counts_what_is_missing_wrong_and_shared(home: Path) -> None:
    bring_in(home)
    report = answer(home, "profiles", "quality")
    assert report["customers"] == 2 and report["without_identity"] == 0
    assert report["fields"]["name"]["completeness"] == 1.0
    assert report["identities"]["email"] == {
        "customers": 1, "completeness": 0.5, "verified": 0.0, "shared_values": 0,
    }  # fmt: skip
    assert set(report["sources"]) >= {"crm"}
    assert "identity" in run(home, "profiles", "quality").stdout


def test_a_refresh_sweeps_and_groups_and_says_so(home: Path) -> None:
    bring_in(home)
    assert run(home, "profiles", "segments").exit_code == 0
    assert answer(home, "profiles", "refresh", "--dry-run") == {
        "dry_run": True, "deleted": {}, "segments": None, "risks": {},
    }  # fmt: skip
    done = answer(home, "profiles", "refresh")
    assert done["deleted"] == {}
    assert done["segments"]["customers"] == 2 and done["segments"]["verdict"] == "too_few"
    assert sum(done["segments"]["layers"]["relationship"].values()) == 2
    assert answer(home, "profiles", "segments")["groups"] == []
    chen = answer(home, "profiles", "show", people(home)["K-1001"]["id"], "--language", "zh")
    assert chen["segments"] and all(each["name"] and each["reasons"] for each in chen["segments"])


def test_a_journey_is_told_drawn_and_logged(home: Path) -> None:
    from xml.etree import ElementTree

    bring_in(home)
    chen = people(home)["K-1001"]["id"]
    picture = home.parent / "chen.svg"
    told = answer(home, "profiles", "journey", chen, "--language", "zh", "--svg", str(picture))
    assert len(told["episodes"]) == 2 and told["episodes"][0]["state"] == "closed"
    assert "投诉" in told["words"]
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    with zipfile.ZipFile(io.BytesIO(_archive(home, chen))) as archive:
        assert b'"events"' in archive.read("accesses.jsonl")
    assert run(home, "profiles", "journey", "nobody").exit_code == 1


def _archive(home: Path, customer: str) -> bytes:
    file = home.parent / "own.zip"
    assert run(home, "profiles", "export", customer, str(file)).exit_code == 0
    return file.read_bytes()


def test_common_paths_are_told_and_drawn_and_rare_ones_put_together(home: Path) -> None:
    rows = ["客户编号,事件编号,时间,事件,渠道,工单号"]
    for n in range(24):
        rows += [
            f"P-{n},a{n},2026-05-01 09:00,投诉,电话,G-{n}",
            f"P-{n},b{n},2026-05-04 09:00,结案,电话,G-{n}",
        ]
    rows += ["P-99,a99,2026-05-01 09:00,投诉,微信,G-99", "P-99,b99,2026-05-02 09:00,升级,微信,G-99"]
    file, picture = home.parent / "事件.csv", home.parent / "paths.svg"
    file.write_text("\n".join(rows) + "\n", encoding="gb18030")
    assert answer(home, "profiles", "import", str(file))["source"] == "events"
    found = answer(home, "profiles", "paths", "--svg", str(picture))
    (common,) = found["paths"]
    assert [step["kind"] for step in common["steps"]] == ["complaint", "closed"]
    assert common["customers"] == 24 and common["median_days"] == 3
    assert "<svg" in picture.read_text(encoding="utf-8")
    told = run(home, "profiles", "paths", "--language", "zh").stdout
    assert "24" in told and "投诉" in told


def test_customers_to_call_before_they_complain_are_listed_with_reasons(home: Path) -> None:
    rows = ["客户编号,事件编号,时间,事件,渠道"]
    day = datetime.now(UTC)
    for n in range(8):
        rows.append(f"W-1,w{n},{(day - timedelta(days=5 * n + 1)):%Y-%m-%d %H:%M},投诉,电话")
    rows += [
        f"W-1,u,{day - timedelta(days=1):%Y-%m-%d %H:%M},升级,电话",
        f"W-2,x,{day:%Y-%m-%d %H:%M},购买,电话",
    ]
    file = home.parent / "事件.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    answer(home, "profiles", "import", str(file))
    risky, calm = people(home)["W-1"]["id"], people(home)["W-2"]["id"]
    listed = answer(home, "profiles", "warnings", "--language", "zh")
    assert listed and {each["customer"] for each in listed} == {risky}
    assert all(each["reasons"] and each["level"] != "low" and not each["calibrated"] for each in listed)
    assert [each["probability"] for each in listed] == sorted(
        (e["probability"] for e in listed), reverse=True
    )
    shown = answer(home, "profiles", "show", calm)
    assert {risk["level"] for risk in shown["risks"]} == {"low"}
    with zipfile.ZipFile(io.BytesIO(_archive(home, risky))) as archive:
        assert b'"risks"' in archive.read("accesses.jsonl")


def test_duplicates_are_listed_merged_where_certain_and_refused(home: Path) -> None:
    rows = ["姓名,出生日期,手机号,地址"]
    rows += [
        f"{'王李张刘陈'[n % 5]}小{'一二三四五六七'[n % 7]},19{60 + n}-01-{n % 28 + 1:02},1380000{n:04},"
        for n in range(30)
    ]
    rows += ["欧阳雪梅,1990-05-06,13900000001,南京市鼓楼区中山北路7号"]
    file = home.parent / "甲.csv"
    file.write_text("\n".join(rows) + "\n", encoding="gb18030")
    answer(home, "profiles", "import", str(file), "--source", "customers")
    other = home.parent / "乙.csv"
    other.write_text(
        "姓名,出生日期,邮箱,地址\n欧阳雪梅,1990-05-06,x@example.com,南京 鼓楼 中山北7\n", encoding="utf-8"
    )
    answer(home, "profiles", "import", str(other), "--source", "customers")
    told = answer(home, "profiles", "duplicates", "--merge-certain")
    assert told["merged"] == []
    (pair,) = told["duplicates"]
    assert pair["probability"] > 0.8
    assert "出生日期相同" in [reason["zh"] for reason in pair["reasons"]]
    listed = run(home, "profiles", "duplicates", "--stored", "--language", "zh").stdout
    assert "出生日期相同" in listed and "欧阳" not in listed
    assert run(home, "profiles", "differ", pair["first"], pair["second"]).exit_code == 0
    assert answer(home, "profiles", "duplicates")["duplicates"] == []
    assert run(home, "profiles", "differ", pair["first"], "nobody").exit_code != 0


def test_common_paths_of_a_segment_are_its_customers_alone(home: Path) -> None:
    rows = ["客户编号,事件编号,时间,事件,渠道"]
    day = datetime.now(UTC)
    for n in range(8):
        rows.append(f"S-{n},c{n},{day - timedelta(days=20):%Y-%m-%d %H:%M},投诉,电话")
        if n % 2:
            rows.append(f"S-{n},u{n},{day - timedelta(days=9):%Y-%m-%d %H:%M},升级,电话")
    file = home.parent / "分群.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    answer(home, "profiles", "import", str(file))
    every = answer(home, "profiles", "paths")
    escalated = answer(home, "profiles", "paths", "--segment", "recently_escalated")
    assert (every["customers"], escalated["customers"]) == (8, 4)
    assert (every["episodes"], escalated["episodes"]) == (8, 4), "an escalation is no complaint of its own"
    typo = run(home, "profiles", "paths", "--segment", "recently_escalate")
    assert typo.exit_code != 0 and "did you mean recently_escalated?" in typo.output
