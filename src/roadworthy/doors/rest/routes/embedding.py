"""By what texts are compared: their words, or an embedding endpoint."""

from __future__ import annotations

from roadworthy.doors.rest.access import AdminProject, ReadProject
from roadworthy.doors.rest.context import Context, RestContext
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.embedding import (
    ClusteredView,
    EmbeddingBody,
    EmbeddingTriedView,
    EmbeddingTryBody,
    EmbeddingView,
)
from roadworthy.doors.rest.models.runs import text
from roadworthy.doors.rest.problems import bad_field
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.judge.cluster_notes import how_clustered
from roadworthy.features.judge.embedding import EmbeddingSettings, NoVectors, cosine
from roadworthy.features.judge.judges.judge import JudgeInvalid

router = Endpoints(prefix="/embedding", tags=["judging"])


@router.get("", operation_id="getEmbedding")
def get_embedding(ctx: Context, project: ReadProject) -> EmbeddingView:
    """Which endpoint gives the vectors by which failing runs are put into clusters and meanings compared."""
    return _view(ctx, project)


@router.put("", operation_id="changeEmbedding")
def change_embedding(ctx: Context, project: AdminProject, body: EmbeddingBody) -> EmbeddingView:
    """From the next look at failing runs on. While the endpoint cannot be had, words are gone by."""
    settings = EmbeddingSettings(endpoint=body.endpoint, budget_usd_per_day=body.budget_usd_per_day)
    try:
        ctx.judge.embedder.save(project, settings)
    except JudgeInvalid as invalid:
        raise bad_field(f"body.{invalid.field}", invalid.expected) from None
    return _view(ctx, project)


@router.post("/try", operation_id="tryEmbedding")
async def try_embedding(ctx: Context, project: AdminProject, body: EmbeddingTryBody) -> EmbeddingTriedView:
    """How near two texts are by the endpoint that is set up. It is paid for."""
    try:
        one, other = await ctx.judge.embedder.vectors(project, [body.one, body.other])
    except NoVectors as none:
        return EmbeddingTriedView(cosine=None, dimensions=None, error=str(none))
    return EmbeddingTriedView(cosine=cosine(one, other), dimensions=len(one), error=None)


def _view(ctx: RestContext, project: str) -> EmbeddingView:
    embedder = ctx.judge.embedder
    settings = embedder.settings(project)
    how = how_clustered(ctx.metadata, project)
    return EmbeddingView(
        endpoint=text(settings.endpoint),
        model=text(embedder.model_name(project)),
        budget_usd_per_day=settings.budget_usd_per_day,
        spent_today_usd=embedder.spent_today(project),
        clustered=ClusteredView(
            at=rfc3339(how.at_ns),
            runs=how.runs,
            clusters=how.clusters,
            model=text(how.model),
            fallen_back=text(how.fallen_back),
        )
        if how
        else None,
    )
