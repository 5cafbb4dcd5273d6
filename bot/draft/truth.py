"""What a draft says of the facts: the customer's own, and amounts and times that the sources bear out."""

import re
from datetime import date, timedelta
from typing import Final

from bot.brief import StatedFact
from bot.clocks.traces import written
from bot.draft.amounts import Amount, find_amounts
from bot.draft.exhibit import Exhibit, Verdict
from bot.draft.lexicon import lowered
from bot.draft.overlap import shared_run
from bot.draft.plan import Plan
from bot.draft.sources import (
    folded,
    masked,
    moments,
    numbers,
    occurs,
    percentages,
    plain,
    sums,
)
from bot.draft.times import Moment, find_times
from knowledge.case import Language

_PROMISED_TIME: Final = {
    "zh": (
        re.compile(
            r"(?:在|最迟|最多|最快|还要|还需|需要?|约|大约|预计|等|等待|等候|再过|满|将于|于)(?:您|约|再)?\s?$"
        ),
        re.compile(
            r"\s?(?:以?内|之内|后|以后|之后|左右|就|到账|可|(?:的)?(?:犹豫|等待|宽限|冷静|保修|质保|试用)?期)"
        ),
    ),
    "en": (
        re.compile(
            r"\b(?:within|in|give (?:it|us|me|them)|in the next|for another|after|takes?|allow|wait|up to"
            r"|no (?:later|more) than)"
            r"\s(?:the\snext\s|about\s|around\s|another\s|a\sfurther\s)?$"
        ),
        re.compile(r"\s?(?:from|of|time|at most)\b"),
    ),
}
"""Words before and after a duration by which it lies ahead."""
_DAY_ALONE: Final = re.compile(r"\bthe (\d{1,2})(?:st|nd|rd|th)\b|(?<![月\d])(\d{1,2})[号日](?!\w*楼)")
_ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_A_YEAR: Final = timedelta(days=366)
OWN_WORDS: Final[dict[Language, int]] = {"zh": 6, "en": 4}
"""Characters (zh) or words (en) in a row from which a reply takes up the customer's own words."""


TELLING: Final = 100
"""A number of the customer's own from which it tells of their case wherever it stands."""
_YEARS: Final = (1900, 2100)


def restates_a_fact(draft: Exhibit) -> Verdict:
    """R3: at least one amount, date or number of this complaint, where the customer gave one."""
    facts = [fact for fact in draft.brief.stated if fact.kind != "product"]
    due = any(fact.kind != "product" for fact in draft.plan.restated.facts)
    if draft.plan.stage == "thanks" or not due:
        return None
    text = masked(masked(draft.text, draft.plan.reference), draft.plan.rights)
    if any(
        value >= TELLING and not _YEARS[0] <= value <= _YEARS[1]
        for value in numbers(text) & numbers(draft.brief.text)
    ):
        return None
    if any(restates(text, fact, draft.plan) for fact in facts) or _own_words(text, draft):
        return None
    return draft.flaw("nothing_restated")


def _own_words(text: str, draft: Exhibit) -> bool:
    """Whether a run of the customer's words is in it that is none of our wording."""
    ours = (draft.plan.topic, draft.plan.rights, *draft.sources.policies, *draft.sources.rules)
    least = OWN_WORDS[draft.brief.language]
    return shared_run(text, (draft.brief.text,), ours, draft.brief.language, least) > 0


def restates(text: str, fact: StatedFact, plan: Plan) -> bool:
    """Whether a text says a fact again, in whatever words."""
    if fact.text in text or fact.value in text:
        return True
    if fact.kind in ("amount", "count"):
        return any(value in numbers(text) for value in numbers(fact.value.rpartition(" ")[0]))
    if fact.kind in ("date", "duration"):
        return plain(fact.value) in moments(text)
    return fact.kind == "product" and plan.restated.subject in text


def amounts_from_sources(draft: Exhibit) -> Verdict:
    """R7: every amount and percentage stands in the complaint, a policy in force or the known facts."""
    evidence, text = draft.sources.evidence, masked(draft.text, draft.plan.reference)
    for amount in find_amounts(folded(text), draft.brief.language):
        words = text[amount.start : amount.end].strip()
        if not any(_bears_out(source, amount, words) for source in evidence):
            return draft.flaw("unknown_amount", (amount.start, amount.end), words=words)
    for start, end, value in percentages(text):
        if not any(value == other for source in evidence for _, _, other in percentages(source)):
            return draft.flaw("unknown_rate", (start, end), words=text[start:end])
    return None


def _bears_out(source: str, amount: Amount, words: str) -> bool:
    """Whether a source has this amount: the same words, or the same sum in this currency or in none."""
    if occurs(words, source):
        return True
    others = {each.currency for each in find_amounts(folded(source)) if each.value == amount.value}
    return amount.value in sums(source) and (not others or amount.currency in others)


def times_from_sources(draft: Exhibit) -> Verdict:
    """R8: every date and duration comes from the complaint or a clock, and one exact next date is named."""
    brief, following = draft.brief, draft.plan.next
    found = find_times(folded(masked(draft.text, draft.plan.reference)), brief.language)
    times = [moment for moment in found if moment.value[0] in "-0123456789"]
    for moment in times:
        ahead_of_us = moment.kind == "date" or _promised_time(draft, moment)
        if ahead_of_us and not _known_time(draft, moment):
            words = draft.text[moment.start : moment.end].strip()
            return draft.flaw("unknown_time", (moment.start, moment.end), words=words)
    ahead = _due_days(draft)
    forms = {form for day in map(str, ahead) for form in (day, f"-{day[4:]}")}
    if ahead and forms.isdisjoint(moment.value for moment in times):
        day = following.due if following and not draft.plan.final else min(ahead)
        return draft.flaw("no_next_date", date=written(day, brief.language))
    vague = draft.rules.lexicons["vague"]
    for sentence in draft.sentences:
        match = vague.first(sentence.text)
        if match and not any(map(str.isdigit, sentence.text)):
            return draft.flaw("vague_date", (sentence.start + match.start(), sentence.start + match.end()))
    return None


def _promised_time(draft: Exhibit, moment: Moment) -> bool:
    """Whether a duration says when something will be: within, in, after; not how long something took."""
    before = lowered(draft.text[max(0, moment.start - 16) : moment.start])
    after = lowered(draft.text[moment.end : moment.end + 4])
    said, follows = _PROMISED_TIME[draft.brief.language]
    within = draft.text[moment.start : moment.end].rstrip().endswith("内")
    return within or bool(said.search(before) or follows.match(after))


def _due_days(draft: Exhibit) -> frozenset[date]:
    """The days of which a reply has to name one: those of the remedies, else those of the clocks."""
    plan, today = draft.plan, draft.brief.today
    if plan.stage == "thanks":
        return frozenset()
    if plan.final:
        return frozenset(promise.deadline for promise in plan.commitments if promise.deadline)
    if plan.next is None:
        return frozenset()
    return frozenset(clock.due for clock in draft.brief.clocks if clock.due >= today)


def _same_day_of_month(draft: Exhibit, value: str) -> bool:
    """Whether it is the day of which the customer gives the number alone: the 15th, 15号."""
    month, _, day = value.rpartition("-")
    received = draft.brief.received_on
    near = {f"-{received.month:02}", f"-{(received.replace(day=1) - timedelta(days=1)).month:02}"}
    if month[-3:] not in near or not day.isdigit():
        return False
    return int(day) in {int(match[1] or match[2]) for match in _DAY_ALONE.finditer(draft.brief.text)}


def _known_time(draft: Exhibit, moment: Moment) -> bool:
    value = moment.value
    if value in draft.days:
        return True
    said = {plain(value)}
    if _ISO_DAY.fullmatch(value):
        age = draft.brief.received_on - date.fromisoformat(value)
        if timedelta(0) <= age <= _A_YEAR:
            said.add(f"-{value[4:]}")  # the year a customer leaves out is the last one
    if moment.kind == "date" and _same_day_of_month(draft, value):
        return True
    if moment.kind == "date" and draft.sources.says(draft.text[moment.start : moment.end]):
        return True
    return any(not said.isdisjoint(moments(source)) for source in draft.sources.all())
