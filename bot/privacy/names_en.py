"""Names in Latin letters: after the words that introduce them, a title, a role or a sign-off."""

import re
from functools import cache

from bot.privacy.candidates import Candidate
from bot.privacy.kinds import Kind
from bot.privacy.normal import Reading
from bot.privacy.patterns.labels import words_pattern
from bot.privacy.rules import given_names, privacy_rules

_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_WORD = re.compile(rf"[{_LETTER}](?:[{_LETTER}]|['’.-](?=[{_LETTER}]))*")
_BETWEEN = re.compile(r"\.? (?! )|\. ?")
_LONGEST = 4
"""Words of the longest name."""
_JOINT = re.compile(r"(?:[ \t:=\"“”'(]|is(?![a-z])|called(?![a-z])|named(?![a-z])|a (?=m)|,){0,4}")
_COLON = re.compile(r"[ \t]*[:：=][ \t]*\n?[ \t]*")
_LINE_END = re.compile(r"[ \t]*[.,!]?[ \t]*(?:\n|$|[,(;|-])")
_TITLE_JOINT = re.compile(r"\.? ?")
_CHINESE_JOINT = re.compile(r"(?:是|为|叫)?[\s:=]{0,3}(?=[A-Za-z])")
_NO_NAME_ENDINGS = ("ing", "ed", "ly", "tion", "ness", "ment", "ful", "less", "able", "ible")


class EnglishNames:
    """The rules for names in Latin letters, with the words of privacy.toml and given_names.toml."""

    def __init__(self) -> None:
        words = privacy_rules().names_en
        self._first = given_names()
        self._common = words.no_names
        self._sure = frozenset(words.sure)
        self._particles = words.particles
        self._may = frozenset(words.may)
        self._roles = frozenset(words.roles)
        self._trigger = re.compile(
            words_pattern({*words.sure, *words.may, *words.may_if_known, *words.roles})
        )
        self._field = re.compile(
            rf"(?:^|(?<=[\n,;|(.•-])|(?<=[,;.] ))[ \t]*(?:{words_pattern(words.fields)})(?=[ \t]*[:=])",
            re.MULTILINE,
        )
        self._thanks = frozenset(words.may_if_known)
        self._title = re.compile(words_pattern(words.titles))
        chinese = privacy_rules().names_zh
        self._chinese_sure = frozenset((*chinese.sure, *chinese.labels))
        self._chinese = re.compile(words_pattern((*chinese.sure, *chinese.labels, *chinese.may)))
        self._sign_off = re.compile(
            rf"(?:{words_pattern(words.sign_offs)})[ \t]*[,.!:-]?[ \t]*(\n\s{{0,4}}|(?<=[,.!: -]))"
        )

    def find(self, reading: Reading) -> list[Candidate]:
        """Every name in Latin letters of the reading that something introduces."""
        text, folded = reading.text, reading.folded
        if not reading.has_latin:
            return []
        found: list[Candidate | None] = []
        for trigger in self._trigger.finditer(folded):
            found.append(self._after_trigger(text, folded, trigger))
        for title in self._title.finditer(folded):
            found.append(self._after_title(text, title))
        found += [self._in_field(text, field) for field in self._field.finditer(folded)]
        found += [self._signed(text, sign_off) for sign_off in self._sign_off.finditer(folded)]
        if reading.has_han:
            found += [self._after_chinese(text, trigger) for trigger in self._chinese.finditer(text)]
        return [candidate for candidate in found if candidate]

    def _after_trigger(self, text: str, folded: str, trigger: re.Match[str]) -> Candidate | None:
        joint = _JOINT.match(folded, trigger.end())
        start = joint.end() if joint else trigger.end()
        if start == trigger.end():
            return None
        said = (
            trigger[0] in self._roles and joint is not None and ("called" in joint[0] or "named" in joint[0])
        )
        if trigger[0] in self._sure or said:
            words = self._words(text, start, any_case=True)
            accepted = self._introduced(text, words, trigger[0].startswith("my "))
        else:
            words = self._words(text, start, any_case=False)
            accepted = self._likely(text, words, trigger[0] in self._may or trigger[0] in self._roles)
        return self._candidate(words, f"name after {trigger[0]!r}") if accepted else None

    def _after_title(self, text: str, title: re.Match[str]) -> Candidate | None:
        if text[title.start()].islower() and title[0] not in {"mr", "mrs"}:
            return None
        joint = _TITLE_JOINT.match(text, title.end())
        start = joint.end() if joint else title.end()
        if start == title.end():
            return None
        words = self._words(text, start, any_case=text[title.start()].islower(), titled=True)
        return self._candidate(words[:3], f"name after {title[0]!r}")

    def _in_field(self, text: str, field: re.Match[str]) -> Candidate | None:
        colon = _COLON.match(text, field.end())
        words = self._words(text, colon.end(), any_case=False) if colon else []
        return self._candidate(words, f"name in the field {field[0].strip()!r}")

    def _signed(self, text: str, sign_off: re.Match[str]) -> Candidate | None:
        words = self._words(text, sign_off.end(), any_case=False)
        if not words or not _LINE_END.match(text, words[-1][1]):
            return None
        own_line = "\n" in sign_off[1]
        if (
            not own_line
            and sign_off[0].strip(" ,.!:-") in self._thanks
            and not self._likely(text, words, True)
        ):
            return None
        return self._candidate(words, f"name after {sign_off[0].strip()!r}")

    def _after_chinese(self, text: str, trigger: re.Match[str]) -> Candidate | None:
        joint = _CHINESE_JOINT.match(text, trigger.end())
        words = self._words(text, joint.end(), any_case=False) if joint else []
        accepted = trigger[0] in self._chinese_sure or self._likely(text, words, True)
        return self._candidate(words, f"name after {trigger[0]!r}") if accepted else None

    def _candidate(self, words: list[tuple[int, int]], reason: str) -> Candidate | None:
        return Candidate(words[0][0], words[-1][1], Kind.PERSON, reason) if words else None

    def _words(self, text: str, start: int, any_case: bool, titled: bool = False) -> list[tuple[int, int]]:
        """Spans of the words from `start` on that may be parts of one name."""
        spans: list[tuple[int, int]] = []
        at, longest = start, _LONGEST
        while len(spans) < longest:
            word = _WORD.match(text, at)
            if word is None or not self._may_be_part(word[0], any_case, titled or bool(spans)):
                break
            if any_case and not spans:
                any_case, longest = word[0].islower(), 2 if word[0].islower() else _LONGEST
            spans.append(_without_possessive(text, word.span()))
            between = _BETWEEN.match(text, word.end())
            if between is None or spans[-1][1] != word.end() or ("." in between[0] and len(word[0]) > 1):
                break
            at = between.end()
        while spans and text[spans[-1][0] : spans[-1][1]].lower() in self._particles:
            spans.pop()
        return spans

    def _may_be_part(self, word: str, any_case: bool, inside: bool) -> bool:
        lower = word.lower()
        if inside and lower in self._particles:
            return True
        if lower in self._common or not set(lower) - {"x"}:
            return False
        return any_case or word[0].isupper()

    def _introduced(self, text: str, words: list[tuple[int, int]], own: bool) -> bool:
        """Whether words after "my name is" and the like are a name: written small, few are."""
        if not words:
            return False
        first = text[slice(*words[0])]
        if not first.islower() or first in self._first:
            return True
        return own and not first.endswith(_NO_NAME_ENDINGS)

    def _likely(self, text: str, words: list[tuple[int, int]], introduced: bool) -> bool:
        """Whether words that may be a name are one: a first name we know, or two in capitals."""
        if not words:
            return False
        parts = [text[start:end] for start, end in words]
        first = parts[0].lower()
        if first in self._first and (len(parts[0]) > 1):
            return not parts[0].isupper() or len(parts) <= 3
        if len(parts) < 2 or not introduced:
            return False
        return all(
            len(part) > 1 and not part.lower().endswith(_NO_NAME_ENDINGS) and not part.isupper()
            for part in parts
        )


def _without_possessive(text: str, span: tuple[int, int]) -> tuple[int, int]:
    start, end = span
    return (start, end - 2) if text[start:end].lower().endswith(("'s", "’s")) else span


@cache
def english_names() -> EnglishNames:
    """The rules, built once."""
    return EnglishNames()
