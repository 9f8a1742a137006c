"""What people (and the doors) change about monitors, as entries of the watch log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from roadworthy.domain.monitor import Monitor
from roadworthy.features.watch.monitors.watched import monitor_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """A new monitor, or another way of watching. What its figures mean being another one, it learns anew."""

    monitor: Monitor
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    monitor_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    monitor_id: str
    by: str
    paused: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebaseline:
    """From now on what comes is normal: the reference is learned anew."""

    monitor_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """What judges the runs of an agent was fitted anew, and both judged the same runs: figures of `after` are
    those of `before` plus `shift` on average, and with 90 % confidence no more than plus `most`."""

    agent: str
    before: str
    """As `Result.ruler`."""
    after: str
    shift: float
    most: float
    n: int


Change = Save | Delete | Pause | Rebaseline | Refitted
_KINDS: dict[str, type[Change]] = {
    "save": Save,
    "delete": Delete,
    "pause": Pause,
    "rebaseline": Rebaseline,
    "refitted": Refitted,
}
_NAMES = {made: name for name, made in _KINDS.items()}


def to_body(change: Change) -> str:
    return orjson.dumps([_NAMES[type(change)], change]).decode()


def from_body(body: str) -> Change:
    kind, values = orjson.loads(body)
    made: dict[str, Any] = dict(values)
    if "monitor" in made:
        made["monitor"] = monitor_from(made["monitor"])
    return _KINDS[kind](**made)
