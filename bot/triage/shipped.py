"""Makes the files in `model/`: `python -m bot.triage.shipped DATA`, DATA being the folder with ship/ in it.

Heads learn from the labelled cases and complaints and from the public texts that knowledge/labels is for,
those of emotion and escalation also from the phrases of our lexicons. The fusion joins these two to the
rules; needs, vulnerability and complaint-or-not each have a mix of their own. All figures are out of fold.
Those of the fusion are given for every case, and for the cases whose words the lexicons were not tuned on
(`untuned`), which are the ones to believe; for the public texts apart.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bot.triage.circumstances import NO_COMPLAINT
from bot.triage.emotion import LEXICON_EMOTIONS
from bot.triage.fusion import Fusion
from bot.triage.learned import MODEL
from bot.triage.lexicon import LEXICONS, Group, load_lexicon
from bot.triage.mixing_fit import Ruled, fit_mix
from bot.triage.needs import find_needs, looks_like_complaint, need_label
from bot.triage.report import PUBLIC, report
from bot.triage.stacking import Bools, Labels, choose_limits, labels_of, stack
from bot.triage.vulnerability import find_vulnerability
from knowledge.case import ESCALATIONS, LANGUAGES, Case, Language
from knowledge.corpus import borrowed_cases, sample_cases, sample_complaints
from knowledge.embedding import LexicalEmbedder
from knowledge.evaluation import LabelledText
from knowledge.training.rows import fingerprint

PHRASE_WEIGHT: Final = 0.1
"""A phrase of a lexicon counts a tenth of a case; 0.3 is worse."""
LEAST_WEIGHT: Final = 1.0
"""Level from which a word of feeling teaches."""
_TUNED: Final = re.compile(r"[a-z]+-[a-z]{5,}-0(?:[0-3][13579]|41)")
_CHOICE: Final = re.compile(r"\(([^|()]*)[^()]*\)")


def make_shipped_judge(data: Path, folder: Path = MODEL) -> Fusion:
    """Write both heads and the fusion; the same texts give the same files."""
    own, tuned = labelled_cases()
    public = list(borrowed_cases(data))
    cases, tuned = [*own, *public], np.concatenate([tuned, np.zeros(len(public), np.bool_)])
    made = stack(cases, tuned, list(emotion_phrases()), list(escalation_phrases()), LexicalEmbedder.shipped())
    languages = [*(case.language for case in own), *(PUBLIC for _ in public)]
    metrics = report(made.judged, made.truth, made.fold, tuned, languages, choose_limits)
    fusion = made.fusion(tuned, metrics, corpus_fingerprint(own, labels_of(own)))
    for subject, rows in circumstances_rows(cases).items():
        fit_mix(rows, LexicalEmbedder.shipped(), subject).save(folder / subject)
    made.emotion.save(folder / "emotion")
    made.escalation.save(folder / "escalation")
    fusion.save(folder / "fusion.json")
    return fusion


def labelled_cases() -> tuple[list[Case], Bools]:
    """The labelled cases and complaints of our corpus, and which of them the lexicons were tuned on, (n,).

    These are the odd numbers of the first cases; nobody looked at the later ones (from 43 on) for that.
    """
    cases = [
        case
        for case in (*sample_cases(), *sample_complaints())
        if case.primary_emotion is not None and case.intensity is not None
    ]
    return cases, np.array([bool(_TUNED.fullmatch(case.id)) for case in cases], np.bool_)


def circumstances_rows(cases: Sequence[Case]) -> dict[str, list[Ruled]]:
    """What the heads of needs, vulnerability and complaint learn from, by subject.

    Needs are labelled in a part of the corpus only.
    """
    return {
        "needs": [
            Ruled(
                _row(case, {need_label(need.kind, need.need) for need in case.needs if need.need != "other"}),
                {need_label(found.kind, found.need) for found in find_needs(case.text, case.language)},
            )
            for case in cases
            if "needs" in case.model_fields_set
        ],
        "vulnerability": [
            Ruled(
                _row(case, set(case.vulnerability)),
                {found.kind for found in find_vulnerability(case.text, case.language)},
            )
            for case in cases
        ],
        "complaint": [
            Ruled(
                _row(case, {"complaint" if case.complaint else NO_COMPLAINT}),
                {"complaint" if looks_like_complaint(case.text, case.language)[0] else NO_COMPLAINT},
            )
            for case in cases
        ],
    }


def _row(case: Case, labels: Iterable[str]) -> LabelledText:
    return LabelledText(case.text, tuple(sorted(labels)), case.language)


def corpus_fingerprint(cases: Sequence[Case], truth: Labels) -> str:
    """Of the cases, their labels and the phrases."""
    rows = [
        LabelledText(case.text, (str(row.tolist()), str(level), *case.escalations), case.language)
        for case, row, level in zip(cases, truth.kinds, truth.intensity, strict=True)
    ]
    return fingerprint([*rows, *emotion_phrases(), *escalation_phrases()])


def emotion_phrases() -> Iterator[LabelledText]:
    """The phrases of the lexicons of feeling, as rows that only teach."""
    for language, group in _groups("emotion"):
        labels = tuple(
            dict.fromkeys(LEXICON_EMOTIONS[kind] for kind in group.kinds if kind in LEXICON_EMOTIONS)
        )
        if labels and group.weight >= LEAST_WEIGHT:
            yield from _taught(group.phrases, labels, language)


def escalation_phrases() -> Iterator[LabelledText]:
    """The phrases of the lexicons of escalation, idioms too, as rows that only teach."""
    for language, group in _groups("escalation"):
        labels = tuple(kind for kind in group.kinds if kind in ESCALATIONS)
        if labels or "none" in group.kinds:
            yield from _taught(group.phrases, labels, language)


def _groups(subject: str) -> Iterator[tuple[Language, Group]]:
    for language in LANGUAGES:
        for group in load_lexicon(LEXICONS / f"{language}_{subject}.toml").groups:
            yield language, group


def _taught(phrases: Iterable[str], labels: tuple[str, ...], language: Language) -> Iterator[LabelledText]:
    """The phrases, each with the first of its choices."""
    for phrase in phrases:
        words, found = _CHOICE.subn(r"\1", phrase)
        while found:  # choices inside choices
            words, found = _CHOICE.subn(r"\1", words)
        words = words.replace("…", " ").replace("+", "")
        yield LabelledText(words, labels, language, PHRASE_WEIGHT, False)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1], "ship").is_dir():
        sys.exit("usage: python -m bot.triage.shipped DATA  (DATA: the folder with ship/ in it)")
    shown = make_shipped_judge(Path(sys.argv[1])).card
    sys.stdout.write(json.dumps(shown.metrics, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.write(json.dumps({kind: limit.model_dump() for kind, limit in shown.limits.items()}) + "\n")
