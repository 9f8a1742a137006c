"""A call of an agent to a tool: granted, held against its contract, guarded, made, and held again."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson

from roadworthy.contracts.tool_system import Progress, ToolCallContext, ToolFailed, ToolResult, ToolSystem
from roadworthy.domain.connector import Connector
from roadworthy.domain.exchange import Attempt, Ending
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.contracts.check import CODES, Broken, CompiledContract, ContractFinding
from roadworthy.features.gateway.contracts.empties import is_empty
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.resilience.places import QueueFull, WaitedTooLong
from roadworthy.features.gateway.tools.facts import ToolFacts
from roadworthy.features.gateway.tools.guards import AT_ONCE, QUEUE, RETRY_SHARE, Guard, Guards
from roadworthy.features.gateway.tools.offering import OfferedTool
from roadworthy.features.gateway.tools.systems import Systems

MOST_TRIES = 2
_AGAIN = frozenset({FailureCode.UNREACHABLE, FailureCode.UPSTREAM_ERROR, FailureCode.INVALID_ANSWER})
_BLAMES = _AGAIN | {FailureCode.TIMEOUT, FailureCode.RATE_LIMITED, FailureCode.OVERLOADED}
"""Failures that say something about the system: they open its breaker."""
_SLACK_S = 0.5


class ToolFault(Protocol):
    """What a drill puts between the gateway and a system for one call."""

    def tools(self, inner: ToolSystem) -> ToolSystem: ...


@dataclass(slots=True, kw_only=True)
class ToolCallDone:
    """`result` or `failure`; both where the tool itself said that it failed."""

    target: str
    ending: Ending
    result: ToolResult | None = None
    failure: TypedFailure | None = None
    attempts: tuple[Attempt, ...] = ()
    findings: tuple[str, ...] = ()
    elapsed_ms: float = 0.0
    told: bytes = b""
    """Never here: of a recording."""
    told_status: int = 200


@dataclass(slots=True, kw_only=True)
class _Call:
    caller: Caller
    tool: OfferedTool
    connector: Connector
    arguments: Mapping[str, Any]
    traceparent: str
    seconds: float
    idempotent: bool
    fault: ToolFault | None = None
    on_progress: Callable[[Progress], None] | None = None
    attempts: list[Attempt] = field(default_factory=list)


class ToolDesk:
    """For one event loop. Nothing it waits for is a file or a database."""

    def __init__(
        self,
        systems: Systems,
        *,
        guards: Guards,
        facts: ToolFacts,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._systems = systems
        self._guards = guards
        self._facts = facts
        self._now_ns = now_ns

    async def call(
        self,
        caller: Caller,
        tool: OfferedTool,
        arguments: Mapping[str, Any],
        *,
        traceparent: str = "",
        fault: ToolFault | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> ToolCallDone:
        """Never raises but CancelledError, which is passed on to the system. A call with a `fault` has a
        breaker of its own: no drill opens that of live traffic."""
        began = time.perf_counter()
        target = tool.target
        contract = tool.contract
        done = ToolCallDone(target=target, ending=Ending.REFUSED)
        findings: list[ContractFinding] = []
        refusal = _before(contract, tool, arguments, findings)
        if refusal is not None:
            done.failure = refusal
        else:
            call = _Call(
                caller=caller,
                tool=tool,
                connector=tool.connector,
                arguments=arguments,
                traceparent=traceparent,
                seconds=_seconds(tool.connector, contract),
                idempotent=_is_idempotent(tool, contract),
                fault=fault,
                on_progress=on_progress,
            )
            try:
                await self._made(call, done)
            finally:
                done.attempts = tuple(call.attempts)
        done.elapsed_ms = (time.perf_counter() - began) * 1000
        if done.result is not None and done.failure is None:
            self._after(caller, tool, done, findings)
        done.findings = tuple(one.line for one in findings)
        return done

    # --- making it ---------------------------------------------------------------------------------------

    async def _made(self, call: _Call, done: ToolCallDone) -> None:
        guard = Guard() if call.fault else self._guards.of(call.caller.project, call.connector.name)
        guard.calls += 1
        try:
            async with asyncio.timeout(call.seconds + _SLACK_S):
                await guard.places.take(call.caller.agent, at_once=AT_ONCE, queue=QUEUE, wait_s=call.seconds)
                try:
                    done.result = await self._tried(call, guard, done)
                finally:
                    guard.places.give(at_once=AT_ONCE)
        except ToolFailed as failure:
            done.failure = failure.failure
        except (QueueFull, WaitedTooLong):
            what = f"{call.connector.name} has {AT_ONCE} calls in hand, and this one found no place"
            done.failure = not_now(FailureCode.OVERLOADED, what, about=done.target, after_s=1.0)
        except TimeoutError:
            # A system that does not keep its own deadline.
            what = f"{done.target} did not answer within {call.seconds:.3g} s"
            late = failed(FailureCode.TIMEOUT, what, about=done.target, may_repeat=call.idempotent)
            done.failure = late.failure
        if done.failure is not None:
            guard.failures += 1
            done.ending = Ending.FAILED if call.attempts else Ending.REFUSED
        elif done.result is not None and done.result.is_error:
            done.ending, done.failure = Ending.FAILED, _said_itself(done.target)
        else:
            done.ending = Ending.COMPLETE

    async def _tried(self, call: _Call, guard: Guard, done: ToolCallDone) -> ToolResult:
        """Raises ToolFailed."""
        by = time.monotonic() + call.seconds
        guard.retries.called(RETRY_SHARE)
        while True:
            try:
                return await self._once(call, guard, done, seconds=by - time.monotonic())
            except ToolFailed as failure:
                if not _again(call, failure.failure) or time.monotonic() >= by or not guard.retries.take():
                    raise
                await asyncio.sleep(random.uniform(0.03, 0.15))  # noqa: S311

    async def _once(self, call: _Call, guard: Guard, done: ToolCallDone, *, seconds: float) -> ToolResult:
        clock, breaker = self._guards.clock, guard.breaker
        ticket = breaker.admit(clock())
        if ticket is None:
            after = breaker.reopens_in(clock()) or 1.0
            what = f"{call.connector.name} failed so often lately that it was not asked"
            raise ToolFailed(not_now(FailureCode.BREAKER_OPEN, what, about=done.target, after_s=after))
        started_ns, began = self._now_ns(), time.perf_counter()
        code, settled = "", False
        try:
            system = self._systems.of(call.connector)
            if call.fault is not None:
                system = call.fault.tools(system)
            context = ToolCallContext(
                project=call.caller.project,
                agent=call.caller.agent,
                traceparent=call.traceparent,
                deadline_s=seconds,
                on_progress=call.on_progress,
            )
            result = await system.call(call.tool.spec.name, call.arguments, context=context)
            breaker.succeeded(ticket, clock())
            guard.latency.add((time.perf_counter() - began) * 1000)
            settled = True
            return result
        except ToolFailed as failure:
            code = failure.failure.code.value
            if failure.failure.code in _BLAMES:
                breaker.failed(ticket, clock())
                settled = True
            raise
        except TimeoutError:
            code = FailureCode.TIMEOUT.value
            breaker.failed(ticket, clock())
            settled = True
            raise
        except asyncio.CancelledError:
            # The agent went away, or the time is over: then the system did not keep it.
            code = FailureCode.TIMEOUT.value
            if time.perf_counter() - began >= seconds:
                breaker.failed(ticket, clock())
                settled = True
            raise
        except Exception as odd:
            code = FailureCode.GATEWAY_ERROR.value
            raise _mistake(done.target, odd) from odd
        finally:
            if not settled:
                breaker.forgotten(ticket)
            call.attempts.append(
                Attempt(
                    upstream=call.connector.name,
                    started_ns=started_ns,
                    elapsed_ms=(time.perf_counter() - began) * 1000,
                    failure=code,
                )
            )

    # --- holding it against the contract -----------------------------------------------------------------

    def _after(
        self, caller: Caller, tool: OfferedTool, done: ToolCallDone, findings: list[ContractFinding]
    ) -> None:
        contract, result = tool.contract, done.result
        if contract is None or result is None:
            return
        value, size = value_of(result)
        found = contract.result(
            value,
            size=size,
            elapsed_ms=done.elapsed_ms,
            now_ns=self._now_ns(),
            as_of_ns=result.as_of_ns,
        )
        if contract.terms.empty_rate is not None:
            found += self._emptiness(caller, tool, contract, value)
        findings += found
        broken = next((one for one in found if one.kind is not Broken.SLOW), None)
        if contract.enforced and broken is not None:
            done.failure = _broken(tool.target, broken)
            done.result, done.ending = None, Ending.FAILED

    def _emptiness(
        self, caller: Caller, tool: OfferedTool, contract: CompiledContract, value: Any
    ) -> list[ContractFinding]:
        allowed = contract.terms.empty_rate or 0.0
        empty = is_empty(value)
        seen = self._facts.result(caller.project, tool.target, allowed=allowed, empty=empty)
        if not (seen.alarmed and empty):
            return []
        said = f"results are empty more often than the {allowed:.2%} that may be"
        return [ContractFinding(kind=Broken.EMPTY, path="", expected=said)]


def value_of(result: ToolResult) -> tuple[Any, int]:
    """The JSON value of a result, and its bytes: what is structured, else what its one text says."""
    if result.structured is not None:
        return result.structured, len(orjson.dumps(result.structured, default=str))
    if len(result.content) == 1 and result.content[0].get("type") == "text":
        text = result.content[0].get("text")
        if isinstance(text, str):
            raw = text.encode("utf-8", "replace")
            if text[:1] in "[{" and text:
                try:
                    return orjson.loads(raw), len(raw)
                except orjson.JSONDecodeError:
                    pass
            return text, len(raw)
    value = [dict(one) for one in result.content]
    return value, len(orjson.dumps(value, default=str))


def _before(
    contract: CompiledContract | None,
    tool: OfferedTool,
    arguments: Mapping[str, Any],
    findings: list[ContractFinding],
) -> TypedFailure | None:
    """What keeps it from being made."""
    if contract is None:
        return None
    wrong = contract.arguments(arguments)
    if wrong is not None:
        findings.append(wrong)
        if contract.enforced:
            return _broken(tool.target, wrong)
    pinned = contract.pinned.declaration.digest if contract.pinned else ""
    if pinned and tool.declared_digest and tool.declared_digest != pinned:
        said = "the tool describes itself otherwise than was pinned"
        changed = ContractFinding(kind=Broken.CHANGED, path="", expected=said)
        findings.append(changed)
        if contract.enforced and contract.terms.refuse_changed:
            return _broken(tool.target, changed)
    return None


def _broken(target: str, finding: ContractFinding) -> TypedFailure:
    code = CODES[finding.kind]
    where = f" ({finding.path})" if finding.path else ""
    if code is FailureCode.CONTRACT_REFUSED:
        return TypedFailure(
            code=code,
            what=f"{target} was not called: its arguments are wrong{where}: {finding.expected}",
            retry=Retry.NEVER,
            do_not_conclude="Nothing was asked: this says nothing about the data. Correct the arguments.",
            facts={"path": finding.path, "expected": finding.expected},
        )
    stale = code is FailureCode.STALE
    return TypedFailure(
        code=code,
        what=f"What {target} answered broke its contract{where}: {finding.expected}",
        retry=Retry.LATER if stale else Retry.NEVER,
        do_not_conclude=(
            "There is data, but it may no longer be true: do not answer from it."
            if stale
            else f"This says nothing about the data behind {target}: not that there is none."
        ),
        facts={"path": finding.path, "expected": finding.expected, "broken": finding.kind.value},
    )


def not_now(code: FailureCode, what: str, *, about: str, after_s: float | None) -> TypedFailure:
    """Nothing was asked; later it may be."""
    return TypedFailure(
        code=code,
        what=what,
        retry=Retry.LATER,
        retry_after_s=after_s,
        do_not_conclude=f"Nothing was asked: this says nothing about the data behind {about}.",
    )


def _said_itself(target: str) -> TypedFailure:
    return TypedFailure(
        code=FailureCode.UPSTREAM_ERROR,
        what=f"{target} said that it failed",
        retry=Retry.NEVER,
        do_not_conclude=f"This is no data: do not conclude anything about what {target} would have given.",
        facts={"said_by": "the tool itself"},
    )


def _mistake(target: str, odd: Exception) -> ToolFailed:
    mistake = failed(
        FailureCode.GATEWAY_ERROR, f"{target} could not be called: a mistake of the gateway", about=target,
        may_repeat=False, kind=type(odd).__name__,
    )  # fmt: skip
    return ToolFailed(replace(mistake.failure, retry=Retry.NEVER))


def _again(call: _Call, failure: TypedFailure) -> bool:
    """Only what may be done twice, or did not reach the system, was not tried again already, and may go
    otherwise the next time."""
    if len(call.attempts) >= MOST_TRIES or failure.code not in _AGAIN:
        return False
    if "attempts" in failure.facts or "reason" in failure.facts:
        return False
    return call.idempotent or failure.facts.get("sent") == "no"


def _is_idempotent(tool: OfferedTool, contract: CompiledContract | None) -> bool:
    said = contract.terms.idempotent if contract is not None else None
    return tool.spec.idempotent if said is None else said


def _seconds(connector: Connector, contract: CompiledContract | None) -> float:
    budget = contract.terms.latency_ms if contract is not None and contract.enforced else None
    return connector.timeout_s if budget is None else min(connector.timeout_s, budget / 1000)
