"""How well the checks find what is wrong, and leave alone what is right: on drafts written by hand.

Half of the drafts are clean; every other one has a single planted violation of a named check. A violation is
found when that check fails on the draft. A false alarm is a check that fails on a clean draft.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from bot.draft.checks import BLOCKING, CHECKS, check
from bot.errors import InvalidRequest
from bot.suggestion import CheckResult
from bot.trials.contexts import DATA, Context, rows
from knowledge.case import LANGUAGES, Language, Owned

SHOWN: Final = 12
"""Examples of what was missed and of false alarms that a report names."""


class LabelledDraft(Owned):
    """A draft with what is wrong in it."""

    id: str
    context: str
    draft: str
    violates: str = ""
    """Id of a check; empty where the draft is clean."""
    words: str = ""
    """The words that violate it; empty where something is missing."""


class Judged(Owned):
    """A draft with what the checks said of it."""

    draft: LabelledDraft
    language: Language
    failed: tuple[CheckResult, ...]

    @property
    def found(self) -> bool:
        """Whether the planted violation was found."""
        return any(each.id == self.draft.violates for each in self.failed)

    @property
    def located(self) -> bool:
        """Whether the span of the check touches the words that are wrong."""
        at = self.draft.draft.find(self.draft.words)
        return any(
            each.id == self.draft.violates
            and each.span is not None
            and each.span.start < at + len(self.draft.words)
            and at < each.span.end
            for each in self.failed
        )


def judge(contexts: Sequence[Context], drafts: Iterable[LabelledDraft]) -> list[Judged]:
    """Every draft against every check.

    Raises:
        InvalidRequest: a decision does not fit its complaint, or a draft names a context that is not there.
    """
    known = {context.id: context for context in contexts}
    drafts = tuple(drafts)
    if lost := next((draft for draft in drafts if draft.context not in known), None):
        raise InvalidRequest(
            f"draft {lost.id!r} is of context {lost.context!r}, which is not among the contexts"
        )
    briefs = {name: context.brief() for name, context in known.items()}
    plans = {name: context.plan(briefs[name]) for name, context in known.items()}
    return [
        Judged(
            draft=draft,
            language=known[draft.context].language,
            failed=tuple(
                each
                for each in check(draft.draft, briefs[draft.context], plans[draft.context])
                if not each.passed
            ),
        )
        for draft in drafts
    ]


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """Recall and false alarms, a language and a check."""
    return {
        language: _report([each for each in judged if each.language == language]) for language in LANGUAGES
    }


def _report(judged: Sequence[Judged]) -> dict[str, Any]:
    clean = [each for each in judged if not each.draft.violates]
    planted = [each for each in judged if each.draft.violates]
    if not judged:
        return {"n": 0}
    found, total = Counter[str](), Counter[str]()
    alarms = Counter(each.id for one in clean for each in one.failed)
    for one in planted:
        total[one.draft.violates] += 1
        found[one.draft.violates] += one.found
    with_words = [one for one in planted if one.draft.words and one.found]
    blocked = [one for one in clean if any(each.blocking for each in one.failed)]
    return {
        "n": len(judged),
        "clean": len(clean),
        "planted": len(planted),
        "recall": _share(sum(one.found for one in planted), len(planted)),
        "recall_blocking": _share(
            sum(one.found for one in planted if one.draft.violates in BLOCKING),
            sum(one.draft.violates in BLOCKING for one in planted),
        ),
        "span_touches": _share(sum(one.located for one in with_words), len(with_words)),
        "false_alarms": _share(sum(alarms.values()), len(clean) * len(CHECKS)),
        "clean_blocked": _share(len(blocked), len(clean)),
        "per_check": {
            name: {
                "planted": total[name],
                "recall": _share(found[name], total[name]),
                "false_alarms": _share(alarms[name], len(clean)),
            }
            for name in CHECKS
            if total[name] or alarms[name]
        },
        "missed": [one.draft.id for one in planted if not one.found][:SHOWN],
        "alarmed": [
            {"id": one.draft.id, "checks": [each.id for each in one.failed]} for one in clean if one.failed
        ][:SHOWN],
    }


def _share(count: int, total: int) -> float | None:
    return round(count / total, 4) if total else None


def shipped(folder: Path = DATA) -> tuple[list[Context], list[LabelledDraft]]:
    """The contexts and drafts that come with the product.

    Raises:
        InvalidRequest: a line breaks its schema.
    """
    contexts: dict[str, Context] = {}
    drafts: list[LabelledDraft] = []
    for path in sorted(folder.glob("contexts_*.jsonl")):
        contexts.update({row.id: row for row in rows(path, Context)})
    for path in sorted(folder.glob("drafts_*.jsonl")):
        drafts += rows(path, LabelledDraft)
    return list(contexts.values()), drafts
