"""Which model says how likely runs of an agent failed, and how well such probabilities have held."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from roadworthy.doors.rest.access import ReadProject
from roadworthy.doors.rest.answers import Answering
from roadworthy.doors.rest.context import Context
from roadworthy.doors.rest.endpoints import Endpoints
from roadworthy.doors.rest.models.judge import CalibrationView, calibration_view
from roadworthy.doors.rest.times import rfc3339_or_none
from roadworthy.features.judge.failure_model.model import FailureModel, prior
from roadworthy.features.judge.failure_model.reading import Kind

router = Endpoints(prefix="/failure-models", tags=["judging"])

_MOST_AGENTS = 200


class KindCalibrationView(BaseModel):
    kind: Kind = Field(description="chat: uses tools or talks with a user; reasoning: works something out")
    calibration: CalibrationView


class FailureModelView(BaseModel):
    """No p(failure) of the agent should stand without it."""

    agent: str
    label: str = Field(description="Names the weights, as in the `judged` of runs")
    fitted: Literal["prior", "own"] = Field(
        description="prior: on open data, as it ships; own: moved by labels of this agent's runs"
    )
    fitted_at: str | None = Field(description="null for the prior")
    kinds: list[KindCalibrationView] = Field(description="Each kind of run has weights of its own")


class FailureModelPage(BaseModel):
    items: list[FailureModelView]
    next_cursor: None = None


@router.get("", operation_id="listFailureModels", response_model=FailureModelPage)
def list_failure_models(
    ctx: Context,
    answer: Answering,
    project: ReadProject,
    agents: Annotated[
        list[str], Query(alias="agent", max_length=_MOST_AGENTS, description="Repeatable; none: the prior")
    ] = [],  # noqa: B006
) -> Response:
    """How well p(failure) has held for these agents: n, Brier score, calibration error, reliability."""
    book = ctx.judge.models
    items = [
        _view(agent, book.of(project, agent), fitted_ns=book.fitted_ns(project, agent))
        for agent in dict.fromkeys(agents or [""])
    ]
    return answer(FailureModelPage(items=items))


def _view(agent: str, model: FailureModel, *, fitted_ns: int) -> FailureModelView:
    own = fitted_ns > 0 and model.label != prior().label
    return FailureModelView(
        agent=agent,
        label=model.label,
        fitted="own" if own else "prior",
        fitted_at=rfc3339_or_none(fitted_ns) if own else None,
        kinds=[
            KindCalibrationView(kind=kind, calibration=calibration_view(part.calibration))
            for kind, part in sorted(model.parts.items())
        ],
    )
