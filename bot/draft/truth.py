"""What a draft says: only what the sources bear out, only to this customer, only what may be promised."""

import re
from datetime import date, timedelta
from typing import Final

from bot.brief import StatedFact
from bot.clocks.traces import written
from bot.draft.amounts import find_amounts
from bot.draft.clauses import wording
from bot.draft.exhibit import Exhibit, Problem
from bot.draft.identifiers import looks_personal
from bot.draft.overlap import LONGEST, shared_run
from bot.draft.plan import rights_due
from bot.draft.sources import (
    MASK,
    folded,
    moments,
    numbers,
    occurs,
    percentages,
    plain,
    quotations,
    sums,
)
from bot.draft.times import Moment, find_times

_GAP_MARKS: Final = ("{", "[", "【", "<", "XX", "xx", "某某", "__", "TBD")
_GAP: Final = re.compile(
    r"\{\w*\}|\[[^\]\n]{1,40}\]|【[^】\n]{0,40}】|<[^>\n]{1,40}>|[xX]{2,}(?![a-wyz])|某某|_{2,}|\bTBD\b"
)
_PLACEHOLDER: Final = re.compile("[⟦⟧]")
_CODE: Final = re.compile(r"(?<![A-Za-z0-9_])[a-z]{2,}(?:_[a-z]+)+(?![A-Za-z0-9_])")
_REFERENCE: Final = {
    "zh": re.compile(
        r"(?:工单号|受理编?号|案件编?号|投诉编?号|参考号|编号)(?:是|为|[:：])?\s?(?P<n>[A-Za-z0-9][\w/#.-]{2,39})",
        re.ASCII,
    ),
    "en": re.compile(
        r"(?:[Rr]eference|[Tt]icket|[Cc]ase|[Cc]omplaint|[Nn]umber)\s(?:[Nn]umber\s|[Nn]o\.?\s|ID\s|id\s)?"
        r"(?:is\s|:\s?)?#?(?P<n>[A-Za-z]{0,6}-?\d[\w/#-]{2,39})",
        re.ASCII,
    ),
}
_ADDRESSED: Final = {
    "zh": re.compile(r"(?:尊敬的|亲爱的)([^：:，,。\n]{1,40})"),
    "en": re.compile(r"(?:Dear|Hello|Hi)\s+([^,.:!\n]{1,60})"),
}
_ANYBODY: Final = frozenset(
    ("客户", "用户", "您", "先生", "女士", "顾客", "customer", "sir", "madam", "sir or madam", "there")
)
_TITLED: Final = {
    "zh": re.compile(r"([㐀-鿿]{1,3})(?:先生|女士|小姐)"),
    "en": re.compile(r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.?\s([A-Z][\w'’-]+)"),
}
_ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_A_YEAR: Final = timedelta(days=366)
_CLAUSE_END: Final = re.compile("[，,；;：:]")
_LEAST_QUOTED: Final = 12
"""Characters from which words in quotation marks must be somebody's: shorter ones may be a term."""


def right_person(draft: Exhibit) -> Problem:
    """R1: addressed to this customer, about this complaint, with nothing left to fill in."""
    if any(mark in draft.own for mark in _GAP_MARKS) and (gap := _GAP.search(draft.own)):
        return draft.says("gap", at=gap.start())
    for match in _REFERENCE[draft.brief.language].finditer(draft.text):
        number = match["n"].rstrip("./-")
        if number not in draft.plan.reference and not draft.sources.says(number):
            return draft.says("other_reference")
    if _names_stranger(draft):
        return draft.says("stranger")
    return ""


def _names_stranger(draft: Exhibit) -> bool:
    language, name = draft.brief.language, draft.plan.name
    for match in _ADDRESSED[language].finditer(draft.text):
        addressed = match[1].strip()
        if addressed.lower() not in _ANYBODY and addressed != name:
            return True
    known = f"{name} {draft.brief.text}"
    titled = _TITLED[language].finditer(draft.own)
    return any(match[1] not in known and not match[1].endswith(("的", "位")) for match in titled)


def restates_a_fact(draft: Exhibit) -> Problem:
    """R3: at least one amount, date or number of this complaint, where the customer gave one."""
    facts = draft.plan.restated.facts
    due = draft.plan.stage != "thanks" and any(fact.kind != "product" for fact in facts)
    if not due or any(_restates(draft, fact) for fact in facts):
        return ""
    return draft.says("nothing_restated")


def _restates(draft: Exhibit, fact: StatedFact) -> bool:
    if fact.text in draft.text or fact.value in draft.text:
        return True
    if fact.kind in ("amount", "count"):
        return any(value in numbers(draft.text) for value in numbers(fact.value.rpartition(" ")[0]))
    if fact.kind in ("date", "duration"):
        return plain(fact.value) in moments(draft.text)
    return fact.kind == "product" and draft.plan.restated.subject in draft.text


def amounts_from_sources(draft: Exhibit) -> Problem:
    """R7: every amount and percentage stands in the complaint, a policy in force or the known facts."""
    evidence, text = draft.sources.evidence, draft.text
    for amount in find_amounts(folded(text), draft.brief.language):
        words = text[amount.start : amount.end].strip()
        if not any(occurs(words, source) or amount.value in sums(source) for source in evidence):
            return draft.says("unknown_amount", words=words)
    for words, value in percentages(text):
        if not any(value == other for source in evidence for _, other in percentages(source)):
            return draft.says("unknown_rate", words=words)
    return ""


def times_from_sources(draft: Exhibit) -> Problem:
    """R8: every date and duration comes from the complaint or a clock, and one exact next date is named."""
    brief, following = draft.brief, draft.plan.next
    found = find_times(folded(draft.text), brief.language)
    times = [moment for moment in found if moment.value[0] in "-0123456789"]
    for moment in times:
        if not _known_time(draft, moment):
            words = draft.text[moment.start : moment.end].strip()
            return draft.says("unknown_time", words=words)
    ahead = {clock.due.isoformat() for clock in brief.clocks if clock.due >= brief.today}
    if (
        following
        and draft.plan.stage != "thanks"
        and not ahead.intersection(moment.value for moment in times)
    ):
        return draft.says("no_next_date", date=written(following.due, brief.language))
    vague = draft.rules.lexicons["vague"]
    if any(vague.search(part) and not any(map(str.isdigit, part)) for part in draft.sentences):
        return draft.says("vague_date")
    return ""


def _known_time(draft: Exhibit, moment: Moment) -> bool:
    value = moment.value
    if value in draft.days:
        return True
    said = {plain(value)}
    if _ISO_DAY.fullmatch(value):
        age = draft.brief.received_on - date.fromisoformat(value)
        if timedelta(0) <= age <= _A_YEAR:
            said.add(f"-{value[4:]}")  # the year a customer leaves out is the last one
    if draft.sources.says(draft.text[moment.start : moment.end]):
        return True
    return any(not said.isdisjoint(moments(source)) for source in draft.sources.all())


def permitted_promises(draft: Exhibit) -> Problem:
    """R9: promises rest on a clock or a policy and have a date; nothing else is promised or reported done."""
    rules = {clock.rule for clock in draft.brief.clocks} | {match.id for match in draft.brief.passages}
    if any(promise.source not in rules or promise.deadline is None for promise in draft.plan.commitments):
        return draft.says("unfounded_promise")
    if any(_promises(draft, sentence) for sentence in draft.sentences):
        return draft.says("undecided_promise")
    return ""


def _promises(draft: Exhibit, sentence: str) -> bool:
    """Whether a sentence promises without leaving it open in the same clause."""
    left_open = draft.rules.lexicons["open"]
    for match in draft.rules.lexicons["promise"].find(sentence):
        start = max((end.end() for end in _CLAUSE_END.finditer(sentence, 0, match.start())), default=0)
        if not left_open.search(sentence[start : match.end()]):
            return True
    return False


def answers_needs(draft: Exhibit) -> Problem:
    """R11: every request gets a line, and nothing already told is asked again."""
    lowered = draft.text.lower()
    answers = draft.rules.needs
    asked = dict.fromkeys(need.need for need in draft.plan.needs) if draft.answers_complaint else {}
    if missed := [need for need in asked if need in answers and not answers[need].search(lowered)]:
        words = wording(draft.brief.language).needs
        named = [words[need].ask if need in words else need for need in missed]
        return draft.says("missed_needs", needs=("、" if draft.brief.language == "zh" else ", ").join(named))
    known = {fact.kind for fact in draft.brief.stated}
    if any(kind in known and words.search(draft.lowered) for kind, words in draft.rules.asks.items()):
        return draft.says("asks_known")
    return ""


def states_rights(draft: Exhibit) -> Problem:
    """R12: where the customer may turn, where that is due."""
    if not rights_due(draft.plan) or any(word in draft.text for word in draft.plan.rights_words):
        return ""
    return draft.says("no_rights")


def no_identifiers(draft: Exhibit) -> Problem:
    """R16: no placeholder, and no number or address that identifies a person."""
    if _PLACEHOLDER.search(draft.text):
        return draft.says("placeholder")
    text = draft.text
    policies = (
        contact for contact in draft.contacts if any(contact in text for text in draft.sources.policies)
    )
    for approved in (draft.plan.reference, draft.plan.rights, draft.plan.crisis, *policies):
        text = text.replace(approved, MASK) if approved else text
    return draft.says("identifier") if looks_personal(text) else ""


def nothing_internal(draft: Exhibit) -> Problem:
    """R17: no scores, codes or systems, no other customer, no run of words from another case."""
    own, language = draft.own, draft.brief.language
    for contact in draft.contacts:
        own = own.replace(contact, MASK)
    if draft.found("internal", "machine") or ("_" in own and _CODE.search(own)):
        return draft.says("internal")
    if draft.found("others"):
        return draft.says("other_customers")
    others = [text for match in draft.brief.cases for text in (match.case.text, match.case.resolution)]
    ours = (*draft.sources.all(), *draft.plan.restated.nouns, draft.plan.topic, draft.brief.company)
    if others and (shared := shared_run(draft.text, others, ours, language)):
        return draft.says("leak", count=shared, limit=LONGEST[language])
    return ""


def verbatim_citations(draft: Exhibit) -> Problem:
    """C1: citations and quotations are word for word in a policy in force."""
    texts = {
        match.id: (match.article.title, match.passage.text)
        for match in draft.brief.passages
        if not match.superseded
    }
    for citation in draft.plan.citations:
        title, passage = texts.get(citation.id, ("", ""))
        if citation.quote != title and citation.quote not in passage:
            return draft.says("bad_citation")
    sources = draft.sources
    for words, title in quotations(draft.text):
        places = (*sources.policies, *sources.others) if title else (*sources.policies, sources.customer)
        if (title or len(words) > _LEAST_QUOTED) and not any(words in place for place in places):
            return draft.says("unknown_quotation")
    return ""


def approved_contacts(draft: Exhibit) -> Problem:
    """C2: links, addresses and numbers to call stand in a policy in force or in the rule packs."""
    if not draft.contacts:
        return ""
    plan = draft.plan
    approved = _bare("\n".join((*draft.sources.policies, plan.rights, plan.crisis)))
    own = (plan.reference, draft.brief.company)
    if any(_bare(contact) not in approved and contact not in own for contact in draft.contacts):
        return draft.says("unknown_contact")
    return ""


def _bare(contact: str) -> str:
    return contact.replace(" ", "").replace("-", "")
