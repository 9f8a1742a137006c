"""Which failure model speaks for an agent: its own once it has labels enough, until then the prior."""

from __future__ import annotations

import logging
import time

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.features.judge.failure_model.model import FailureModel, from_json, prior
from roadworthy.kit.kept import Kept

log = logging.getLogger(__name__)

KIND = "failure-model"
_LONGEST_ID = 200


class ModelBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self._kept: Kept[tuple[str, str], FailureModel] = Kept(
            lambda of: self._read(*of), counter=metadata.change_counter
        )

    def of(self, project: str, agent: str) -> FailureModel:
        return self._kept.of((project, agent))

    def save(self, project: str, agent: str, model: FailureModel) -> None:
        body = model.as_json().decode()
        record = Record(project=project, kind=KIND, id=_id(agent), body=body, updated_ns=time.time_ns())
        self._metadata.save_records([record])
        self._kept.forget()

    def fitted_ns(self, project: str, agent: str) -> int:
        """When the agent's own model was fitted, Unix ns; 0 where it has none."""
        record = self._metadata.record(project, KIND, _id(agent))
        return record.updated_ns if record else 0

    def _read(self, project: str, agent: str) -> FailureModel:
        record = self._metadata.record(project, KIND, _id(agent))
        if record is None:
            return prior()
        try:
            return from_json(record.body.encode())
        except ValueError as fault:
            # Weights of another version: the prior speaks until they are fitted anew.
            log.warning("the failure model of agent %r cannot be used: %s", agent, fault)
            return prior()


def _id(agent: str) -> str:
    return agent[:_LONGEST_ID] or "-"
