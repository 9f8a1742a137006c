"""What each call of a connector begins with: a tool that it has, arguments that fit, a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from roadworthy.contracts.tool_system import ToolCallContext, ToolSpec
from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.connectors.arguments import ArgumentCheck, SchemaInvalid, refused
from roadworthy.features.gateway.connectors.failing import no_such_tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    about: str
    """`crm.find_customer`, as failures name it."""
    seconds: float
    """It may take, all tries included."""


class Beginning:
    """Of the tools of one connector. Each schema is compiled once, when it is first called."""

    def __init__(self, connector: Connector, specs: Mapping[str, ToolSpec]) -> None:
        self._connector = connector
        self._specs = specs
        self._checks: dict[str, ArgumentCheck] = {}

    def __call__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        context: ToolCallContext,
        most_s: float | None = None,
    ) -> Begun:
        """`most_s`: of a tool with a time of its own. Raises ToolFailed; then nothing was called."""
        spec = self._specs.get(name)
        if spec is None:
            raise no_such_tool(name, connector=self._connector.name)
        about = f"{self._connector.name}.{name}"
        check = self._checks.get(name)
        if check is None:
            try:
                check = self._checks[name] = ArgumentCheck(spec.arguments, about=about)
            except SchemaInvalid as invalid:
                raise refused(about, f"its own schema is none: {invalid}") from None
        check(arguments)
        return Begun(about=about, seconds=min(most_s or self._connector.timeout_s, context.deadline_s))
