"""What an agent asks of a draft, beside what the complaint itself asks."""

from typing import Annotated, Final

from pydantic import Field

from bot.draft.clauses import Style
from bot.draft.decision import Decision
from knowledge.case import Language, Owned

MOST_ALTERNATIVES: Final = 3


class Wanted(Owned):
    """The draft to be made."""

    decision: Decision | None = None
    """What a person decided; without one the reply decides nothing."""
    style: Style = ""
    """shorter, longer, warmer, formal; empty for the usual one."""
    language: Language | None = None
    """Of the reply; by default the customer's."""
    alternatives: Annotated[int, Field(ge=1, le=MOST_ALTERNATIVES)] = 1
    """How many drafts: the same facts and promises in other words."""


USUAL: Final = Wanted()
