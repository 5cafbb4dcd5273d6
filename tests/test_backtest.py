"""The replay of closed complaints: the past never sees the future, and the report says what was found."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.backtest.history import read_history
from bot.backtest.replay import Replay, replay
from bot.cli import main
from bot.wiring import redact_text
from knowledge.embedding import LexicalEmbedder
from knowledge.errors import InvalidInput

WORDS = {
    "物流": ("快递", "包裹", "派送", "签收", "驿站", "丢件"),
    "费用": ("年费", "扣费", "利息", "违约金", "手续费", "罚息"),
    "网络": ("断网", "宽带", "信号", "掉线", "网速", "光猫"),
}
LATE = "直播"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def rows(count: int = 160, late: int = 20) -> list[dict[str, Any]]:
    """Complaints a day apart, closed a week later; the last ones bring a category nobody had seen."""
    made: list[dict[str, Any]] = []
    for n in range(count):
        label = LATE if n >= count - late and n % 2 else list(WORDS)[n % 3]
        words = WORDS.get(label, ("主播", "直播间", "带货", "连麦", "打赏", "福袋"))
        received = START + timedelta(days=n)
        made.append(
            {
                "id": f"c{n:03}",
                "text": "，".join(words[n // 3 * step % 6] for step in (1, 2, 5)) + f"，第{n}件，请处理",
                "category": label,
                "received_at": received.isoformat(),
                "resolved_at": (received + timedelta(days=7)).date().isoformat(),
            }
        )
    return made


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    file = write(tmp_path_factory.mktemp("closed") / "closed.jsonl", rows())
    history = read_history(file, clean=redact_text, order="ymd")
    return replay(history, LexicalEmbedder.shipped(), lambda _done, _total: None)


def test_every_complaint_is_judged_by_what_was_closed_before_it(replayed: Replay) -> None:
    assert len(replayed.judged) >= 120
    for judgement in replayed.judged:
        received = judgement.closed.received
        assert all(one.known_from <= received for one in judgement.precedents)
        assert all(one.id != judgement.closed.id for one in judgement.precedents)
    trained = [checkpoint.trained_at for checkpoint in replayed.checkpoints]
    assert trained == sorted(trained)
    assert [checkpoint.learned for checkpoint in replayed.checkpoints] == sorted(
        checkpoint.learned for checkpoint in replayed.checkpoints
    )


def test_a_category_is_never_guessed_before_its_first_case_was_closed(replayed: Replay) -> None:
    first_closed = min(j.closed.known_from for j in replayed.judged if j.closed.category == LATE)
    early = [j for j in replayed.judged if j.closed.received < first_closed]
    assert early
    assert all(j.guess != LATE for j in early)
    assert any(j.closed.category == LATE and not j.known for j in early)


def test_what_repeats_is_learned(replayed: Replay) -> None:
    known = [j for j in replayed.judged if j.closed.category != LATE]
    assert sum(j.right for j in known) / len(known) > 0.9
    with_company = [j for j in known if j.precedents]
    same = sum(any(one.category == j.closed.category for one in j.precedents) for j in with_company)
    assert same / len(with_company) > 0.9


class _Page(HTMLParser):
    """Tags left open, and everything a page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br", "hr", "img", "link", "input", "col"}:
            self.open.append(tag)
        self.loads += [value for name, value in attrs if name in {"src", "href"} and value]

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


class TestCommand:
    def run(self, home: Path, *arguments: str) -> Result:
        env = {"REDRESS_HOME": str(home), "REDRESS_EMBEDDER": "lexical"}
        return CliRunner().invoke(main, ["backtest", *arguments], env=env)

    def test_the_report_agrees_with_the_json_and_stands_alone(self, tmp_path: Path) -> None:
        lines = rows()
        lines[150]["text"] += "，打我电话13912345678，邮箱wang.fang@example.com"
        lines[150]["category"] = "物流"
        file, out = write(tmp_path / "closed.jsonl", lines), tmp_path / "report.html"
        result = self.run(tmp_path, str(file), "--out", str(out), "--json")
        assert result.exit_code == 0, result.output
        said = json.loads(result.stdout)
        assert said["rows"]["read"] == said["rows"]["used"] == 160
        assert said["routing"]["judged"] == sum(point["judged"] for point in said["checkpoints"])
        assert 0.5 < said["routing"]["right"] <= 1
        page = out.read_text(encoding="utf-8")
        assert f"{said['routing']['right']:.1%}" in page
        for private in ("13912345678", "wang.fang", "wang.fang@example.com"):
            assert private not in page and private not in result.stdout
        reader = _Page()
        reader.feed(page)
        assert reader.open == []
        assert not [load for load in reader.loads if not load.startswith(("#", "data:"))]
        assert "<script" not in page and not re.search(r"url\((?!['\"]?data:)", page)
        assert page.count("<svg") >= 3 and "<title" in page
        assert not (tmp_path / "redress.db").exists(), "nothing is stored"

    def test_it_is_written_in_the_language_asked_for(self, tmp_path: Path) -> None:
        file = write(tmp_path / "closed.jsonl", rows(60, 0))
        for language, word in (("zh", "分派"), ("en", "Routing")):
            out = tmp_path / f"{language}.html"
            assert self.run(tmp_path, str(file), "--out", str(out), "--language", language).exit_code == 0
            page = out.read_text(encoding="utf-8")
            assert f'lang="{language}' in page and word in page

    def test_bad_rows_are_named_and_the_rest_is_replayed(self, tmp_path: Path) -> None:
        file = write(tmp_path / "closed.jsonl", rows(60, 0))
        with file.open("a", encoding="utf-8") as end:
            end.write('{"id": "x", "text": "没有日期", "category": "费用"}\n{"id": "y", "text": "断')
        result = self.run(tmp_path, str(file), "--out", str(tmp_path / "r.html"), "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["rows"]["left_out"] == 2


def one_class(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**line, "category": "费用"} for line in lines]


def one_day(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**line, "received_at": START.isoformat()} for line in lines]


def no_dates(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: line[name] for name in ("id", "text", "category")} for line in lines]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (rows(8, 0), "a replay needs"),
        (one_class(rows(60, 0)), "same category"),
        (one_day(rows(60, 0)), "received_at"),
        (no_dates(rows(60, 0)), "date"),
    ],
)
def test_what_cannot_be_replayed_is_said_with_what_to_do(
    lines: list[dict[str, Any]], said: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "closed.jsonl", lines)
    with pytest.raises(InvalidInput, match=said):
        read_history(file, clean=redact_text, order="ymd")


def test_an_empty_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("id,text,category,received_at\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no rows"):
        read_history(tmp_path / "empty.csv", clean=redact_text, order="ymd")
