"""What a draft says: only what the sources bear out, and only to this customer."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from bot.brief import StatedFact
from bot.clocks.traces import written
from bot.draft.amounts import find_amounts
from bot.draft.asking import already_given
from bot.draft.clauses import wording
from bot.draft.decided import tells_of, tells_why
from bot.draft.decided_words import met_by_remedies
from bot.draft.exhibit import Exhibit, Verdict
from bot.draft.identifiers import find_personal
from bot.draft.lexicon import lowered
from bot.draft.overlap import LONGEST, shared_run
from bot.draft.plan import Plan, rights_due
from bot.draft.sources import (
    folded,
    masked,
    moments,
    numbers,
    occurs,
    percentages,
    plain,
    quotations,
    sums,
)
from bot.draft.times import Moment, find_times
from bot.privacy.kinds import Kind
from bot.privacy.redaction import redact
from knowledge.case import Language

_GAP_MARKS: Final = ("{", "[", "【", "<", "XX", "xx", "某某", "__", "TBD", "××", "＿")
_GAP: Final = re.compile(
    r"\{\{?[^{}\n]{0,40}\}?\}|\[[^\]\n]{1,40}\]|【[^】\n]{0,40}】|<[^>\n]{1,40}>|[xX]{2,}(?![a-wyz])|某某|[_＿]{2,}"
    r"|×{2,}|\bTBD\b"
)
_PLACEHOLDER: Final = re.compile("[⟦⟧]")
_CODE: Final = re.compile(r"(?<![A-Za-z0-9_])[a-z]{2,}(?:_[a-z]+)+(?![A-Za-z0-9_])")
_REFERENCE: Final = {
    "zh": re.compile(
        r"(?:工单号|工单编号|受理编?号|案件编?号|投诉编?号|参考号|编号)(?:是|为|[:：])?\s?(?P<n>[A-Za-z0-9][\w/#.-]{2,39})",
        re.ASCII,
    ),
    "en": re.compile(
        r"(?:[Rr]eference|[Rr]ef\.?|[Tt]icket|[Cc]ase|[Cc]omplaint|[Nn]umber)\s"
        r"(?:[Nn]umber\s|[Nn]o\.?\s|ID\s|id\s)?(?:is\s|:\s?)?#?(?P<n>[A-Za-z]{0,6}-?\d[\w/#-]{2,39})",
        re.ASCII,
    ),
}
_ADDRESSED: Final = {
    "zh": re.compile(
        r"(?:尊敬的|亲爱的)([^：:，,。\n]{1,40}?)(?=您好|[：:，,。\n])"
        r"|^(?:您好[，,！!]?)?([㐀-鿿]{1,4}(?:先生|女士|小姐))(?=您?好|[：:，,])"
    ),
    "en": re.compile(
        r"(?:Dear|Hello|Hi|Good (?:morning|afternoon))\s+((?:(?:Mrs?|Ms|Mx|Dr|Prof)\.)?[^,.:!\n]{1,60})"
    ),
}
_JUDGED_ELSEWHERE: Final = frozenset({Kind.PERSON, Kind.DATE_OF_BIRTH, Kind.COMPANY_ID})
_ANYBODY: Final = frozenset(
    (
        "客户",
        "用户",
        "您",
        "先生",
        "女士",
        "顾客",
        "customer",
        "valued customer",
        "sir",
        "madam",
        "sir or madam",
        "there",
    )
)
_TITLED: Final = {
    "zh": re.compile(r"([㐀-鿿]{1,3})(?:先生|女士|小姐)"),
    "en": re.compile(r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.?\s([A-Z][\w'’-]+)"),
}
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
            r"\b(?:within|in|in the next|for another|after|takes?|allow|wait|up to|no (?:later|more) than)"
            r"\s(?:the\snext\s|about\s|around\s|another\s|a\sfurther\s)?$"
        ),
        re.compile(r"\s?(?:from|of|time|at most)\b"),
    ),
}
"""Words before and after a duration by which it lies ahead."""
_TOLD: Final = frozenset({"explanation", "investigation", "written_answer"})
"""Requests that a letter with a decision and its ground meets by itself."""
_LEAST_DIGITS: Final = 4
"""Digits from which a reference has a form of its own."""
_ISO_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_A_YEAR: Final = timedelta(days=366)
OWN_WORDS: Final[dict[Language, int]] = {"zh": 6, "en": 4}
"""Characters (zh) or words (en) in a row from which a reply takes up the customer's own words."""
_LAW: Final = {
    "zh": re.compile(r"(?:法|条例|办法|规定|细则|准则)(?:》)?第[一二三四五六七八九十百\d]+条"),
    "en": re.compile(
        r"(?:[Ss]ection|[Aa]rticle|[Rr]egulation|[Cc]lause|[Rr]ule) \d+[\w.()]*"
        r" of (?:the )?[A-Z]\w+(?: [A-Z]\w+){0,6}"
        r"|(?:[A-Z]\w+ ){1,5}(?:Act|Regulations?|Directive|Order|Code)(?: \d{4})?"
    ),
}
"""A law or rule that is named by its number."""
_LEAST_QUOTED: Final = 12
"""Characters from which words in quotation marks must be somebody's: shorter ones may be a term."""


def right_person(draft: Exhibit) -> Verdict:
    """R1: addressed to this customer, about this complaint, with nothing left to fill in."""
    if any(mark in draft.own for mark in _GAP_MARKS) and (gap := _GAP.search(draft.own)):
        return draft.flaw("gap", gap.span(), place=gap.start())
    for match in _REFERENCE[draft.brief.language].finditer(draft.text):
        number = match["n"].rstrip("./-")
        if number not in draft.plan.reference and not draft.sources.says(number):
            return draft.flaw("other_reference", match.span("n"))
    if other := _other_number(draft):
        return draft.flaw("other_reference", other)
    return _names_stranger(draft)


def _other_number(draft: Exhibit) -> tuple[int, int] | None:
    """Where a number of the form of our reference stands that is another one."""
    reference = draft.plan.reference
    if sum(map(str.isdigit, reference)) < _LEAST_DIGITS:
        return None
    form = "".join(r"\d" if each.isdigit() else re.escape(each) for each in reference)
    for match in re.finditer(rf"(?<![A-Za-z0-9]){form}(?![A-Za-z0-9])", draft.text):
        if match[0] != reference and not draft.sources.says(match[0]):
            return match.span()
    return None


def _names_stranger(draft: Exhibit) -> Verdict:
    language, name = draft.brief.language, draft.plan.name
    for match in _ADDRESSED[language].finditer(draft.text):
        group = 1 if match[1] is not None else 2
        addressed = match[group].strip()
        if addressed.lower() not in _ANYBODY and addressed.replace(".", "") != name.replace(".", ""):
            return draft.flaw("stranger", match.span(group))
    known = f"{name} {draft.brief.text}"
    for match in _TITLED[language].finditer(draft.own):
        if match[1] not in known and not match[1].endswith(("的", "位")):
            return draft.flaw("stranger", match.span())
    return None


def restates_a_fact(draft: Exhibit) -> Verdict:
    """R3: at least one amount, date or number of this complaint, where the customer gave one."""
    facts = [fact for fact in draft.brief.stated if fact.kind != "product"]
    due = any(fact.kind != "product" for fact in draft.plan.restated.facts)
    if draft.plan.stage == "thanks" or not due:
        return None
    text = masked(draft.text, draft.plan.reference)
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
        if not any(occurs(words, source) or amount.value in sums(source) for source in evidence):
            return draft.flaw("unknown_amount", (amount.start, amount.end), words=words)
    for start, end, value in percentages(text):
        if not any(value == other for source in evidence for _, _, other in percentages(source)):
            return draft.flaw("unknown_rate", (start, end), words=text[start:end])
    return None


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


def _known_time(draft: Exhibit, moment: Moment) -> bool:
    value = moment.value
    if value in draft.days:
        return True
    said = {plain(value)}
    if _ISO_DAY.fullmatch(value):
        age = draft.brief.received_on - date.fromisoformat(value)
        if timedelta(0) <= age <= _A_YEAR:
            said.add(f"-{value[4:]}")  # the year a customer leaves out is the last one
    if moment.kind == "date" and draft.sources.says(draft.text[moment.start : moment.end]):
        return True
    return any(not said.isdisjoint(moments(source)) for source in draft.sources.all())


def answers_needs(draft: Exhibit) -> Verdict:
    """R11: every request gets a line, and nothing already told is asked again."""
    low = draft.text.lower()
    answers = draft.rules.needs
    asked = dict.fromkeys(need.need for need in draft.plan.needs) if _answers_all(draft) else {}
    granted = _granted(draft, low)
    if missed := [
        need for need in asked if need in answers and need not in granted and not answers[need].search(low)
    ] or _apology_owed(draft, asked):
        words = wording(draft.brief.language).needs
        named = [words[need].ask if need in words else need for need in missed]
        return draft.flaw("missed_needs", needs=("、" if draft.brief.language == "zh" else ", ").join(named))
    known = already_given(draft.brief)
    for kind, words in draft.rules.asks.items():
        if kind in known and (match := words.first(draft.lowered)):
            return draft.flaw("asks_known", match.span())
    return None


def _granted(draft: Exhibit, low: str) -> frozenset[str]:
    """The requests that a decision meets, as far as the reply tells of it."""
    met = {
        need
        for need, kinds in met_by_remedies(draft.plan).items()
        if any(kind in draft.rules.remedies and draft.rules.remedies[kind].search(low) for kind in kinds)
    }
    told = _TOLD if draft.plan.final and tells_why(draft) else frozenset[str]()
    return frozenset(met | told)


def _apology_owed(draft: Exhibit, asked: Iterable[str]) -> list[str]:
    """An apology that somebody else has promised: the one in the letter is not it."""
    decision = draft.plan.decision
    if decision is None or "apology" not in asked:
        return []
    owed = [remedy for remedy in decision.remedies if remedy.kind == "apology" and remedy.owner]
    return [] if all(tells_of(draft, remedy) for remedy in owed) else ["apology"]


def _answers_all(draft: Exhibit) -> bool:
    """Whether this reply has to answer every request: one that only asks back need not."""
    return draft.plan.answers_complaint and draft.plan.stage != "ask"


def states_rights(draft: Exhibit) -> Verdict:
    """R12: where the customer may turn, where that is due."""
    if not rights_due(draft.plan):
        return None
    if all(any(word in draft.text for word in group) for group in draft.plan.rights_words):
        return None
    return draft.flaw("no_rights")


def no_identifiers(draft: Exhibit) -> Verdict:
    """R16: no placeholder, and no number or address that identifies a person."""
    if mark := _PLACEHOLDER.search(draft.text):
        return draft.flaw("placeholder", mark.span())
    text = draft.text
    policies = (
        contact for contact in draft.contacts if any(contact in policy for policy in draft.sources.policies)
    )
    for approved in (draft.plan.reference, draft.plan.rights, draft.plan.crisis, *policies):
        text = masked(text, approved)
    if found := find_personal(text) or _personal(masked(text, draft.plan.name), draft):
        return draft.flaw("identifier", found)
    return None


def _personal(text: str, draft: Exhibit) -> tuple[int, int] | None:
    """Where the redaction finds what identifies a person; names and dates are judged elsewhere."""
    for finding in redact(masked(text, draft.brief.company)).findings:
        known = draft.sources.says(text[finding.start : finding.end])
        if finding.kind not in _JUDGED_ELSEWHERE and not known:
            return finding.start, finding.end
    return None


def nothing_internal(draft: Exhibit) -> Verdict:
    """R17: no scores, codes or systems, no other customer, no run of words from another case."""
    own, language = draft.own, draft.brief.language
    for contact in draft.contacts:
        own = masked(own, contact)
    if flaw := draft.showing("internal", "internal", "machine"):
        return flaw
    if "_" in own and (code := _CODE.search(own)):
        return draft.flaw("internal", code.span())
    if flaw := draft.showing("other_customers", "others"):
        return flaw
    others = [text for match in draft.brief.cases for text in (match.case.text, match.case.resolution)]
    ours = (*draft.sources.all(), *draft.plan.restated.nouns, draft.plan.topic, draft.brief.company)
    if others and (shared := shared_run(draft.text, others, ours, language)):
        return draft.flaw("leak", count=shared, limit=LONGEST[language])
    return None


def verbatim_citations(draft: Exhibit) -> Verdict:
    """C1: citations and quotations are word for word in a policy in force."""
    texts = {
        match.id: (match.article.title, match.passage.text)
        for match in draft.brief.passages
        if not match.superseded
    }
    for citation in draft.plan.citations:
        title, passage = texts.get(citation.id, ("", ""))
        if citation.quote != title and citation.quote not in passage:
            return draft.flaw("bad_citation")
    sources = draft.sources
    for start, end, title in quotations(draft.text):
        words = draft.text[start:end]
        places = (*sources.policies, *sources.others) if title else (*sources.policies, sources.customer)
        if (title or len(words) > _LEAST_QUOTED) and not any(words in place for place in places):
            return draft.flaw("unknown_quotation", (start, end))
    for match in _LAW[draft.brief.language].finditer(draft.own):
        named = match[0].partition(" of the ")[2] or match[0]
        if not any(named in place for place in (*sources.all(), draft.plan.rights)):
            return draft.flaw("unknown_quotation", match.span())
    return None


def approved_contacts(draft: Exhibit) -> Verdict:
    """C2: links, addresses and numbers to call stand in a policy in force or in the rule packs."""
    if not draft.contacts:
        return None
    plan = draft.plan
    approved = _bare("\n".join((*draft.sources.policies, plan.rights, plan.crisis)))
    own = (plan.reference, draft.brief.company)
    for contact in draft.contacts:
        if _bare(contact) not in approved and contact not in own:
            at = draft.text.find(contact)
            return draft.flaw("unknown_contact", (at, at + len(contact)))
    return None


def _bare(contact: str) -> str:
    return contact.replace(" ", "").replace("-", "")
