"""The evaluators a project has set up, by name."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.evaluators.evaluator import ConfigInvalid, Ready, as_score
from roadworthy.features.judge.evaluators.table import kept, ready
from roadworthy.features.judge.similarity_by_embedding import needs_embedding
from roadworthy.features.judge.transcript import Transcript
from roadworthy.kit.kept import Kept

KIND = "evaluator"
EVALUATORS_KEPT = 200
"""Of one project: each looks at every run of its agents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedEvaluator:
    """An evaluator as a project uses it. `id` names it for ever, `name` is that of the scores it gives."""

    project: str
    id: str
    name: str
    kind: str
    config: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True
    """Whether it looks at every settled run by itself; switched off it is asked by hand only."""
    agents: tuple[str, ...] = ()
    """Whose runs it looks at; () for all."""
    updated_ns: int = 0


class EvaluatorBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self._kept: Kept[str, dict[str, tuple[NamedEvaluator, Ready]]] = Kept(
            lambda project: dict(self._read(project)), counter=metadata.change_counter
        )

    def all(self, project: str) -> list[NamedEvaluator]:
        return [one for one, _ in self._of(project).values()]

    def get(self, project: str, evaluator_id: str) -> NamedEvaluator | None:
        found = self._of(project).get(evaluator_id)
        return found[0] if found else None

    def save(self, evaluator: NamedEvaluator) -> NamedEvaluator:
        """Raises ConfigInvalid, which names the field."""
        ready(evaluator.kind, evaluator.config)
        known = self._of(evaluator.project)
        if evaluator.id not in known and len(known) >= EVALUATORS_KEPT:
            raise ConfigInvalid("name", expected=f"at most {EVALUATORS_KEPT} evaluators in a project")
        if any(one.name == evaluator.name and one.id != evaluator.id for one, _ in known.values()):
            raise ConfigInvalid("name", expected=f"a name no other evaluator has, not {evaluator.name!r}")
        evaluator = replace(evaluator, updated_ns=time.time_ns())
        self._metadata.save_records(
            [
                Record(
                    project=evaluator.project,
                    kind=KIND,
                    id=evaluator.id,
                    body=orjson.dumps(asdict(evaluator)).decode(),
                    updated_ns=evaluator.updated_ns,
                )
            ]
        )
        self._kept.forget()
        return evaluator

    def delete(self, project: str, evaluator_id: str) -> bool:
        """Scores it gave stay."""
        gone = self._metadata.delete_record(project, KIND, evaluator_id)
        self._kept.forget()
        return gone

    def scores(self, transcript: Transcript, *, only: frozenset[str] | None = None) -> list[Score]:
        """What the enabled evaluators say of a run, or those named by id in `only`, enabled or not; without
        those that ask an endpoint (see `asking`), which judging does not wait for."""
        return [
            _score(transcript, one.name, made)
            for one, made in self._wanted(transcript.run, only)
            if not needs_embedding(made)
        ]

    def asking(self, run: Run, *, only: frozenset[str] | None = None) -> list[NamedEvaluator]:
        """Of the same evaluators those that ask an endpoint."""
        return [one for one, made in self._wanted(run, only) if needs_embedding(made)]

    def made(self, project: str, evaluator_id: str) -> tuple[NamedEvaluator, Ready] | None:
        return self._of(project).get(evaluator_id)

    def _wanted(self, run: Run, only: frozenset[str] | None) -> list[tuple[NamedEvaluator, Ready]]:
        return [
            (one, made)
            for one, made in self._of(run.project).values()
            if (one.enabled if only is None else one.id in only)
            and (not one.agents or run.agent in one.agents)
        ]

    def _of(self, project: str) -> dict[str, tuple[NamedEvaluator, Ready]]:
        return self._kept.of(project)

    def _read(self, project: str) -> list[tuple[str, tuple[NamedEvaluator, Ready]]]:
        found = []
        for record in self._metadata.records(project, KIND):
            one = _named(record)
            try:
                found.append((one.id, (one, kept(one.kind, one.config))))
            except ConfigInvalid:
                # Written by a version that had other fields: it must be mended by hand and is not run.
                continue
        return found


def _score(transcript: Transcript, name: str, made: Ready) -> Score:
    """The time is the run's own: of a run judged twice by the same version the two are one score."""
    run = transcript.run
    at_ns = run.ended_ns or run.started_ns
    return as_score(made.evaluate(transcript), run=run, name=name, version=made.version, at_ns=at_ns)


_FIELDS = frozenset(one.name for one in fields(NamedEvaluator))


def _named(record: Record) -> NamedEvaluator:
    kept = {k: v for k, v in orjson.loads(record.body).items() if k in _FIELDS}
    kept["agents"] = tuple(kept.get("agents", ()))
    return NamedEvaluator(**kept)
