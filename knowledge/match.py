"""What search finds."""

from dataclasses import dataclass
from typing import Literal

from knowledge.article import Article, Passage
from knowledge.case import Case

Via = Literal["dense", "lexical"]


@dataclass(frozen=True, slots=True)
class Hit:
    """An id that search found, with where it came from."""

    id: str
    score: float
    """Fused score, higher is better; comparable within one answer only."""
    similarity: float
    """Cosine of query and item, 0..1."""
    via: tuple[Via, ...]


@dataclass(frozen=True, slots=True)
class CaseMatch:
    """A past case like this one."""

    case: Case
    similarity: float
    """0..1."""
    via: tuple[Via, ...]
    superseded: bool = False
    """The policy it followed has since been replaced: its outcome is advice, not precedent."""

    @property
    def id(self) -> str:
        """Id of the case."""
        return self.case.id


@dataclass(frozen=True, slots=True)
class PassageMatch:
    """A passage that bears on this complaint."""

    passage: Passage
    article: Article
    similarity: float
    """0..1."""
    via: tuple[Via, ...]
    superseded: bool = False
    """The article is no longer, or not yet, in force."""

    @property
    def id(self) -> str:
        """Id of the passage."""
        return self.passage.id
