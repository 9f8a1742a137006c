"""One operation as it is called, whether it was declared or read from an OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from roadworthy.contracts.tool_system import ToolSpec
from roadworthy.features.gateway.connectors.arguments import object_schema
from roadworthy.features.gateway.connectors.http.templates import names_in
from roadworthy.features.gateway.connectors.settings.http import Operation

SAFE = frozenset({"GET", "HEAD"})
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""RFC 9110, 9.2.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool with how it is sent."""

    spec: ToolSpec
    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    form: bool = False
    """Whether the body goes as a form instead of JSON."""
    items: str = ""
    timeout_s: float | None = None
    defaults: dict[str, Any] = field(default_factory=dict)


def declared_call(name: str, operation: Operation) -> Call:
    """Arguments that stand in templates and were not described take any plain value."""
    templates = [operation.path, operation.query, operation.headers, operation.body]
    used = set().union(*(names_in(one) for one in templates))
    in_path = names_in(operation.path)
    properties = {
        **{one: {"type": ["string", "number", "boolean"]} for one in sorted(used - {*operation.arguments})},
        **operation.arguments,
    }
    required = sorted(in_path) if operation.required is None else sorted({*operation.required, *in_path})
    read_only = operation.method in SAFE if operation.read_only is None else operation.read_only
    idempotent = operation.method in IDEMPOTENT if operation.idempotent is None else operation.idempotent
    spec = ToolSpec(
        name=name,
        description=operation.description or f"{operation.method} {operation.path}",
        arguments=object_schema(properties, required=required),
        result=operation.result,
        read_only=read_only,
        idempotent=idempotent,
    )
    return Call(
        spec=spec,
        method=operation.method,
        path=operation.path,
        query=operation.query,
        headers=operation.headers,
        body=operation.body,
        items=operation.items,
        timeout_s=operation.timeout_s,
        defaults={
            key: schema["default"]
            for key, schema in operation.arguments.items()
            if isinstance(schema, dict) and "default" in schema
        },
    )
