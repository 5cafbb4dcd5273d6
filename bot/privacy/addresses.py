"""Postal addresses, Chinese: masked from the street level down; province, city and district stay.

An address is recognised by its lower end (路…号, 小区…栋…室), or by a lead-in (收货地址：) with a street or
estate behind it. Its beginning is found by walking left to the last district, city or word that cannot be
part of a street's name. British and American ones: `addresses_en.py`.
"""

import re
from functools import cache
from itertools import zip_longest

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns.labels import words_pattern
from bot.privacy.rules import privacy_rules, regions

_HAN = "\u3400-\u9fff"
_NUMBER = (
    r"(?:[0-9]{1,5}(?:[-~][0-9]{1,4}){0,3}|[A-Za-z][0-9]{0,3}|[0-9]{1,4}[A-Za-z]"
    r"|[一二三四五六七八九十百]{1,4}|[甲乙丙丁东西南北])"
)
_DOOR = r"(?: ?[A-Za-z]?[0-9]{2,5}(?![0-9年月元]))?"
"""A room number at the end that says neither 室 nor 号."""
_HOUSE = re.compile(
    "[0-9A-Za-z一二三四五六七八九十百甲乙丙丁东南西北] ?[号弄栋幢座单室组巷队期]|[0-9]-[0-9]{1,4}-[0-9]"
)
"""What every address with a house number has somewhere."""
_MUNICIPALITIES = ("北京", "上海", "天津", "重庆", "香港", "澳门")
_UNNAMED = "某该本贵此个一两各"
"""What stands before 小区 or 路 where nobody says which."""
_LONGEST_NAME = 8
_WALK = 24
"""Characters that the beginning of an address may lie before its first number."""
_SEGMENT = re.compile(r"[^,，。;；!！?？\n\ufffc]{2,70}")
_JOINT = re.compile(r"(?:[\s:=]|是|为|在|到|现|的|[(（]){0,4}")
_TAIL = re.compile(r"[\s(（-]+$|(?:收|的|请|谢谢|电话|手机|联系人|姓名|收件人|邮编).*$", re.DOTALL)
_DIVISION = re.compile(
    "省|自治区|自治州|(?<![超城门股夜菜集])市|自治县|县|盟|(?<![小社园景校厂库片院禁专灾战])区|(?<!国)旗"
)


class ChineseAddresses:
    """The rules for Chinese addresses, with the words of privacy.toml and regions.toml."""

    def __init__(self) -> None:
        words, places = privacy_rules().addresses_zh, regions()
        streets, estates = words.streets, words.estates
        name = f"(?:{_unlike(streets, words.not_streets)}|{_unlike(estates, words.not_estates)})"
        first = f"(?:{words_pattern(words.first_units)})(?!线)"
        unit = f"(?:{words_pattern(words.units)})(?!线)"
        numbered = f" ?{_NUMBER} ?{unit}"
        rooms = "[0-9]{1,4}-[0-9]{1,4}-[0-9]{1,5}(?![0-9])"
        further = f"[ ,-]?(?:{numbered}|-[0-9]{{1,5}}|[{_HAN}A-Za-z]{{1,9}}?{name}{numbered})"
        self._lower_end = re.compile(f"{name} ?(?:{_NUMBER} ?{first}(?:{further})*{_DOOR}|{rooms})")
        self._suffix = re.compile(name)
        self._unit = re.compile(f"{_NUMBER} ?{unit}")
        self._labels = frozenset(words.labels)
        self._lead_in = re.compile(words_pattern((*words.labels, *words.verbs)))
        self._stops = frozenset(words.stops)
        provinces, cities = words_pattern(places.provinces), words_pattern(places.cities)
        city = f"(?:{words_pattern(_MUNICIPALITIES)})|(?:{provinces})?(?:{cities})|(?:{provinces})"
        self._regions = (
            re.compile(f"(?:{city})(?:{words_pattern(places.districts)})(?=[{_HAN}])"),
            re.compile(f"(?:{city})(?=[{_HAN}])"),
        )

    def find(self, reading: Reading) -> list[Candidate]:
        """Every address of the reading, without its province, city and district."""
        text = reading.text
        found: list[Candidate] = []
        if _HOUSE.search(text):
            for match in self._lower_end.finditer(text):
                start = self._beginning(text, match.start())
                if not text[start : match.start()].strip(_UNNAMED):
                    continue
                found.append(
                    Candidate(start, match.end(), Kind.ADDRESS, "street or estate with a house number")
                )
        lead_ins = list(self._lead_in.finditer(text))
        for lead_in, following in zip_longest(lead_ins, lead_ins[1:]):
            self._after_lead_in(text, lead_in, following.start() if following else len(text), found)
        return found

    def _beginning(self, text: str, end: int) -> int:
        """Where the street's or estate's name begins that ends before `end`."""
        start = end
        while start > max(0, end - _WALK) and self._can_name(text[start - 1]):
            start -= 1
        below = self._below_division(text, start, end)
        return below if below > start else max(start, end - _LONGEST_NAME)

    def _can_name(self, character: str) -> bool:
        nameable = "\u3400" <= character <= "\u9fff" or (character.isascii() and character.isalnum())
        return nameable and character not in self._stops

    def _below_division(self, text: str, start: int, end: int) -> int:
        """Past the provinces, cities and districts that stand between `start` and `end`, but not at `end`."""
        for division in _DIVISION.finditer(text, start + 1, end):
            start = division.end() if division.end() < end else start
        for region in self._regions:
            found = region.search(text, start, end)
            if found:
                return found.end()
        return start

    def _after_lead_in(self, text: str, lead_in: re.Match[str], stop: int, found: list[Candidate]) -> None:
        """The address between a lead-in and `stop`, where the next lead-in stands."""
        joint = _JOINT.match(text, lead_in.end())
        segment = _SEGMENT.match(text, joint.end() if joint else lead_in.end(), stop)
        if segment is None:
            return
        end = segment.end()
        tail = _TAIL.search(text, segment.start(), end)
        end = tail.start() if tail else end
        start = self._below_division(text, segment.start(), end)
        named = self._named(text, start, end)
        houses = [house.end() for house in self._unit.finditer(text, start, end)]
        said = lead_in[0] in self._labels and joint is not None and joint.end() > joint.start()
        if named and (houses or said):
            end = end if said else max(named, *houses)
            found.append(Candidate(start, end, Kind.ADDRESS, f"street level after {lead_in[0]!r}"))

    def _named(self, text: str, start: int, end: int) -> int:
        """Where the first street or estate with a name of two characters or more ends; 0 if there is none."""
        for suffix in self._suffix.finditer(text, start + 2, end):
            if self._can_name(text[suffix.start() - 1]) and self._can_name(text[suffix.start() - 2]):
                return suffix.end()
        return 0


def _unlike(words: tuple[str, ...], unless: tuple[str, ...]) -> str:
    """Alternation of words, each not where it is the end of one of the words in `unless`."""
    parts: list[str] = []
    for word in sorted(words, key=lambda word: (-len(word), word)):
        guards = [other for other in unless if other.endswith(word)]
        parts.append(word + "".join(f"(?<!{guard})" for guard in guards))
    return "|".join(parts)


@cache
def chinese_addresses() -> ChineseAddresses:
    """The rules, built once."""
    return ChineseAddresses()
