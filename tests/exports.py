"""Files as other systems export them, made for tests, and how they are read there."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import openpyxl

from knowledge.case import Case, Redress
from knowledge.cells import DateOrder
from knowledge.ingest import read_cases
from knowledge.rows import RowProblem

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
