"""Files as other systems export them become cases; what is wrong is said row by row."""

import codecs
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from knowledge.case import Case
from knowledge.errors import UnreadableFile
from tests.exports import (
    cases,
    good,
    jsonl,
    problems,
    table,
    workbook,
)


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
