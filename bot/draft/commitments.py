"""What a reply may promise: to look into it and to answer, by dates the clocks give. Never money."""

from collections.abc import Iterator

from bot.clocks.traces import written
from bot.draft.clauses import Stage
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
    if stage == "acknowledge" and (until := final or following) is not None:
        yield _by(until, "look_into", "{date}前核查完毕或说明进展", "looked into by {date}", language)


def _by(clock: Clock, kind: str, zh: str, en: str, language: Language) -> Commitment:
    text = (zh if language == "zh" else en).format(date=written(clock.due, language))
    return Commitment(kind=kind, text=text, deadline=clock.due, source=clock.rule)
