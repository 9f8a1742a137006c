"""When failing runs have gathered that say no more of themselves, then they are put into clusters."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.telemetry import Filter, Op, RunQuery, TelemetryStore
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.features.judge.cluster_notes import KIND, HowClustered, note
from roadworthy.features.judge.clusters import (
    MIN_CLUSTER,
    TEXTS_AT_ONCE,
    ClusteringFailed,
    Vectors,
    clusters_of,
    shown,
)
from roadworthy.features.judge.detectors.table import BY_NAME
from roadworthy.features.judge.embedding import Embedder, NoVectors
from roadworthy.features.judge.issues import SUSPECT

log = logging.getLogger(__name__)

_DAYS = 14
_EMBEDDED_AT_ONCE = 96
_SAME = 0.5
"""A cluster that shares half of its runs with an old one keeps its name, and so its issue."""


class Cluster(Protocol):
    """`clusters.clusters_of`."""

    def __call__(self, texts: Mapping[str, str], vectors: Vectors | None = None) -> dict[str, str]: ...


class FailureClusters:
    """The clusters of each project, as last made. Safe to call from several threads."""

    def __init__(
        self,
        store: TelemetryStore,
        metadata: MetadataStore,
        *,
        again: Callable[[str, Sequence[str]], None],
        embedder: Embedder,
        cluster: Cluster = clusters_of,
    ) -> None:
        self._store = store
        self._metadata = metadata
        self._again = again
        self._embedder = embedder
        self._cluster = cluster
        self._lock = threading.Lock()  # protects the table
        self._known: dict[str, dict[str, str]] = {}
        self._looked_at: dict[str, tuple[str, frozenset[str]]] = {}
        """By project: the model wanted, and the runs."""

    def of(self, project: str) -> Mapping[str, str]:
        """Run id to the name of its cluster."""
        with self._lock:
            if project not in self._known:
                record = self._metadata.record(project, KIND, "current")
                self._known[project] = orjson.loads(record.body) if record else {}
            return self._known[project]

    def refresh(self) -> int:
        """Make them anew where there are other runs to look at; how many runs changed theirs."""
        changed = 0
        for project in self._store.projects():
            try:
                changed += self._refresh(project)
            except ClusteringFailed as fault:
                log.warning("failures of project %s were not put into clusters: %s", project, fault)
        return changed

    def _refresh(self, project: str) -> int:
        texts = {run.id: _text(run) for run in self._speechless(project)}
        model = self._embedder.model_name(project)
        looked_at = (model, frozenset(texts))
        if len(texts) < MIN_CLUSTER or self._looked_at.get(project) == looked_at:
            return 0
        old = self.of(project)
        vectors, fallen_back = self._vectors(project, texts) if model else (None, "")
        new = _keep_names(self._cluster(texts, vectors), old)
        if not fallen_back:
            # Else the endpoint is asked again the next time.
            self._looked_at[project] = looked_at
        note(
            self._metadata,
            project,
            HowClustered(
                runs=len(texts),
                clusters=len(set(new.values())),
                model="" if vectors is None else model,
                fallen_back=fallen_back,
            ),
        )
        moved = [run_id for run_id in texts if new.get(run_id) != old.get(run_id)]
        if moved:
            body = orjson.dumps(new).decode()
            record = Record(project=project, kind=KIND, id="current", body=body, updated_ns=time.time_ns())
            self._metadata.save_records([record])
            with self._lock:
                self._known[project] = new
            self._again(project, moved)
        return len(moved)

    def _vectors(self, project: str, texts: Mapping[str, str]) -> tuple[Vectors | None, str]:
        """None and why, where there are none to be had."""

        async def asked() -> dict[str, array[float]]:
            found: dict[str, array[float]] = {}
            ids = list(texts)
            for start in range(0, len(ids), _EMBEDDED_AT_ONCE):
                some = ids[start : start + _EMBEDDED_AT_ONCE]
                made = await self._embedder.vectors(project, [shown(texts[one]) for one in some])
                found |= dict(zip(some, made, strict=True))
            return found

        try:
            return asyncio.run(asked()), ""
        except NoVectors as none:
            log.warning("failures of project %s go by their words: %s", project, none)
            return None, str(none)

    def _speechless(self, project: str) -> list[Run]:
        """Runs that failed, or look like it, and of which no detector and no error says why; no reruns."""
        from_ns = time.time_ns() - _DAYS * 86_400 * 10**9
        found: dict[str, Run] = {}
        for one in (
            Filter(field="outcome", op=Op.EQ, value=str(Outcome.FAILURE)),
            Filter(field="p_failure", op=Op.GE, value=SUSPECT),
        ):
            query = RunQuery(filters=(one,), from_ns=from_ns, limit=TEXTS_AT_ONCE)
            found |= {run.id: run for run in self._store.runs(project, query) if _speechless(run)}
        return list(found.values())[:TEXTS_AT_ONCE]


def _speechless(run: Run) -> bool:
    suspicious = any(name not in BY_NAME or BY_NAME[name].suspicious for name in run.detectors)
    return not run.is_trial and not suspicious and run.status is not RunStatus.ERROR


def _text(run: Run) -> str:
    return f"{run.input}\n{run.final_answer}\n{run.outcome_reason}"


def _keep_names(new: Mapping[str, str], old: Mapping[str, str]) -> dict[str, str]:
    before, after = _by_name(old), _by_name(new)
    renamed: dict[str, str] = {}
    for name, runs in after.items():
        for known, others in before.items():
            if len(runs & others) > _SAME * len(runs | others):
                renamed[name] = known
    return {run_id: renamed.get(name, name) for run_id, name in new.items()}


def _by_name(names: Mapping[str, str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run_id, name in names.items():
        found.setdefault(name, set()).add(run_id)
    return found
