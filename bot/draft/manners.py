"""How a draft says it: language, feeling, apology, blame, form."""

import re
from typing import Final

from bot.draft.exhibit import Exhibit, Problem
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
        return "The reply must be in English." if _HAN.search(text) or not _LETTER.search(text) else ""
    wrong = not _HAN.search(text) or _LATIN_SENTENCE.search(text)
    return "The reply must be in Chinese." if wrong else ""


def acknowledges_feeling(draft: Exhibit) -> Problem:
    """R4: a clear feeling is named."""
    tone = draft.plan.tone
    quiet = draft.plan.stage == "thanks" or tone.intensity < 2
    if quiet or acknowledges(draft.text, tone.family, draft.brief.language):
        return ""
    return f"It does not acknowledge the customer's {tone.family}."


def plain_apology(draft: Exhibit) -> Problem:
    """R5: a reply to a complaint says sorry, and not if."""
    if draft.found("conditional_apology"):
        return "The apology hangs on an if, or is for 'any' inconvenience: apologise for what happened."
    if draft.answers_complaint and not draft.found("apology"):
        return "A reply to a complaint needs one plain apology for the experience."
    return ""


def no_blame(draft: Exhibit) -> Problem:
    """R6: no deflection, blame, coldness or label."""
    if draft.found("deflect"):
        return "It shifts the matter away instead of taking it on."
    return "It blames, belittles or labels the customer." if draft.found("blame", "cold", "labels") else ""


def no_liability(draft: Exhibit) -> Problem:
    """R13: no admission of fault that nobody has confirmed."""
    return "It admits liability, which nobody has confirmed." if draft.found("liability") else ""


def no_absolute_promise(draft: Exhibit) -> Problem:
    """R14: no guarantee."""
    return "It promises more than anybody can keep." if draft.found("absolute") else ""


def no_bargain(draft: Exhibit) -> Problem:
    """R15: no redress against silence, no threat."""
    if draft.found("withdrawal"):
        return "It bargains with the customer's right to complain or to speak."
    return "It threatens the customer." if draft.found("threat") else ""


def length_and_form(draft: Exhibit) -> Problem:
    """R18: long enough, short enough, readable, plain text."""
    rules, language, text = draft.rules, draft.brief.language, draft.text
    size, (least, most) = rules.size(text, language), _limits(draft)
    if not least <= size <= most:
        unit = "characters" if language == "zh" else "words"
        return f"It has {size} {unit}; {least} to {most} are right here."
    if max(rules.size(line, language) for line in text.split("\n")) > rules.paragraph:
        return f"A paragraph is longer than {rules.paragraph}: break it up."
    if size > rules.sentence * sum(1 for part in _SENTENCE[language].split(text) if part.strip()):
        return f"Sentences are longer than {rules.sentence} on average: shorten them."
    if draft.own.count("!") + draft.own.count("！") > rules.exclamations:
        return "It has too many exclamation marks."
    marked = any(mark in draft.own for mark in _MARKS) and _MARKUP.search(draft.own)
    return "It has emoji or markup in it." if marked or _EMOJI.search(draft.own) else ""


def _limits(draft: Exhibit) -> tuple[int, int]:
    rules, plan = draft.rules, draft.plan
    if plan.stage == "thanks":
        return rules.thanks
    least, most = rules.letter if plan.tone.form == "letter" else rules.chat
    return (least if draft.answers_complaint else 1), most


def not_servile(draft: Exhibit) -> Problem:
    """R19: 您 throughout, and no more than a few apologies."""
    if draft.brief.language == "zh" and "你" in draft.own:
        return "It mixes 你 with 您: write 您 throughout."
    if draft.rules.lexicons["apology"].count(draft.lowered) > draft.rules.apologies:
        return "It apologises too often: once or twice is sincere, more is servile."
    return ""


def no_selling(draft: Exhibit) -> Problem:
    """R20: no offer, no advertisement, no survey."""
    return "It sells, advertises or asks for a rating." if draft.found("upsell") else ""
