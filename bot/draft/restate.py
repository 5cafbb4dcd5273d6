"""Which of the stated facts a reply restates, and in what words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.brief import Brief, StatedFact
from bot.draft.clauses import FactWords, Wording, wording
from bot.draft.identifiers import looks_personal
from bot.draft.products import Product, catalogue
from knowledge.case import Language

NOUNS: Final = 3
ACTS: Final = 2
AMOUNTS: Final = 2

_EARLY: Final[dict[Language, int]] = {"zh": 80, "en": 200}
"""A product named once, and later than this character, is rarely what the complaint is about."""
_OTHERS_ACT: Final = frozenset({"sales_marketing", "collection_conduct", "privacy_data"})
"""Categories in which calls and visits are often the company's own: not restated as the customer's."""
_EFFORT: Final = frozenset(
    {"call", "email", "letter", "visit", "complaint", "contact", "report", "submission", "repair"}
)
_WAIT_BEFORE: Final = {
    "zh": re.compile(r"(?:等|拖|耗|晾)[了着过我们您]{0,3}(?:快|都|整整|足足|已经|将近|差不多)?\s?$"),
    "en": re.compile(
        r"\b(?:wait(?:ed|ing)?|on hold|delayed)\s"
        r"(?:for\s|over\s|more than\s|nearly\s|almost\s|about\s|already\s)*$"
    ),
}
_TRAIN: Final = re.compile(r"[GDCKTZ]\d{1,4}")
_ZH_CURRENCY: Final = {"CNY": "元", "USD": "美元", "GBP": "英镑", "EUR": "欧元", "HKD": "港元", "JPY": "日元"}
_EN_CURRENCY: Final = {"CNY": "¥", "USD": "$", "GBP": "£", "EUR": "€", "HKD": "HK$", "JPY": "JPY "}
_ZH_UNIT: Final = {
    "minute": "分钟", "hour": "小时", "day": "天", "week": "周", "month": "个月", "year": "年",
    "working day": "个工作日", "working week": "周", "working hour": "个工作小时", "working month": "个月",
}  # fmt: skip
_EN_NUMBER: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_EN_TIMES: Final = {1: "once", 2: "twice"}
_EN_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restated:
    """What the customer told us, in the words of a reply."""

    facts: tuple[StatedFact, ...] = ()
    """The most telling first."""
    nouns: tuple[str, ...] = ()
    """300元, £35, order SO-448213."""
    acts: tuple[str, ...] = ()
    """What they have been through: 打过3次电话, were charged twice."""
    effort: tuple[str, ...] = ()
    """Those of the acts that are their own effort or patience."""
    subject: str = ""
    """What it is about: 信用卡年费, the annual fee on your credit card."""
    fee: bool = False
    """Whether the subject is a charge."""
    amount: str = ""
    """The one amount they name; empty where there are several."""


def restate(brief: Brief) -> Restated:
    """The facts a reply to this complaint restates."""
    words = wording(brief.language)
    nouns = list(_nouns(brief, words.facts))[:NOUNS]
    acts = list(_acts(brief, words.facts))[:ACTS]
    subject, fee, products = _subject(brief, words)
    amounts = _distinct(_of(brief, "amount"))
    return Restated(
        facts=(*(fact for fact, _ in nouns), *(fact for fact, _, _ in acts), *products),
        nouns=tuple(said for _, said in nouns),
        acts=tuple(said for _, said, _ in acts),
        effort=tuple(said for _, said, own in acts if own),
        subject=subject,
        fee=fee,
        amount=money(amounts[0].value, brief.language) if len(amounts) == 1 else "",
    )


def money(value: str, language: Language) -> str:
    """`300.00 CNY` as 300元, `35.00 GBP` as £35."""
    number, _, currency = value.partition(" ")
    amount = Decimal(number)
    if language == "zh":
        unit = _ZH_CURRENCY.get(currency, currency)
        if amount >= 10_000 and amount % 1000 == 0:
            return f"{(amount / 10_000).normalize():f}万{unit}"
        return f"{_plain(amount)}{unit}"
    return f"{_EN_CURRENCY.get(currency, f'{currency} ')}{_plain(amount, ',')}"


def length_of_time(value: str, language: Language) -> str:
    """`30 days` as 30天 or 30 days, `0.5 months` as 半个月 or half a month."""
    number, _, unit = value.partition(" ")
    one = unit.removesuffix("s")
    if language == "zh":
        name = _ZH_UNIT.get(one, one)
        return {"0.5": "半", "2": "两"}.get(number, number) + name
    if number == "0.5":
        return f"half {'an' if one.startswith('hour') else 'a'} {one}"
    return value


def day(fact: StatedFact, language: Language) -> str:
    """`2026-03-02` as 2026年3月2日 or 2 March 2026; figures that can be read two ways stay as written."""
    if language == "en" and "/" in fact.text:
        return fact.text
    year, month, *rest = fact.value.replace("--", "-", 1).split("-")
    if language == "zh":
        written = f"{int(month)}月" + (f"{int(rest[0])}日" if rest else "")
        return f"{year}年{written}" if year else written
    written = f"{int(rest[0])} {_EN_MONTHS[int(month) - 1]}" if rest else _EN_MONTHS[int(month) - 1]
    return f"{written} {year}" if year else written


def _plain(amount: Decimal, group: str = "") -> str:
    whole = amount == amount.to_integral_value()
    return f"{amount:{group}.0f}" if whole else f"{amount:{group}.2f}"


def _of(brief: Brief, kind: str) -> list[StatedFact]:
    return [fact for fact in brief.stated if fact.kind == kind]


def _distinct(facts: Iterable[StatedFact]) -> list[StatedFact]:
    first: dict[str, StatedFact] = {}
    for fact in facts:
        first.setdefault(fact.value, fact)
    return list(first.values())


def _nouns(brief: Brief, words: FactWords) -> Iterator[tuple[StatedFact, str]]:
    for fact in _distinct(_of(brief, "amount"))[:AMOUNTS]:
        yield fact, money(fact.value, brief.language)
    for fact in _distinct(_of(brief, "order"))[:1]:
        if not looks_personal(fact.value):
            yield fact, words.order.format(label=_label(brief.text, fact, words), value=fact.value)
    for fact in _distinct(_of(brief, "flight"))[:1]:
        yield fact, (words.train if _TRAIN.fullmatch(fact.value) else words.flight).format(value=fact.value)
    for fact in _distinct(_of(brief, "tail"))[:1]:
        yield fact, words.tail.format(value=fact.value)
    for fact in _distinct(_of(brief, "date"))[:1]:
        if re.fullmatch(r"(?:-|\d{4})-\d\d(?:-\d\d)?", fact.value):
            yield fact, day(fact, brief.language)


def _label(text: str, fact: StatedFact, words: FactWords) -> str:
    before = text[max(0, fact.start - 16) : fact.start].lower()
    places = {before.rfind(word): name for word, name in words.labels.items() if word in before}
    return places[max(places)] if places else words.label


def _acts(brief: Brief, words: FactWords) -> Iterator[tuple[StatedFact, str, bool]]:
    """Each act with whether it was the customer's own effort."""
    most: dict[str, tuple[int, StatedFact]] = {}
    for fact in _of(brief, "count"):
        number, _, units = fact.value.partition(" ")
        unit = units if units in words.acts else units.removesuffix("s")
        if int(number) > 1 and unit in words.acts and int(number) > most.get(unit, (0, fact))[0]:
            most[unit] = (int(number), fact)
    for unit, (number, fact) in most.items():
        own = unit in _EFFORT
        if not own or brief.triage.category not in _OTHERS_ACT:
            yield fact, words.acts[unit].format(**_times(number, brief.language)), own
    before = _WAIT_BEFORE[brief.written_in]
    for fact in _of(brief, "duration"):
        if before.search(brief.text[max(0, fact.start - 30) : fact.start].lower()):
            yield fact, words.wait.format(duration=length_of_time(fact.value, brief.language)), True
            return


def _times(number: int, language: Language) -> dict[str, str]:
    if language == "zh":
        return {"times": f"{number}次", "trips": f"{number}趟"}
    word = _EN_NUMBER[number] if number < len(_EN_NUMBER) else str(number)
    return {"n": word, "times": _EN_TIMES.get(number, f"{word} times")}


def _subject(brief: Brief, words: Wording) -> tuple[str, bool, tuple[StatedFact, ...]]:
    """The product the complaint is about, where its category names one, and whether it is a charge."""
    topic = words.topics.get(brief.triage.category or "other")
    if topic is None or not topic.topic_on:
        return "", False, ()
    thing, fee = (_most_named(brief, kind, topic.subjects) for kind in ("thing", "fee"))
    if thing is None or fee is None:
        named = thing or fee
        return (named.value, named is fee, (named,)) if named else ("", False, ())
    both = f"{thing.value}{fee.value}" if brief.language == "zh" else f"{fee.value} on {thing.value}"
    return both, True, (fee, thing)


def _most_named(brief: Brief, kind: str, allowed: tuple[str, ...]) -> StatedFact | None:
    """The definite product of this kind that is named most often, the first of those named equally often."""
    products = catalogue(brief.language)
    sector = brief.sector or _sector(brief)
    named = [
        fact
        for fact in _of(brief, "product")
        if (not allowed or fact.value in allowed)
        and any(_meant(product, kind, sector) for product in products.by_name.get(fact.value, ()))
    ]
    times = Counter(fact.value for fact in named)
    early = _EARLY[brief.language]
    named = [fact for fact in named if times[fact.value] > 1 or fact.start <= early]
    definite = {fact.value for fact in named if not any(p.weak for p in products.by_name[fact.value])}
    return max(named, key=lambda fact: (fact.value in definite, times[fact.value]), default=None)


def _meant(product: Product, kind: str, sector: str | None) -> bool:
    return product.kind == kind and (not product.sectors or sector is None or sector in product.sectors)


def _sector(brief: Brief) -> str | None:
    """The trade of what memory found, where nobody told us."""
    trades = [match.article.industry for match in brief.passages] + [
        match.case.industry for match in brief.cases
    ]
    common = Counter(trade for trade in trades if trade).most_common(1)
    return common[0][0] if common else None
