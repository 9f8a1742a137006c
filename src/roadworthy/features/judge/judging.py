"""How a project wants its runs judged: whose word counts first, and which detectors look."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors.table import DETECTORS
from roadworthy.features.judge.outcomes import PRECEDENCE
from roadworthy.kit.kept import Kept

KIND = "judging"
EXTERNAL_ID = "roadworthy.external_id"
"""Attribute that names a run in the words of other systems, where a project says nothing else."""
_ID = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    precedence: tuple[str, ...] = PRECEDENCE
    """Sources that are not in it say nothing."""
    off: frozenset[str] = field(default_factory=frozenset)
    """Names of detectors that do not look."""
    external_id_attribute: str = EXTERNAL_ID

    @property
    def detectors(self) -> tuple[Detector, ...]:
        return tuple(detector for detector in DETECTORS if detector.name not in self.off)


class BadJudging(ValueError):  # noqa: N818
    """`field` is what is wrong, the message what was expected."""

    def __init__(self, wrong: str, message: str) -> None:
        super().__init__(message)
        self.field = wrong


class JudgingSettings:
    """Settings as they were at most a second ago; for any number of threads."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self._kept: Kept[str, Judging] = Kept(
            lambda project: _read(metadata.record(project, KIND, _ID)), counter=metadata.change_counter
        )

    def of(self, project: str) -> Judging:
        return self._kept.of(project)

    def save(self, project: str, judging: Judging) -> None:
        """Durable on return; holds for runs judged from now on. Raises BadJudging."""
        _check(judging)
        body = orjson.dumps(
            {
                "precedence": judging.precedence,
                "off": sorted(judging.off),
                "external_id_attribute": judging.external_id_attribute,
            }
        ).decode()
        record = Record(project=project, kind=KIND, id=_ID, body=body, updated_ns=time.time_ns())
        self._metadata.save_records([record])
        self._kept.forget()


def _check(judging: Judging) -> None:
    for source in judging.precedence:
        if source not in PRECEDENCE:
            raise BadJudging("precedence", f"no source {source!r}: known are {', '.join(PRECEDENCE)}")
    if len(set(judging.precedence)) != len(judging.precedence):
        raise BadJudging("precedence", "a source stands in it twice")
    known = {detector.name for detector in DETECTORS}
    for name in sorted(judging.off - known):
        raise BadJudging(f"detectors.{name}", f"there is no detector {name!r}")


def _read(record: Record | None) -> Judging:
    if record is None:
        return Judging()
    kept: Mapping[str, object] = orjson.loads(record.body)
    precedence, off, attribute = (kept.get(k) for k in ("precedence", "off", "external_id_attribute"))
    return Judging(
        precedence=tuple(str(one) for one in precedence) if isinstance(precedence, list) else PRECEDENCE,
        off=frozenset(str(one) for one in off) if isinstance(off, list) else frozenset(),
        external_id_attribute=str(attribute or EXTERNAL_ID),
    )
