"""Amounts of money in a text: ¥128, 三百元, 1.2万, 46块8, £35, twenty-five quid."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from bot.draft.numerals import EN_NUMBER, ZH_DIGITS, ZH_NUMBER, number
from knowledge.case import Language


class Amount(NamedTuple):
    """Money, and where it is written."""

    start: int
    end: int
    value: Decimal
    currency: str
    """ISO 4217."""


_LARGEST: Final = Decimal("1e12")
_CURRENCY: Final = {
    "¥": "CNY", "￥": "CNY", "rmb": "CNY", "cny": "CNY", "元": "CNY", "块": "CNY", "圆": "CNY",
    "人民币": "CNY",
    "yuan": "CNY", "$": "USD", "us$": "USD", "usd": "USD", "美元": "USD", "美金": "USD", "dollar": "USD",
    "dollars": "USD", "buck": "USD", "bucks": "USD", "£": "GBP", "gbp": "GBP", "英镑": "GBP", "pound": "GBP",
    "pounds": "GBP", "quid": "GBP", "€": "EUR", "eur": "EUR", "欧元": "EUR", "euro": "EUR", "euros": "EUR",
    "hk$": "HKD", "hkd": "HKD", "港币": "HKD", "港元": "HKD", "日元": "JPY", "jpy": "JPY",
}  # fmt: skip
_TIMES: Final = {"百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000, "k": 1000}
_ARABIC: Final = r"\d+(?:,\d{3})*(?:\.\d+)?"

# A counter after the number would make it something else than money: 三百人, 两千米, 五万字.
_NO_COUNTER: Final = r"(?=$|[^\w.:：/%％-]|[多来左右的了吧呢啊就都被没还给我也不才却既又再只买呀啦])"

_SYMBOLS: Final = "¥￥$£€"
_SYMBOL: Final = re.compile(
    rf"(?P<unit>[{_SYMBOLS}]|us\$|hk\$)\s?(?P<n>{_ARABIC})(?P<times>[百千万亿]|k(?![a-z]))?"
)
_CODES: Final = ("rmb", "cny", "usd", "gbp", "eur", "hkd", "jpy")
_CODE_FIRST: Final = re.compile(
    rf"(?P<unit>rmb|cny|usd|gbp|eur|hkd|jpy)\s?(?P<n>{_ARABIC})(?P<times>[百千万亿]|k(?![a-z]))?"
)
_CODE: Final = re.compile(rf"(?<![\d.])(?P<n>{_ARABIC})\s?(?P<unit>rmb|cny|usd|gbp|eur|hkd|jpy)(?![a-z])")
_ZH_UNIT: Final = re.compile(
    rf"(?<![\d.])(?P<n>{_ARABIC}|{ZH_NUMBER})\s?(?P<times>[百千万亿])?(?:多|来|余|几)?\s?"
    r"(?P<unit>元|圆|人民币|美元|美金|英镑|欧元|港币|港元|日元|块(?!儿|地|去|走|吃|玩|表|屏|布|板))"
    rf"(?P<tenths>[\d{ZH_DIGITS}](?![\d{ZH_DIGITS}十百千万个天次年月日号分小事件案笔项些起直并共同切节下款]))?(?:钱|整)?"
)
_ZH_ROUND: Final = re.compile(
    rf"(?<![\d.第月年{ZH_DIGITS}十百千万])(?:(?P<n>{_ARABIC})(?P<times>[百千万])|"
    rf"(?P<words>[{ZH_DIGITS}十]{{1,8}}[百千万][{ZH_DIGITS}十百千万]{{0,16}})){_NO_COUNTER}"
)
_ZH_AFTER: Final = re.compile(
    r"(?:[扣收付交退花转存赔欠补充刷掏]|金额|余额|共计|合计|总计|差额|本金|费用?|[押定罚现]金)"
    rf"(?:[了走掉我您你的给到过款是为共:：]){{0,3}}\s?(?P<n>{_ARABIC})(?![\d.]){_NO_COUNTER}"
)
_ZH_CENTS: Final = re.compile(
    r"(?<![\d.,])(?P<n>\d{1,3}(?:,\d{3})*\.\d{2}|\d{1,9}\.\d{2})(?![\d.%％a-z米公吨度倍百千万亿])"
)
_EN_UNIT: Final = re.compile(
    rf"(?:(?<![\d.,])(?P<n>{_ARABIC})|(?P<words>{EN_NUMBER}))\s?(?P<unit>pounds?|quid|dollars?|bucks?|euros?|yuan)\b"
)
_EN_UNIT_NEAR: Final = ("pound", "quid", "dollar", "buck", "euro", "yuan")
_HAN: Final = re.compile("[一-鿿]")


def find_amounts(folded: str, language: Language | None = None) -> Iterator[Amount]:
    """Every amount, also overlapping readings of one; `folded` is lower case with half-width digits.

    Without a language both are read.
    """
    if any(symbol in folded for symbol in _SYMBOLS):
        yield from _matches(_SYMBOL, folded)
    if any(code in folded for code in _CODES):
        yield from _matches(_CODE_FIRST, folded)
        yield from _matches(_CODE, folded)
    if language != "en" and _HAN.search(folded):
        for pattern in (_ZH_UNIT, _ZH_ROUND, _ZH_AFTER, _ZH_CENTS):
            yield from _matches(pattern, folded)
    if language != "zh" and any(word in folded for word in _EN_UNIT_NEAR):
        yield from _matches(_EN_UNIT, folded)


def _matches(pattern: re.Pattern[str], folded: str) -> Iterator[Amount]:
    for match in pattern.finditer(folded):
        found = match.groupdict()
        written = found.get("n") or found.get("words") or ""
        value = number(written)
        if value is None or value <= 0:
            continue
        value *= _TIMES.get(found.get("times") or "", 1)
        unit = (found.get("unit") or "元").strip()
        if unit == "块" and not _is_money(match, written):
            continue
        end = match.end()
        if tenths := found.get("tenths"):
            if "." in written:  # 412.50元一: the fraction is there already
                end = match.start("tenths")
            else:
                value += (number(tenths) or Decimal(0)) / 10
        if value < _LARGEST:
            start = match.start("n") if "unit" not in found and found.get("n") else match.start()
            yield Amount(start, end, value.quantize(Decimal("0.01")), _CURRENCY[unit])


def _is_money(match: re.Match[str], written: str) -> bool:
    """块 also counts batteries and means together: a lone Chinese digit before it needs 钱 or an end."""
    if len(written) > 1 or written.isdigit() or match["tenths"] or match[0].endswith("钱"):
        return True
    after = match.string[match.end() : match.end() + 1]
    return written != "一" and (not after or not _HAN.match(after) or after in "的多吧了一")
