"""What is written is read back the same; articles and labels are read by the same rules."""

from datetime import UTC, date
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from knowledge.article import Article
from knowledge.case import Case, Redress, RootCause
from knowledge.errors import UnreadableFile
from knowledge.evaluation import LabelledText
from knowledge.ingest import read_articles, read_cases, read_labelled
from knowledge.rows import RowProblem
from tests.exports import SAMPLE, Names, cases, jsonl, problems, table, workbook


class TestRoundTrips:
    def test_every_case_of_the_sample_comes_back_as_it_is(self) -> None:
        for path in sorted((SAMPLE / "cases").glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            read = list(read_cases(path, clean=str, taxonomy=AnyCategory()))
            assert read == [Case.model_validate_json(line) for line in lines], path.name

    def test_every_article_of_the_sample_comes_back_as_it_is(self) -> None:
        for path in sorted((SAMPLE / "articles").glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            read = list(read_articles(path, taxonomy=AnyCategory()))
            assert read == [Article.model_validate_json(line) for line in lines], path.name

    @given(
        st.builds(
            Case,
            text=st.sampled_from(["退款没到", "no reply"]),
            customer=st.none() | st.text("abc-1", min_size=1, max_size=9),
            received_at=st.none() | st.datetimes(timezones=st.just(UTC)),
            redress=st.builds(Redress)
            | st.builds(
                Redress, kind=st.just("refund"), currency=st.just("GBP"),
                amount=st.decimals(0, 10**6, places=2),
            ),
            root_cause=st.builds(RootCause, text=st.sampled_from(["", "a wrong rule"])),
            category=st.none() | st.just("delay"), needs=st.just(()),
            resolution=st.sampled_from(["", "done"]),
            id=st.text("abc-1", min_size=1, max_size=9), industry=st.just(""), channel=st.just("app"),
            product=st.just(""), policy=st.none(), policy_version=st.none() | st.just("2026"),
        )
    )  # fmt: skip
    @settings(max_examples=80, deadline=None)
    def test_an_exported_case_is_imported_unchanged(
        self, tmp_path_factory: pytest.TempPathFactory, case: Case
    ) -> None:
        path = tmp_path_factory.mktemp("trip") / "a.jsonl"
        path.write_text(case.model_dump_json() + "\n", encoding="utf-8")
        (read,) = read_cases(path, clean=str, taxonomy=Names())
        assert isinstance(read, Case)
        assert read.model_dump_json() == case.model_dump_json()

    @given(st.binary(max_size=400), st.sampled_from(["a.jsonl", "a.csv", "a.xlsx"]))
    @settings(max_examples=150, deadline=None)
    def test_no_bytes_make_the_reader_fail_in_any_other_way(
        self, tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
    ) -> None:
        path = tmp_path_factory.mktemp("bytes") / name
        path.write_bytes(b"PK\x03\x04" + data if name == "a.xlsx" else data)
        try:
            assert all(isinstance(item, (Case, RowProblem)) for item in cases(path))
        except UnreadableFile as error:
            assert path.name in str(error)  # noqa: PT017  # it may also be readable


class AnyCategory:
    """Takes every code for a category."""

    def find(self, name: str) -> str | None:
        return name


class TestArticlesAndLabels:
    def test_a_chinese_policy_table_becomes_articles(self, tmp_path: Path) -> None:
        rows = [
            ("制度编号", "标题", "正文", "类型", "生效日期", "失效日期", "版本", "替代", "分类"),
            (
                "P-2",
                "退款时限",
                "七日内到账。\n\n超期按日补偿，热线13800138000。",
                "制度",
                "2026-01-01",
                "",
                "2",
                "P-1",
                "时效延误、收费",
            ),
            ("P-3", "年费", "每年三百元。", "收费标准", "2026-13-01", "", "1", "", ""),
            ("P-4", "", "没有标题。", "", "", "", "", "", ""),
        ]
        found = list(read_articles(workbook(tmp_path / "a.xlsx", rows), taxonomy=Names()))
        assert [article for article in found if isinstance(article, Article)] == [
            Article(
                id="P-2", language="zh", title="退款时限", kind="policy", version="2", supersedes="P-1",
                text="七日内到账。\n\n超期按日补偿，热线13800138000。",
                valid_from=date(2026, 1, 1), categories=("delay",),
            )
        ]  # fmt: skip
        assert problems(found) == snapshot(
            [
                "2 category: '收费' is no category, and was left out",
                "3 valid_from: is no date, or could be two",
                "4 title: is empty",
            ]
        )

    def test_labelled_rows_keep_their_own_labels(self, tmp_path: Path) -> None:
        path = table(
            tmp_path / "a.csv",
            [("文本", "标签", "lang"), ("退款没到", "催退款", ""), ("no reply", "", "en")],
            "gb18030",
        )
        found = list(read_labelled(path))
        assert found[0] == LabelledText("退款没到", ("催退款",), "zh", row=2)
        assert problems(found) == snapshot(["3 label: is empty"])

    def test_a_list_holds_several_labels_and_a_text_is_one(self, tmp_path: Path) -> None:
        path = jsonl(
            tmp_path / "a.jsonl",
            {"text": "no reply", "labels": ["anger", "sadness", "anger"]},
            {"text": "no refund", "label": "Credit reporting, repair"},
            {"text": "no answer", "label": 7},
            {"text": "no parcel", "labels": []},
            {"text": "no apology", "labels": ["anger", 3]},
        )
        found = list(read_labelled(path))
        labels = [row.labels for row in found if isinstance(row, LabelledText)]
        assert labels == [("anger", "sadness"), ("Credit reporting, repair",), ("7",), ()]
        assert problems(found) == ["5 label: is no list of texts"]
