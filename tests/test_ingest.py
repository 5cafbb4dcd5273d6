"""Files as other systems export them become cases and articles; what is wrong is said row by row."""

import codecs
import csv
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from knowledge.article import Article
from knowledge.case import Case, Redress, RootCause
from knowledge.cells import BadCell, DateOrder, key, language_of, moment, money
from knowledge.errors import InvalidRules, UnreadableFile
from knowledge.evaluation import LabelledText
from knowledge.headers import Headers
from knowledge.ingest import read_articles, read_cases, read_labelled
from knowledge.rows import Row, RowProblem
from knowledge.rules import load_rules
from knowledge.tables import read_rows

SAMPLE = Path(__file__).parents[1] / "knowledge" / "sample"
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Names:
    """Two categories, by code and by their Chinese name."""

    def find(self, name: str) -> str | None:
        return {"delay": "delay", "时效延误": "delay", "fees_pricing": "fees_pricing"}.get(name)


def clean(text: str) -> str:
    return text.replace("13800138000", "[PHONE]")


def cases(path: Path, order: DateOrder = "ymd") -> list[Case | RowProblem]:
    return list(read_cases(path, clean=clean, taxonomy=Names(), zone=SHANGHAI, order=order))


def good(path: Path) -> list[Case]:
    return [case for case in cases(path) if isinstance(case, Case)]


def problems(found: Iterable[object]) -> list[str]:
    return [f"{p.row} {p.field}: {p.problem}" for p in found if isinstance(p, RowProblem)]


def jsonl(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def table(path: Path, rows: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def workbook(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = cast("Any", book.active)
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


LEDGER = (
    ("工单号", "投诉内容", "投诉类型", "受理时间", "办结时间",
     "处理结果", "处理意见", "赔付金额（元）", "渠道", "客户编号"),
    ("GD-1", "退款等了二十天，打13800138000也没人接", "时效延误", "2026/3/2 10:15", "2026年3月9日",
     "部分支持", "已电话13800138000致歉，退款到账", "1,280.50", "phone", "C-9"),
    ("GD-2", "年费说好免的又扣了", "fees_pricing", "2026-03-03", "", "不支持", "合同写明收费", "", "app", ""),
)  # fmt: skip
EXPECTED = [
    Case(
        id="GD-1", language="zh", text="退款等了二十天，打[PHONE]也没人接", category="delay",
        channel="phone", customer="C-9", outcome="partly_upheld",
        received_at=datetime(2026, 3, 2, 10, 15, tzinfo=SHANGHAI), resolved_at=date(2026, 3, 9),
        resolution="已电话[PHONE]致歉，退款到账",
        redress=Redress(kind="compensation", amount=Decimal("1280.50"), currency="CNY"),
    ),
    Case(
        id="GD-2", language="zh", text="年费说好免的又扣了", category="fees_pricing", channel="app",
        outcome="rejected", received_at=datetime(2026, 3, 3, tzinfo=SHANGHAI), resolution="合同写明收费",
    ),
]  # fmt: skip


class TestEncodings:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
    def test_a_chinese_ledger_reads_alike_in_every_encoding_and_with_every_delimiter(
        self, tmp_path: Path, encoding: str, delimiter: str
    ) -> None:
        assert cases(table(tmp_path / "ledger.csv", LEDGER, encoding, delimiter)) == EXPECTED

    def test_a_workbook_reads_like_the_same_table_as_text(self, tmp_path: Path) -> None:
        rows: list[list[Any]] = [list(row) for row in LEDGER]
        rows[1][3:5] = datetime(2026, 3, 2, 10, 15), datetime(2026, 3, 9)  # noqa: DTZ001  # as a workbook holds them
        rows[1][7] = 1280.5
        assert cases(workbook(tmp_path / "ledger.xlsx", rows)) == [
            EXPECTED[0].model_copy(
                update={"redress": Redress(kind="compensation", amount=Decimal("1280.5"), currency="CNY")}
            ),
            EXPECTED[1],
        ]

    def test_json_lines_come_with_a_byte_order_mark_or_in_utf_16(self, tmp_path: Path) -> None:
        line = json.dumps({"id": "a", "text": "退款没有到账"}, ensure_ascii=False) + "\r\n"
        for name, data in {"mark": codecs.BOM_UTF8 + line.encode(), "utf16": line.encode("utf-16")}.items():
            (tmp_path / f"{name}.jsonl").write_bytes(data)
            assert [case.text for case in good(tmp_path / f"{name}.jsonl")] == ["退款没有到账"]

    def test_one_damaged_row_in_a_long_file_costs_that_row_only(self, tmp_path: Path) -> None:
        lines = [
            json.dumps({"text": f"退款第{n}天还没有到账"}, ensure_ascii=False).encode() for n in range(300)
        ]
        lines[7] = lines[7].replace("退".encode(), b"\xff")
        (tmp_path / "a.jsonl").write_bytes(b"\n".join(lines) + b"\n")
        found = cases(tmp_path / "a.jsonl")
        assert len(found) == 300
        assert problems(found) == snapshot(["8 : holds bytes that are no text in the file's encoding"])

    @given(
        st.lists(
            st.text("退款年费abc ,;\"'。！", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=5
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_what_a_csv_writer_wrote_is_what_we_read(
        self, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
    ) -> None:
        folder = tmp_path_factory.mktemp("csv")
        for encoding in ("utf-8", "gb18030", "utf-16"):
            path = table(
                folder / f"{encoding}.csv", [("id", "text"), *(("x", text) for text in texts)], encoding
            )
            rows = [row for row in read_rows(path) if isinstance(row, Row)]
            assert [row.cells["text"] for row in rows] == texts


class TestWholeFiles:
    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("a.jsonl", b"", "is empty"),
            ("a.csv", codecs.BOM_UTF8 + b"\r\n \r\n", "is empty"),
            ("a.csv", b"PK\x03\x04rest", "rename it to .xlsx"),
            ("a.jsonl", b"\xd0\xcf\x11\xe0rest", "save it as .csv"),
            ("a.xlsx", b"<html><table>", "no XLSX workbook"),
            ("a.xlsx", b"PK\x03\x04rest", "damaged workbook"),
            ("a.jsonl", b'[{"text": "x"}]', "one JSON array"),
            ("a.csv", "文本,号\n退款,1\n".encode("utf-16-le"), "UTF-16 without a byte-order mark"),
            ("a.csv", b"text\n" + bytes([0xFF, 0x22, 0xFE, 0x2C] * 40), "neither UTF-8 nor GB18030"),
            ("a.xls", b"x", "save it as .jsonl, .csv or .xlsx"),
            ("a", b"x", "'nothing'"),
            (
                "a.csv",
                "日期,说明书\n2026,退款没有到账\n".encode(),
                "none of its 2 columns is known to hold the text",
            ),
        ],
    )
    def test_a_file_that_cannot_be_read_says_why_and_what_to_do(
        self, tmp_path: Path, name: str, data: bytes, said: str
    ) -> None:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableFile, match=said) as raised:
            cases(tmp_path / name)
        assert "退款" not in str(raised.value)

    def test_a_missing_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFile, match="No such file"):
            cases(tmp_path / "none.csv")

    def test_a_header_alone_is_a_file_without_rows(self, tmp_path: Path) -> None:
        assert cases(table(tmp_path / "a.csv", [("id", "text")])) == []

    def test_a_workbook_may_have_a_title_and_empty_rows_above_its_header(self, tmp_path: Path) -> None:
        path = workbook(
            tmp_path / "a.xlsx", [["2026年3月投诉台账"], [], ["工单号", "投诉内容"], ["1", "退款没到"]]
        )
        assert [(case.id, case.text) for case in good(path)] == [("1", "退款没到")]

    def test_a_title_above_a_csv_header_is_passed_over(self, tmp_path: Path) -> None:
        path = table(tmp_path / "a.csv", [("三月台账", ""), ("工单号", "投诉内容"), ("1", "退款没到")])
        assert [(case.id, case.text) for case in good(path)] == [("1", "退款没到")]

    def test_cells_of_several_lines_do_not_hide_the_delimiter(self, tmp_path: Path) -> None:
        rows = [
            ("id", "text", "channel"),
            *((str(n), "no reply;\nno refund;\nno apology", "app") for n in range(9)),
        ]
        for delimiter in ",;\t":
            assert len(good(table(tmp_path / "a.csv", rows, delimiter=delimiter))) == 9

    def test_a_table_of_one_column_needs_no_delimiter(self, tmp_path: Path) -> None:
        rows = [["text"], *([f"the {n}th parcel is lost"] for n in range(15))]
        assert len(good(table(tmp_path / "a.csv", rows))) == 15
        assert len(good(workbook(tmp_path / "a.xlsx", rows))) == 15

    def test_a_workbook_whose_size_is_written_wrong_is_read_in_full(self, tmp_path: Path) -> None:
        path = workbook(tmp_path / "a.xlsx", [["id", "text"], ["1", "no refund"], ["2", "no reply"]])
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        sheet = files["xl/worksheets/sheet1.xml"]
        assert b'ref="A1:B3"' in sheet
        files["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:B3"', b'ref="A1"')
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        assert [case.id for case in good(path)] == ["1", "2"]


class TestBadRows:
    def test_the_good_rows_are_kept_and_each_bad_one_says_its_number_its_field_and_the_remedy(
        self, tmp_path: Path
    ) -> None:
        path = jsonl(
            tmp_path / "a.jsonl",
            {"id": "1", "text": "the parcel never came"},
            {"id": "2", "text": "  "},
            {"id": "3", "text": "secret words", "received_at": "03/04/2026"},
            {"id": "4", "text": "secret words", "redress": {"kind": "refund", "amount": "lots"}},
            {"id": "5", "text": "secret words", "redress": {"amount": 12}},
            {"id": "6", "text": "secret words", "intensity": 9},
            {"id": "7", "text": {"nested": "secret words"}},
            ["secret words"],
            {"id": "9" * 300, "text": "secret words"},
            {"id": "10", "text": "привет, где мой заказ"},
            {"id": "11", "text": "secret words", "redress": {"kind": "refund", "sum": 3}},
            {"id": 2.5e17, "text": "secret words"},
            {"id": "13", "text": "the parcel came broken"},
        )  # fmt: skip
        with path.open("a") as file:
            file.write('{"id": "14", "text": NaN}\n{"id": "15", "text": "half writ')
        found = cases(path)
        assert [case.id for case in found if isinstance(case, Case)] == ["1", "13"]
        assert problems(found) == snapshot(
            [
                "2 text: is empty",
                "3 received_at: is no date, or could be two",
                "4 amount: is no amount of money",
                "5 amount: has no currency",
                "6 intensity: does not fit (Input should be less than or equal to 4)",
                "7 text: is a JSON object or a list",
                "8 : is no JSON object",
                "9 id: does not fit (Value should have at most 200 items after validation, not 300)",
                "10 language: is neither Chinese nor English",
                "11 redress.sum: is a part we do not know",
                "12 id: is a number of more than 15 digits that the spreadsheet has rounded",
                "14 : is no JSON (NaN is no JSON number)",
                "15 : the file ends in the middle of this line",
            ]
        )
        assert "secret" not in " ".join(problems(found))

    def test_a_csv_row_with_an_open_quote_does_not_swallow_the_rows_below(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(
            'id,text\n1,"no reply\n2,the parcel is lost\n3,"the parcel ""came"" late"\n'
            '4,"said "never" again"\n5,"two\nlines"\n6,one,too many\n7\n8,"no end'
        )
        found = cases(tmp_path / "a.csv")
        assert [(case.id, case.text) for case in found if isinstance(case, Case)] == snapshot(
            [
                ("2", "the parcel is lost"),
                ("3", 'the parcel "came" late'),
                (
                    "5",
                    """\
two
lines\
""",
                ),
            ]
        )
        assert problems(found) == snapshot(
            [
                "2 : opens a quote that is not closed",
                "5 : has text after a closing quote",
                "7 : has more cells than the 2 the header names",
                "8 text: is empty",
                "9 : opens a quote that is not closed",
            ]
        )

    def test_a_file_cut_off_in_a_row_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text("id,text,channel\n1,no reply,phone\n2,the par")
        assert problems(cases(tmp_path / "a.csv")) == snapshot(
            ["3 : the file ends in the middle of this row"]
        )

    def test_nul_bytes_cost_the_row_they_are_in(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl").write_bytes(
            b'{"text": "no reply from anyone, and no refund"}\n' * 5 + b"\0" * 12 + b"\n"
        )
        found = cases(tmp_path / "a.jsonl")
        assert len(good(tmp_path / "a.jsonl")) == 5
        assert problems(found) == snapshot(["6 : holds bytes that are no text in the file's encoding"])

    @pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
    def test_a_line_of_a_hundred_megabytes_is_passed_over_in_bounded_memory(
        self, tmp_path: Path, name: str
    ) -> None:
        first = b'{"id": "1", "text": "no reply"}\n' if name == "a.jsonl" else b"id,text\n1,no reply\n"
        last = b'\n{"id": "2", "text": "no refund"}\n' if name == "a.jsonl" else b"\n2,no refund\n"
        with (tmp_path / name).open("wb") as file:
            file.write(first)
            for _ in range(100):
                file.write(b"x" * 1_000_000)
            file.write(last)
        tracemalloc.start()
        found = cases(tmp_path / name)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert [case.id for case in found if isinstance(case, Case)] == ["1", "2"]
        assert len(problems(found)) == 1 and "more than 8000000 characters" in problems(found)[0]
        assert peak < 60_000_000

    def test_a_number_that_a_spreadsheet_rounded_is_refused_as_an_id(self, tmp_path: Path) -> None:
        found = cases(
            table(
                tmp_path / "a.csv",
                [("工单号", "投诉内容"), ("2.02603E+16", "退款没到"), ("12345", "客服不理人")],
            )
        )
        assert [case.id for case in found if isinstance(case, Case)] == ["12345"]
        assert problems(found) == snapshot(
            ["2 id: is a number of more than 15 digits that the spreadsheet has rounded"]
        )


class TestColumns:
    def test_unknown_columns_and_labels_are_said_once_and_the_rows_are_kept(self, tmp_path: Path) -> None:
        rows = [
            ("工单号", "投诉内容", "坐席工号", "投诉类型", "紧急程度", "问题描述"),
            ("1", "退款没到", "A7", "网点服务", "火烧眉毛", "退款没到"),
            ("2", "客服不理人", "A8", "网点服务", "紧急", ""),
        ]
        found = cases(table(tmp_path / "a.csv", rows))
        assert [(case.id, case.category, case.urgency) for case in found if isinstance(case, Case)] == [
            ("1", None, None),
            ("2", None, "high"),
        ]
        assert problems(found) == snapshot(
            [
                "2 坐席工号: is a column we do not know, and was left out",
                "2 问题描述: means the same as 投诉内容, and was left out",
                "2 category: '网点服务' is no category, and was left out",
                "2 urgency: '火烧眉毛' is no label we know, and was left out",
            ]
        )
        assert not any(problem.lost for problem in found if isinstance(problem, RowProblem))

    def test_remarks_on_a_column_of_free_text_come_to_an_end_and_hide_personal_data(
        self, tmp_path: Path
    ) -> None:
        rows = [("text", "category"), *((f"no reply {n}", f"call 13800138000 {n}") for n in range(100))]
        found = problems(cases(table(tmp_path / "a.csv", rows)))
        assert len(found) == 20
        assert "13800138000" not in " ".join(found)

    @pytest.mark.parametrize(
        "header",
        [
            "Date/Time Opened",
            "date_time_opened",
            " DATE TIME OPENED ",
            "\ufeff受理时间",
            "受理 时间（北京）",
            "ReceivedAt",
        ],
    )
    def test_a_header_is_known_whatever_its_case_spaces_and_brackets(
        self, tmp_path: Path, header: str
    ) -> None:
        path = jsonl(tmp_path / "a.jsonl", {"text": "no reply", header: "2026-03-02T10:15:00+00:00"})
        assert good(path)[0].received_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)

    def test_free_text_where_the_outcome_belongs_is_what_was_done(self, tmp_path: Path) -> None:
        rows = [("投诉内容", "处理结果"), ("退款没到", "核实后已退款并向客户致歉，拨打13800138000回访")]
        assert (
            good(table(tmp_path / "a.csv", rows))[0].resolution == "核实后已退款并向客户致歉，拨打[PHONE]回访"
        )

    def test_a_row_without_an_id_gets_the_same_one_each_time_and_none_that_gives_the_number_away(
        self, tmp_path: Path
    ) -> None:
        one = good(jsonl(tmp_path / "a.jsonl", {"text": "请回电13800138000"}))[0]
        other = good(table(tmp_path / "b.csv", [("投诉内容",), ("请回电[PHONE]",)]))[0]
        assert one.id == other.id == snapshot("case-d3252e7a9d9da90c175a")

    def test_the_column_that_names_the_amount_says_what_it_was(self, tmp_path: Path) -> None:
        def redress(column: str, value: str, text: str = "no reply") -> Redress:
            return good(table(tmp_path / "a.csv", [("text", column), (text, value)]))[0].redress

        assert redress("退款金额", "￥128", "退款") == Redress(
            kind="refund", amount=Decimal(128), currency="CNY"
        )
        assert redress("减免金额", "1.5万元", "年费") == Redress(
            kind="fee_waiver", amount=Decimal(15000), currency="CNY"
        )
        assert redress("compensation amount", "£1,040.00") == Redress(
            kind="compensation", amount=Decimal("1040.00"), currency="GBP"
        )
        assert redress("赔付金额", "0") == Redress()

    def test_a_name_with_two_meanings_is_refused_when_the_alias_table_is_read(self, tmp_path: Path) -> None:
        source = (Path(__file__).parents[1] / "knowledge" / "headers.toml").read_text(encoding="utf-8")
        (tmp_path / "headers.toml").write_text(
            source.replace('channel = ["origin"', 'channel = ["工单号", "origin"'), encoding="utf-8"
        )
        with pytest.raises(InvalidRules, match="names both 'id' and 'channel'"):
            load_rules(tmp_path / "headers.toml", Headers)


class TestCells:
    @pytest.mark.parametrize(
        ("text", "order", "expected"),
        [
            ("2026-03-02", "ymd", datetime(2026, 3, 2, tzinfo=SHANGHAI)),
            ("2026/3/2 9:05", "ymd", datetime(2026, 3, 2, 9, 5, tzinfo=SHANGHAI)),
            ("2026.03.02 09:05:07", "ymd", datetime(2026, 3, 2, 9, 5, 7, tzinfo=SHANGHAI)),
            ("2026年3月2日 下午 3点05分", "ymd", datetime(2026, 3, 2, 15, 5, tzinfo=SHANGHAI)),
            ("20260302", "ymd", datetime(2026, 3, 2, tzinfo=SHANGHAI)),
            ("2026-03-02T01:15:00Z", "ymd", datetime(2026, 3, 2, 1, 15, tzinfo=UTC)),
            ("2026-03-02 09:15:00+05:30", "ymd", datetime(2026, 3, 2, 3, 45, tzinfo=UTC)),
            ("03/04/2026 12:30 am", "dmy", datetime(2026, 4, 3, 0, 30, tzinfo=SHANGHAI)),
            ("03/04/2026 1:30 PM", "mdy", datetime(2026, 3, 4, 13, 30, tzinfo=SHANGHAI)),
        ],
    )  # fmt: skip
    def test_a_moment_is_read_as_people_write_it(
        self, text: str, order: DateOrder, expected: datetime
    ) -> None:
        assert moment("received_at", text, SHANGHAI, order) == expected

    @pytest.mark.parametrize(
        "text", ["03/04/2026", "2026-13-40", "yesterday", "2026-03-02 25:00", "46000", "2026-03-02 x"]
    )
    def test_what_is_no_moment_or_could_be_two_is_refused(self, text: str) -> None:
        with pytest.raises(BadCell, match="write it as"):
            moment("received_at", text, SHANGHAI, "ymd")

    @given(
        st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1900),
        st.sampled_from(["%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M"]),
    )
    def test_every_minute_survives_the_way_excel_writes_it(self, at: datetime, pattern: str) -> None:
        at = at.replace(second=0, microsecond=0)
        assert moment("received_at", at.strftime(pattern), UTC, "ymd") == at

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("1,280.50", (Decimal("1280.50"), None)),
            ("1.280,50 €", (Decimal("1280.50"), "EUR")),
            ("12,5", (Decimal("12.5"), None)),
            ("12,500", (Decimal(12500), None)),
            ("1'280.50", (Decimal("1280.50"), None)),
            ("128 cny", (Decimal(128), "CNY")),
            ("HK$ 40", (Decimal(40), "HKD")),
            ("１２８元", (Decimal(128), "CNY")),
            ("1.5万元", (Decimal(15000), "CNY")),
            (40, (Decimal(40), None)),
            ("无", (None, None)),
            (None, (None, None)),
        ],
    )
    def test_money_is_read_with_its_sign_whichever_way_decimals_are_marked(
        self, value: Any, expected: tuple[Decimal | None, str | None]
    ) -> None:
        signs = {"€": "EUR", "cny": "CNY", "$": "USD", "hk$": "HKD", "元": "CNY"}
        assert money("amount", value, signs) == expected

    @pytest.mark.parametrize("value", ["-5", "about 40 pounds", "元", "3 to 5"])
    def test_what_is_no_amount_is_refused(self, value: str) -> None:
        with pytest.raises(BadCell, match="amount of money"):
            money("amount", value, {"元": "CNY"})

    @pytest.mark.parametrize(
        ("text", "language"),
        [
            ("我的order还没ship，customer service一直不理", "zh"),
            ("Please refund my 支付宝 payment now", "en"),
            ("退", "zh"),
            ("refund", "en"),
            ("привет, где мой заказ", None),
            ("注文した商品がまだ届いていません、返金してください", None),
            ("12345 !!!", None),
        ],
    )
    def test_language_is_told_by_script(self, text: str, language: str | None) -> None:
        assert language_of(text) == language

    @given(st.text(max_size=40))
    def test_a_key_does_not_change_when_taken_twice(self, name: str) -> None:
        assert key(key(name)) == key(name)


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
