"""What a draft lets out: nothing internal, nobody else's, and only what is approved word for word."""

import re
from typing import Final

from bot.draft.exhibit import Exhibit, Verdict
from bot.draft.identifiers import find_personal
from bot.draft.overlap import LONGEST, shared_run
from bot.draft.sources import (
    masked,
    quotations,
)
from bot.privacy.kinds import Kind
from bot.privacy.redaction import redact

_PLACEHOLDER: Final = re.compile("[⟦⟧]")
_CODE: Final = re.compile(r"(?<![A-Za-z0-9_])[a-z]{2,}(?:_[a-z]+)+(?![A-Za-z0-9_])")
_JUDGED_ELSEWHERE: Final = frozenset({Kind.PERSON, Kind.DATE_OF_BIRTH, Kind.COMPANY_ID})
_LAW: Final = {
    "zh": re.compile(r"(?:法|条例|办法|规定|细则|准则)(?:》)?第[一二三四五六七八九十百\d]+条"),
    "en": re.compile(
        r"(?:[Ss]ection|[Aa]rticle|[Rr]egulation|[Cc]lause|[Rr]ule) \d+[\w.()]*"
        r" of (?:the |our |your )?[A-Z]\w+(?: (?:of )?[A-Z]\w+){0,6}"
        r"|Regulation [A-Z]{1,2}\b|\d+ (?:CFR|U\.?S\.?C\.?)\b"
        r"|(?:[A-Z]\w+ ){1,5}(?:Act|Regulations?|Directive|Order|Code)(?: \d{4})?"
    ),
}
"""A law or rule that is named by its number."""
_OF: Final = re.compile(r" of (?:the |your )")
_LEAST_QUOTED: Final = 12
"""Characters from which words in quotation marks must be somebody's: shorter ones may be a term."""


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
    if flaw := draft.doing("internal", "internal"):
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
        if words.rstrip().endswith(("?", "？")):  # the customer's question, put in other words
            continue
        places = (*sources.policies, *sources.others) if title else (*sources.policies, sources.customer)
        if (title or len(words) > _LEAST_QUOTED) and not any(words in place for place in places):
            return draft.flaw("unknown_quotation", (start, end))
    for match in _LAW[draft.brief.language].finditer(draft.own):
        named = _OF.split(match[0])[-1] if "of our" not in match[0] else match[0]
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
