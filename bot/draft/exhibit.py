"""A draft with everything it is judged against."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from bot.brief import Brief
from bot.draft.identifiers import contacts
from bot.draft.lexicon import lowered
from bot.draft.plan import Plan
from bot.draft.problems import say
from bot.draft.rubric import Rubric, rubric
from bot.draft.sentences import Fault, long_enough, sentence_judge
from bot.draft.sources import MASK, Sources, masked, quotations
from knowledge.case import Language

LEAST_QUOTED: Final = {"zh": 10, "en": 30}
"""Characters from which words in quotation marks count as a quotation: a single word of a policy does not
become harmless by the marks around it."""

_SENTENCE: Final = {"zh": re.compile("[^。！？；\n]+"), "en": re.compile(r"[^\n]+?(?:[.!?;](?=\s)|(?=\n)|$)")}
_CLAUSE_END: Final = re.compile(
    r"[，；;：:。！？!?\n]|,(?!\d)|(?<!\bmr)(?<!\bms)(?<!\bmrs)(?<!\bdr)(?<!\bno)\.(?=\s|$)"
    r"|\band (?=(?:we|i|(?:also )?will|also)\b)",
    re.IGNORECASE,
)


class Flaw(NamedTuple):
    """What is wrong with a draft."""

    detail: str
    """One sentence for the agent."""
    start: int | None = None
    """Where the wrong words begin; None where something is missing, or the whole is wrong."""
    end: int | None = None


Verdict = Flaw | None
"""None where a check passes."""


class Sentence(NamedTuple):
    """A sentence of the draft, in lower case, and where it begins."""

    start: int
    text: str


@dataclass(frozen=True)
class Exhibit:
    """A draft, its Brief and its Plan; what several checks need is worked out once."""

    text: str
    brief: Brief
    plan: Plan

    def flaw(self, problem: str, at: tuple[int, int] | None = None, **values: object) -> Flaw:
        """A problem in the language of the reply, for the agent who reads it."""
        detail = say(problem, self.brief.language, **values)
        return Flaw(detail) if at is None else Flaw(detail, *at)

    def showing(self, problem: str, *lexicons: str) -> Verdict:
        """The flaw that the draft's own words show one of these lexicons, if they do."""
        for name in lexicons:
            if match := self.rules.lexicons[name].first(self.lowered):
                return self.flaw(problem, match.span())
        return None

    @cached_property
    def rules(self) -> Rubric:
        """The rubric of the reply's language."""
        return rubric(self.brief.language)

    @cached_property
    def sources(self) -> Sources:
        """What the draft may draw on."""
        return Sources.of(self.brief, self.plan)

    @cached_property
    def own(self) -> str:
        """The draft without what is approved: policies quoted verbatim, names, rights, facts restated.

        As long as the draft, so that places in one are places in the other.
        """
        text = self.text
        for start, end, title in quotations(text):
            words = self.text[start:end]
            whole = title or len(words) >= LEAST_QUOTED[self.brief.language]
            if whole and any(
                words == policy if title else words in policy for policy in self.sources.policies
            ):
                text = masked(text, words)
        plan = self.plan
        approved = " ".join(self.brief.company.split()), plan.name, plan.reference, plan.rights, plan.topic
        for words in (*approved, *plan.restated.acts, plan.restated.subject):
            text = masked(text, words)
        return text

    @cached_property
    def lowered(self) -> str:
        """The draft's own words, lower case and with plain apostrophes, as the lexicons read them."""
        return lowered(self.own).replace("’", "'")

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The draft's own words, lower case, sentence by sentence."""
        found = _SENTENCE[self.brief.language].finditer(self.lowered)
        return tuple(Sentence(match.start(), match[0]) for match in found if match[0].strip())

    @cached_property
    def faults(self) -> tuple[tuple[Sentence, frozenset[Fault]], ...]:
        """The sentences that do what a reply should not, as a trained head judges them."""
        language, text = self.brief.language, self._unsaid_by_others
        pieces = [(each, text[each.start : each.start + len(each.text)]) for each in self.sentences]
        own = [(sentence, piece) for sentence, piece in pieces if _is_own(piece, language)]
        found = sentence_judge().faults([piece.replace(MASK, " ").strip() for _, piece in own], language)
        return tuple((sentence, each) for (sentence, _), each in zip(own, found, strict=True) if each)

    @cached_property
    def _unsaid_by_others(self) -> str:
        """The draft's own words without what a person found, or gave as the reason: these are to be told."""
        decision, text = self.plan.decision, self.own
        for words in (*decision.findings, decision.reason) if decision else ():
            text = masked(masked(text, words), words[:1].upper() + words[1:])
        return text

    def doing(self, problem: str, *faults: Fault) -> Verdict:
        """The flaw that a sentence of the draft does one of these things, if one does."""
        for sentence, found in self.faults:
            if not found.isdisjoint(faults):
                return self.flaw(problem, trimmed(sentence))
        return None

    @cached_property
    def days(self) -> frozenset[str]:
        """The days a reply may name of itself: today, that of receipt, those of the clocks, of the remedies.

        Each also without its year, and as a month.
        """
        brief = self.brief
        promised = [promise.deadline for promise in self.plan.commitments if promise.deadline]
        if self.plan.decision is not None:
            promised += [remedy.by for remedy in self.plan.decision.remedies if remedy.by]
        days = (brief.today, brief.received_on, *(clock.due for clock in brief.clocks), *promised)
        return frozenset(form for day in map(str, days) for form in (day, f"-{day[4:]}", day[:7]))

    @cached_property
    def contacts(self) -> tuple[str, ...]:
        """Links, addresses and numbers to call in the draft."""
        return tuple(contacts(self.text))

    @cached_property
    def _clause_ends(self) -> tuple[tuple[int, int], ...]:
        return tuple(found.span() for found in _CLAUSE_END.finditer(self.text))

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """The clause around some words of the draft: from the comma or stop before them to the one after."""
        ends = self._clause_ends
        before = max((stop for _, stop in ends if stop <= start), default=0)
        return before, min((begin for begin, _ in ends if begin >= end), default=len(self.text))


def _is_own(sentence: str, language: Language) -> bool:
    """Whether enough of a sentence is the draft's own to judge it."""
    long = long_enough(sentence.replace(MASK, " "), language)
    return long and sentence.count(MASK) * 2 < len(sentence)


def trimmed(sentence: Sentence) -> tuple[int, int]:
    """Where a sentence stands, without white space around it."""
    start = sentence.start + len(sentence.text) - len(sentence.text.lstrip())
    return start, start + len(sentence.text.strip())
