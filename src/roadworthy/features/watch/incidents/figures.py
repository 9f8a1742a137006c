"""How fast incidents are detected, taken and mended, by agent and team, each with its n."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from roadworthy.domain.incident import Incident, IncidentState, Source

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds over `n` incidents; None where n is 0."""

    n: int
    mean_s: float | None
    median_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresRow:
    """`detect`: from when the change probably began to the opening, of those where it is known.
    `acknowledge`: from the opening to the first acknowledgement. `resolve`: from the opening to the
    resolution."""

    name: str
    incidents: int
    open: int
    reopened: int
    detect: Times
    acknowledge: Times
    resolve: Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    all: FiguresRow
    agents: tuple[FiguresRow, ...]
    teams: tuple[FiguresRow, ...]


def figures(incidents: Iterable[Incident], *, from_ns: int, to_ns: int) -> Figures:
    """Over incidents opened in [from_ns, to_ns). Test pages and those merged into another are left out; an
    incident of several agents counts for each of them."""
    counted = [
        one
        for one in incidents
        if from_ns <= one.opened_ns < to_ns and one.source is not Source.TEST and not one.merged_into
    ]
    by_agent: dict[str, list[Incident]] = {}
    by_team: dict[str, list[Incident]] = {}
    for one in counted:
        for agent in one.agents:
            by_agent.setdefault(agent, []).append(one)
        for team in one.teams:
            by_team.setdefault(team, []).append(one)
    return Figures(all=_row("", counted), agents=_rows(by_agent), teams=_rows(by_team))


def _rows(grouped: dict[str, list[Incident]]) -> tuple[FiguresRow, ...]:
    rows = [_row(name, some) for name, some in grouped.items()]
    return tuple(sorted(rows, key=lambda row: (-row.incidents, row.name)))


def _row(name: str, some: Sequence[Incident]) -> FiguresRow:
    return FiguresRow(
        name=name,
        incidents=len(some),
        open=sum(one.state is not IncidentState.RESOLVED for one in some),
        reopened=sum(one.reopened > 0 for one in some),
        detect=_times([one.opened_ns - one.began_ns for one in some if 0 < one.began_ns <= one.opened_ns]),
        acknowledge=_times([one.acknowledged_ns - one.opened_ns for one in some if one.acknowledged_ns]),
        resolve=_times(
            [one.resolved_ns - one.opened_ns for one in some if one.state is IncidentState.RESOLVED]
        ),
    )


def _times(lengths_ns: Sequence[int]) -> Times:
    seconds = [max(0, one) / _SECOND for one in lengths_ns]
    if not seconds:
        return Times(n=0, mean_s=None, median_s=None)
    return Times(n=len(seconds), mean_s=mean(seconds), median_s=median(seconds))
