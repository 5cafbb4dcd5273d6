"""The sentences the judge learns from: written ones, those of the labelled drafts, and the composer's own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from bot.complaint import ComplaintIn
from bot.desk import on_paper
from bot.draft.clauses import Clauses
from bot.draft.composer import Composer
from bot.draft.decision import Decision
from bot.draft.plan import make_plan
from bot.draft.sentences import Fault, long_enough
from bot.errors import InvalidRequest
from bot.settings import Settings
from bot.trials.composing import STAGES, decision_for
from bot.trials.contexts import DATA, Context, rows
from bot.trials.desks import TENANT, trial_desk
from bot.trials.labelled import LabelledDraft
from knowledge.case import LANGUAGES, Case, Language, Owned
from knowledge.corpus import sample_cases

TAUGHT: Final = ("zh_1", "zh_2", "zh_3", "en_1", "en_2", "en_3")
"""The labelled drafts that teach; nothing is learned from any other."""
CASES: Final = 400
"""Cases of the sample on which the composer writes, to teach and again to measure."""
_STYLES: Final = ("shorter", "longer", "warmer", "formal")
_BREAKS: Final[dict[str, Fault]] = {
    "R5": "conditional", "R6": "blame", "R9": "promise", "R10": "finding", "R13": "liability",
    "R14": "absolute", "R15": "bargain", "R17": "internal", "R20": "selling",
}  # fmt: skip
"""What a sentence does by which a draft fails a check."""
_MAY: Final[dict[str, frozenset[Fault]]] = {
    "progress": frozenset({"finding"}),
    "rejected": frozenset({"finding"}),
    **dict.fromkeys(("upheld", "partly", "goodwill"), frozenset[Fault]({"finding", "promise"})),
}
"""What the clauses of a stage do with good right."""
_VARIABLE: Final = re.compile(r"\{\w+\}")
_SENTENCE: Final = {"zh": re.compile("[^。！？；\n]+"), "en": re.compile(r"[^\n]+?(?:[.!?;](?=\s)|(?=\n)|$)")}


class SentenceRow(Owned):
    """A sentence with what it does; nothing where it only looks alike."""

    text: Annotated[str, Field(min_length=1)]
    language: Language
    label: Fault | Literal[""]


class Known(NamedTuple):
    """A sentence with where it comes from."""

    text: str
    language: Language
    label: Fault | Literal[""]
    source: str
    """The fault it was written for, `clean`, `planted` or `composer`."""
    may: frozenset[Fault] = frozenset()
    """What it does with good right, by the decision it conveys: no example of what is sound elsewhere."""


def taught() -> list[Known]:
    """Everything that teaches, each text once."""
    return distinct((*approved(), *composed(0), *_labelled(), *_written()))


def approved() -> Iterator[Known]:
    """The composer's clauses, with nothing in their variables."""
    for language in LANGUAGES:
        for (_, stage, *_), clauses in Clauses.shipped(language).by_place.items():
            may = _MAY.get(stage, frozenset[Fault]())
            for sentence in _sentences(
                "\n".join(_VARIABLE.sub(" ", each.text) for each in clauses), language
            ):
                yield Known(sentence, language, "", "composer", may)


def composed(offset: int) -> Iterator[Known]:
    """What the composer writes at every stage on every third case of the sample, from one on."""
    cases: tuple[Case, ...] = tuple(sample_cases())[offset::3][:CASES]
    composer = Composer.shipped()
    with trial_desk(Settings.from_env({}), sample=True, rehearsed=False) as parts:
        for number, case in enumerate(cases):
            channel = ("email", "chat")[number % 2]
            complaint = ComplaintIn(text=case.text, channel=channel, sector=case.industry or None)
            brief = parts.desk.assess(TENANT, on_paper(complaint, f"trial-{number}")).brief
            for stage in STAGES:
                mine = replace(brief, decision=decision_for(stage, brief))
                try:
                    plan = make_plan(mine)
                except InvalidRequest:  # nothing left to ask for
                    continue
                texts = (composer.write(mine, plan, style, number % 3) for style in ("", _STYLES[number % 4]))
                for sentence in _sentences("\n".join(texts), brief.language):
                    yield Known(sentence, brief.language, "", "composer", _may(mine.decision))


def _written() -> Iterator[Known]:
    for path in sorted(DATA.glob("sentences_*.jsonl")):
        fault = path.stem.removeprefix("sentences_")
        for row in rows(path, SentenceRow):
            yield Known(row.text, row.language, row.label, fault)


def _labelled() -> Iterator[Known]:
    """The sentences of clean drafts, and of the others those that are wrong."""
    for name in TAUGHT:
        contexts = {row.id: row for row in rows(DATA / f"contexts_{name}.jsonl", Context)}
        for draft in rows(DATA / f"drafts_{name}.jsonl", LabelledDraft):
            context = contexts[draft.context]
            may, fault = _may(context.decision), _BREAKS.get(draft.violates)
            for sentence in _sentences(draft.draft, context.language):
                if not draft.violates:
                    yield Known(sentence, context.language, "", "clean", may)
                elif fault and fault not in may and _wrong(sentence, draft.words):
                    yield Known(sentence, context.language, fault, "planted")


def _wrong(sentence: str, words: str) -> bool:
    return bool(words) and (sentence in words or words.strip() in sentence)


def _may(decision: Decision | None) -> frozenset[Fault]:
    """What a reply may do that conveys this decision, and one without it may not."""
    if decision is None or decision.stage == "ask":
        return frozenset()
    found: set[Fault] = {"finding"}
    if decision.remedies:
        found.add("promise")
    if decision.fault_confirmed:
        found.add("liability")
    return frozenset(found)


def _sentences(text: str, language: Language) -> Iterator[str]:
    for match in _SENTENCE[language].finditer(text):
        sentence = match[0].strip()
        if long_enough(sentence, language):
            yield sentence


def distinct(sentences: Iterable[Known]) -> list[Known]:
    """Each text once, as the last one has it; what it may is what it may everywhere."""
    found: dict[str, Known] = {}
    for each in sentences:
        before = found.get(each.text)
        found[each.text] = each if before is None else each._replace(may=each.may & before.may)
    return list(found.values())
