"""What the API says about contracts of tools, what drifted, and grants."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from roadworthy.domain.tool_contract import (
    ContractChange,
    ContractMode,
    ContractVersion,
    Drift,
    DriftKind,
    ToolDeclaration,
    ToolTerms,
)
from roadworthy.domain.tool_grant import ToolGrant
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.gateway.contracts.book import Learned
from roadworthy.features.gateway.contracts.learning import proposed
from roadworthy.features.gateway.contracts.service import ContractDiff, ContractView

Status = Literal["learning", "ready", "pinned", "drifted"]


class TermsBody(Body):
    """What is demanded besides the shapes; null demands nothing."""

    max_age_s: float | None = Field(default=None, description="How old the data may be")
    age_field: str = Field(
        default="", max_length=200, description="Where a result says how old it is; empty: the connector says"
    )
    latency_ms: float | None = Field(default=None, description="Budget; where enforced, calls end after it")
    max_bytes: int | None = Field(default=None, description="Of a result, as JSON")
    idempotent: bool | None = Field(
        default=None, description="Whether a call may be tried again; null: as the connector says"
    )
    empty_rate: float | None = Field(default=None, description="Share of results that may be empty")
    refuse_changed: bool = Field(
        default=False,
        description="Where enforced: refuse calls while the tool describes itself otherwise than was pinned",
    )


class DeclarationJson(BaseModel):
    description: str
    arguments: dict[str, Any]
    result: dict[str, Any] | None
    annotations: dict[str, Any]
    digest: str


class ContractVersionJson(BaseModel):
    number: int
    arguments: dict[str, Any] | None = Field(description="JSON Schema; null: any")
    result: dict[str, Any] | None = Field(description="JSON Schema; null: any")
    declaration: DeclarationJson
    pinned: str
    by: str
    reason: str
    learned_from: int = Field(description="Exchanges the shapes were inferred from; 0: declared or written")


class ChangeJson(BaseModel):
    path: str
    what: str
    before: str
    after: str
    breaking: bool


class DriftJson(BaseModel):
    id: str = Field(description="Of its alarm, too")
    kind: DriftKind
    first: str
    last: str
    count: int
    changes: list[ChangeJson]
    run_ids: list[str]
    exchange_ids: list[str]


class LearnedJson(BaseModel):
    exchanges: int
    first: str | None
    last: str | None
    arguments: dict[str, Any] | None = Field(description="JSON Schema that traffic suggests")
    result: dict[str, Any] | None
    declaration: DeclarationJson | None = Field(description="As the system lists the tool now")
    gone: bool


class ContractSummary(BaseModel):
    connector: str
    tool: str
    name: str
    status: Status
    mode: ContractMode
    terms: TermsBody
    pinned_version: int | None
    pinned: str | None
    pinned_by: str
    exchanges: int = Field(description="That were learned from")
    last_seen: str | None
    drifts: list[DriftJson]


class ContractPage(BaseModel):
    items: list[ContractSummary]
    next_cursor: str | None = None


class ContractDetail(ContractSummary):
    version: ContractVersionJson | None = Field(description="The pinned one")
    learned: LearnedJson | None


class ContractHistory(BaseModel):
    items: list[ContractVersionJson] = Field(description="Newest first")


class ContractDiffJson(BaseModel):
    declared: list[ChangeJson]
    arguments: list[ChangeJson]
    result: list[ChangeJson]


class PinBody(Body):
    """What is left out is what traffic suggests, else what the tool declares."""

    arguments: dict[str, Any] | None = Field(default=None, description="JSON Schema")
    result: dict[str, Any] | None = Field(default=None, description="JSON Schema")
    mode: ContractMode | None = None
    reason: str = Field(default="", max_length=2000)


class AcceptBody(Body):
    reason: str = Field(default="", max_length=2000)


class ContractChangeBody(Body):
    """What is left out stays."""

    mode: ContractMode | None = None
    terms: TermsBody | None = Field(default=None, description="All terms anew")


class GrantBody(Body):
    agent: str = Field(min_length=1, max_length=500)
    release: str = Field(
        default="",
        max_length=500,
        description="A release with grants of its own has those alone; empty: every other release",
    )
    pattern: str = Field(min_length=3, max_length=200, description="connector.tool; * stands for any part")


class GrantJson(BaseModel):
    id: str
    agent: str
    release: str
    pattern: str
    created: str
    by: str


class GrantPage(BaseModel):
    items: list[GrantJson]
    next_cursor: str | None = None


def terms_of(body: TermsBody) -> ToolTerms:
    return ToolTerms(**body.model_dump())


def summary(view: ContractView) -> ContractSummary:
    return ContractSummary(**_summary(view))


def detail(view: ContractView) -> ContractDetail:
    pinned = view.contract.pinned
    return ContractDetail(
        **_summary(view),
        version=version_json(pinned) if pinned else None,
        learned=_learned(view.learned) if view.learned else None,
    )


def version_json(version: ContractVersion) -> ContractVersionJson:
    return ContractVersionJson(
        number=version.number,
        arguments=version.arguments,
        result=version.result,
        declaration=_declaration(version.declaration),
        pinned=rfc3339(version.pinned_ns),
        by=version.by,
        reason=version.reason,
        learned_from=version.learned_from,
    )


def diff_json(diff: ContractDiff) -> ContractDiffJson:
    return ContractDiffJson(
        declared=[_change(one) for one in diff.declared],
        arguments=[_change(one) for one in diff.arguments],
        result=[_change(one) for one in diff.result],
    )


def grant_json(grant: ToolGrant) -> GrantJson:
    return GrantJson(
        id=grant.id,
        agent=grant.agent,
        release=grant.release,
        pattern=grant.pattern,
        created=rfc3339(grant.created_ns),
        by=grant.by,
    )


def _summary(view: ContractView) -> dict[str, Any]:
    contract, learned, pinned = view.contract, view.learned, view.contract.pinned
    terms = {name: getattr(contract.terms, name) for name in TermsBody.model_fields}
    return {
        "connector": contract.connector,
        "tool": contract.tool,
        "name": contract.name,
        "status": view.status,
        "mode": contract.mode,
        "terms": TermsBody(**terms),
        "pinned_version": pinned.number if pinned else None,
        "pinned": rfc3339(pinned.pinned_ns) if pinned else None,
        "pinned_by": pinned.by if pinned else "",
        "exchanges": learned.exchanges if learned else 0,
        "last_seen": rfc3339_or_none(learned.last_ns or None) if learned else None,
        "drifts": [_drift(one) for one in view.drifts],
    }


def _learned(learned: Learned) -> LearnedJson:
    arguments, result = proposed(learned)
    return LearnedJson(
        exchanges=learned.exchanges,
        first=rfc3339_or_none(learned.first_ns or None),
        last=rfc3339_or_none(learned.last_ns or None),
        arguments=arguments,
        result=result,
        declaration=_declaration(learned.declaration) if learned.declaration else None,
        gone=learned.gone,
    )


def _declaration(said: ToolDeclaration) -> DeclarationJson:
    return DeclarationJson(
        description=said.description,
        arguments=said.arguments,
        result=said.result,
        annotations=said.annotations,
        digest=said.digest,
    )


def _drift(drift: Drift) -> DriftJson:
    return DriftJson(
        id=drift.id,
        kind=drift.kind,
        first=rfc3339(drift.first_ns),
        last=rfc3339(drift.last_ns),
        count=drift.count,
        changes=[_change(one) for one in drift.changes],
        run_ids=list(drift.run_ids),
        exchange_ids=list(drift.exchange_ids),
    )


def _change(change: ContractChange) -> ChangeJson:
    return ChangeJson(
        path=change.path,
        what=change.what,
        before=change.before,
        after=change.after,
        breaking=change.breaking,
    )
