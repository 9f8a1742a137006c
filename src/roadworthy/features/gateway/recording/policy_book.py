"""What each project has recorded, kept as one record; the gateway reads it from its snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.exchange import Exchange
from roadworthy.features.gateway.recording.policy import Keep, RecordingPolicy, policy_for

KIND = "recording_policy"
_ID = "1"
Policies = Mapping[str, tuple[RecordingPolicy, ...]]


class PolicyBook:
    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata

    def of(self, project: str) -> tuple[RecordingPolicy, ...]:
        """Empty: everything is recorded."""
        record = self._metadata.record(project, KIND, _ID)
        return _read(record.body) if record is not None else ()

    def save(self, project: str, policies: Sequence[RecordingPolicy]) -> None:
        """In place of all there were. Raises ValueError where two are of the same agent and route."""
        places = [(one.agent, one.target) for one in policies]
        for at, place in enumerate(places):
            if place in places[:at]:
                raise ValueError(f"two are of agent {place[0] or 'any'!r} and route {place[1] or 'any'!r}")
        body = orjson.dumps({"policies": [asdict(one) for one in policies]}).decode()
        self._metadata.save_records(
            [Record(project=project, kind=KIND, id=_ID, body=body, updated_ns=time.time_ns())]
        )


def policies_of(records: Mapping[tuple[str, str], Sequence[Record]], _open: Callable[[str], str]) -> Policies:
    """A part of the gateway's snapshot. What cannot be read raises: the last that could be read stays."""
    return {
        project: tuple(policy for record in held for policy in _read(record.body))
        for (project, kind), held in records.items()
        if kind == KIND
    }


def policy_in(parts: Mapping[str, Any], exchange: Exchange) -> RecordingPolicy:
    """Of the parts of a snapshot; everything is recorded where none says otherwise."""
    policies: Policies = parts.get(KIND, {})
    return policy_for(policies.get(exchange.project, ()), exchange)


def _read(body: str) -> tuple[RecordingPolicy, ...]:
    values: list[dict[str, Any]] = orjson.loads(body)["policies"]
    return tuple(RecordingPolicy(**{**one, "keep": Keep(one["keep"])}) for one in values)
