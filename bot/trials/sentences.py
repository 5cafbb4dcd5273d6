"""Makes the judge of sentences in `bot/draft/model/`: `python -m bot.trials.sentences`.

It learns from sentences written for it, of each fault some that have it and some that only look alike, and
from sound ones: those of clean labelled drafts and those that the composer writes on the cases of the sample.
A limit is where, out of fold, hardly a sound sentence is left; a fault that is found too seldom there is left
to the lexicons. The same data gives the same files.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import numpy as np
from pydantic import Field

from bot.complaint import ComplaintIn
from bot.desk import on_paper
from bot.draft.composer import Composer
from bot.draft.plan import make_plan
from bot.draft.sentences import FAULTS, LIMITS, MODEL, Fault, Limits
from bot.errors import InvalidRequest
from bot.settings import Settings
from bot.trials.composing import STAGES, decision_for
from bot.trials.contexts import DATA, Context, rows
from bot.trials.desks import TENANT, trial_desk
from bot.trials.labelled import LabelledDraft
from knowledge.case import LANGUAGES, Language, Owned
from knowledge.corpus import sample_cases
from knowledge.evaluation import LabelledText
from knowledge.static_embedding import StaticEmbedder
from knowledge.training import Learned, learn_many

TAUGHT: Final = ("zh_1", "zh_2", "en_1")
"""Labelled drafts whose clean ones teach; nothing was learned from the others."""
SOUND: Final = 0.001
"""Part of the sound sentences that may be taken for a fault."""
ALIKE: Final = 0.06
"""Part of those that only look alike."""
MARGIN: Final = 0.5
"""Logit above the surest sentence of the composer: its replies have to pass."""
WORTH: Final = 0.03
"""Share of a fault's sentences that a limit has to find."""
CASES: Final = 400
"""Cases of the sample on which the composer writes."""
_SENTENCE: Final = {"zh": re.compile("[^。！？；\n]+"), "en": re.compile(r"[^\n]+?(?:[.!?;](?=\s)|(?=\n)|$)")}
_LEAST: Final = 4
"""Characters of a sentence."""


class SentenceRow(Owned):
    """A sentence with what it does; nothing where it only looks alike."""

    text: Annotated[str, Field(min_length=1)]
    language: Language
    label: Fault | Literal[""]


class _Sentence(NamedTuple):
    text: str
    language: Language
    label: Fault | Literal[""]
    source: str
    """A fault (written for it), `clean` or `composer`."""


def make_judge(folder: Path = MODEL) -> Limits:
    """Write the head and its limits."""
    sentences = list({each.text: each for each in (*_composed(), *_clean(), *_written())}.values())
    known = [LabelledText(e.text, (e.label,) if e.label else (), e.language) for e in sentences]
    learned = learn_many(known, StaticEmbedder.shipped(), "sentences")
    used = [each for each, has in zip(sentences, learned.used.tolist(), strict=True) if has]
    limits = _limits(used, learned)
    learned.head.save(folder)
    (folder / LIMITS).write_text(
        json.dumps(limits.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8"
    )
    return limits


def _limits(sentences: list[_Sentence], learned: Learned) -> Limits:
    limits: dict[Language, dict[Fault, float]] = {language: {} for language in LANGUAGES}
    measured: dict[Language, dict[Fault, dict[str, float]]] = {language: {} for language in LANGUAGES}
    labels = list(learned.head.labels)
    columns: dict[Fault, int] = {fault: labels.index(fault) for fault in FAULTS if labels.count(fault)}
    for language in LANGUAGES:
        mine = [n for n, each in enumerate(sentences) if each.language == language]
        for fault, column in columns.items():
            logits = learned.logits[mine, column]
            has = np.array([sentences[n].label == fault for n in mine])
            sources = np.array([sentences[n].source for n in mine])
            alike, sound = (sources == fault) & ~has, sources == "clean"
            limit = max(
                np.quantile(logits[sound], 1 - SOUND),
                np.quantile(logits[alike], 1 - ALIKE) if alike.any() else -np.inf,
                logits[sources == "composer"].max() + MARGIN,
            )
            found = float((logits[has] >= limit).mean())
            if found >= WORTH:
                limits[language][fault] = round(float(limit), 3)
                measured[language][fault] = {
                    "sentences": float(has.sum()),
                    "found": round(found, 3),
                    "sound": round(float((logits[sound] >= limit).mean()), 5),
                    "alike": round(float((logits[alike] >= limit).mean()), 3) if alike.any() else 0.0,
                }
    return Limits(head=learned.head.name, limits=limits, measured=measured)


def _written() -> Iterator[_Sentence]:
    for path in sorted(DATA.glob("sentences_*.jsonl")):
        fault = path.stem.removeprefix("sentences_")
        for row in rows(path, SentenceRow):
            yield _Sentence(row.text, row.language, row.label, fault)


def _clean() -> Iterator[_Sentence]:
    for name in TAUGHT:
        contexts = {row.id: row for row in rows(DATA / f"contexts_{name}.jsonl", Context)}
        for draft in rows(DATA / f"drafts_{name}.jsonl", LabelledDraft):
            if not draft.violates:
                yield from _sentences(draft.draft, contexts[draft.context].language, "clean")


def _composed() -> Iterator[_Sentence]:
    """What the composer writes at every stage on cases of the sample, every third one."""
    composer, cases = Composer.shipped(), tuple(sample_cases())[::3][:CASES]
    with trial_desk(Settings.from_env({}), sample=True, rehearsed=False) as parts:
        for number, case in enumerate(cases):
            channel = ("email", "chat")[number % 2]
            complaint = ComplaintIn(text=case.text, channel=channel, sector=case.industry or None)
            brief = parts.desk.assess(TENANT, on_paper(complaint, f"trial-{number}")).brief
            for stage in STAGES:
                mine = replace(brief, decision=decision_for(stage, brief))
                try:
                    text = composer.write(mine, make_plan(mine))
                except InvalidRequest:  # nothing left to ask for
                    continue
                yield from _sentences(text, brief.language, "composer")


def _sentences(text: str, language: Language, source: str) -> Iterator[_Sentence]:
    for match in _SENTENCE[language].finditer(text):
        sentence = match[0].strip()
        if len(sentence) >= _LEAST:
            yield _Sentence(sentence, language, "", source)


if __name__ == "__main__":
    made = make_judge()
    json.dump(made.model_dump(mode="json")["measured"], sys.stdout, indent=1)
