"""The rubric for a model's reply: all of checks.py, and what only a model does wrong.

C1  fails as well where the model names a source that it was not given
C3  it repeats its instructions
C4  it repeats a long run of the customer's words: a model that writes what the complaint tells it to write

The customer's words in quotation marks count as the model's own: nobody has a promise quoted into a reply.
"""

from typing import Final

from bot.brief import Brief
from bot.draft.checks import BLOCKING as RUBRIC_BLOCKING, check
from bot.draft.manuscript import Manuscript
from bot.draft.overlap import shared_run
from bot.draft.plan import Plan
from bot.draft.problems import say
from bot.draft.prompt import rules_text
from bot.draft.sources import Sources, quotations
from bot.suggestion import CheckResult
from knowledge.case import Language

LONG_RUN: Final[dict[Language, int]] = {"zh": 24, "en": 16}
"""Characters (zh) or words (en) of the customer in a row that no restatement needs."""
SECRET_SENTENCE: Final[dict[Language, int]] = {"zh": 16, "en": 40}
"""Characters from which a sentence of our instructions is told from one that anybody might write."""
_QUOTES: Final = ("“”", '""', "「」")
BLOCKING: Final = RUBRIC_BLOCKING | {"R18", "C3", "C4"}
"""Checks a model's reply must pass before anybody sees it."""


def check_model(manuscript: Manuscript, brief: Brief, plan: Plan, marker: str) -> tuple[CheckResult, ...]:
    """Every check on a model's reply. `marker` is the fence that its prompt used."""
    text, language = manuscript.text, brief.language
    sources = Sources.of(brief, plan)
    results = {result.id: result for result in check(_unquoted(text, brief, sources), brief, plan)}
    if invented := _invented(manuscript, plan):
        results["C1"] = CheckResult(
            id="C1", passed=False, detail=say("invented", language, count=invented), blocking=True
        )
    results["C3"] = _result("C3", _repeats_rules(text, language, marker), say("instructions", language))
    run = shared_run(text, (brief.text,), (*sources.policies, *sources.others), language)
    results["C4"] = _result("C4", run >= LONG_RUN[language], say("parrots", language))
    return tuple(results.values())


def must_pass(results: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """The failed checks for which a model's reply cannot be shown."""
    return tuple(result for result in results if not result.passed and _stops(result))


def _stops(result: CheckResult) -> bool:
    """From a model neither bad form nor the familiar 你 is shown: it was asked for better."""
    return result.blocking or result.id in BLOCKING or (result.span is not None and result.span.text == "你")


def _result(name: str, failed: bool, problem: str) -> CheckResult:
    return CheckResult(id=name, passed=not failed, detail=problem if failed else "", blocking=True)


def _invented(manuscript: Manuscript, plan: Plan) -> int:
    known = {citation.id for citation in plan.citations}
    return sum(source not in known for source in manuscript.sources)


def _repeats_rules(text: str, language: Language, marker: str) -> bool:
    run_together = ("" if language == "zh" else " ").join(text.split())
    rules = (rule for rule in rules_text(language) if len(rule) >= SECRET_SENTENCE[language])
    return marker in text or any(rule in run_together for rule in rules)


def _unquoted(text: str, brief: Brief, sources: Sources) -> str:
    """The reply without the marks around what the customer said and no policy says."""
    for words in [text[start:end] for start, end, _ in quotations(text)]:
        if words in brief.text and not any(words in policy for policy in sources.policies):
            for opened, closed in _QUOTES:
                text = text.replace(f"{opened}{words}{closed}", words)
    return text
