"""How the clusters of a project were last made: kept beside them, for people to see."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record

KIND = "clusters"
_ID = "how"


@dataclass(frozen=True, slots=True, kw_only=True)
class HowClustered:
    """`model` "" by words; `fallen_back` says why it was by words though an embedding endpoint is set up."""

    at_ns: int = 0
    runs: int = 0
    """Looked at."""
    clusters: int = 0
    model: str = ""
    fallen_back: str = ""


def how_clustered(metadata: MetadataStore, project: str) -> HowClustered | None:
    """None where none were made yet."""
    record = metadata.record(project, KIND, _ID)
    return HowClustered(**orjson.loads(record.body)) if record else None


def note(metadata: MetadataStore, project: str, how: HowClustered) -> None:
    """Unless it says what is known: each write throws away what others keep of the metadata."""
    known = how_clustered(metadata, project)
    if known is not None and replace(known, at_ns=0) == how:
        return
    now = time.time_ns()
    body = orjson.dumps(asdict(replace(how, at_ns=now))).decode()
    metadata.save_records([Record(project=project, kind=KIND, id=_ID, body=body, updated_ns=now)])
