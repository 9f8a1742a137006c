"""Alarms as JSON."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.alarm import Alarm, AlarmKind, Severity


def alarm_to_json(alarm: Alarm) -> bytes:
    return orjson.dumps(alarm)


def alarm_from_json(body: bytes) -> Alarm:
    values: dict[str, Any] = orjson.loads(body)
    values["kind"] = AlarmKind(values["kind"])
    values["severity"] = Severity(values["severity"])
    values["run_ids"] = tuple(values["run_ids"])
    return Alarm(**values)
