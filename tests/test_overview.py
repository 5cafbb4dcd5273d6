"""The page about all customers: complete, escaped, offline, and the same figures as its data."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bot.cli import main

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Checks that tags are balanced and nothing is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.loaded += [str(v) for name, v in attrs if name in {"src", "href", "data"} and v]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text.append(data)


def run(home: Path, *arguments: str) -> Any:
    result = CliRunner().invoke(main, [*arguments, "--json"], env={"REDRESS_HOME": str(home)})
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def page_of(home: Path, language: str) -> tuple[Page, str, Any]:
    out = home.parent / f"page-{language}.html"
    found = run(home, "profiles", "report", "--out", str(out), "--language", language)
    html = out.read_text("utf-8")
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page, html, found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("overview")
    home = folder / "home"
    run(home, "init")
    now = datetime.now(UTC)
    rows = ["客户编号,姓名,手机号,地区,产品"]
    rows += [f"K-{n},客户{n},1380000{n:04},上海市,<script>&产品{n % 3}" for n in range(40)]
    (folder / "客户.csv").write_text("\n".join(rows) + "\n", encoding="gb18030")
    events = [
        {"event_id": f"{n}-{k}", "customer_id": f"K-{n}", "event": kind,
         "time": (now - timedelta(days=3 * k + n)).isoformat(), "channel": "phone"}
        for n in range(40)
        for k, kind in enumerate(["closed", "complaint"] * (3 if n % 4 == 0 else 1) + ["visit"])
    ]  # fmt: skip
    (folder / "e.jsonl").write_text("".join(f"{json.dumps(e)}\n" for e in events), "utf-8")
    assert run(home, "profiles", "import", str(folder / "客户.csv"))["people"]["new"] == 40
    assert run(home, "profiles", "import", str(folder / "e.jsonl"))["events"]["new"] == len(events)
    run(home, "profiles", "refresh")
    return home


@pytest.mark.parametrize(
    ("language", "heading"), [("zh", "客户画像总览"), ("en", "Your customers at a glance")]
)
def test_the_page_needs_nothing_else_and_tells_what_the_data_tells(
    home: Path, language: str, heading: str
) -> None:
    page, html, found = page_of(home, language)
    assert heading in page.text
    assert page.loaded == []
    assert not re.search(r"(src|href)=|@import|url\(", html)
    assert "script" not in page.tags
    assert page.tags.count("svg") >= 5
    figures = dict(re.findall(r'data-path="([^"]+)" value="([^"]+)"', html))
    assert figures["quality.customers"] == str(found["quality"]["customers"]) == "40"
    assert figures["events"] == str(found["events"])
    assert figures["paths.complaints"] == str(found["paths"]["complaints"])
    for each in found["risks"].values():
        assert sum(each["bins"]) == each["high"] + each["medium"] + each["low"] == found["people"] == 40
    assert found["calls"]
    assert all(each["customer"] in html for each in found["calls"])
    assert "客户0" not in html


def test_who_is_listed_is_logged(home: Path) -> None:
    _, _, found = page_of(home, "en")
    customer = found["calls"][0]["customer"]
    archive = home.parent / "me.zip"
    run(home, "profiles", "export", customer, str(archive))
    import zipfile

    with zipfile.ZipFile(archive) as opened:
        assert '"risks"' in opened.read("accesses.jsonl").decode()


def test_names_from_outside_are_text(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(home, "init", "--tenant", "a-b")
    file = tmp_path / "c.jsonl"
    evil = {"customer_id": "<script>alert(1)</script>", "event_id": "1", "event": "complaint",
            "time": datetime.now(UTC).isoformat(), "channel": "phone"}  # fmt: skip
    file.write_text(json.dumps(evil) + "\n", "utf-8")
    run(home, "profiles", "import", str(file))
    page, html, _ = page_of(home, "en")
    assert "<script" not in html
    assert "script" not in page.tags


def test_a_tenant_without_customers_gets_a_page_that_says_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run(home, "init")
    page, _, found = page_of(home, "en")
    assert found["quality"]["customers"] == 0
    assert any("redress profiles import" in text for text in page.text)


def test_half_a_page_is_never_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = home.parent / "whole.html"
    out.write_text("the one of before", "utf-8")

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        result = CliRunner().invoke(
            main, ["profiles", "report", "--out", str(out)], env={"REDRESS_HOME": str(home)}
        )
    assert result.exit_code != 0
    assert out.read_text("utf-8") == "the one of before"
    assert not list(out.parent.glob(".whole*"))
