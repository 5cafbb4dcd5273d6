"""What search found, as the agent sees it."""

from typing import Final

from bot.suggestion import CaseCard, PassageCard
from knowledge.match import CaseMatch, PassageMatch
from knowledge.rarity import shared_words

SUMMARY_CHARS: Final = 160
SHARED: Final = 5
"""Shared words that are shown."""


def case_card(match: CaseMatch, asked: str) -> CaseCard:
    """A case similar to the text that was asked for."""
    case = match.case
    return CaseCard(
        id=case.id,
        similarity=round(match.similarity, 4),
        via=match.via,
        shared=shared_words(asked, case.text, SHARED),
        outcome=case.outcome,
        category=case.category,
        summary=case.text[:SUMMARY_CHARS],
        resolution=case.resolution,
        redress=case.redress,
        resolved_at=case.resolved_at,
        policy=case.policy,
        superseded=match.superseded,
    )


def passage_card(match: PassageMatch, asked: str) -> PassageCard:
    """A passage that bears on the text that was asked for."""
    return PassageCard(
        id=match.id,
        similarity=round(match.similarity, 4),
        via=match.via,
        shared=shared_words(asked, f"{match.article.title}\n{match.passage.text}", SHARED),
        article_id=match.article.id,
        title=match.article.title,
        text=match.passage.text,
        version=match.article.version,
        valid_to=match.article.valid_to,
        superseded=match.superseded,
    )
