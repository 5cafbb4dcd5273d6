"""The rubric: what every draft is held to, whoever wrote it. Deterministic; the same Brief gives the same result.

R1  reference, names, no gaps      R9  only permitted promises       R18 length and form
R2  language                       R11 answers needs, asks nothing   R19 您 only, not servile
R3  restates a concrete fact           twice                         R20 no selling
R4  acknowledges the feeling       R12 rights where they are due     C1  citations verbatim and in force
R5  an apology without if          R13 no admission of liability     C2  contacts from approved sources only
R6  no blame, no deflection        R14 no absolute promise           S1  safety: the approved block, verbatim
R7  amounts from the sources       R15 no bargain, no threat
R8  dates from the sources, one    R16 no identifiers
    exact next date                R17 nothing internal or others'
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bot.brief import Brief, StatedFact
from bot.clocks.rules import written
from bot.draft.amounts import find_amounts
from bot.draft.clauses import Clauses, fill
from bot.draft.identifiers import contacts, looks_personal
from bot.draft.overlap import LONGEST, shared_run
from bot.draft.plan import Plan, rights_due
from bot.draft.rubric import Rubric, rubric
from bot.draft.sources import MASK, Sources, folded, moments, numbers, percentages, plain, quotations
from bot.draft.times import find_times
from bot.draft.tone import acknowledges
from bot.suggestion import CheckResult

BLOCKING: Final[frozenset[str]] = frozenset(
    {"R1", "R2", "R6", "R7", "R8", "R9", "R12", "R13", "R14", "R15", "R16", "R17", "R20", "C1", "C2", "S1"}
)
"""Checks a draft must pass before anybody sees it; the others are advice to the agent."""

_LETTER: Final = re.compile("[A-Za-z]")
_HAN: Final = re.compile("[㐀-鿿]")
_SENTENCE: Final = {"zh": re.compile("[。！？；\n]+"), "en": re.compile(r"(?<=[.!?;])\s+|\n+")}
_SENTENCE_FORM: Final = {"zh": re.compile("[。！？\n]+"), "en": re.compile(r"(?<=[.!?])[”\"]?\s+|\n+")}
_GAP_MARKS: Final = ("{", "[", "【", "<", "XX", "xx", "某某", "__", "TBD")
_GAP: Final = re.compile(r"\{\w*\}|\[[^\]\n]{1,40}\]|【[^】\n]{0,40}】|<[^>\n]{1,40}>|[xX]{2,}(?![a-wyz])|某某|_{2,}|\bTBD\b")
_PLACEHOLDER: Final = re.compile("[⟦⟧]")
_CODE: Final = re.compile(r"\b[a-z]{2,}(?:_[a-z]+)+\b")
_REFERENCE: Final = {
    "zh": re.compile(r"(?:工单号|受理编?号|案件编?号|投诉编?号|参考号|编号)(?:是|为|[:：])?\s?([a-z0-9][\w/#.-]{2,39})", re.ASCII),
    "en": re.compile(
        r"(?:reference|ticket|case|complaint|number)\s(?:number\s|no\.?\s|id\s)?(?:is\s|:\s?)?#?([a-z]{0,6}-?\d[\w/#-]{2,39})", re.ASCII
    ),
}
_ADDRESSED: Final = {
    "zh": re.compile(r"(?:尊敬的|亲爱的)([^：:，,。\n]{1,40})"),
    "en": re.compile(r"(?:Dear|Hello|Hi)\s+([^,.:!\n]{1,60})"),
}
_ANYBODY: Final = frozenset(
    {"客户", "用户", "您", "先生", "女士", "顾客", "customer", "sir", "madam", "sir or madam", "sir/madam", "there"}
)
_TITLED: Final = {
    "zh": re.compile(r"([㐀-鿿]{1,3})(?:先生|女士|小姐)"),
    "en": re.compile(r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.?\s([A-Z][\w'’-]+)"),
}
_EMOJI: Final = re.compile("[\U0001f300-\U0001faff☀-➿️]")
_MARKS: Final = ("<", "#", "*", "](", "`", "|", "\n-", "\n -")
_MARKUP: Final = re.compile(r"</?[a-z][^>\n]*>|^\s*#{1,6}\s|\*\*|^\s*[*-]\s|\]\(|```|^\s*\|", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class _Case:
    """A draft with what it is judged against."""

    text: str
    brief: Brief
    plan: Plan

    @cached_property
    def rules(self) -> Rubric:
        return rubric(self.brief.language)

    @cached_property
    def sources(self) -> Sources:
        return Sources.of(self.brief, self.plan)

    @cached_property
    def own(self) -> str:
        """The draft without what others have approved: verbatim quotations, company, name, reference."""
        text = self.text
        for words, _ in quotations(text):
            if words in self.brief.text or any(words in policy for policy in self.sources.policies):
                text = text.replace(words, MASK)
        for words in (" ".join(self.brief.company.split()), self.plan.name, self.plan.reference):
            if words:
                text = text.replace(words, MASK)
        return text.replace(self.plan.rights, MASK) if self.plan.rights else text

    @cached_property
    def sentences(self) -> list[str]:
        return [part for part in _SENTENCE[self.brief.language].split(self.lowered) if part.strip()]

    def found(self, *lexicons: str) -> bool:
        """Whether the draft's own words show one of these lexicons."""
        return any(self.rules.lexicons[name].search(self.lowered) for name in lexicons)

    @cached_property
    def lowered(self) -> str:
        """The draft's own words, lower case, as the lexicons read them."""
        return self.own.lower()

    @cached_property
    def contacts(self) -> tuple[str, ...]:
        """Links, addresses and numbers to call."""
        return tuple(contacts(self.text))

    @cached_property
    def judged(self) -> bool:
        """Whether this is a reply to a complaint."""
        return self.plan.stage == "acknowledge"


Problem = str
"""One sentence for the agent; empty where the check passes."""


def check(text: str, brief: Brief, plan: Plan) -> tuple[CheckResult, ...]:
    """Every check on a draft, in the order of the rubric; a safety reply is only compared with the block."""
    case = _Case(text, brief, plan)
    if plan.stage == "safety_hold":
        return (_result("S1", _safety(case)),)
    return tuple(_result(name, judge(case)) for name, judge in _CHECKS.items())


def blocked(results: tuple[CheckResult, ...]) -> bool:
    """Whether a check failed that a draft must pass."""
    return any(not result.passed and result.id in BLOCKING for result in results)


def _result(name: str, problem: Problem) -> CheckResult:
    return CheckResult(id=name, passed=False, detail=problem) if problem else _PASSED[name]


def _safety(case: _Case) -> Problem:
    blocks = {
        fill(text, {"crisis": case.plan.crisis})
        for text in Clauses.shipped(case.brief.language).texts_of("safety")
    }
    return "" if case.text in blocks else "A safety reply must be the approved block, word for word."


def _r1(case: _Case) -> Problem:
    if any(mark in case.own for mark in _GAP_MARKS) and (gap := _GAP.search(case.own)):
        return f"There is a gap left to fill at character {gap.start()}."
    language = case.brief.language
    lowered = case.text.lower()
    for match in _REFERENCE[language].finditer(lowered):
        number = case.text[match.start(1) : match.end(1)].rstrip("./-") if len(lowered) == len(case.text) else match[1]
        if number not in case.plan.reference and not case.sources.says(number):
            return "It quotes a reference that is not this complaint's."
    if _names_stranger(case):
        return "It addresses or names somebody we do not know to be this customer."
    return ""


def _names_stranger(case: _Case) -> bool:
    language, name = case.brief.language, case.plan.name
    for match in _ADDRESSED[language].finditer(case.text):
        addressed = match[1].strip()
        if addressed.lower() not in _ANYBODY and addressed != name:
            return True
    known = f"{name} {case.brief.text}"
    return any(
        match[1] not in known and not match[1].endswith(("的", "位")) for match in _TITLED[language].finditer(case.own)
    )


def _r2(case: _Case) -> Problem:
    text = case.own
    for said in case.plan.restated.nouns:
        text = text.replace(said, MASK)
    if case.brief.language == "en":
        return "The reply must be in English." if _HAN.search(text) or not _LETTER.search(text) else ""
    han, latin = len(_HAN.findall(text)), len(_LETTER.findall(text))
    return "" if han and han * 2 >= latin else "The reply must be in Chinese."


def _r3(case: _Case) -> Problem:
    facts = case.plan.restated.facts
    if not facts or case.plan.stage == "thanks" or any(_restates(fact, case) for fact in facts):
        return ""
    return "It restates none of the amounts, dates or numbers the customer gave."


def _restates(fact: StatedFact, case: _Case) -> bool:
    if fact.text in case.text or fact.value in case.text:
        return True
    if fact.kind in ("amount", "count"):
        return any(value in numbers(case.text) for value in numbers(fact.value.rpartition(" ")[0]))
    if fact.kind in ("date", "duration"):
        return plain(fact.value) in moments(case.text)
    return fact.kind == "product" and case.plan.restated.subject in case.text


def _r4(case: _Case) -> Problem:
    tone = case.plan.tone
    if case.plan.stage == "thanks" or tone.intensity < 2 or acknowledges(case.text, tone.family, case.brief.language):
        return ""
    return f"It does not acknowledge the customer's {tone.family}."


def _r5(case: _Case) -> Problem:
    if case.found("conditional_apology"):
        return "The apology hangs on an if, or is for 'any' inconvenience: apologise for what happened."
    if case.judged and not case.found("apology"):
        return "A reply to a complaint needs one plain apology for the experience."
    return ""


def _r6(case: _Case) -> Problem:
    if case.found("deflect"):
        return "It shifts the matter away instead of taking it on."
    return "It blames, belittles or labels the customer." if case.found("blame", "cold", "labels") else ""


def _r7(case: _Case) -> Problem:
    values = [(case.text[a.start : a.end], a.value) for a in find_amounts(folded(case.text), case.brief.language)]
    for words, value in (*values, *percentages(case.text)):
        if not case.sources.says(words) and not any(value in known for known in case.sources.numbers()):
            return f"The figure {words.strip()!r} is neither in the complaint nor in a policy in force."
    return ""


def _r8(case: _Case) -> Problem:
    brief = case.brief
    days = {clock.due.isoformat() for clock in brief.clocks} | {brief.today.isoformat(), brief.received_on.isoformat()}
    seen = [moment for moment in find_times(folded(case.text), case.brief.language) if moment.value[0] in "-0123456789"]
    for moment in seen:
        if not _dated(moment.value, days) and not _sourced(case, case.text[moment.start : moment.end], plain(moment.value)):
            return f"The time {case.text[moment.start : moment.end].strip()!r} is neither in the complaint nor from a clock."
    ahead = {clock.due.isoformat() for clock in brief.clocks if clock.due >= brief.today}
    if case.plan.stage != "thanks" and case.plan.next and not ahead.intersection(moment.value for moment in seen):
        return f"It names no exact next date: say {written(case.plan.next.due, brief.language)}."
    if any(case.rules.lexicons["vague"].search(part) and not any(c.isdigit() for c in part) for part in case.sentences):
        return "It says when only vaguely: give the exact date in the same sentence."
    return ""


def _dated(value: str, days: set[str]) -> bool:
    return value in days or any(day[5:] == value[2:] or day[:7] == value for day in days)


def _sourced(case: _Case, words: str, value: str) -> bool:
    return case.sources.says(words) or any(value in known for known in case.sources.moments())


def _r9(case: _Case) -> Problem:
    rules = {clock.rule for clock in case.brief.clocks} | {match.id for match in case.brief.passages}
    if any(promise.source not in rules or promise.deadline is None for promise in case.plan.commitments):
        return "A promise has no clock or policy behind it, or no date."
    promise, left_open = case.rules.lexicons["promise"], case.rules.lexicons["open"]
    if any(promise.search(part) and not left_open.search(part) for part in case.sentences):
        return "It promises, or reports as done, something that nobody has decided."
    return ""


def _r11(case: _Case) -> Problem:
    missed = [
        need.need
        for need in case.plan.needs
        if case.judged and need.need in case.rules.needs and not case.rules.needs[need.need].search(case.text.lower())
    ]
    if missed:
        return f"It does not answer what the customer asked for: {', '.join(dict.fromkeys(missed))}."
    known = {fact.kind for fact in case.brief.stated}
    if any(kind in known and pattern.search(case.lowered) for kind, pattern in case.rules.asks.items()):
        return "It asks for something the customer has already told us."
    return ""


def _r12(case: _Case) -> Problem:
    plan = case.plan
    if not rights_due(plan):
        return ""
    return "" if any(word in case.text for word in plan.rights_words) else "It does not say where the customer may turn."


def _r13(case: _Case) -> Problem:
    return "It admits liability, which nobody has confirmed." if case.found("liability") else ""


def _r14(case: _Case) -> Problem:
    return "It promises more than anybody can keep." if case.found("absolute") else ""


def _r15(case: _Case) -> Problem:
    if case.found("withdrawal"):
        return "It bargains with the customer's right to complain or to speak."
    return "It threatens the customer." if case.found("threat") else ""


def _r16(case: _Case) -> Problem:
    if _PLACEHOLDER.search(case.text):
        return "There is a placeholder for personal data in it."
    text = case.text
    for approved in (case.plan.reference, case.plan.rights, case.plan.crisis):
        text = text.replace(approved, MASK) if approved else text
    for contact in case.contacts:
        if any(contact in policy for policy in case.sources.policies):
            text = text.replace(contact, MASK)
    return "It shows a number or address that identifies a person." if looks_personal(text) else ""


def _r17(case: _Case) -> Problem:
    if case.found("internal", "machine") or ("_" in case.own and _CODE.search(_without_contacts(case))):
        return "It uses internal words: scores, codes, systems or the machine itself."
    if case.found("others"):
        return "It speaks of other customers."
    others = [text for match in case.brief.cases for text in (match.case.text, match.case.resolution)]
    own = (*case.sources.all(), *case.plan.restated.nouns, case.plan.topic, case.brief.company)
    if others and (shared := shared_run(case.text, others, own, case.brief.language)):
        unit = "characters" if case.brief.language == "zh" else "words"
        return f"It repeats {shared} {unit} in a row of another case; from {LONGEST[case.brief.language]} it is a leak."
    return ""


def _without_contacts(case: _Case) -> str:
    text = case.own
    for contact in case.contacts:
        text = text.replace(contact, MASK)
    return text


def _r18(case: _Case) -> Problem:
    rules, language, plan = case.rules, case.brief.language, case.plan
    least, most = rules.thanks if plan.stage == "thanks" else rules.letter if plan.tone.form == "letter" else rules.chat
    size = rules.size(case.text, language)
    if not (least if case.judged or plan.stage == "thanks" else 1) <= size <= most:
        return f"It has {size} {'characters' if language == 'zh' else 'words'}; {least} to {most} are right here."
    if max(rules.size(part, language) for part in case.text.split("\n")) > rules.paragraph:
        return f"A paragraph is longer than {rules.paragraph}: break it up."
    if size > rules.sentence * sum(1 for part in _SENTENCE_FORM[language].split(case.text) if part.strip()):
        return f"Sentences are longer than {rules.sentence} on average: shorten them."
    if case.own.count("!") + case.own.count("！") > rules.exclamations:
        return "It has too many exclamation marks."
    marked = any(mark in case.own for mark in _MARKS) and _MARKUP.search(case.own)
    return "It has emoji or markup in it." if marked or _EMOJI.search(case.own) else ""


def _r19(case: _Case) -> Problem:
    if case.brief.language == "zh" and "你" in case.own:
        return "It mixes 你 with 您: write 您 throughout."
    if case.rules.lexicons["apology"].count(case.lowered) > case.rules.apologies:
        return "It apologises too often: once or twice is sincere, more is servile."
    return ""


def _r20(case: _Case) -> Problem:
    return "It sells, advertises or asks for a rating." if case.found("upsell") else ""


def _c1(case: _Case) -> Problem:
    texts = {match.id: match.passage.text for match in case.brief.passages if not match.superseded}
    for citation in case.plan.citations:
        if citation.quote not in texts.get(citation.id, ""):
            return "A citation is not a verbatim sentence of a passage in force."
    for words, title in quotations(case.text):
        if not title and len(words) > LONGEST["zh"] and not _quotable(words, case):
            return "It puts words in quotation marks that stand neither in a policy in force nor in the complaint."
        if title and not any(words in source for source in (*case.sources.policies, *case.sources.others)):
            return "It names a document that is not among the sources."
    return ""


def _quotable(words: str, case: _Case) -> bool:
    return words in case.brief.text or any(words in policy for policy in case.sources.policies)


def _c2(case: _Case) -> Problem:
    approved = "\n".join((*case.sources.policies, case.plan.rights, case.plan.crisis)) if case.contacts else ""
    for contact in case.contacts:
        if _bare(contact) not in _bare(approved) and contact not in (case.plan.reference, case.brief.company):
            return "It gives a link, address or phone number that no approved source has."
    return ""


def _bare(contact: str) -> str:
    return contact.replace(" ", "").replace("-", "")


_CHECKS: Final[dict[str, Callable[[_Case], Problem]]] = {
    "R1": _r1, "R2": _r2, "R3": _r3, "R4": _r4, "R5": _r5, "R6": _r6, "R7": _r7, "R8": _r8, "R9": _r9,
    "R11": _r11, "R12": _r12, "R13": _r13, "R14": _r14, "R15": _r15, "R16": _r16, "R17": _r17, "R18": _r18,
    "R19": _r19, "R20": _r20, "C1": _c1, "C2": _c2,
}  # fmt: skip
_PASSED: Final = {name: CheckResult(id=name, passed=True) for name in ("S1", *_CHECKS)}
