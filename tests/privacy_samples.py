"""Made-up personal data in sentences of our own, and sentences that only look as if they held some.

Everything is drawn from a seeded generator: the same seed gives the same samples. Where a kind of number has
a check digit, it is valid. The sentences are in `privacy_samples.toml`.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from pydantic import BaseModel

from bot.privacy.kinds import Kind

_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_COMPANY_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_COMPANY_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


class Identifiers(BaseModel):
    """Sentences with a place for one kind of identifier."""

    kind: Kind
    value: str
    sentences: list[str]


class Harmless(BaseModel):
    """Sentences in which nothing is to be redacted."""

    value: str
    sentences: list[str]


class Sentences(BaseModel):
    """`privacy_samples.toml`."""

    chinese_names: list[str]
    english_names: list[str]
    chinese_introductions: list[str]
    english_introductions: list[str]
    identifiers: list[Identifiers]
    harmless: list[Harmless]


SENTENCES = Sentences.model_validate(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with one value in it that must not survive."""

    text: str
    start: int
    end: int
    kind: Kind


def identifiers(seed: int, rounds: int) -> Iterator[Sample]:
    """Direct identifiers in both languages, `rounds` values for every sentence."""
    random = Random(seed)
    for _ in range(rounds):
        for group in SENTENCES.identifiers:
            for sentence in group.sentences:
                yield _fill(sentence, MAKE[group.value](random), group.kind)


def people(seed: int, rounds: int) -> Iterator[Sample]:
    """People whom something introduces, in both languages."""
    random = Random(seed)
    for _ in range(rounds):
        for sentence in SENTENCES.chinese_introductions:
            yield _fill(sentence, random.choice(SENTENCES.chinese_names), Kind.PERSON)
        for sentence in SENTENCES.english_introductions:
            yield _fill(sentence, random.choice(SENTENCES.english_names), Kind.PERSON)


def harmless(seed: int, rounds: int) -> Iterator[str]:
    """Texts in which nothing is to be redacted; `rounds` values for every sentence with a place for one."""
    random = Random(seed)
    for group in SENTENCES.harmless:
        for sentence in group.sentences:
            for _ in range(rounds if "{}" in sentence else 1):
                yield sentence.replace("{}", MAKE[group.value](random))


def _fill(sentence: str, value: str, kind: Kind) -> Sample:
    start = sentence.index("{}")
    return Sample(sentence.replace("{}", value), start, start + len(value), kind)


def digits(random: Random, count: int) -> str:
    """So many random digits."""
    return "".join(random.choice("0123456789") for _ in range(count))


def with_luhn(head: str) -> str:
    """`head` and its Luhn check digit."""
    doubled = sum(sum(divmod(int(digit) * 2, 10)) for digit in head[::-2])
    return head + str(-(doubled + sum(map(int, head[-2::-2]))) % 10)


def identity_number(random: Random) -> str:
    region = random.choice(
        ["110105", "310115", "440306", "510104", "320508", "370202", "420111", "610113", "210102", "350203"]
    )
    birth = f"{random.randint(1950, 2008)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    head = region + birth + digits(random, 3)
    return head + "10X98765432"[sum(w * int(d) for w, d in zip(_IDENTITY_WEIGHTS, head, strict=True)) % 11]


def company_id(random: Random) -> str:
    tail = "".join(random.choice(_COMPANY_ALPHABET) for _ in range(7))
    head = random.choice(["91", "92", "12"]) + digits(random, 6) + "MA" + tail
    total = sum(w * _COMPANY_ALPHABET.index(c) for w, c in zip(_COMPANY_WEIGHTS, head, strict=True))
    return head + _COMPANY_ALPHABET[-total % 31]


def iban(random: Random) -> str:
    country = random.choice(["GB", "DE", "FR", "NL"])
    body = {"GB": "WEST" + digits(random, 14), "DE": digits(random, 18), "FR": digits(random, 23)}.get(
        country, "ABNA" + digits(random, 10)
    )
    remainder = int("".join(str(int(c, 36)) for c in body + country + "00")) % 97
    return _perhaps_grouped(random, f"{country}{98 - remainder:02}{body}")


def chinese_mobile(random: Random) -> str:
    number = "1" + random.choice("3456789") + digits(random, 9)
    parts = (number[:3], number[3:7], number[7:])
    dashed, spaced = "-".join(parts), " ".join(parts)
    return random.choice([number, dashed, spaced, f"+86 {number}", f"+86-{dashed}", f"86{number}"])


def full_width_mobile(random: Random) -> str:
    number = "1" + random.choice("3578") + digits(random, 9)
    return "".join(chr(ord(c) + 0xFEE0) for c in number)


def spoken(random: Random) -> str:
    words = random.choice(["零一二三四五六七八九", "零幺二三四五六七八九", "〇幺两三四五六七八九"])
    return ("1" + random.choice("3578") + digits(random, 9)).translate(str.maketrans("0123456789", words))


def bank_card(random: Random) -> str:
    head = random.choice(["622848", "621700", "622202", "621226", "625965"])
    return _perhaps_grouped(random, with_luhn(head + digits(random, random.choice([9, 12]))))


def western_card(random: Random) -> str:
    head = random.choice(["4", "51", "55"])
    return _perhaps_grouped(random, with_luhn(head + digits(random, 15 - len(head))))


def plate(random: Random) -> str:
    letters = random.sample("ABCDEFGHJKLMNPQRSTUVWXYZ", 3)
    head = random.choice("京沪粤苏浙川鄂陕闽鲁") + random.choice("ABCDEF") + random.choice(["", "·", "", " "])
    tails = [letters[0] + digits(random, 4), digits(random, 5), "D" + digits(random, 5)]
    return head + random.choice([*tails, digits(random, 3) + letters[1] + letters[2]])


def email(random: Random) -> str:
    local = random.choice(["lin.xiaoyu", "zhou_88", "k.o-hara", "maria+shop", "wzh2003", "t.okafor", "hq77"])
    domain = random.choice(
        ["163.com", "qq.com", "outlook.com", "mail.example.co.uk", "foxmail.com", "gmail.com"]
    )
    return f"{local}{random.randint(1, 99)}@{domain}"


def wechat(random: Random) -> str:
    return random.choice(["lucky", "sunny_", "wxid_", "mm-", "tiger"]) + digits(random, random.randint(3, 6))


def landline(random: Random) -> str:
    area, size = random.choice([("010", 8), ("021", 8), ("0755", 8), ("0571", 8), ("0513", 8), ("0931", 7)])
    return area + random.choice(["-", "", " "]) + random.choice("2345678") + digits(random, size - 1)


def passport(random: Random) -> str:
    letter = random.choice("ABCDFGHJ")
    return random.choice(["E" + digits(random, 8), "G" + digits(random, 8), "E" + letter + digits(random, 7)])


def american_phone(random: Random) -> str:
    area = random.choice(["212", "415", "312", "617", "702", "954"])
    middle, last = random.choice("23456789") + digits(random, 2), digits(random, 4)
    plain = [f"({area}) {middle}-{last}", f"{area}-{middle}-{last}", f"{area}.{middle}.{last}"]
    return random.choice([*plain, f"+1 {area} {middle} {last}"])


def british_phone(random: Random) -> str:
    three, four, six = digits(random, 3), digits(random, 4), digits(random, 6)
    mobile = [f"07{three} {six}", f"+44 7{three} {six}", f"07{three}{six}"]
    return random.choice([*mobile, f"020 7{three} {four}", f"0161 {three} {four}"])


def ssn(random: Random) -> str:
    return f"{random.randint(101, 665)}-{random.randint(11, 99)}-{random.randint(1001, 9999)}"


def nino(random: Random) -> str:
    code = random.choice(["AB", "JK", "CE", "PW", "SL"]) + digits(random, 6) + random.choice("ABCD")
    return random.choice([code, f"{code[:2]} {code[2:4]} {code[4:6]} {code[6:8]} {code[8]}"])


def public_ip(random: Random) -> str:
    first = random.choice([24, 61, 81, 93, 113, 203])
    return f"{first}.{random.randint(1, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"


def chinese_street(random: Random) -> str:
    road = random.choice(["建设北路", "文昌巷", "长江西路", "解放大道", "梧桐街", "和平里大街", "学府路"])
    number, house, room = random.randint(2, 300), random.randint(1, 30), random.randint(101, 2804)
    return road + random.choice(
        [f"{number}号", f"{number}号{house}栋{room}室", f"{number}弄{house}号{room}室"]
    )


def chinese_estate(random: Random) -> str:
    estate = random.choice(["翠湖花园", "阳光家园", "锦绣小区", "金色公寓", "绿地大厦", "东方明珠苑"])
    house, stairs, room = random.randint(1, 30), random.randint(1, 4), random.randint(101, 2804)
    return estate + random.choice([f"{house}栋{stairs}单元{room}室", f"{house}号楼{room}", f"B座{room}室"])


def english_street(random: Random) -> str:
    streets = ["Maple Avenue", "Station Road", "Queen Street", "Willow Lane", "Church Close", "Park Drive"]
    street = random.choice([*streets, "Sunset Boulevard", "St John's Court"])
    return random.choice(["", "Flat 2, ", "Apt 5B, "]) + f"{random.randint(1, 1999)} {street}"


def order(random: Random) -> str:
    long = ["2026" + digits(random, 14), digits(random, 12), digits(random, 19)]
    looks_like_more = [with_luhn("4" + digits(random, 14)), "1" + random.choice("3578") + digits(random, 9)]
    return random.choice([*long, *looks_like_more])


def amount(random: Random) -> str:
    thousands = f"{random.randint(1, 999)},{digits(random, 3)},{digits(random, 3)}"
    pence = f"{random.randint(100, 9999999)}.{digits(random, 2)}"
    return random.choice([str(random.randint(100, 99999999)), thousands, pence])


def date_of_event(random: Random) -> str:
    year, month, day = random.randint(2019, 2027), random.randint(1, 12), random.randint(1, 28)
    clock = f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}"
    chinese, iso = f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}"
    return random.choice(
        [chinese, iso, f"{iso} {clock}", f"{year}/{month}/{day}", f"{year}{month:02}{day:02}"]
    )


def _perhaps_grouped(random: Random, code: str) -> str:
    return random.choice([code, " ".join(code[at : at + 4] for at in range(0, len(code), 4))])


def _one_of(*values: str) -> Callable[[Random], str]:
    return lambda random: random.choice(values)


def _after(heads: str, count: int) -> Callable[[Random], str]:
    return lambda random: random.choice(heads.split()) + digits(random, count)


def _born(form: str) -> Callable[[Random], str]:
    return lambda random: form.format(
        year=random.randint(1940, 2005), month=random.randint(1, 12), day=random.randint(1, 28)
    )


_BY_NAME = (
    identity_number, company_id, iban, chinese_mobile, full_width_mobile, spoken, bank_card, western_card,
    plate, email, wechat, landline, passport, american_phone, british_phone, ssn, nino, public_ip,
    chinese_street, chinese_estate, english_street, order, amount, date_of_event,
)  # fmt: skip
_SHORT: dict[str, Callable[[Random], str]] = {
    "qq": lambda random: random.choice("123456789") + digits(random, random.randint(6, 9)),
    "permit": _after("C H M", 8),
    "eight_digits": lambda random: digits(random, 8),
    "ten_digits": lambda random: digits(random, 10),
    "long_account": _after("1", 11),
    "sort_code": lambda random: "-".join(digits(random, 2) for _ in range(3)),
    "imei": lambda random: with_luhn("86" + digits(random, 12)),
    "driver_licence": _after("A B C D E", 11),
    "chinese_date": _born("{year}年{month}月{day}日"),
    "slashed_date": _born("{day}/{month:02}/{year}"),
    "hotline": _one_of("95588", "95533", "12378", "12315", "12345", "10086", "110", "400-610-0000", "956056"),
    "card_tail": lambda random: digits(random, 4),
    "flight": lambda random: random.choice(["CA", "MU", "CZ", "BA"]) + str(random.randint(100, 9999)),
    "waybill": _after("SF YT JD ZT", 13),
    "product": _one_of("iPhone 15 Pro Max", "华为Mate60", "RTX 4090", "小米14 Ultra", "戴森V12"),
    "place": _one_of("北京市朝阳区", "杭州西湖区", "广东省深圳市南山区", "成都市", "江苏南通"),
    "nothing": lambda _: "",
}
MAKE = {make.__name__: make for make in _BY_NAME} | _SHORT
"""Functions that make a value, by the name the sentences give them."""
