"""How a draft says it: language, feeling, apology, blame, form."""

import re
from typing import Final

from bot.draft.exhibit import Exhibit, Verdict
from bot.draft.problems import problem_words
from bot.draft.sources import masked
from bot.draft.tone import acknowledges

_LETTER: Final = re.compile("[A-Za-z]")
_HAN: Final = re.compile("[㐀-鿿]+")
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
        if found := _HAN.search(text):
            return draft.flaw("want_en", found.span())
        return None if _LETTER.search(text) else draft.flaw("want_en")
    if not _HAN.search(text):
        return draft.flaw("want_zh")
    found = _LATIN_SENTENCE.search(text)
    return draft.flaw("want_zh", found.span()) if found else None


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
    if draft.plan.answers_complaint and not draft.rules.lexicons["apology"].search(draft.lowered):
        return draft.flaw("no_apology")
    return None


def no_blame(draft: Exhibit) -> Verdict:
    """R6: no deflection, blame, coldness or label."""
    return draft.showing("deflects", "deflect") or draft.showing("blames", "blame", "cold", "labels")


def no_liability(draft: Exhibit) -> Verdict:
    """R13: no admission of fault that nobody has confirmed."""
    decision = draft.plan.decision
    if decision is not None and decision.fault_confirmed:
        return None
    return draft.showing("liability", "liability")


def no_absolute_promise(draft: Exhibit) -> Verdict:
    """R14: no guarantee."""
    return draft.showing("absolute", "absolute")


def no_bargain(draft: Exhibit) -> Verdict:
    """R15: no redress against silence, no threat."""
    return draft.showing("bargains", "withdrawal") or draft.showing("threatens", "threat")


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
    if draft.own.count("!") + draft.own.count("！") > rules.exclamations:
        return draft.flaw("exclamations")
    marked = _MARKUP.search(draft.own) if any(mark in draft.own for mark in _MARKS) else None
    marked = marked or _EMOJI.search(draft.own)
    return draft.flaw("markup", marked.span()) if marked else None


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
    if draft.rules.lexicons["apology"].count(draft.lowered) > draft.rules.apologies:
        return draft.flaw("servile")
    return None


def no_selling(draft: Exhibit) -> Verdict:
    """R20: no offer, no advertisement, no survey."""
    return draft.showing("sells", "upsell")
