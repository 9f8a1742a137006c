"""What the API says about faults in live traffic."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.gateway.drills.live import LiveDrill


class NewLiveDrill(Body):
    """It is on from now until its end, its count, or the agent's next incident."""

    agent: str = Field(min_length=1, max_length=500)
    kind: Literal["model", "tool"]
    target: str = Field(default="", max_length=300, description="The route or connector.tool; left out: any")
    faults: list[str] = Field(min_length=1, max_length=50)
    share: float = Field(gt=0, le=1, description="Of the agent's runs")
    most: int = Field(default=20, ge=1, le=10_000, description="Faults, after which it is over")
    lasts: str = Field(default="1h", max_length=20, description="Like 15m, 2h, 1d; at most 31d")
    settings: dict[str, float] = Field(default={})


class LiveDrillView(BaseModel):
    id: str
    agent: str
    kind: Literal["model", "tool"]
    target: str | None
    faults: list[str]
    share: float
    most: int
    ends_at: str
    on: bool
    applied: int = Field(description="Faults that were put into calls, as far as is recorded")
    stopped_at: str | None
    stopped_why: str | None
    settings: dict[str, float]
    created_at: str
    created_by: str | None


class LiveDrillPage(BaseModel):
    items: list[LiveDrillView]


def live_view(live: LiveDrill, *, now_ns: int, applied: int) -> LiveDrillView:
    on = live.on(now_ns) and applied < live.most
    ended = (
        "" if on else live.stopped_why or ("its time is over" if applied < live.most else "its count is full")
    )
    return LiveDrillView(
        id=live.id,
        agent=live.agent,
        kind=live.kind.value,
        target=live.target or None,
        faults=list(live.faults),
        share=live.share,
        most=live.most,
        ends_at=rfc3339(live.ends_ns),
        on=on,
        applied=applied,
        stopped_at=rfc3339_or_none(live.stopped_ns),
        stopped_why=ended or None,
        settings=dict(live.settings),
        created_at=rfc3339(live.created_ns),
        created_by=live.created_by or None,
    )
