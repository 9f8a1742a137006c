"""Where drills and their runs are kept: records of the metadata store, one for each run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.gateway.drills.drill import (
    Case,
    Drill,
    DrillRun,
    DrillState,
    Match,
    RunState,
    Via,
)
from roadworthy.features.gateway.drills.fault import PlannedFault

KIND = "drill"
MOST_KEPT = 200
"""Drills of a project; the oldest that are over go, with their runs."""


class DrillBook:
    """Safe to call from several threads of one process; that process is the only writer of drills."""

    def __init__(self, metadata: MetadataStore, *, now_ns: Callable[[], int]) -> None:
        self._metadata = metadata
        self._now_ns = now_ns
        self.lock = threading.RLock()
        """Protects the time between reading what there is to do and writing who does it."""

    def all(self, project: str) -> list[Drill]:
        """Newest first."""
        kept = [_drill(one) for one in self._metadata.records(project, KIND)]
        return sorted(kept, key=lambda one: (one.created_ns, one.id), reverse=True)

    def one(self, project: str, drill_id: str) -> Drill | None:
        kept = self._metadata.record(project, KIND, drill_id)
        return _drill(kept) if kept else None

    def runs(self, project: str, drill_id: str) -> list[DrillRun]:
        """By number."""
        return [_run(one) for one in self._metadata.records(project, _runs_of(drill_id))]

    def run(self, project: str, drill_id: str, number: int) -> DrillRun | None:
        kept = self._metadata.record(project, _runs_of(drill_id), _name(number))
        return _run(kept) if kept else None

    def save(self, drill: Drill, runs: Sequence[DrillRun] = ()) -> None:
        """Both or neither."""
        now = self._now_ns()
        own = Record(project=drill.project, kind=KIND, id=drill.id, body=_json(asdict(drill)), updated_ns=now)
        self._metadata.save_records([own, *self._records(drill.project, drill.id, runs)])

    def save_runs(self, project: str, drill_id: str, runs: Sequence[DrillRun]) -> None:
        self._metadata.save_records(self._records(project, drill_id, runs))

    def delete(self, project: str, drill_id: str) -> bool:
        if not self._metadata.delete_record(project, KIND, drill_id):
            return False
        for one in self._metadata.records(project, _runs_of(drill_id)):
            self._metadata.delete_record(project, one.kind, one.id)
        return True

    def forget_old(self, project: str) -> None:
        for old in self.all(project)[MOST_KEPT:]:
            if old.state is not DrillState.RUNNING:
                self.delete(project, old.id)

    def _records(self, project: str, drill_id: str, runs: Sequence[DrillRun]) -> list[Record]:
        now = self._now_ns()
        return [
            Record(
                project=project,
                kind=_runs_of(drill_id),
                id=_name(one.number),
                body=_json(asdict(one)),
                updated_ns=now,
            )
            for one in runs
        ]


def _runs_of(drill_id: str) -> str:
    return f"drill_run:{drill_id}"


def _name(number: int) -> str:
    return f"{number:06d}"


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _drill(kept: Record) -> Drill:
    body: dict[str, Any] = orjson.loads(kept.body)
    body["cases"] = tuple(Case(**{**one, "match": Match(one["match"])}) for one in body["cases"])
    body["faults"] = tuple(body["faults"])
    body["via"], body["state"] = Via(body["via"]), DrillState(body["state"])
    for pairs in ("settings", "unreachable"):
        body[pairs] = tuple((name, value) for name, value in body[pairs])
    return Drill(**body)


def _run(kept: Record) -> DrillRun:
    body: dict[str, Any] = orjson.loads(kept.body)
    faults = tuple(_fault(one) for one in body.pop("faults"))
    ending = body.pop("ending")
    return replace(
        DrillRun(**{**body, "state": RunState(body["state"])}),
        faults=faults,
        ending=Ending(ending) if ending else None,
    )


def _fault(said: dict[str, Any]) -> PlannedFault:
    settings = tuple((name, value) for name, value in said["settings"])
    return PlannedFault(**{**said, "kind": ExchangeKind(said["kind"]), "settings": settings})
