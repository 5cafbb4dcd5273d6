"""Chinese names: surname and given name after a word that introduces them, or surname before a title."""

import re
from enum import IntEnum
from functools import cache

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns.labels import words_pattern
from bot.privacy.rules import privacy_rules, surnames

_HAN = "\u3400-\u9fff"
_JOINT = re.compile(
    r"(?:[\s:=“\"'「(（]|名叫|名字叫|叫做|叫|是|为|名为|姓名|名字?|系|写的|填的|登记的|写|填|一栏){0,4}"
)
_CLOSED = re.compile(r"[:=为叫]")
_COLON = re.compile(r"[:=]")
_HAN_RUN = re.compile(f"[{_HAN}]{{1,6}}")
_DOTTED = re.compile(rf"[{_HAN}]{{1,8}}(?:[·•・‧][{_HAN}]{{1,8}}){{1,3}}")
"""买买提·阿不都拉."""
_ANYONE = re.compile(
    rf"([{_HAN}]{{2,4}}|[{_HAN}]{{1,8}}(?:[·•・‧][{_HAN}]{{1,8}}){{1,3}})(?=[\s,，。;；、)）!！?？]|$)"
)
"""What a field of a form holds that holds nothing but a name."""
_AND = re.compile(r"[、,/]|和|与|及|以及")
_ENDS = frozenset("的是了称说等在吗呢吧啊")
"""Never the last character of a name."""
_NEVER = _ENDS | frozenset("某我你您他她它们什么这那不没")
_MISTER = frozenset(["先生", "女士", "小姐", "太太"])
_TITLE_ASIDE = re.compile("[\\s,，。:：、说来的给也就让答回把跟!！?？在很去打叫人]|$")
"""What may follow a title of one character: 王总说, but 王总共."""
_PREFIXES = "小老阿"
_SIDE = frozenset("\n 、,，。:：;；!！?？(（“\"'找是叫请姓位由与跟给让向被对了说问个名和到找去等及-—")
"""What may stand before a surname that is an everyday character too."""


class Trust(IntEnum):
    """How surely a name follows a trigger."""

    MAY = 0
    LABEL = 1
    SURE = 2


class ChineseNames:
    """The rules for Chinese names, with the words of privacy.toml and surnames.toml."""

    def __init__(self) -> None:
        words, lists = privacy_rules().names_zh, surnames()
        self._single = frozenset("".join(lists.single))
        self._compound = lists.compound
        self._doubtful = frozenset(lists.doubtful)
        self._prepositions = frozenset(lists.prepositions)
        self._given = frozenset("".join(lists.given))
        self._ends_name = self._single | self._given | frozenset("".join(self._compound))
        self._after = re.compile(words_pattern(words.after))
        self._nobody = words.no_names
        self._unnamed = words.unnamed
        self._no_surname = words.no_surname
        self._sure = frozenset(words.sure)
        self._labels = frozenset(words.labels)
        self._names_only = words.names_only
        self._near_nickname = frozenset(words.nickname_near)
        self._trigger = re.compile(words_pattern({*words.sure, *words.labels, *words.may}))
        self._title = re.compile(words_pattern(words.titles) + "|总|哥|姐")
        plain = "".join(sorted(self._single - self._prepositions))
        self._surname_said = re.compile(f"(?<![百同老])姓([{plain}])(?![名氏])")

    def find(self, reading: Reading) -> list[Candidate]:
        """Every Chinese name of the reading that something introduces."""
        text = reading.text
        found: list[Candidate] = []
        for trigger in self._trigger.finditer(text):
            self._after_trigger(text, trigger, found)
        for title in self._title.finditer(text):
            start = self._before_title(text, title)
            if start is not None:
                found.append(Candidate(start, title.start(), Kind.PERSON, f"surname before {title[0]!r}"))
        for said in self._surname_said.finditer(text):
            found.append(Candidate(*said.span(1), Kind.PERSON, "surname after '姓'"))
        return found

    def _after_trigger(self, text: str, trigger: re.Match[str], found: list[Candidate]) -> None:
        joint = _JOINT.match(text, trigger.end())
        start = joint.end() if joint else trigger.end()
        joined = joint[0] if joint else ""
        trust = self._trust(trigger[0], joined)
        end = self.name_end(text, start, trust)
        if trigger[0] in self._names_only and _COLON.search(joined):
            end = self._anyone(text, start) if end is None else self._longer(text, end)
        if end is None and trigger[0] in self._near_nickname:
            end = self._nickname(text, start)
        reason = f"name after {trigger[0]!r}"
        while end is not None:
            found.append(Candidate(start, end, Kind.PERSON, reason))
            other = _AND.match(text, end)
            if other is None:
                return
            start, end = other.end(), self.name_end(text, other.end(), Trust.MAY)

    def _trust(self, trigger: str, joint: str) -> Trust:
        if trigger in self._sure or (trigger in self._labels and _CLOSED.search(joint)):
            return Trust.SURE
        return Trust.LABEL if trigger in self._labels else Trust.MAY

    def name_end(self, text: str, start: int, trust: Trust) -> int | None:
        """Where the name that starts here ends; None if none does."""
        run = _HAN_RUN.match(text, start)
        if run is None:
            return None
        family = self._family(run[0])
        given = run[0][family:]
        if not family or not given:
            return self._dotted(text, start)
        size = self._given_size(text, start + family, given, trust)
        name = run[0][: family + size]
        if not size or not self._plausible(name, run[0], self._closed(text, start + len(name)), trust):
            return None
        return start + len(name)

    def _plausible(self, name: str, run: str, closed: bool, trust: Trust) -> bool:
        """Whether a name by its form is no ordinary word. `closed`: it visibly ends there."""
        # a word of two characters may begin a name of three that ends like one: 文章丽, before 来电
        whole = len(name) > 2 and closed and (trust >= Trust.LABEL or name[-1] in self._given)
        if name in self._nobody or (not whole and (run[:2] in self._nobody or run[:3] in self._nobody)):
            return False
        if trust is Trust.SURE:
            return True
        if name[:2] in self._compound:
            return True
        return name[0] not in self._prepositions and (closed or name[0] not in self._doubtful)

    def _family(self, run: str) -> int:
        """Characters of the surname that `run` begins with; 0 if none."""
        if run[:2] in self._compound and len(run) > 2:
            return 2
        return 1 if run[0] in self._single else 0

    def _given_size(self, text: str, at: int, given: str, trust: Trust) -> int:
        """Characters of the given name at `at`: 1, 2, or 0 where what stands there is none."""
        if not self._may_be_given(given[0], trust) or self._starts_word(text, at):
            return 0
        if len(given) == 1:
            return 1
        if len(given) == 2 and self._at_end(text, at + 2):
            two = given[1] not in _ENDS
        else:
            two = not self._after.match(text, at + 1)
        return 2 if two and self._may_be_given(given[1], trust) else 1

    def _starts_word(self, text: str, at: int) -> bool:
        """Whether a word begins here that is no part of a name; one character may be a given name too."""
        word = self._after.match(text, at)
        return word is not None and (len(word[0]) > 1 or word[0] not in self._given)

    def _may_be_given(self, character: str, trust: Trust) -> bool:
        return character in self._given or (trust is Trust.SURE and character not in _NEVER)

    def _at_end(self, text: str, at: int) -> bool:
        return at >= len(text) or not "\u3400" <= text[at] <= "\u9fff"

    def _closed(self, text: str, at: int) -> bool:
        """Whether a name that ends at `at` visibly ends there."""
        return self._at_end(text, at) or self._after.match(text, at) is not None

    def _dotted(self, text: str, start: int) -> int | None:
        dotted = _DOTTED.match(text, start)
        return dotted.end() if dotted else None

    def _anyone(self, text: str, start: int) -> int | None:
        """A name of unknown form, where a field of a form holds nothing else."""
        anyone = _ANYONE.match(text, start)
        if anyone is None or anyone[1] in self._unnamed or anyone[1][:2] in self._unnamed:
            return None
        return anyone.end()

    def _longer(self, text: str, end: int) -> int:
        """A character left over before the end of a form's field belongs to the name: 阿依古丽."""
        last = not self._at_end(text, end) and self._at_end(text, end + 1)
        return end + 1 if last and not self._after.match(text, end) and text[end] not in _ENDS else end

    def _nickname(self, text: str, start: int) -> int | None:
        """小王, 老李."""
        if text[start : start + 1] not in _PREFIXES or text[start + 1 : start + 2] not in self._single:
            return None
        following = text[start + 1 : start + 3]
        if not following or following in self._nobody or text[start + 1] in self._doubtful:
            return None
        return start + 2

    def _before_title(self, text: str, title: re.Match[str]) -> int | None:
        """Where the name before a title begins; None if there is none."""
        end = title.start()
        if end == 0 or text[end - 1] not in self._ends_name:
            return None
        if len(title[0]) == 1 and not self._bare_title(text, title):
            return None
        for start in range(max(0, end - 4), end - 1):
            if self._full_name(text, start, end) and self._begins_here(text, start, title[0] in _MISTER):
                return start
        if text[max(0, end - 2) : end] in self._compound:
            return end - 2
        alone = text[end - 1] in self._single and text[end - 1 : end + 2] not in self._nobody
        return end - 1 if alone and self._begins_here(text, end - 1, False) else None

    def _bare_title(self, text: str, title: re.Match[str]) -> bool:
        """王总, 李姐: one character is a title only after a plain surname, and where the word ends."""
        at = title.start() - 1
        if text[at] in self._doubtful or not _TITLE_ASIDE.match(text, title.end()):
            return False
        return at == 0 or text[at - 1] in _SIDE

    def _full_name(self, text: str, start: int, end: int) -> bool:
        """Whether a surname and a given name of one or two characters stand from `start` to `end`."""
        family = self._family(text[start:end])
        given = text[start + family : end]
        if not family or not 1 <= len(given) <= 2 or text[start:end] in self._nobody or given in self._nobody:
            return False
        short = end - start == 2 and text[start] in self._prepositions
        return not short and all(character in self._given for character in given)

    def _begins_here(self, text: str, at: int, surely: bool) -> bool:
        """Whether the surname at `at` is no part of the word before it (对方经理). `surely`: a name it is."""
        if text[max(0, at - 1) : at + 1] in self._no_surname:
            return False
        if surely or text[at : at + 2] in self._compound or at == 0 or text[at - 1] in _SIDE:
            return surely or text[at] not in self._prepositions
        return text[at] not in self._doubtful and text[at] not in self._prepositions


@cache
def chinese_names() -> ChineseNames:
    """The rules, built once."""
    return ChineseNames()
