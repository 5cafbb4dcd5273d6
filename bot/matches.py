"""What search found, as the agent sees it."""

from typing import Final

from bot.suggestion import CaseCard, PassageCard
from knowledge.match import CaseMatch, PassageMatch

SUMMARY_CHARS: Final = 160


def case_card(match: CaseMatch) -> CaseCard:
    """A similar past case."""
    case = match.case
    return CaseCard(
        id=case.id,
        similarity=round(match.similarity, 4),
        via=match.via,
        outcome=case.outcome,
        category=case.category,
        summary=case.text[:SUMMARY_CHARS],
        resolution=case.resolution,
        redress=case.redress,
        resolved_at=case.resolved_at,
        policy=case.policy,
        superseded=match.superseded,
    )


def passage_card(match: PassageMatch) -> PassageCard:
    """A passage that bears on the complaint."""
    return PassageCard(
        id=match.id,
        similarity=round(match.similarity, 4),
        via=match.via,
        article_id=match.article.id,
        title=match.article.title,
        text=match.passage.text,
        version=match.article.version,
        valid_to=match.article.valid_to,
        superseded=match.superseded,
    )
