"""A draft with everything it is judged against."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bot.brief import Brief
from bot.draft.identifiers import contacts
from bot.draft.plan import Plan
from bot.draft.problems import say
from bot.draft.rubric import Rubric, rubric
from bot.draft.sources import MASK, Sources, quotations

Problem = str
"""One sentence for the agent; empty where a check passes."""

LEAST_QUOTED: Final = {"zh": 10, "en": 30}
"""Characters from which words in quotation marks count as a quotation: a single word of a policy does not
become harmless by the marks around it."""

_SENTENCE: Final = {"zh": re.compile("[。！？；\n]+"), "en": re.compile(r"(?<=[.!?;])\s+|\n+")}


@dataclass(frozen=True)
class Exhibit:
    """A draft, its Brief and its Plan; what several checks need is worked out once."""

    text: str
    brief: Brief
    plan: Plan

    def says(self, problem: str, **values: object) -> str:
        """A problem in the language of the reply, for the agent who reads it."""
        return say(problem, self.brief.language, **values)

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
        """The draft without what is approved: policies quoted verbatim, names, rights, facts restated."""
        text = self.text
        for words, title in quotations(text):
            whole = title or len(words) >= LEAST_QUOTED[self.brief.language]
            if whole and any(
                words == policy if title else words in policy for policy in self.sources.policies
            ):
                text = text.replace(words, MASK)
        plan = self.plan
        approved = " ".join(self.brief.company.split()), plan.name, plan.reference, plan.rights
        for words in (*approved, *plan.restated.acts):
            text = text.replace(words, MASK) if words else text
        return text

    @cached_property
    def lowered(self) -> str:
        """The draft's own words, lower case, as the lexicons read them."""
        return self.own.lower()

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The draft's own words, lower case, sentence by sentence."""
        parts = _SENTENCE[self.brief.language].split(self.lowered)
        return tuple(part for part in parts if part.strip())

    @cached_property
    def days(self) -> frozenset[str]:
        """The days a reply may name of itself: today, that of receipt, those of the clocks.

        Each also without its year, and as a month.
        """
        brief = self.brief
        days = (brief.today, brief.received_on, *(clock.due for clock in brief.clocks))
        return frozenset(form for day in map(str, days) for form in (day, f"-{day[4:]}", day[:7]))

    @cached_property
    def contacts(self) -> tuple[str, ...]:
        """Links, addresses and numbers to call in the draft."""
        return tuple(contacts(self.text))

    @property
    def answers_complaint(self) -> bool:
        """Whether this replies to a complaint, not to praise or a question."""
        return self.plan.stage == "acknowledge"

    def found(self, *lexicons: str) -> bool:
        """Whether the draft's own words show one of these lexicons."""
        return any(self.rules.lexicons[name].search(self.lowered) for name in lexicons)
