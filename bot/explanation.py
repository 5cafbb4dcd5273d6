"""What influenced the judgement of a complaint, in words for the customer it is about and for an auditor."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Literal

from bot.desk import Desk
from bot.errors import NotFound
from bot.suggestion import CareCard, Evidence, ProfileView, Suggestion, Triage
from knowledge.case import Language, Owned
from profiles.people import People
from profiles.rights import Access

Part = Literal[
    "category", "emotion", "urgency", "escalation", "need", "vulnerability", "similar_case", "route",
    "situation", "unvoiced_need", "strategy", "risk", "history", "remembered",
]  # fmt: skip


class Influence(Owned):
    """One thing that was found, and what it rests on."""

    part: Part
    value: str
    """Codes as in the suggestion, or words."""
    because: tuple[str, ...] = ()
    """Words of the complaint, sentences, or traits of the profile with their values."""


class Explanation(Owned):
    """What a suggestion rests on."""

    complaint_id: str
    suggestion_id: str
    made_at: datetime
    models: dict[str, str]
    from_complaint: tuple[Influence, ...]
    """Found in the words of the complaint and in cases like it."""
    care: tuple[Influence, ...]
    """How the customer is best served; rests on this contact, and on their history where it may be used."""
    from_profile: tuple[Influence, ...]
    """What only the profile told; empty where nothing was, or might be, used."""
    human_only: bool
    """The customer asked that no machine alone decides about them."""
    never: str
    """What the profile had no part in, in words."""
    read: tuple[Access, ...]
    """Who read which fields for this complaint, newest first; never values."""


def explanation_of(
    desk: Desk, people: People, tenant: str, complaint_id: str, language: Language | None
) -> Explanation:
    """The explanation of a complaint's newest suggestion.

    Raises:
        NotFound: there is no such complaint, or no suggestion that has seen its newest turn.
    """
    suggestion = desk.on_record(tenant, complaint_id)
    if suggestion is None:
        raise NotFound(f"no suggestion for complaint {complaint_id!r} yet: GET its suggestion first")
    customer = suggestion.profile.customer_id
    accesses = [] if customer is None else people.accesses(tenant, customer, 5000)
    spoken: Language = language or ("zh" if suggestion.draft.language == "zh" else "en")
    return explain(suggestion, accesses, spoken)


def explain(suggestion: Suggestion, accesses: Iterable[Access], language: Language) -> Explanation:
    """The explanation of a suggestion as it is on record, with the customer as they are known now."""
    return Explanation(
        complaint_id=suggestion.complaint_id,
        suggestion_id=suggestion.id,
        made_at=suggestion.created_at,
        models=suggestion.models,
        from_complaint=tuple(_from_complaint(suggestion)),
        care=tuple(_care(suggestion.profile)),
        from_profile=tuple(_from_profile(suggestion.profile)),
        human_only=suggestion.profile.human_only,
        never=NEVER[language],
        read=tuple(each for each in accesses if each.complaint_id == suggestion.complaint_id),
    )


def _from_complaint(suggestion: Suggestion) -> Iterator[Influence]:
    triage = suggestion.triage
    yield Influence(part="category", value=triage.category or triage.reason_code, because=triage.reasons)
    emotion = triage.emotion
    felt = f"{emotion.primary} {emotion.intensity}"
    yield Influence(part="emotion", value=felt, because=_words(emotion.evidence))
    yield Influence(part="urgency", value=triage.urgency, because=_of_urgency(triage))
    for found in triage.escalations:
        yield Influence(part="escalation", value=found.kind, because=_words(found.evidence))
    for need in triage.needs:
        yield Influence(part="need", value=need.need, because=_words(need.evidence) or (need.text,))
    for hint in triage.vulnerability:
        yield Influence(part="vulnerability", value=hint.kind, because=_words(hint.evidence))
    for case in suggestion.matches.cases:
        yield Influence(part="similar_case", value=case.id, because=case.shared)
    yield Influence(part="route", value=triage.route.queue, because=triage.route.skills)


def _care(profile: ProfileView) -> Iterator[Influence]:
    yield from _cards("situation", profile.situations)
    yield from _cards("unvoiced_need", profile.needs)
    yield from _cards("strategy", profile.strategies)


def _from_profile(profile: ProfileView) -> Iterator[Influence]:
    yield from _cards("risk", profile.risks)
    for sentence in profile.history:
        yield Influence(part="history", value=sentence)
    for note in profile.relevant:
        yield Influence(part="remembered", value=note.text, because=(f"{note.on:%Y-%m-%d}",))


def _cards(part: Part, cards: Sequence[CareCard]) -> Iterator[Influence]:
    for card in cards:
        yield Influence(part=part, value=card.words, because=card.reasons)


def _of_urgency(triage: Triage) -> tuple[str, ...]:
    """The kinds of what was found in the words, each once."""
    signs = (*(e.kind for e in triage.escalations), *(v.kind for v in triage.vulnerability))
    return tuple(dict.fromkeys(signs))


def _words(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.text for each in evidence))


NEVER: Final[dict[Language, str]] = {
    "zh": "紧急程度、处理期限、赔付与承诺只取决于投诉本身、规则与政策；客户画像没有参与这些判断，"
    "姓名、性别、年龄、地区、职业、会员等级和投诉次数不改变其中任何一项。",
    "en": "Urgency, deadlines, redress and commitments rest on the complaint, the rules and the policies "
    "alone. The profile had no part in them: name, gender, age, region, occupation, tier and number of "
    "complaints change none of them.",
}
