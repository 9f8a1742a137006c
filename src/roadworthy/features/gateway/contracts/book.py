"""Contracts and grants as they are kept: read, changed, pinned; each change with who made it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.tool_contract import (
    ContractMode,
    ContractVersion,
    Drift,
    DriftKind,
    ToolContract,
    ToolDeclaration,
    ToolTerms,
)
from roadworthy.domain.tool_grant import ToolGrant
from roadworthy.features.gateway.contracts.check import SchemaInvalid, compiled

CONTRACT = "tool_contract"
GRANT = "tool_grant"
LEARNED = "tool_learned"
DRIFT = "tool_drift"
MOST_VERSIONS = 50
MOST_GRANTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What traffic has shown of a tool. Shapes are `shape_json`."""

    project: str
    connector: str
    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)
    exchanges: int = 0
    """Calls that gave data and were looked at."""
    first_ns: int = 0
    last_ns: int = 0
    declaration: ToolDeclaration | None = None
    """As the system last listed it; None where it no longer does, or never did."""
    gone: bool = False
    recent: dict[str, Any] = field(default_factory=dict)
    """The shape of results since the last pin: compared with what was pinned."""
    recent_exchanges: int = 0


class ContractInvalid(ValueError):  # noqa: N818 (a condition, not a bug)
    """`field` is the one that cannot be taken."""

    def __init__(self, name: str, expected: str) -> None:
        super().__init__(f"{name}: expected {expected}")
        self.field = name
        self.expected = expected


class ContractBook:
    """Safe from several threads of one process."""

    def __init__(self, metadata: MetadataStore, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._now_ns = now_ns
        self._lock = threading.Lock()  # protects the time from reading to writing

    # --- contracts ---------------------------------------------------------------------------------------

    def contracts(self, project: str) -> list[ToolContract]:
        return [read_record(ToolContract, one) for one in self._metadata.records(project, CONTRACT)]

    def contract(self, project: str, *, connector: str, tool: str) -> ToolContract | None:
        record = self._metadata.record(project, CONTRACT, f"{connector}.{tool}")
        return read_record(ToolContract, record) if record else None

    def pin(
        self,
        project: str,
        *,
        connector: str,
        tool: str,
        version: ContractVersion,
        by: str,
        mode: ContractMode | None = None,
    ) -> ToolContract:
        """A new version; its number and time are set here. Raises ContractInvalid for what is no schema."""
        for name, schema in (("arguments", version.arguments), ("result", version.result)):
            try:
                compiled(schema)
            except SchemaInvalid as odd:
                raise ContractInvalid(
                    name, f"a JSON Schema (2020-12) without references outside: {odd}"
                ) from None
        with self._lock:
            found = self.contract(project, connector=connector, tool=tool)
            before = found or ToolContract(project=project, connector=connector, tool=tool)
            number = before.versions[-1].number + 1 if before.versions else 1
            added = replace(version, number=number, pinned_ns=self._now_ns(), by=by)
            versions = (*before.versions, added)[-MOST_VERSIONS:]
            return self._save(replace(before, versions=versions, mode=mode or before.mode), by=by)

    def change(
        self,
        project: str,
        *,
        connector: str,
        tool: str,
        by: str,
        mode: ContractMode | None = None,
        terms: ToolTerms | None = None,
    ) -> ToolContract:
        """What is None stays. Raises ContractInvalid."""
        if terms is not None:
            check_terms(terms)
        with self._lock:
            found = self.contract(project, connector=connector, tool=tool)
            before = found or ToolContract(project=project, connector=connector, tool=tool)
            return self._save(replace(before, mode=mode or before.mode, terms=terms or before.terms), by=by)

    def delete(self, project: str, *, connector: str, tool: str) -> bool:
        """With its history, what was learned and what drifted."""
        name = f"{connector}.{tool}"
        with self._lock:
            for drift in self.drifts(project, connector=connector, tool=tool):
                self._metadata.delete_record(project, DRIFT, f"{name}:{drift.kind.value}")
            self._metadata.delete_record(project, LEARNED, name)
            return self._metadata.delete_record(project, CONTRACT, name)

    def _save(self, contract: ToolContract, *, by: str) -> ToolContract:
        at_ns = self._now_ns()
        kept = replace(contract, updated_ns=at_ns, updated_by=by)
        self._put(kept, project=kept.project, kind=CONTRACT, record_id=kept.name)
        return kept

    def _put(self, thing: object, *, project: str, kind: str, record_id: str) -> None:
        made = as_record(thing, project=project, kind=kind, record_id=record_id, at_ns=self._now_ns())
        self._metadata.save_records([made])

    # --- what was learned, and what drifted --------------------------------------------------------------

    def learned(self, project: str) -> list[Learned]:
        return [read_record(Learned, one) for one in self._metadata.records(project, LEARNED)]

    def learned_of(self, project: str, *, connector: str, tool: str) -> Learned | None:
        record = self._metadata.record(project, LEARNED, f"{connector}.{tool}")
        return read_record(Learned, record) if record else None

    def save_learned(self, learned: Learned) -> None:
        name = f"{learned.connector}.{learned.tool}"
        self._put(learned, project=learned.project, kind=LEARNED, record_id=name)

    def drifts(self, project: str, *, connector: str = "", tool: str = "") -> list[Drift]:
        """Of one tool, or of all."""
        of = f"{connector}.{tool}:" if connector else ""
        found = self._metadata.records(project, DRIFT)
        return [read_record(Drift, one) for one in found if one.id.startswith(of)]

    def drifts_by_tool(self, project: str) -> dict[str, list[Drift]]:
        """By `connector.tool`."""
        found: dict[str, list[Drift]] = {}
        for one in self._metadata.records(project, DRIFT):
            found.setdefault(one.id.rpartition(":")[0], []).append(read_record(Drift, one))
        return found

    def save_drift(self, project: str, *, connector: str, tool: str, drift: Drift) -> None:
        record_id = f"{connector}.{tool}:{drift.kind.value}"
        self._put(drift, project=project, kind=DRIFT, record_id=record_id)

    def settle(
        self, project: str, *, connector: str, tool: str, kind: DriftKind | None = None
    ) -> list[Drift]:
        """What stood and stands no longer; of one kind, or of all."""
        settled = []
        for drift in self.drifts(project, connector=connector, tool=tool):
            if kind is None or drift.kind is kind:
                self._metadata.delete_record(project, DRIFT, f"{connector}.{tool}:{drift.kind.value}")
                settled.append(drift)
        return settled

    # --- grants ------------------------------------------------------------------------------------------

    def grants(self, project: str) -> list[ToolGrant]:
        found = [read_record(ToolGrant, one) for one in self._metadata.records(project, GRANT)]
        return sorted(found, key=lambda one: (one.agent, one.release, one.pattern))

    def grant(self, project: str, *, agent: str, pattern: str, release: str = "", by: str) -> ToolGrant:
        """The one that is there where it is. Raises ContractInvalid."""
        if not agent.strip():
            raise ContractInvalid("agent", "the name of an agent")
        left, dot, right = pattern.partition(".")
        if not (dot and left and right) or len(pattern) > 200 or not pattern.isprintable():
            raise ContractInvalid("pattern", "connector.tool, like crm.find_customer, crm.* or *.search_*")
        with self._lock:
            there = self.grants(project)
            for one in there:
                if (one.agent, one.release, one.pattern) == (agent, release, pattern):
                    return one
            if len(there) >= MOST_GRANTS:
                raise ContractInvalid("pattern", f"at most {MOST_GRANTS} grants in a project")
            made = ToolGrant(
                project=project,
                id=uuid4().hex,
                agent=agent,
                release=release,
                pattern=pattern,
                created_ns=self._now_ns(),
                by=by,
            )
            self._put(made, project=project, kind=GRANT, record_id=made.id)
            return made

    def revoke(self, project: str, grant_id: str) -> bool:
        return self._metadata.delete_record(project, GRANT, grant_id)


def check_terms(terms: ToolTerms) -> None:
    """Raises ContractInvalid."""
    for name in ("max_age_s", "latency_ms", "max_bytes"):
        value = getattr(terms, name)
        if value is not None and not 0 < value < 1e15:
            raise ContractInvalid(name, "a number above 0, or null for no demand")
    if terms.empty_rate is not None and not 0 <= terms.empty_rate < 1:
        raise ContractInvalid("empty_rate", "a share from 0 to below 1, or null for no demand")
    if len(terms.age_field) > 200:
        raise ContractInvalid("age_field", "a path like meta.updated_at, at most 200 characters")
