"""A complaint with all that surrounds its reply, as labelled data holds it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, Field, ValidationError

from bot.brief import Brief, Utterance
from bot.draft.decision import Decision
from bot.draft.plan import Plan, make_plan
from bot.draft.stated import find_stated
from bot.errors import InvalidRequest
from bot.suggestion import Clock, Emotion, Escalation, Evidence, NeedRead, Route, Triage
from knowledge.article import Article
from knowledge.case import Case, CaseOutcome, EmotionKind, EscalationKind, Language, Owned, Redress
from knowledge.match import CaseMatch, PassageMatch

DATA: Final = Path(__file__).with_name("data")
SIMILARITY: Final = 0.6
"""Of passages and cases of a context: near enough for everything that asks."""
_RIGHTS: Final = (
    "申请核查", "申请复核", "调解", "仲裁", "诉讼", "起诉", "法院", "申诉", "反映", "Ombudsman", "mediation",
    "arbitration", "court", "CFPB", "Consumer Financial Protection Bureau", "regulator", "appeal", "dispute",
    "ADR", "complaint to",
)  # fmt: skip
"""Words of which one shows that a reply states the rights of a context."""

Row = TypeVar("Row", bound=BaseModel)


class ClockRow(Owned):
    """A date."""

    stage: str
    due: date
    rule: str


class PassageRow(Owned):
    """A policy in force."""

    id: str
    title: str
    text: str


class CaseRow(Owned):
    """Somebody else's past case."""

    id: str
    text: str
    resolution: str = ""
    outcome: CaseOutcome | None = None
    redress: Redress | None = None


class Context(Owned):
    """One complaint with its surroundings."""

    id: str
    language: Language
    channel: str
    sector: str | None
    jurisdiction: str
    company: str
    reference: str
    received: date
    today: date
    name: str = ""
    complaint: Annotated[str, Field(min_length=1)]
    category: str | None
    emotion: EmotionKind
    intensity: Annotated[int, Field(ge=0, le=4)]
    needs: tuple[str, ...] = ()
    escalations: tuple[EscalationKind, ...] = ()
    clocks: tuple[ClockRow, ...] = ()
    rights: str = ""
    passages: tuple[PassageRow, ...] = ()
    cases: tuple[CaseRow, ...] = ()
    decision: Decision | None = None

    def brief(self) -> Brief:
        """The evidence as the desk would gather it."""
        evidence = (Evidence(start=0, end=1, text="…"),)
        cases = tuple(self._case(row) for row in self.cases)
        return Brief(
            complaint_id=self.id,
            reference=self.reference,
            company=self.company,
            language=self.language,
            channel=self.channel,
            sector=self.sector,
            received_on=self.received,
            today=self.today,
            text=self.complaint,
            turns=(Utterance("customer", self.complaint),),
            triage=Triage(
                category=self.category,
                confidence=0.9,
                margin=0.5,
                abstained=self.category is None,
                reason_code="assigned" if self.category else "low_confidence",
                alternatives=(),
                complaint=True,
                urgency="normal",
                route=Route(queue="complaints"),
                emotion=Emotion(primary=self.emotion, intensity=self.intensity, scores={self.emotion: 0.8}),
                escalations=tuple(Escalation(kind=kind, evidence=evidence) for kind in self.escalations),
                needs=tuple(NeedRead(kind="explicit", need=need, text="…") for need in self.needs),
                vulnerability=(),
                reasons=(),
            ),
            stated=find_stated(self.complaint, self.language),
            cases=cases,
            passages=tuple(match for row in self.passages for match in self._passages(row)),
            facts=(),
            open_promises=(),
            clocks=tuple(
                Clock(stage=row.stage, due=row.due, rule=row.rule, trace="", source="", verified=True)
                for row in self.clocks
            ),
            decision=self.decision,
            precedents=cases,
        )

    def plan(self, brief: Brief) -> Plan:
        """What the reply has to do; with the rights of the context, in a short message only where due.

        Raises:
            InvalidRequest: the decision does not fit the complaint.
        """
        plan = replace(make_plan(brief), name=self.name)
        named = re.findall(r"(?:[A-Z][a-z]+ ){1,3}[A-Z][a-z]+|(?:www\.)?[a-z]+\.[a-z.]{3,}", self.rights)
        known = (*_RIGHTS, *re.findall(r"\d{5}", self.rights), *named, "dispute resolution")
        # where to turn stands behind the condition: four of these words in a row tell it
        told = self.rights.partition(", ")[2].split()
        runs = (" ".join(told[at : at + 4]) for at in range(len(told) - 3))
        words = (*(word for word in known if word in self.rights), *runs)
        due = plan.stage in {"acknowledge", "progress", "upheld", "partly", "rejected", "goodwill"}
        asked = {"regulator", "legal"}.intersection(self.escalations)
        if not self.rights or not due or (plan.tone.form == "chat" and not asked):
            return replace(plan, rights=self.rights, rights_words=())
        return replace(plan, rights=self.rights, rights_words=(words,))

    def _passages(self, row: PassageRow) -> Iterator[PassageMatch]:
        article = Article(id=row.id, language=self.language, title=row.title, kind="policy", text=row.text)
        for passage in article.passages():
            yield PassageMatch(passage, article, SIMILARITY, ("dense",))

    def _case(self, row: CaseRow) -> CaseMatch:
        case = Case(
            id=row.id,
            language=self.language,
            text=row.text,
            resolution=row.resolution,
            outcome=row.outcome,
            redress=row.redress or Redress(),
            category=self.category,
            industry=self.sector or "",
        )
        return CaseMatch(case, SIMILARITY, ("dense",))


def rows(path: Path, shape: type[Row]) -> list[Row]:
    """The rows of a JSONL file.

    Raises:
        InvalidRequest: a line is no such row; names the file, the line and the field.
    """
    found: list[Row] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                found.append(shape.model_validate_json(line))
            except ValidationError as error:
                fault = error.errors(include_url=False, include_input=False)[0]
                where = ".".join(map(str, fault["loc"]))
                raise InvalidRequest(f"{path.name}, line {number}: {where}: {fault['msg']}") from error
    return found
