"""A system of tools in which one fault happens, exactly as planned, in one call.

Faults of data change what the system gave. A result in which the fault finds nothing to change (no record to
double, no quantity to scale), or that is an error already, is passed on as it is, and the fault counts as not
applied.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from roadworthy.contracts.tool_system import ToolCallContext, ToolFailed, ToolResult, ToolSpec, ToolSystem
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.gateway.drills.fault import PlannedFault
from roadworthy.features.gateway.drills.fault_transport import cut_at
from roadworthy.features.gateway.drills.faults.injected import instruction
from roadworthy.features.gateway.drills.faults.table import CHANGES, Units

_NOTHING = "The call did not give anything: this says nothing about what the data is."


class FaultToolSystem:
    """Of the contract `ToolSystem`. `units` of the tool that is called, as far as they are known."""

    def __init__(
        self,
        inner: ToolSystem,
        *,
        fault: PlannedFault,
        units: Units | None = None,
        applied: Callable[[], None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._fault = fault
        self._units = units or {}
        self._applied = applied
        self._sleep = sleep

    async def tools(self) -> Sequence[ToolSpec]:
        return await self._inner.tools()

    async def close(self) -> None:
        """The system belongs to others."""
        return

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        fault = self._fault.fault
        if fault == "timeout":
            wait = min(self._fault.setting("after_s"), context.deadline_s)
            await self._sleep(wait)
            raise self._failed(
                FailureCode.TIMEOUT, f"{name} did not answer within {wait:g} s.", retry=Retry.NOW
            )
        if fault == "rate_limited":
            after = self._fault.setting("retry_after_s")
            raise self._failed(
                FailureCode.RATE_LIMITED, f"{name} takes no more calls now.", retry=Retry.LATER, after=after
            )
        if fault == "server_error":
            raise self._failed(FailureCode.UPSTREAM_ERROR, f"{name} failed (HTTP 500).", retry=Retry.NOW)
        if fault == "slow":
            await self._late(name, context)
        result = await self._inner.call(name, arguments, context=context)
        if fault == "slow":
            self._applied()
            return result
        if result.is_error:
            return result
        return self._changed(result)

    async def _late(self, name: str, context: ToolCallContext) -> None:
        late = self._fault.setting("first_s")
        await self._sleep(min(late, context.deadline_s))
        if late >= context.deadline_s:
            what = f"{name} did not answer within {context.deadline_s:g} s."
            raise self._failed(FailureCode.TIMEOUT, what, retry=Retry.NOW)

    def _failed(
        self, code: FailureCode, what: str, *, retry: Retry, after: float | None = None
    ) -> ToolFailed:
        self._applied()
        failure = TypedFailure(
            code=code, what=what, retry=retry, do_not_conclude=_NOTHING, retry_after_s=after
        )
        return ToolFailed(failure)

    def _changed(self, result: ToolResult) -> ToolResult:
        changed = self._cut(result) if self._fault.fault == "truncated" else self._altered(result)
        if changed is None:
            return result
        self._applied()
        return changed

    def _cut(self, result: ToolResult) -> ToolResult | None:
        """The text that holds the data ends in its middle."""
        place = max(range(len(result.content)), key=lambda at: len(_text(result.content[at])), default=None)
        if place is None or len(_text(result.content[place])) < 2:
            return None
        text = _text(result.content[place])
        blocks = list(result.content)
        blocks[place] = {**blocks[place], "text": text[: cut_at(len(text), seed=self._fault.seed)]}
        return replace(result, content=blocks, structured=None)

    def _altered(self, result: ToolResult) -> ToolResult | None:
        value = result.structured if result.structured is not None else _data(result)
        if value is None:
            return self._altered_text(result)
        new = CHANGES[self._fault.fault](value, self._fault, self._units)
        aged = self._aged(result)
        if new is None:
            return aged
        blocks = [_with_data(block, old=value, new=new) for block in result.content]
        structured = new if result.structured is not None else None
        return replace(aged or result, content=blocks, structured=structured)

    def _altered_text(self, result: ToolResult) -> ToolResult | None:
        """Of a result that is no JSON."""
        blocks = list(result.content)
        place = next((at for at, one in enumerate(blocks) if _text(one)), None)
        if place is None:
            return None
        text = _text(blocks[place])
        if self._fault.fault == "empty":
            blocks[place] = {**blocks[place], "text": ""}
        elif self._fault.fault == "injected":
            blocks[place] = {**blocks[place], "text": f"{text}\n{instruction(self._fault.seed)}"}
        else:
            return self._aged(result)
        return replace(result, content=blocks)

    def _aged(self, result: ToolResult) -> ToolResult | None:
        if self._fault.fault != "stale" or result.as_of_ns is None:
            return None
        age_ns = int(self._fault.setting("age_s") * 1e9)
        return replace(result, as_of_ns=max(0, result.as_of_ns - age_ns))


def _text(block: Mapping[str, Any]) -> str:
    return str(block.get("text") or "") if block.get("type", "text") == "text" else ""


def _data(result: ToolResult) -> Any:
    """The first text that is a JSON object or list; None where there is none."""
    for block in result.content:
        value = _parsed(_text(block))
        if value is not None:
            return value
    return None


def _parsed(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _with_data(block: Mapping[str, Any], *, old: Any, new: Any) -> Mapping[str, Any]:
    """A text block that holds the data holds the new one, laid out as before."""
    text = _text(block)
    if _parsed(text) != old:
        return block
    option = orjson.OPT_INDENT_2 if "\n" in text else 0
    return {**block, "text": orjson.dumps(new, option=option).decode()}
