"""What the API says about connectors. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from roadworthy.contracts.tool_system import ToolResult, ToolSpec
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.delivery import BadRow, Delivery, DeliveryState, TableState
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.doors.rest.models.settings import Body
from roadworthy.doors.rest.times import rfc3339, rfc3339_or_none
from roadworthy.features.gateway.connectors.book import secret_states
from roadworthy.features.gateway.connectors.declared import Change
from roadworthy.features.gateway.connectors.service import Tested
from roadworthy.features.gateway.connectors.settings.table import ConnectorInvalid

_Text = Annotated[str, StringConstraints(max_length=8_000)]


class ConnectorKindView(BaseModel):
    kind: ConnectorKind
    settings: dict[str, Any] = Field(description="JSON Schema of `settings`")


class ConnectorKindPage(BaseModel):
    items: list[ConnectorKindView]
    next_cursor: None = None


class ConnectorBody(Body):
    """`settings`: those of its kind, GET /api/v1/connector-kinds. Where a secret belongs stands
    `{"secret": NAME}` or `{"env": NAME}`."""

    kind: ConnectorKind
    title: str = Field(default="", max_length=200)
    description: _Text = ""
    settings: dict[str, Any] = Field(max_length=50)
    enabled: bool = True
    allow_private: bool = Field(default=False, description="Whether it may stand at a private address")
    timeout_s: float = Field(default=10.0, gt=0, le=600, description="Of one call, all tries included")
    max_result_bytes: int = Field(default=1 << 20, ge=1_000, le=64 << 20)


class SecretStateView(BaseModel):
    name: str
    present: bool = Field(description="Whether it was entered")


class ConnectorView(BaseModel):
    name: str
    kind: ConnectorKind
    title: str
    description: str
    settings: dict[str, Any]
    secrets: list[SecretStateView] = Field(description="Those that its settings name, never their values")
    enabled: bool
    allow_private: bool
    timeout_s: float
    max_result_bytes: int
    updated_at: str
    problem: str | None = Field(description="Why it cannot be used as it is")


class SavedConnectorView(ConnectorView):
    dropped_secrets: list[str] = Field(
        description="To be entered again: the address they were given for is another now"
    )


class ConnectorPage(BaseModel):
    items: list[ConnectorView]
    next_cursor: None = None


class SecretBody(Body):
    value: str = Field(min_length=1, max_length=100_000)


class FailureView(BaseModel):
    """A failure that nobody can mistake for data."""

    code: FailureCode
    what: str
    retry: Retry
    do_not_conclude: str
    retry_after_s: float | None
    facts: dict[str, str]


class TestedView(BaseModel):
    ok: bool
    seconds: float
    said: str
    tools: int
    failure: FailureView | None
    stderr: list[str] = Field(description="What a program that failed wrote last, secrets masked")


class ConnectorStateView(BaseModel):
    """As the gateway said within the last second."""

    known: bool = Field(description="Whether the gateway has had to do with it since it started")
    tools: int
    problem: str | None = Field(description="Why its tools cannot be listed now")
    calls: int
    failures: int
    in_flight: int
    queued: int
    breaker: str = Field(description="closed, open or half_open")
    p50_ms: float | None
    p95_ms: float | None
    stderr: list[str] = Field(description="What a program wrote last to standard error, secrets masked")


class ToolView(BaseModel):
    name: str
    description: str
    arguments: dict[str, Any] = Field(description="JSON Schema")
    result: dict[str, Any] | None
    read_only: bool
    idempotent: bool


class ToolPage(BaseModel):
    items: list[ToolView]
    next_cursor: None = None


class ToolCallBody(Body):
    arguments: dict[str, Any] = Field(default_factory=dict)


class ToolResultView(BaseModel):
    ok: bool
    content: list[dict[str, Any]]
    structured: Any
    as_of: str | None = Field(description="How old the data is, where the system says")
    failure: FailureView | None


class ConnectorFileBody(Body):
    yaml: str = Field(max_length=1 << 20)
    dry_run: bool = False


class ConnectorChangeView(BaseModel):
    name: str
    change: Literal["added", "changed", "same"]
    fields: list[str]
    dropped_secrets: list[str]


class ConnectorFileView(BaseModel):
    applied: bool
    changes: list[ConnectorChangeView]


class ConnectorExport(BaseModel):
    yaml: str


class TableStateView(BaseModel):
    name: str
    rows: int
    version: int
    as_of: str | None
    loaded_at: str | None
    due_at: str | None = Field(description="When the delivery was due that is missing")
    stale: bool
    said: str


class DeliveryFileView(BaseModel):
    table: str
    file: str
    state: DeliveryState
    reason: str
    bytes: int
    rows: int
    bad_rows: int
    position: int = Field(description="Rows read so far, while it loads")
    version: int
    arrived_at: str | None
    as_of: str | None
    loaded_at: str | None


class BadRowView(BaseModel):
    table: str
    file: str
    line: int
    reason: str
    text: str


class LoadsView(BaseModel):
    tables: list[TableStateView]
    deliveries: list[DeliveryFileView] = Field(description="Newest first")
    bad_rows: list[BadRowView] = Field(description="Set aside, newest load first")


def connector_view(one: Connector) -> ConnectorView:
    return ConnectorView(**_fields(one))


def saved_view(one: Connector, *, dropped: tuple[str, ...]) -> SavedConnectorView:
    return SavedConnectorView(**_fields(one), dropped_secrets=list(dropped))


def _fields(one: Connector) -> dict[str, Any]:
    problem = None
    try:
        states = secret_states(one)
        missing = [state.name for state in states if not state.present]
        if missing:
            problem = f"secrets to be entered: {', '.join(missing)}"
    except ConnectorInvalid as invalid:  # of another version
        states, problem = [], str(invalid)
    return {
        "name": one.name,
        "kind": one.kind,
        "title": one.title,
        "description": one.description,
        "settings": one.settings,
        "secrets": [SecretStateView(name=state.name, present=state.present) for state in states],
        "enabled": one.enabled,
        "allow_private": one.allow_private,
        "timeout_s": one.timeout_s,
        "max_result_bytes": one.max_result_bytes,
        "updated_at": rfc3339(one.updated_ns),
        "problem": problem,
    }


def failure_view(failure: TypedFailure) -> FailureView:
    return FailureView(
        code=failure.code,
        what=failure.what,
        retry=failure.retry,
        do_not_conclude=failure.do_not_conclude,
        retry_after_s=failure.retry_after_s,
        facts=failure.facts,
    )


def tested_view(tested: Tested) -> TestedView:
    return TestedView(
        ok=tested.ok,
        seconds=round(tested.seconds, 3),
        said=tested.said,
        tools=tested.tools,
        failure=failure_view(tested.failure) if tested.failure else None,
        stderr=list(tested.stderr),
    )


def state_view(told: Mapping[str, Any]) -> ConnectorStateView:
    """`told` is what the gateway said of it, {} where nothing."""
    return ConnectorStateView(
        known=bool(told),
        tools=int(told.get("tools") or 0),
        problem=str(told.get("problem") or "") or None,
        calls=int(told.get("calls") or 0),
        failures=int(told.get("failures") or 0),
        in_flight=int(told.get("in_flight") or 0),
        queued=int(told.get("queued") or 0),
        breaker=str(told.get("breaker") or "closed"),
        p50_ms=told.get("p50_ms"),
        p95_ms=told.get("p95_ms"),
        stderr=[str(one) for one in told.get("stderr") or ()],
    )


def tool_view(spec: ToolSpec) -> ToolView:
    return ToolView(
        name=spec.name,
        description=spec.description,
        arguments=dict(spec.arguments),
        result=dict(spec.result) if spec.result is not None else None,
        read_only=spec.read_only,
        idempotent=spec.idempotent,
    )


def result_view(result: ToolResult) -> ToolResultView:
    return ToolResultView(
        ok=not result.is_error,
        content=[dict(one) for one in result.content],
        structured=result.structured,
        as_of=rfc3339_or_none(result.as_of_ns),
        failure=None,
    )


def failed_view(failure: TypedFailure) -> ToolResultView:
    return ToolResultView(ok=False, content=[], structured=None, as_of=None, failure=failure_view(failure))


def change_view(change: Change) -> ConnectorChangeView:
    return ConnectorChangeView(
        name=change.name,
        change=change.change,  # type: ignore[arg-type]
        fields=list(change.fields),
        dropped_secrets=list(change.dropped),
    )


def table_state_view(one: TableState) -> TableStateView:
    return TableStateView(
        name=one.name,
        rows=one.rows,
        version=one.version,
        as_of=rfc3339_or_none(one.as_of_ns or None),
        loaded_at=rfc3339_or_none(one.loaded_ns or None),
        due_at=rfc3339_or_none(one.due_ns or None),
        stale=one.stale,
        said=one.said,
    )


def delivery_file_view(one: Delivery) -> DeliveryFileView:
    return DeliveryFileView(
        table=one.table,
        file=one.file,
        state=one.state,
        reason=one.reason,
        bytes=one.bytes,
        rows=one.rows,
        bad_rows=one.bad_rows,
        position=one.position,
        version=one.version,
        arrived_at=rfc3339_or_none(one.arrived_ns or None),
        as_of=rfc3339_or_none(one.as_of_ns or None),
        loaded_at=rfc3339_or_none(one.loaded_ns or None),
    )


def bad_row_view(one: BadRow) -> BadRowView:
    return BadRowView(table=one.table, file=one.file, line=one.line, reason=one.reason, text=one.text)
