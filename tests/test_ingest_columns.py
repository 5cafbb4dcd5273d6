"""Encodings, column names and cells of exports, as many as there are ways to write them."""

import codecs
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from inline_snapshot import snapshot

from knowledge.case import Case, Redress
from knowledge.cells import BadCell, DateOrder, key, language_of, moment, money
from knowledge.errors import InvalidRules
from knowledge.headers import Headers
from knowledge.rows import Row, RowProblem
from knowledge.rules import load_rules
from knowledge.tables import read_rows
from tests.exports import (
    EXPECTED,
    LEDGER,
    SHANGHAI,
    cases,
    good,
    jsonl,
    problems,
    table,
    workbook,
)


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
