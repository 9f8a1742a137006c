"""The tools that execute a run again: they start an inquiry, and wait for it for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from roadworthy.doors.mcp.debugging import Plan, how_it_stands, plan_of
from roadworthy.doors.mcp.rest import Params, Refused, Rest, credentials

_LOOK_AGAIN_S = 0.5
_MAY_NOT = (401, 403)

RunId = Annotated[str, Field(description="id of a run")]
Project = Annotated[str | None, Field(description="Left out: the key's project, else default")]
Start = Annotated[bool, Field(description="false: only say how, and what stands in its way")]
Wait = Annotated[int, Field(ge=0, le=110, description="Seconds to wait for its end")]
InquiryId = Annotated[str, Field(description="Of an earlier call: only say how that one stands")]


class Again:
    """Docstrings are what the coding agent reads."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def replay_run(
        self,
        context: Context[Any, Any],
        run_id: RunId,
        *,
        inquiry_id: InquiryId = "",
        start: Start = True,
        wait_seconds: Wait = 20,
        project: Project = None,
    ) -> dict[str, Any]:
        """Execute a run again, each call answered from its recording: does the agent do the same? Nothing
        leaves the machine. Where nobody registered how the agent is started, it says the command to run
        beside the agent's program instead. Not over yet: call it again with inquiry_id."""
        asked = _Asked(self._rest, context, run_id=run_id, project=project)
        if inquiry_id:
            return await asked.looked(inquiry_id, wait_seconds)
        plan = await asked.plan("replay")
        return await asked.started(plan, {}, wait_seconds) if start else plan.told()

    async def bisect_run(
        self,
        context: Context[Any, Any],
        run_id: RunId,
        *,
        good_run_id: Annotated[
            str, Field(description="A run of the same task that went well: its answers are put in")
        ] = "",
        check: Annotated[
            str,
            Field(
                description="What a right answer is, as HOW:EXPECTED: contains:42, exact:..., number:42, "
                "regex:..., json:SCHEMA, evaluator:NAME. Left out with a good run: its answer"
            ),
        ] = "",
        inquiry_id: InquiryId = "",
        start: Start = True,
        wait_seconds: Wait = 20,
        most_reruns: Annotated[int, Field(ge=1, le=1_000)] = 40,
        most_usd: Annotated[
            float, Field(ge=0, description="For models that are really asked: without a good run")
        ] = 1.0,
        project: Project = None,
    ) -> dict[str, Any]:
        """Find the step that made a run fail, by executing it again with the rest put right from some step
        on, until it is sure. Where nobody registered how the agent is started, it says the command to run
        beside the agent's program instead. Not over yet: call it again with inquiry_id."""
        asked = _Asked(self._rest, context, run_id=run_id, project=project)
        if inquiry_id:
            return await asked.looked(inquiry_id, wait_seconds)
        plan = await asked.plan("bisect", good=good_run_id, check=check)
        if not start:
            return plan.told()
        body: dict[str, Any] = {"budget": {"reruns": most_reruns, "usd": most_usd}, "good_run": good_run_id}
        if check:
            how, _, expected = check.partition(":")
            body["check"] = {"how": how, "expected": expected}
        return await asked.started(plan, body, wait_seconds)


class _Asked:
    """One call of a tool: whose it is, and about which run."""

    def __init__(self, rest: Rest, context: Context[Any, Any], *, run_id: str, project: str | None) -> None:
        self._rest, self._run_id = rest, run_id
        self._headers = credentials(context.headers)
        self._project: Params = {"project": project}

    async def plan(self, kind: Literal["replay", "bisect"], *, good: str = "", check: str = "") -> Plan:
        tape = await self._of(f"/runs/{quote(self._run_id, safe='')}/tape")
        found = await self._of("/inquiries", {"run": self._run_id, "kind": kind})
        return plan_of(kind, self._run_id, tape, found["items"], good=good, check=check)

    async def started(self, plan: Plan, body: Mapping[str, Any], wait_s: float) -> dict[str, Any]:
        """How it stands after `wait_s`; the plan alone where it cannot be started from here."""
        if plan.running:
            # Asked twice, as agents do: one is enough.
            return await self.looked(plan.running, wait_s)
        if not plan.startable:
            return plan.told()
        path = f"/runs/{quote(self._run_id, safe='')}/{plan.kind}"
        try:
            inquiry = await self._rest.ask(
                path, self._project, headers=self._headers, body={**body, "server_runs": plan.by_server}
            )
        except Refused as refused:
            if refused.status in _MAY_NOT:
                return plan.told(f"This key may not start it: {refused}")
            raise ToolError(str(refused)) from None
        return await self.looked(inquiry["id"], wait_s)

    async def looked(self, inquiry_id: str, wait_s: float) -> dict[str, Any]:
        until = time.monotonic() + wait_s
        path = f"/inquiries/{quote(inquiry_id, safe='')}"
        while True:
            inquiry = await self._of(path)
            if inquiry["state"] != "running" or time.monotonic() >= until:
                return how_it_stands(inquiry)
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _of(self, path: str, params: Params | None = None) -> Any:
        try:
            return await self._rest.ask(path, {**(params or {}), **self._project}, headers=self._headers)
        except Refused as refused:
            raise ToolError(str(refused)) from None
