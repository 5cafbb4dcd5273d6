"""Complaints to try the composer on."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Unseen(BaseModel):
    """A complaint nobody has labelled; other fields of a row are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    text: Annotated[str, Field(min_length=1)]
    channel: str = "email"
    sector: str | None = None
    reference: str | None = None
