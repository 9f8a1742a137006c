"""What the API says about backtests."""

from __future__ import annotations

from pydantic import BaseModel

from roadworthy.doors.rest.models.alarms import AlarmView, PointView, alarm_view, point_view
from roadworthy.doors.rest.models.monitors import MonitorView, monitor_view
from roadworthy.doors.rest.times import rfc3339
from roadworthy.features.watch.monitors.backtest import Tested


class BacktestView(BaseModel):
    results: int
    start: str
    end: str
    width_s: float
    alarms: list[AlarmView]
    points: list[PointView]
    monitor: MonitorView


def tested_json(tested: Tested) -> bytes:
    """What is kept of a backtest."""
    view = BacktestView(
        results=tested.results,
        start=rfc3339(tested.from_ns),
        end=rfc3339(tested.to_ns),
        width_s=tested.width_ns / 1e9,
        alarms=[alarm_view(one) for one in tested.alarms],
        points=[point_view(one) for one in tested.points],
        monitor=monitor_view(tested.standing),
    )
    return view.model_dump_json(by_alias=True).encode()
