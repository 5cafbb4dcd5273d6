"""How a draft says it: language, feeling, apology, blame, form."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from bot.draft.decided import tells_what_was_given
from bot.draft.exhibit import Exhibit, Verdict, trimmed
from bot.draft.problems import problem_words
from bot.draft.sources import masked
from bot.draft.tone import acknowledges
from knowledge.case import Language

_LETTER: Final = re.compile("[A-Za-z]")
_HAN: Final = re.compile("[㐀-鿿]+")
_OTHER_SCRIPT_EN: Final = re.compile(r"[㐀-鿿\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff]+")
_OTHER_SCRIPT_ZH: Final = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff]+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ENOUGH: Final = 8
"""Words from which a sentence is long enough to be told by them."""
_LEAST_HELD: Final = 0.18
_HELD_BY: Final = frozenset((
    "the", "a", "an", "to", "you", "we", "i", "and", "of", "in", "is", "for", "your", "our", "my", "will",
    "have", "that", "it", "on", "with", "by", "be", "this", "are", "not", "at", "from", "as", "or", "if",
    "was", "has", "had", "can", "us", "me", "what", "which", "but", "been", "there", "any", "do", "so",
    "when", "how", "who", "why", "were", "would", "should", "they", "their", "about", "up", "out", "no",
    "he", "she", "his", "her", "them", "these", "those", "than", "then", "all", "one", "until", "its",
))  # fmt: skip
_REPEATS: Final = {"zh": (8, 4), "en": (3, 5)}
"""Characters (zh) or words (en) in a row, and how often they stand in a reply that goes round in circles."""
_LATIN_RUN: Final = re.compile(r"[A-Za-z]+(?:[ '’]+[A-Za-z]+){3,}")
_LATIN_SENTENCE: Final = re.compile(r"(?:[A-Za-z]+[ ,.'’]+){6}")
_SENTENCE: Final = {"zh": re.compile("[。！？\n]+"), "en": re.compile(r"(?<=[.!?])[”\"]?\s+|\n+")}
_EMOJI: Final = re.compile("[\U0001f300-\U0001faff☀-➿️]")
_MARKS: Final = ("<", "#", "*", "](", "`", "|", "\n-", "\n -", "\n•", "\n1", "\n·")
_MARKUP: Final = re.compile(
    r"</?[a-z][^>\n]*>|^\s*#{1,6}\s|\*\*|^\s*[*•·-]\s?(?=\S)|^\s*\d[.、)]\s?(?=\S)[^\n]*\n\s*\d[.、)]|\]\(|```|^\s*\|",
    re.MULTILINE | re.IGNORECASE,
)


def right_language(draft: Exhibit) -> Verdict:
    """R2: the language of the reply, but for what was restated."""
    text = draft.own
    for said in draft.plan.restated.nouns:
        text = masked(text, said)
    if draft.brief.language == "en":
        if found := _OTHER_SCRIPT_EN.search(text):
            return draft.flaw("want_en", found.span())
        if not _LETTER.search(text):
            return draft.flaw("want_en")
        return next((draft.flaw("want_en", at) for at in _foreign(draft)), None)
    if not _HAN.search(text):
        return draft.flaw("want_zh")
    found = _LATIN_SENTENCE.search(text) or _OTHER_SCRIPT_ZH.search(text)
    english = (run for run in _LATIN_RUN.finditer(text) if _is_english(run[0]))
    found = found or next(english, None)
    return draft.flaw("want_zh", found.span()) if found else None


def _is_english(run: str) -> bool:
    """Whether Latin words in a row are a phrase, not a name: two of the small words hold it together."""
    return sum(word in _HELD_BY for word in _WORD.findall(run.lower())) >= 2


def _foreign(draft: Exhibit) -> Iterator[tuple[int, int]]:
    """Sentences in Latin letters that are no English: hardly any of the small words that hold one."""
    for sentence in draft.sentences:
        found = _WORD.findall(draft.text[sentence.start : sentence.start + len(sentence.text)])
        words = [
            word.lower() for word in found if len(word) == 1 or not word.isupper()
        ]  # no codes of references
        if len(words) >= _ENOUGH and sum(word in _HELD_BY for word in words) < _LEAST_HELD * len(words):
            yield sentence.start, sentence.start + len(sentence.text)


def acknowledges_feeling(draft: Exhibit) -> Verdict:
    """R4: a clear feeling is named."""
    tone = draft.plan.tone
    quiet = draft.plan.stage == "thanks" or tone.intensity < 2
    if quiet or acknowledges(draft.text, tone.family, draft.brief.language):
        return None
    return draft.flaw("no_feeling", family=problem_words().families[tone.family].say(draft.brief.language))


def plain_apology(draft: Exhibit) -> Verdict:
    """R5: a reply to a complaint says sorry, and not if."""
    if flaw := draft.showing("conditional_apology", "conditional_apology"):
        return flaw
    if flaw := draft.doing("conditional_apology", "conditional"):
        return flaw
    if draft.plan.answers_complaint and not draft.rules.lexicons["apology"].search(draft.lowered):
        return draft.flaw("no_apology")
    return None


def no_blame(draft: Exhibit) -> Verdict:
    """R6: no deflection, blame, coldness or label."""
    return (
        draft.showing("deflects", "deflect")
        or draft.showing("blames", "blame", "cold", "labels")
        or draft.doing("blames", "blame")
    )


def no_liability(draft: Exhibit) -> Verdict:
    """R13: no admission of fault that nobody has confirmed."""
    decision = draft.plan.decision
    if decision is not None and decision.fault_confirmed:
        return None
    if flaw := draft.showing("liability", "liability"):
        return flaw
    for sentence, found in draft.faults:
        if "liability" in found and not tells_what_was_given(sentence.text, draft):
            return draft.flaw("liability", trimmed(sentence))
    return None


def no_absolute_promise(draft: Exhibit) -> Verdict:
    """R14: no guarantee."""
    for match in draft.rules.lexicons["absolute"].find(draft.lowered):
        start, end = match.span()
        if not draft.rules.disclaimed.search(draft.lowered[draft.clause(start, end)[0] : start]):
            return draft.flaw("absolute", (start, end))
    for sentence, found in draft.faults:
        if "absolute" in found and not draft.rules.disclaimed.search(sentence.text):
            return draft.flaw("absolute", trimmed(sentence))
    return None


def no_bargain(draft: Exhibit) -> Verdict:
    """R15: no redress against silence, no threat."""
    return (
        draft.showing("bargains", "withdrawal")
        or draft.showing("threatens", "threat")
        or draft.doing("bargains", "bargain")
    )


def length_and_form(draft: Exhibit) -> Verdict:
    """R18: long enough, short enough, readable, plain text."""
    rules, language, text = draft.rules, draft.brief.language, draft.text
    size, (least, most) = rules.size(text, language), _limits(draft)
    if not least <= size <= most:
        return draft.flaw("length", size=size, least=least, most=most)
    start = 0
    for line in text.split("\n"):
        if rules.size(line, language) > rules.paragraph:
            return draft.flaw("long_paragraph", (start, start + len(line)), limit=rules.paragraph)
        start += len(line) + 1
    if size > rules.sentence * sum(1 for part in _SENTENCE[language].split(text) if part.strip()):
        return draft.flaw("long_sentences", limit=rules.sentence)
    if _goes_round(text, language):
        return draft.flaw("repeats")
    if draft.own.count("!") + draft.own.count("！") > rules.exclamations:
        return draft.flaw("exclamations")
    marked = _MARKUP.search(draft.own) if any(mark in draft.own for mark in _MARKS) else None
    marked = marked or _EMOJI.search(draft.own)
    return draft.flaw("markup", marked.span()) if marked else None


def _goes_round(text: str, language: Language) -> bool:
    """Whether the same words stand in it again and again."""
    size, most = _REPEATS[language]
    if language == "zh":
        plain = "".join(_HAN.findall(text))
        pieces = Counter(plain[at : at + size] for at in range(len(plain) - size))
        return any(count >= most for count in pieces.values())
    words = _WORD.findall(text.lower())
    runs = Counter(tuple(words[at : at + size]) for at in range(len(words) - size))
    return any(count >= most for count in runs.values())


def _limits(draft: Exhibit) -> tuple[int, int]:
    rules, plan = draft.rules, draft.plan
    if plan.stage == "thanks":
        return rules.thanks
    letter = plan.tone.form == "letter"
    if plan.final:
        return rules.final if letter else rules.final_chat
    least, most = rules.letter if letter else rules.chat
    return (least if plan.answers_complaint else 1), most


def not_servile(draft: Exhibit) -> Verdict:
    """R19: 您 throughout, and no more than a few apologies."""
    if draft.brief.language == "zh" and (at := draft.own.find("你")) >= 0:
        return draft.flaw("mixed_address", (at, at + 1))
    asked = any(need.need == "apology" for need in draft.plan.needs)
    decision = draft.plan.decision
    owed = any(remedy.kind == "apology" for remedy in decision.remedies) if decision else False
    if draft.rules.lexicons["apology"].count(draft.lowered) > draft.rules.apologies + 2 * asked + 2 * owed:
        return draft.flaw("servile")
    return draft.showing("servile", "servile")


def no_selling(draft: Exhibit) -> Verdict:
    """R20: no offer, no advertisement, no survey."""
    return draft.showing("sells", "upsell") or draft.doing("sells", "selling")
