"""What the API says about embedding."""

from __future__ import annotations

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.settings import Body


class ClusteredView(BaseModel):
    """How failing runs that say no more of themselves were last put into clusters."""

    at: str
    runs: int = Field(description="Looked at")
    clusters: int
    model: str | None = Field(description="Whose vectors; null: by their words")
    fallen_back: str | None = Field(description="Why it was by words though an endpoint is set up")


class EmbeddingView(BaseModel):
    endpoint: str | None = Field(
        description="Id of a model endpoint; null: texts are compared by their words"
    )
    model: str | None
    budget_usd_per_day: float | None = Field(description="null for no limit")
    spent_today_usd: float = Field(description="Counted from above: endpoints do not say what one cost")
    clustered: ClusteredView | None = Field(description="null: not yet")


class EmbeddingBody(Body):
    endpoint: str = Field(default="", max_length=40, description="Id of a model endpoint; empty for none")
    budget_usd_per_day: float | None = Field(default=1.0, ge=0, description="null for no limit")


class EmbeddingTryBody(Body):
    one: str = Field(min_length=1, max_length=20_000)
    other: str = Field(min_length=1, max_length=20_000)


class EmbeddingTriedView(BaseModel):
    cosine: float | None
    dimensions: int | None
    error: str | None = Field(description="Why there are no vectors")
