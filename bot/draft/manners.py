"""How a draft says it: language, feeling, apology, blame, form."""

import re
from typing import Final

from bot.draft.exhibit import Exhibit, Problem
from bot.draft.problems import problem_words
from bot.draft.sources import MASK
from bot.draft.tone import acknowledges

_LETTER: Final = re.compile("[A-Za-z]")
_HAN: Final = re.compile("[㐀-鿿]")
_LATIN_SENTENCE: Final = re.compile(r"(?:[A-Za-z]+[ ,.'’]+){6}")
_SENTENCE: Final = {"zh": re.compile("[。！？\n]+"), "en": re.compile(r"(?<=[.!?])[”\"]?\s+|\n+")}
_EMOJI: Final = re.compile("[\U0001f300-\U0001faff☀-➿️]")
_MARKS: Final = ("<", "#", "*", "](", "`", "|", "\n-", "\n -")
_MARKUP: Final = re.compile(
    r"</?[a-z][^>\n]*>|^\s*#{1,6}\s|\*\*|^\s*[*-]\s|\]\(|```|^\s*\|", re.MULTILINE | re.IGNORECASE
)


def right_language(draft: Exhibit) -> Problem:
    """R2: the language of the reply, but for what was restated."""
    text = draft.own
    for said in draft.plan.restated.nouns:
        text = text.replace(said, MASK)
    if draft.brief.language == "en":
        return draft.says("want_en") if _HAN.search(text) or not _LETTER.search(text) else ""
    wrong = not _HAN.search(text) or _LATIN_SENTENCE.search(text)
    return draft.says("want_zh") if wrong else ""


def acknowledges_feeling(draft: Exhibit) -> Problem:
    """R4: a clear feeling is named."""
    tone = draft.plan.tone
    quiet = draft.plan.stage == "thanks" or tone.intensity < 2
    if quiet or acknowledges(draft.text, tone.family, draft.brief.language):
        return ""
    return draft.says("no_feeling", family=problem_words().families[tone.family].say(draft.brief.language))


def plain_apology(draft: Exhibit) -> Problem:
    """R5: a reply to a complaint says sorry, and not if."""
    if draft.found("conditional_apology"):
        return draft.says("conditional_apology")
    if draft.answers_complaint and not draft.found("apology"):
        return draft.says("no_apology")
    return ""


def no_blame(draft: Exhibit) -> Problem:
    """R6: no deflection, blame, coldness or label."""
    if draft.found("deflect"):
        return draft.says("deflects")
    return draft.says("blames") if draft.found("blame", "cold", "labels") else ""


def no_liability(draft: Exhibit) -> Problem:
    """R13: no admission of fault that nobody has confirmed."""
    return draft.says("liability") if draft.found("liability") else ""


def no_absolute_promise(draft: Exhibit) -> Problem:
    """R14: no guarantee."""
    return draft.says("absolute") if draft.found("absolute") else ""


def no_bargain(draft: Exhibit) -> Problem:
    """R15: no redress against silence, no threat."""
    if draft.found("withdrawal"):
        return draft.says("bargains")
    return draft.says("threatens") if draft.found("threat") else ""


def length_and_form(draft: Exhibit) -> Problem:
    """R18: long enough, short enough, readable, plain text."""
    rules, language, text = draft.rules, draft.brief.language, draft.text
    size, (least, most) = rules.size(text, language), _limits(draft)
    if not least <= size <= most:
        return draft.says("length", size=size, least=least, most=most)
    if max(rules.size(line, language) for line in text.split("\n")) > rules.paragraph:
        return draft.says("long_paragraph", limit=rules.paragraph)
    if size > rules.sentence * sum(1 for part in _SENTENCE[language].split(text) if part.strip()):
        return draft.says("long_sentences", limit=rules.sentence)
    if draft.own.count("!") + draft.own.count("！") > rules.exclamations:
        return draft.says("exclamations")
    marked = any(mark in draft.own for mark in _MARKS) and _MARKUP.search(draft.own)
    return draft.says("markup") if marked or _EMOJI.search(draft.own) else ""


def _limits(draft: Exhibit) -> tuple[int, int]:
    rules, plan = draft.rules, draft.plan
    if plan.stage == "thanks":
        return rules.thanks
    least, most = rules.letter if plan.tone.form == "letter" else rules.chat
    return (least if draft.answers_complaint else 1), most


def not_servile(draft: Exhibit) -> Problem:
    """R19: 您 throughout, and no more than a few apologies."""
    if draft.brief.language == "zh" and "你" in draft.own:
        return draft.says("mixed_address")
    if draft.rules.lexicons["apology"].count(draft.lowered) > draft.rules.apologies:
        return draft.says("servile")
    return ""


def no_selling(draft: Exhibit) -> Problem:
    """R20: no offer, no advertisement, no survey."""
    return draft.says("sells") if draft.found("upsell") else ""
