"""Cells of files from outside, as text."""

import math
from datetime import date, datetime
from decimal import Decimal

from profiles.errors import InvalidInput
from profiles.owned import storable

# by exact case: Null is a surname
EMPTY = frozenset(
    {"", "-", "--", "/", "n/a", "N/A", "#N/A", "NULL", "null", "NaN", "nan", "None", "无", "空", "暂无"}
)
YES = frozenset({"1", "true", "yes", "y", "verified", "是", "已验证", "已认证"})
NO = frozenset({"0", "false", "no", "n", "unverified", "否", "未验证", "未认证"})


def cell_text(header: str, value: object) -> str | None:
    """A cell as text; None where it is empty."""
    match value:
        case None:
            return None
        case bool():
            text = "true" if value else "false"
        case datetime():
            # a spreadsheet has no type for a day alone
            text = value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
        case date():
            text = value.isoformat()
        case float() if math.isnan(value):
            return None
        case float() if value.is_integer():
            # spreadsheets keep phone and customer numbers as floats
            text = str(int(value))
        case str() | int() | float() | Decimal():
            text = storable(str(value)).strip()
        case _:
            raise InvalidInput(
                f"column {header[:60]!r} holds a {type(value).__name__}: send text, a number or a date"
            )
    return None if text in EMPTY else text
