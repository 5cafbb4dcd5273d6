"""Makes the judge of sentences in `bot/draft/model/`: `python -m bot.trials.sentences`.

It learns from sentences written for it, of each fault some that have it and some that only look alike, from
the wrong sentences of labelled drafts, and from sound ones: those of clean labelled drafts and those that the
composer writes on cases of the sample. A limit is where, out of fold, hardly a sound sentence is left, and
above all that the composer writes on cases that taught nothing; a fault that is found too seldom there is
left to the lexicons. The same data gives the same files.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bot.draft.sentences import FAULTS, LIMITS, MODEL, Fault, Limits
from bot.trials.sentence_rows import Known, approved, composed, distinct, taught
from knowledge.case import LANGUAGES, Language
from knowledge.evaluation import LabelledText
from knowledge.head import Head
from knowledge.head_features import head_features
from knowledge.static_embedding import StaticEmbedder
from knowledge.training import learn_many

SOUND: Final = 0.001
"""Part of the sound sentences that may be taken for a fault."""
ALIKE: Final = 0.08
"""Part of those that only look alike."""
MARGIN: Final = 0.5
"""Logit above the surest sentence of the composer: its replies have to pass."""
WORTH: Final = 0.1
"""Share of a fault's sentences that a limit has to find."""
_Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """Sentences with what a head says of them."""

    sentences: Sequence[Known]
    labels: tuple[str, ...]
    logits: _Numbers
    """Shape (sentences, labels)."""

    def of(self, fault: Fault, language: Language, source: str, *, has: bool = False) -> _Numbers:
        """The logits of those that do it, or that do not and nowhere may."""
        places = [
            place
            for place, each in enumerate(self.sentences)
            if each.language == language
            and each.source == source
            and (each.label == fault) == has
            and fault not in each.may
        ]
        return self.logits[places, self.labels.index(fault)]


def make_judge(folder: Path = MODEL) -> Limits:
    """Write the head and its limits."""
    sentences = taught()
    known = [LabelledText(e.text, (e.label,) if e.label else (), e.language) for e in sentences]
    learned = learn_many(known, StaticEmbedder.shipped(), "sentences")
    head = learned.head
    used = [each for each, has in zip(sentences, learned.used.tolist(), strict=True) if has]
    seen = {each.text for each in sentences}
    fresh = distinct((*approved(), *(each for each in (*composed(1), *composed(2)) if each.text not in seen)))
    limits = _limits(
        head.name,
        _Scored(used, head.labels, learned.logits),
        _Scored(fresh, head.labels, _scores(head, fresh)),
    )
    head.save(folder)
    (folder / LIMITS).write_text(
        json.dumps(limits.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8"
    )
    return limits


def _scores(head: Head, sentences: Sequence[Known]) -> _Numbers:
    vectors = StaticEmbedder.shipped().embed_documents([each.text for each in sentences])
    pairs = zip(sentences, vectors, strict=True)
    return np.array([head.logits(head_features(each.text), vector) for each, vector in pairs])


def _limits(name: str, taught: _Scored, fresh: _Scored) -> Limits:
    limits: dict[Language, dict[Fault, float]] = {language: {} for language in LANGUAGES}
    measured: dict[Language, dict[Fault, dict[str, float]]] = {language: {} for language in LANGUAGES}
    for language in LANGUAGES:
        for fault in FAULTS:
            has = taught.of(fault, language, fault, has=True)
            if not len(has):
                continue
            sound, alike = taught.of(fault, language, "clean"), taught.of(fault, language, fault)
            limit = max(
                float(np.quantile(sound, 1 - SOUND)),
                float(np.quantile(alike, 1 - ALIKE)),
                float(fresh.of(fault, language, "composer").max()) + MARGIN,
            )
            found = float((has >= limit).mean())
            if found < WORTH:
                continue
            limits[language][fault] = round(limit, 3)
            measured[language][fault] = {
                "sentences": float(len(has)),
                "found": round(found, 3),
                "sound": round(float((sound >= limit).mean()), 5),
                "alike": round(float((alike >= limit).mean()), 3),
            }
    return Limits(head=name, limits=limits, measured=measured)


if __name__ == "__main__":
    made = make_judge()
    json.dump(made.model_dump(mode="json")["measured"], sys.stdout, indent=1)
