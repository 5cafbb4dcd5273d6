"""The commands on real homes: what they do, what they say, how they end."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import openpyxl
import pytest
from click.testing import CliRunner, Result
from inline_snapshot import snapshot

from bot.cli import main
from bot.running import running_service
from bot.settings import Settings
from bot.wiring import open_parts, open_store

COLUMNS = ("工单号", "投诉内容", "投诉类型", "受理时间", "处理结果", "处理意见")
ROWS = (
    ("GD-1", "扫地机器人第三次返修，回来还是原地打转", "产品与服务质量", "2026/3/2 10:15", "支持", "换新机"),
    ("GD-2", "热线让我按了六次键然后挂断", "服务态度", "2026/3/3 09:00", "部分支持", "已致歉"),
)


def run(home: Path, *arguments: str, stdin: str = "") -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(arguments), input=stdin, env={"REDRESS_HOME": str(home)})


def answer(result: Result) -> Any:
    """The JSON that a command wrote."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.stdout, result.stderr
    return json.loads(result.stdout)


def table(path: Path, rows: tuple[tuple[str, ...], ...], encoding: str = "gb18030") -> Path:
    out = io.StringIO()
    csv.writer(out).writerows([COLUMNS, *rows])
    path.write_bytes(out.getvalue().encode(encoding))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a tenant and nothing in its memory."""
    assert run(tmp_path / "home", "init").exit_code == 0
    return tmp_path / "home"


@pytest.fixture(scope="module")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with our own corpus. Nothing may change it."""
    folder = tmp_path_factory.mktemp("sample") / "home"
    assert run(folder, "init", "--sample").exit_code == 0
    return folder


class TestInit:
    def test_the_first_key_is_shown_once_and_never_made_again(self, tmp_path: Path) -> None:
        first = answer(run(tmp_path, "init", "--company", "云汐", "--language", "zh", "--json"))
        again = answer(run(tmp_path, "init", "--json"))
        wanted = answer(run(tmp_path, "init", "--new-key", "--json"))
        assert (first["created"], again["created"]) == (True, False)
        assert first["key"].startswith("rk_") and again["key"] is None
        assert wanted["key"].startswith("rk_") and wanted["key"] != first["key"]
        with open_store(Settings(home=tmp_path)) as stored:
            settings = stored.tenants.settings("default")
            assert settings is not None and settings.company == "云汐"
            assert [stored.tenants.access(key["key"]).tenant for key in (first, wanted)] == ["default"] * 2

    def test_another_tenant_lives_beside_the_first(self, home: Path) -> None:
        assert answer(run(home, "init", "--tenant", "shop", "--json"))["created"]
        assert run(home, "search", "退款", "--tenant", "shop").exit_code == 0
        missing = run(home, "search", "退款", "--tenant", "shpo")
        assert missing.exit_code == 2
        assert missing.stderr == "redress: there is no tenant 'shpo': choose from default, shop\n"

    def test_the_sample_is_loaded_and_found(self, sample_home: Path) -> None:
        found = answer(run(sample_home, "search", "年费 免收 扣了", "--json", "--limit", "3"))
        assert len(found["cases"]) == 3 and len(found["passages"]) == 3
        fees = ("search", "扣了", "--kind", "cases", "--category", "收费与定价", "--language", "zh", "--json")
        cases = answer(run(sample_home, *fees))["cases"]
        assert {case["category"] for case in cases} == {"fees_pricing"} and len(cases) == 5
        again = answer(run(sample_home, "init", "--sample", "--json"))
        assert again["key"] is None and again["sample"]["cases"] >= 792

    def test_people_read_what_was_made(self, tmp_path: Path) -> None:
        said = run(tmp_path / "home", "init").stdout
        assert "API key, shown this once" in said and "rk_" in said
        assert "rk_" not in run(tmp_path / "home", "init").stdout


class TestImport:
    def test_a_gbk_table_and_a_workbook_hold_the_same_cases_and_twice_changes_nothing(
        self, home: Path, tmp_path: Path
    ) -> None:
        first = answer(run(home, "import", "cases", str(table(tmp_path / "a.csv", ROWS)), "--json"))
        assert {name: first[name] for name in ("new", "changed", "unchanged", "bad", "indexed")} == snapshot(
            {"new": 2, "changed": 0, "unchanged": 0, "bad": 0, "indexed": "here"}
        )
        book = openpyxl.Workbook()
        for row in (COLUMNS, *ROWS):
            cast("Any", book.active).append(row)
        book.save(tmp_path / "a.xlsx")
        again = answer(run(home, "import", "cases", str(tmp_path / "a.xlsx"), "--json"))
        assert {name: again[name] for name in ("new", "changed", "unchanged", "bad", "indexed")} == snapshot(
            {"new": 0, "changed": 0, "unchanged": 2, "bad": 0, "indexed": None}
        )
        found = answer(run(home, "search", "扫地机器人返修", "--json", "--kind", "cases"))
        assert [case["id"] for case in found["cases"]] == ["GD-1", "GD-2"]
        assert found["cases"][0]["category"] == "product_quality" and found["cases"][0]["outcome"] == "upheld"

    def test_bad_rows_are_listed_by_number_and_the_good_ones_kept(self, home: Path, tmp_path: Path) -> None:
        bad = (*ROWS, ("GD-3", "", "", "", "", ""), ("GD-4", "没人理我", "", "03/04/2026", "", ""))
        result = run(home, "import", "cases", str(table(tmp_path / "a.csv", bad)))
        assert result.exit_code == 1
        assert result.stderr == snapshot("""\
row 4, text: is empty; fill it, or leave the row out
row 5, received_at: is no date, or could be two; write it as 2026-03-31 10:15
""")
        assert result.stdout == snapshot("cases: 2 new, 0 changed, 0 unchanged, 2 bad; indexed here\n")

    def test_days_written_the_other_way_round_are_read_when_we_are_told(
        self, home: Path, tmp_path: Path
    ) -> None:
        rows = (("GD-4", "没人理我", "", "03/04/2026 9:00", "", ""),)
        file = str(table(tmp_path / "a.csv", rows))
        assert run(home, "import", "cases", file).exit_code == 1
        assert run(home, "import", "cases", file, "--dates", "dmy").exit_code == 0
        line = run(home, "export", "cases").stdout
        assert json.loads(line)["received_at"] == "2026-04-03T09:00:00+08:00"

    def test_a_dry_run_checks_and_stores_nothing(self, home: Path, tmp_path: Path) -> None:
        result = run(home, "import", "cases", str(table(tmp_path / "a.csv", ROWS)), "--dry-run")
        assert result.stdout == "cases: 2 good, 0 bad; nothing stored\n"
        assert run(home, "export", "cases").stdout == ""

    def test_a_file_cut_off_in_its_last_line_loses_that_line_only(self, home: Path, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_text('{"id": "1", "text": "no reply"}\n{"id": "2", "text": "no ref')
        result = run(home, "import", "cases", str(tmp_path / "a.jsonl"), "--json")
        report = answer(result)
        assert result.exit_code == 1
        assert (report["new"], report["bad"]) == (1, 1)
        assert report["problems"] == snapshot(
            [
                {
                    "row": 2,
                    "field": "",
                    "problem": "the file ends in the middle of this line",
                    "remedy": "export it again",
                    "lost": True,
                }
            ]
        )

    def test_personal_data_does_not_reach_the_memory(self, home: Path, tmp_path: Path) -> None:
        rows = (("GD-1", "打我手机13912345678没人回", "", "", "", "已拨打13912345678致歉"),)
        run(home, "import", "cases", str(table(tmp_path / "a.csv", rows)))
        assert "13912345678" not in run(home, "export", "cases").stdout

    def test_an_unreadable_file_is_one_line_and_exit_code_one(self, home: Path, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(b"")
        result = run(home, "import", "cases", str(tmp_path / "a.csv"))
        assert (result.exit_code, result.stderr) == (1, "redress: a.csv is empty: there is nothing to read\n")

    def test_articles_and_customers_come_in_as_tables_too(self, home: Path, tmp_path: Path) -> None:
        (tmp_path / "articles.csv").write_text(
            "标题,正文,生效日期\n退款时限,七日内到账。,2026-01-01\n", "gb18030"
        )
        (tmp_path / "customers.csv").write_text("客户编号,姓名,星座\nC-1,沈一,白羊\n,沈二,\n", "gb18030")
        assert run(home, "import", "articles", str(tmp_path / "articles.csv")).exit_code == 0
        result = run(home, "import", "customers", str(tmp_path / "customers.csv"), "--json")
        report = answer(result)
        assert (report["new"], report["bad"], result.exit_code) == (1, 1, 1)
        assert [(problem["row"], problem["lost"]) for problem in report["problems"]] == [
            (2, False),
            (3, True),
        ]
        assert "沈" not in json.dumps(report["problems"], ensure_ascii=False)
        again = answer(run(home, "import", "customers", str(tmp_path / "customers.csv"), "--json"))
        assert (again["new"], again["unchanged"]) == (0, 1)

    def test_one_customer_that_contradicts_the_record_does_not_stop_the_others(
        self, home: Path, tmp_path: Path
    ) -> None:
        people: list[dict[str, Any]] = [
            {"id": "p1", "identities": [{"kind": "external_id", "value": "C-1"}]},
            {"id": "p1", "identities": [{"kind": "external_id", "value": "C-2"}]},
            {"id": "p3", "identities": [{"kind": "external_id", "value": "C-3"}]},
        ]
        (tmp_path / "a.jsonl").write_text("".join(json.dumps(one) + "\n" for one in people))
        report = answer(run(home, "import", "customers", str(tmp_path / "a.jsonl"), "--json"))
        assert (report["good"], report["new"], report["bad"]) == (2, 2, 1)
        assert report["problems"][0]["row"] == 2


class TestExport:
    @pytest.mark.parametrize("kind", ["cases", "articles", "customers"])
    def test_what_is_exported_can_be_imported_elsewhere_and_stays_the_same(
        self, sample_home: Path, home: Path, tmp_path: Path, kind: str
    ) -> None:
        out = tmp_path / "out.jsonl"
        count = answer(run(sample_home, "export", kind, str(out), "--json"))["count"]
        report = answer(run(home, "import", kind, str(out), "--json"))
        assert count > 50
        assert (report["new"], report["bad"], report["problems"]) == (count, 0, [])
        out.write_bytes(run(home, "export", kind).stdout_bytes)
        again = answer(run(home, "import", kind, str(out), "--json"))
        assert (again["new"], again["changed"], again["unchanged"]) == (0, 0, count)
        assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out.jsonl"]

    def test_a_folder_that_is_not_there_is_one_line(self, home: Path, tmp_path: Path) -> None:
        result = run(home, "export", "cases", str(tmp_path / "none" / "out.jsonl"))
        assert result.exit_code == 1
        assert result.stderr.startswith("redress: cannot use") and result.stderr.count("\n") == 1


class TestKeysAndSettings:
    def test_a_key_is_made_listed_and_revoked(self, home: Path) -> None:
        made = answer(run(home, "keys", "new", "--name", "sidebar", "--scope", "agent", "--json"))
        listed = answer(run(home, "keys", "list", "--json"))
        assert [(key["name"], key["scopes"], key["revoked"]) for key in listed] == snapshot(
            [("made by init", ["admin"], False), ("sidebar", ["agent"], False)]
        )
        key_id = made["key"].split("_")[1]
        assert run(home, "keys", "revoke", key_id).exit_code == 0
        assert [key["revoked"] for key in answer(run(home, "keys", "list", "--json"))] == [False, True]
        assert run(home, "keys", "revoke", "nonsense").exit_code == 1

    def test_a_secret_setting_is_shown_as_stars(self, tmp_path: Path) -> None:
        env = {"REDRESS_HOME": str(tmp_path), "REDRESS_LLM_KEY": "sk-12345", "REDRESS_PORT": "9000"}
        for arguments in (["settings"], ["settings", "--json"]):
            result = CliRunner().invoke(main, arguments, env=env)
            assert "sk-12345" not in result.stdout and "*****" in result.stdout and "9000" in result.stdout


class TestTriage:
    def test_without_a_home_it_judges_with_what_is_shipped_and_says_so(self, tmp_path: Path) -> None:
        result = run(tmp_path / "home", "triage", "退款半个月没到账，再拖我就打12378", "--json")
        found = answer(result)
        assert found["triage"]["urgency"] == "high"
        assert found["matches"] == {"cases": [], "passages": []}
        assert "judging with what is shipped" in result.stderr
        assert not (tmp_path / "home").exists()

    def test_a_file_is_judged_in_order_and_bad_lines_are_named(
        self, sample_home: Path, tmp_path: Path
    ) -> None:
        lines = [
            '{"id": "a", "text": "The parcel never came", "channel": "email"}',
            "{not json",
            '{"id": "c", "turns": [{"text": "退款没到账"}, {"speaker": "agent", "text": "请稍等"}]}',
            '{"id": "d", "text": ""}',
            '{"id": 5, "text": "Thank you, well done"}',
        ]
        (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
        result = run(sample_home, "triage", "--input", str(tmp_path / "in.jsonl"))
        out = [json.loads(line) for line in result.stdout.splitlines()]
        assert result.exit_code == 1
        assert [line["id"] for line in out] == ["a", None, "c", "d", 5]
        assert [line.get("error", {}).get("code") for line in out] == [
            None,
            "bad_json",
            None,
            "text_missing",
            None,
        ]
        assert out[2]["complaint_id"] == "c" and out[2]["language"] == "zh"

    def test_standard_input_is_answered_line_by_line(self, sample_home: Path) -> None:
        env = {**os.environ, "REDRESS_HOME": str(sample_home)}
        command = [sys.executable, "-m", "bot.cli", "triage", "--input", "-"]
        with subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            for n in range(3):  # the next line is only written when the answer to the one before is there
                process.stdin.write(json.dumps({"id": n, "text": "退款没到账"}, ensure_ascii=False) + "\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["id"] == n
            process.stdin.close()
            assert process.wait(timeout=60) == 0

    def test_a_reader_that_goes_away_ends_it_quietly(self, sample_home: Path, tmp_path: Path) -> None:
        lines = "".join(json.dumps({"id": n, "text": "no reply"}) + "\n" for n in range(200))
        (tmp_path / "in.jsonl").write_text(lines)
        env = {**os.environ, "REDRESS_HOME": str(sample_home)}
        command = [sys.executable, "-m", "bot.cli", "triage", "--input", str(tmp_path / "in.jsonl")]
        with subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert "Traceback" not in process.stderr.read()
            assert process.wait(timeout=60) == 1

    def test_an_index_that_another_command_holds_is_one_line(self, sample_home: Path) -> None:
        with open_parts(Settings(home=sample_home)):
            result = run(sample_home, "triage", "退款没到账")
        assert result.exit_code == 1
        assert result.stderr.startswith("redress: another process owns the index")


@contextmanager
def service(home: Path) -> Generator[None]:
    """`redress serve` beside us."""
    env = {**os.environ, "REDRESS_HOME": str(home), "REDRESS_PORT": "0"}
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "serve"], env=env, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while (found := running_service(Settings(home=home))) is None and time.monotonic() < until:
            time.sleep(0.05)
        assert found is not None
        found.close()
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
        assert not (home / "service.json").exists()


def test_commands_beside_a_service_write_to_the_database_and_ask_it_for_the_rest(
    home: Path, tmp_path: Path
) -> None:
    with service(home):
        report = answer(run(home, "import", "cases", str(table(tmp_path / "a.csv", ROWS)), "--json"))
        assert (report["new"], report["indexed"]) == (2, "by the running service")
        until, found = time.monotonic() + 20, []
        while not found and time.monotonic() < until:
            found = answer(run(home, "search", "扫地机器人返修", "--json"))["cases"]
        assert found[0]["id"] == "GD-1"
        assert answer(run(home, "rebuild", "--json"))["rebuilt_by"] == "the running service"
        result = run(
            home, "triage", "--input", "-", stdin='{"id": "x", "text": "扫地机器人又坏了"}\n{"id": "y"}\n'
        )
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["id"] for line in lines] == ["x", "y"]
        assert lines[0]["matches"]["cases"][0]["id"] == "GD-1"
        assert lines[0]["complaint_id"] == "x" and lines[1]["error"]["line"] == 2
    assert answer(run(home, "rebuild", "--json"))["rebuilt_by"] == "this command"
    assert answer(run(home, "search", "扫地机器人返修", "--json"))["cases"][0]["id"] == "GD-1"
