"""What a reply may promise.

Of itself: to look into it and to answer, by dates the clocks give. Beyond that only what a person decided,
within what they may promise (authority.toml); never what some text says.
"""

from collections.abc import Iterator

from bot.clocks.traces import written
from bot.draft.clauses import Stage, wording
from bot.draft.decision import WORDS_ALONE, Decision, Remedy
from bot.draft.restate import money
from bot.suggestion import Clock, Commitment
from knowledge.case import Language


def commitments(
    stage: Stage, language: Language, *, first: Clock | None, following: Clock | None, final: Clock | None
) -> tuple[Commitment, ...]:
    """The promises of a reply of this stage, each with the clock that allows it.

    `first` is the date by which a person must have answered, `following` the next date the customer hears
    from us, `final` the statutory date of the decision.
    """
    return tuple(_commitments(stage, language, first, following, final))


def _commitments(
    stage: Stage, language: Language, first: Clock | None, following: Clock | None, final: Clock | None
) -> Iterator[Commitment]:
    if stage == "safety_hold" and first is not None:
        yield _by(first, "call", "{date}前由人打电话", "a person calls by {date}", language)
    if stage in ("acknowledge", "answer") and following is not None:
        yield _by(following, "reply", "{date}前答复", "a reply by {date}", language)
    if stage in ("ask", "progress") and following is not None:
        yield _by(following, "reply", "{date}前答复", "a reply by {date}", language)
    if stage in ("acknowledge", "ask", "progress") and (until := final or following) is not None:
        yield _by(until, "look_into", "{date}前核查完毕或说明进展", "looked into by {date}", language)


def remedies(decision: Decision, language: Language) -> tuple[Commitment, ...]:
    """The promises of a decision: one for every remedy that somebody has to carry out."""
    return tuple(
        Commitment(
            kind=remedy.kind,
            text=remedy_words(remedy, language),
            amount=remedy.amount,
            currency=remedy.currency,
            deadline=remedy.by,
            source=decision.policy or f"authority.{remedy.kind}",
            owner=remedy.owner,
            approved_by=decision.approved_by,
        )
        for remedy in decision.remedies
        if remedy.kind not in WORDS_ALONE
    )


def remedy_words(remedy: Remedy, language: Language) -> str:
    """The remedy as a letter says it: 11月30日前退还您300元; we will refund you £35 by 30 November 2026."""
    words = wording(language).remedies[remedy.kind]
    amount = "" if remedy.amount is None else money(f"{remedy.amount:f} {remedy.currency}", language)
    what = remedy.what or amount or words.what
    day = written(remedy.by, language) if remedy.by else ""
    return words.say.format(amount=amount, by=day, what=what)


def _by(clock: Clock, kind: str, zh: str, en: str, language: Language) -> Commitment:
    text = (zh if language == "zh" else en).format(date=written(clock.due, language))
    return Commitment(kind=kind, text=text, deadline=clock.due, source=clock.rule)
