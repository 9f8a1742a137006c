"""What the gateway says about itself: `/readyz`, `/metrics`, and `DATA/gateway/state.json` for the core."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.recorder import Recorder, RecorderCounts
from roadworthy.domain.exchange import Ending
from roadworthy.doors.gateway.connection import Desk
from roadworthy.features.gateway.routes.gate import ModelGate
from roadworthy.features.gateway.snapshot.keeper import SnapshotKeeper

_STALE_S = 30.0
"""A snapshot that was not confirmed for so long is told of, whatever the reason."""


class GatewayState:
    def __init__(
        self,
        *,
        file: Path,
        keeper: SnapshotKeeper,
        gate: ModelGate,
        transport: HttpTransport,
        recorder: Recorder | None = None,
    ) -> None:
        self._file = os.fspath(file)
        self._made = os.fspath(file.with_suffix(".new"))
        self._keeper = keeper
        self._gate = gate
        self._transport = transport
        self._recorder = recorder
        self._calls: Counter[tuple[str, str]] = Counter()
        self._started_ns = time.time_ns()
        self.desk: Desk | None = None
        self.connectors: Callable[[], Mapping[str, object]] = dict

    def count(self, ending: Ending, failure: str) -> None:
        """A call was told."""
        self._calls[ending.value, failure] += 1

    def health(self) -> dict[str, object]:
        health = self._keeper.health()
        known = health.age_s is not None or health.from_file
        problems = [health.problem] if health.problem else []
        problems += health.unreadable[:20]
        if not problems and health.age_s is not None and health.age_s > _STALE_S:
            problems.append("the metadata database was not looked at for a while")
        return {
            "ready": known,
            "degraded": bool(problems),
            "problems": problems,
            "snapshot": {
                "age_s": health.age_s,
                "version": health.version,
                "from_file": health.from_file,
            },
        }

    def told(self) -> dict[str, object]:
        """All of it, as plain JSON."""
        gate = self._gate.state()
        counts = self._recorder.counts() if self._recorder is not None else RecorderCounts()
        desk = self.desk
        return {
            "at_ns": time.time_ns(),
            "started_ns": self._started_ns,
            "pid": os.getpid(),
            **self.health(),
            "connections": len(desk.connections) if desk is not None else 0,
            "in_flight": len(desk.tasks) if desk is not None else 0,
            "upstream_connections": self._transport.connections,
            "calls": [
                {"ending": ending, "failure": failure, "count": count}
                for (ending, failure), count in sorted(self._calls.items())
            ],
            "recorder": {
                "kept": counts.kept,
                "dropped": counts.dropped,
                "waiting_bytes": counts.waiting_bytes,
            },
            "upstreams": gate.upstreams,
            "connectors": self.connectors(),
            "cache": gate.cache,
            "budget_problem": gate.budget_problem,
        }

    def write(self) -> None:
        """Replace the file whole. A full disk is no reason to stop answering."""
        try:
            with open(self._made, "wb", buffering=0) as file:  # noqa: PTH123 (every second; a path costs more)
                file.write(orjson.dumps(self.told(), option=orjson.OPT_NON_STR_KEYS))
            os.replace(self._made, self._file)  # noqa: PTH105
        except OSError:
            return

    def metrics(self) -> bytes:
        told = self.told()
        health = self._keeper.health()
        lines = [
            "# TYPE roadworthy_gateway_calls_total counter",
            *(
                f'roadworthy_gateway_calls_total{{ending="{ending}",failure="{failure}"}} {count}'
                for (ending, failure), count in sorted(self._calls.items())
            ),
        ]
        counts = self._recorder.counts() if self._recorder is not None else RecorderCounts()
        for name, kind, value in (
            ("connections", "gauge", told["connections"]),
            ("calls_in_flight", "gauge", told["in_flight"]),
            ("upstream_connections", "gauge", told["upstream_connections"]),
            ("snapshot_age_seconds", "gauge", health.age_s if health.age_s is not None else "NaN"),
            ("degraded", "gauge", int(bool(told["degraded"]))),
            ("recordings_kept_total", "counter", counts.kept),
            ("recordings_dropped_total", "counter", counts.dropped),
            ("recordings_waiting_bytes", "gauge", counts.waiting_bytes),
        ):
            lines += [f"# TYPE roadworthy_gateway_{name} {kind}", f"roadworthy_gateway_{name} {value}"]
        lines += _of_upstreams(self._gate.state().upstreams)
        return ("\n".join(lines) + "\n").encode()


def _of_upstreams(upstreams: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Numbers alone: `roadworthy_gateway_upstream_<name>{upstream="project:provider/model"}`; 1 where its
    breaker is not closed."""
    lines: dict[str, list[str]] = {}
    for name, told in sorted(upstreams.items()):
        label = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        numbers = {key: value for key, value in told.items() if isinstance(value, int | float)}
        numbers["breaker_open"] = int(told.get("breaker", "closed") != "closed")
        for key, value in numbers.items():
            found = lines.setdefault(key, [f"# TYPE roadworthy_gateway_upstream_{key} gauge"])
            found.append(f'roadworthy_gateway_upstream_{key}{{upstream="{label}"}} {float(value):g}')
    return [line for found in lines.values() for line in found]
