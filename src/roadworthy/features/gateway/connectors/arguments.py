"""Arguments of a call against the schema that was offered: nothing is called that does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.failing import failed


class SchemaInvalid(ValueError):  # noqa: N818 (what the person is told, not a bug)
    """It is no JSON Schema, or needs what is not in it."""


class ArgumentCheck:
    """Of one tool. Raises SchemaInvalid."""

    def __init__(self, schema: Mapping[str, Any], *, about: str) -> None:
        self._about = about
        try:
            # Offline: a schema of a stranger's document fetches nothing. Patterns in linear time.
            self._validator = jsonschema_rs.validator_for(
                dict(schema), offline=True, pattern_options=jsonschema_rs.RegexOptions()
            )
        except Exception as fault:  # noqa: BLE001 - the library raises plain ones of several kinds
            raise SchemaInvalid(str(fault)[:300]) from None

    def __call__(self, arguments: Mapping[str, Any]) -> None:
        """Raises ToolFailed, which names the first argument that is wrong."""
        fault = next(iter(self._validator.iter_errors(dict(arguments))), None)
        if fault is not None:
            path = ".".join(str(part) for part in fault.instance_path)
            raise refused(self._about, f"{path or 'arguments'}: {fault.message[:300]}")


def refused(about: str, why: str) -> ToolFailed:
    """Nothing was called."""
    return failed(
        FailureCode.CONTRACT_REFUSED, f"{about} was not called: {why}", about=about, may_repeat=False
    )


def object_schema(properties: Mapping[str, Any], *, required: list[str]) -> dict[str, Any]:
    """What tools take: named arguments, and no others."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return schema | ({"required": required} if required else {})
