"""What the customer told us in so many words: amounts, dates, numbers, how often they called.

amounts.py   money                  times.py    dates and durations
products.py  what it is about       here        order numbers, card tails, flights, counts
numerals.py  numbers in words

A reply restates these and must not ask for them again.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.brief import StatedFact, StatedKind
from bot.draft.amounts import find_amounts
from bot.draft.identifiers import looks_personal
from bot.draft.lexicon import lowered
from bot.draft.numerals import EN_NUMBER, ZH_NUMBER, number
from bot.draft.products import catalogue
from bot.draft.times import duration, find_times
from knowledge.case import Language
from knowledge.words import PLACEHOLDER


class _Found(NamedTuple):
    start: int
    end: int
    kind: StatedKind
    value: str


MAX_FACTS: Final = 60
"""Facts kept of one text; nobody restates more."""

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_WIDE: Final = re.compile("[０-９Ａ-Ｚａ-ｚ＃％]")
_LABEL_ZH: Final = (
    "订单编?号?|运单号?|快递单?号|物流单?号|保单号?|合同编?号?|协议编?号|工单号?|受理编?号|案件编?号|报案号|理赔编?号|"
    "报修编?号|投诉编?号|预订号|票号|流水号|参考号|发票号码?|单号|编号"
)
_LABEL_EN: Final = (
    "order|tracking|waybill|policy|claim|contract|booking|reservation|reference|ref|ticket|case|agreement"
    "|invoice|complaint|job"
)
_LABELLED: Final = {
    "zh": re.compile(rf"(?:{_LABEL_ZH})\s?(?:是|为|[:：#])?\s?(?P<n>[a-z0-9][a-z0-9-]{{3,29}})(?![a-z0-9])"),
    "en": re.compile(
        rf"\b(?:{_LABEL_EN})\s?(?:number|num|no\.?|id|ref(?:erence)?)?\s?(?:is|was|:)?\s?#?"
        r"(?P<n>[a-z0-9][a-z0-9-]{3,29})(?![a-z0-9])"
    ),
}
_BARE_ORDER: Final = re.compile(
    r"(?<![A-Za-z0-9-])(?:[A-Z]{1,5}(?:-[A-Z])?-\d{4,14}|[A-Z]{2,5}\d{6,14})(?![A-Za-z0-9-])"
)
_TAIL: Final = re.compile(
    r"(?:尾号|尾数|[末后]四位|\bend(?:ing|s|ed)?(?:\s(?:in|with))?|\blast\s(?:four|4)(?:\sdigits)?)\s?(?:是|为|[:：]|is|are)?\s?(?P<n>\d{3,4})(?!\d)"
)
_FLIGHT: Final = re.compile(
    r"(?<![A-Za-z0-9-])(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\d{3,4}(?![A-Za-z0-9-])"
    r"|(?:(?<=[Ff]light )|(?<=[Ff]light: ))[A-Z]{2,3} ?\d{2,4}(?!\d)"
)
_FLIGHT_NEAR: Final = ("航班", "飞", "机场", "登机", "flight", "airport", "boarding", "gate")
_TRAIN: Final = re.compile(
    r"(?<![A-Za-z0-9-])[GDCKTZ]\d{1,4}(?=次|高铁|动车|列车)|(?<=高铁|动车|车次|列车)[GDCKTZ]\d{1,4}(?!\d)"
)

_ZH_VERB: Final = {
    "call": "拨打|致电|来电|去电|通话|打",
    "visit": "跑|去|前往",
    "repair": "报修|维修|检修|修",
    "complaint": "投诉|反映|反馈|举报",
    "charge": "重复扣款|扣款|扣费|划扣|扣",
    "contact": "联系|催促|催办|催|写信|发邮件|留言",
    "submission": "提交|上传|申请|填",
}
_ZH_UNIT: Final = {word: unit for unit, words in _ZH_VERB.items() for word in words.split("|")}
_ZH_VERBS: Final = "|".join(sorted(_ZH_UNIT, key=len, reverse=True))
_ZH_COUNT: Final = re.compile(
    rf"(?P<v1>{_ZH_VERBS})(?:[过了我您你们的都又已去来回]|客服|电话|款|费|经|整整|至少|前后|先后|网点|营业厅){{0,4}}"
    rf"(?P<n1>\d{{1,2}}|{ZH_NUMBER})(?:次|遍|趟|回|通|个(?=电话)|笔)(?!性)"
    rf"|第(?P<n2>\d{{1,2}}|{ZH_NUMBER})(?:次|回|遍|趟)(?:给你们|向你们|找你们|来|去|跟你们)?(?P<v2>{_ZH_VERBS})"
    rf"|(?P<n3>\d{{1,2}}|{ZH_NUMBER})(?:次|个|通|遍)(?:客服|热线|投诉)?(?P<v3>电话|来电)"
)
_ZH_COUNT_NEAR: Final = re.compile("[次遍趟回通笔]|个.{0,2}电话")
_THEY_ZH: Final = re.compile(
    r"(?<![给跟向找和对打系])(?:你们|贵行|贵司|对方|他们|她们|催收|推销|骚扰|销售|业务员)[^。！？；,，!?\s]{0,8}$"
)
_EN_VERB: Final = {
    "call": "called|phoned|rang|rung|ring|ringing|telephoned|call",
    "email": "emailed|e-mailed|email",
    "letter": "wrote|written",
    "visit": "visited|visit",
    "complaint": "complained|complain|complaining",
    "repair": "repaired|fixed|mended",
    "charge": "charged|billed|debited",
    "payment": "paid",
    "contact": "contacted|chased|messaged|texted",
    "report": "reported",
    "submission": "submitted|uploaded|sent",
}
_EN_NOUN: Final = {
    "calls": "call", "phone calls": "call", "emails": "email", "e-mails": "email", "letters": "letter",
    "visits": "visit", "complaints": "complaint", "repairs": "repair", "messages": "contact",
    "chats": "contact", "call": "call", "email": "email", "letter": "letter", "visit": "visit",
    "complaint": "complaint", "repair": "repair", "time": "time", "message": "contact", "chat": "contact",
}  # fmt: skip
_EN_ORDINAL: Final = {
    "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "sixth": 6,
    "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8, "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_EN_UNIT: Final = {word: unit for unit, words in _EN_VERB.items() for word in words.split("|")}
_EN_VERBS: Final = "|".join(sorted(_EN_UNIT, key=len, reverse=True))
_EN_COUNT: Final = re.compile(
    rf"\b(?P<verb>{_EN_VERBS})(?P<object>(?:\s(?:you|your|them|us|me|him|her|it|this|in|to|up|on|at|for|about|customer|services?|support|line|helpline|"
    r"office|bank|branch|company|team|already|now|the|same|thing|amount|fee|item)){0,5})"
    rf"\s(?P<n1>once|twice|thrice|(?:\d{{1,2}}|{EN_NUMBER})\stimes)\b"
    rf"|\b(?P<n2>\d{{1,2}}|{EN_NUMBER})\s(?:separate\s|different\s|long\s)?(?P<noun2>phone\scalls|calls|e-?mails|letters|visits|complaints|repairs|messages|chats)\b"
    r"|\b(?P<n3>second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|\d{1,2}(?:nd|rd|th))\s(?P<noun3>call|e-?mail|letter|visit|complaint|repair|time|message|chat)\b"
)
_EN_COUNT_NEAR: Final = re.compile(
    "once|twice|thrice|times|calls|mails|letters|visits|complaints|repairs|messages|chats|d |th "
)
_THEY_EN: Final = re.compile(
    r"\b(?:you|they|he|she|it|your|their|collectors?|agents?|salesm[ae]n)\b(?:(?!\b(?:i|we)\b)[^.,!?;\n]){0,25}$"
)
_OWN_ACT: Final = {"call", "email", "letter", "visit", "complaint", "contact", "report", "submission"}
_TIMES_EN: Final = {"once": 1, "twice": 2, "thrice": 3}


def find_stated(text: str, language: Language) -> tuple[StatedFact, ...]:
    """The concrete facts in a text, in order, without overlaps; at most `MAX_FACTS`.

    Nothing inside a placeholder, and no number that could identify a person.
    """
    blanked = PLACEHOLDER.sub(lambda match: " " * len(match[0]), text) if "⟦" in text else text
    half = blanked.translate(_FULL_WIDTH) if _WIDE.search(blanked) else blanked
    folded = lowered(half)
    taken = bytearray(len(text))
    facts: list[StatedFact] = []
    for found in _candidates(half, folded, language):
        start, end = found.start, found.end
        if taken.find(1, start, end) < 0:
            taken[start:end] = b"\1" * (end - start)
            facts.append(StatedFact(found.kind, text[start:end], found.value, start, end))
    return tuple(sorted(facts, key=_place)[:MAX_FACTS])


def _place(fact: StatedFact) -> int:
    return fact.start


def _candidates(half: str, folded: str, language: Language) -> Iterator[_Found]:
    """Everything found, the surest kinds first: what overlaps an earlier one is dropped."""
    yield from _numbers(half, folded, language)
    times = list(find_times(folded, language))
    for start, end, kind, value in times:
        if kind == "date":
            yield _Found(start, end, "date", value)
    yield from (_zh_counts(folded) if language == "zh" else _en_counts(folded))
    for amount in find_amounts(folded, language):
        yield _Found(amount.start, amount.end, "amount", f"{amount.value} {amount.currency}")
    for start, end, kind, value in times:
        if kind == "duration":
            yield _Found(start, end, "duration", value)
    for start, end, product in catalogue(language).find(folded):
        yield _Found(start, end, "product", product.say)


def _numbers(half: str, folded: str, language: Language) -> Iterator[_Found]:
    for match in _TAIL.finditer(folded):
        yield _Found(match.start("n"), match.end("n"), "tail", match["n"])
    for match in _LABELLED[language].finditer(folded):
        yield from _order(half, *match.span("n"))
    for match in _BARE_ORDER.finditer(half):
        yield from _order(half, *match.span())
    if any(word in folded for word in _FLIGHT_NEAR):
        for match in _FLIGHT.finditer(half):
            yield _Found(*match.span(), "flight", match[0].replace(" ", ""))
    if language == "zh":
        for match in _TRAIN.finditer(half):
            yield _Found(*match.span(), "flight", match[0])


def _order(half: str, start: int, end: int) -> Iterator[_Found]:
    end = start + len(half[start:end].rstrip("-"))
    written = half[start:end]
    is_date = re.fullmatch(r"(?:19|20)\d\d(?:-\d{1,2}){0,2}", written)
    if sum(map(str.isdigit, written)) >= 3 and not is_date and not looks_personal(written):
        yield _Found(start, end, "order", written.upper())


def _zh_counts(folded: str) -> Iterator[_Found]:
    if not _ZH_COUNT_NEAR.search(folded):
        return
    for match in _ZH_COUNT.finditer(folded):
        unit = _ZH_UNIT.get(match["v1"] or match["v2"] or match["v3"], "call")
        if unit == "charge" or not _THEY_ZH.search(folded, max(0, match.start() - 14), match.start()):
            yield from _count(match, match["n1"] or match["n2"] or match["n3"], unit)


def _en_counts(folded: str) -> Iterator[_Found]:
    if not _EN_COUNT_NEAR.search(folded):
        return
    for match in _EN_COUNT.finditer(folded):
        noun = match["noun2"] or match["noun3"]
        unit = _EN_NOUN[noun.replace("e-mail", "email")] if noun else _EN_UNIT[match["verb"]]
        if unit not in _OWN_ACT or not _by_others(match):
            yield from _count(match, match["n1"] or match["n2"] or match["n3"], unit)


def _by_others(match: re.Match[str]) -> bool:
    """Whether somebody else did it, or did it to the customer: they called me three times."""
    before = max(0, match.start() - 32)
    if _THEY_EN.search(match.string, before, match.start()):
        return True
    return re.search(r"\b(?:me|us|him|her)\b", match["object"] or "") is not None


def _count(match: re.Match[str], written: str, unit: str) -> Iterator[_Found]:
    value = _TIMES_EN.get(written) or _EN_ORDINAL.get(written) or number(written.removesuffix(" times"))
    if value is not None and 1 <= value <= 99 and value == int(value):
        yield _Found(match.start(), match.end(), "count", duration(str(int(value)), unit))
