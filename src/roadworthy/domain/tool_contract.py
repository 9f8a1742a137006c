"""What a tool of a connector has promised: shapes, age, time, size; and what of it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ContractMode(StrEnum):
    OBSERVE = "observe"
    """What does not hold is found and told; the agent gets the answer all the same."""
    ENFORCE = "enforce"
    """What does not hold is a typed failure; the agent gets no data that breaks the contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolTerms:
    """What is demanded besides the shapes. None demands nothing."""

    max_age_s: float | None = None
    """How old the data may be."""
    age_field: str = ""
    """Where the result says how old it is ("meta.updated_at"): ISO 8601, or Unix seconds, milliseconds or
    nanoseconds. "": what the connector says of itself."""
    latency_ms: float | None = None
    """Budget. Where it is enforced a call is given up after it."""
    max_bytes: int | None = None
    """Of a result, as JSON."""
    idempotent: bool | None = None
    """Whether a call may be tried again. None: as the connector says."""
    empty_rate: float | None = None
    """The share of results that may be empty, 0 to 1."""
    refuse_changed: bool = False
    """Where it is enforced: calls are refused while the tool describes itself otherwise than was pinned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDeclaration:
    """What the system says of its own tool. `digest` is of all of it."""

    description: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    annotations: dict[str, Any] = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractVersion:
    """What was pinned: exchanges are held against the newest."""

    number: int
    arguments: dict[str, Any] | None = None
    """JSON Schema (2020-12); None: any."""
    result: dict[str, Any] | None = None
    declaration: ToolDeclaration = field(default_factory=ToolDeclaration)
    """How the tool described itself then: agents are shown this, as long as it is enforced."""
    pinned_ns: int
    by: str
    reason: str = ""
    learned_from: int = 0
    """Exchanges the shapes were inferred from; 0: none, they were declared or written by a person."""


class DriftKind(StrEnum):
    DESCRIPTION = "description"
    """The tool describes itself otherwise than was pinned: agents would be told something else."""
    DECLARED_SHAPE = "declared_shape"
    """The schema the tool declares is another one."""
    GONE = "gone"
    """The system no longer lists the tool."""
    RESULT = "result"
    """Results are not of the shape that was pinned."""
    ARGUMENTS = "arguments"
    """Agents call it with other arguments than were pinned."""
    TERMS = "terms"
    """Too old, too slow, too large, or empty too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractChange:
    """One line of a diff. `path` is like `result.items[].price`."""

    path: str
    what: str
    """Plain words: "number became string"."""
    before: str = ""
    after: str = ""
    breaking: bool = False
    """What held before may no longer hold: readers can fail on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A tool is not what was pinned. One stands at most for each kind; more of the same is counted."""

    id: str
    kind: DriftKind
    first_ns: int
    last_ns: int
    count: int = 1
    """Exchanges or looks that showed it."""
    changes: tuple[ContractChange, ...] = ()
    run_ids: tuple[str, ...] = ()
    """At most twenty runs it touched."""
    exchange_ids: tuple[str, ...] = ()
    """At most twenty."""
    digest: str = ""
    """Of the declaration that was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolContract:
    """Identity is (project, connector, tool). Without versions nothing was pinned yet: only `terms` hold."""

    project: str
    connector: str
    tool: str
    mode: ContractMode = ContractMode.OBSERVE
    terms: ToolTerms = field(default_factory=ToolTerms)
    versions: tuple[ContractVersion, ...] = ()
    """Oldest first, at most fifty."""
    updated_ns: int = 0
    updated_by: str = ""

    @property
    def name(self) -> str:
        return f"{self.connector}.{self.tool}"

    @property
    def pinned(self) -> ContractVersion | None:
        return self.versions[-1] if self.versions else None
