"""A planted mistake searched for with the real player, plans, counting, check and strategy, in one process.

Only what starts the agent and what carries its calls is left out; `bisect` measures that, too.
"""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.scripted_agent import work
from benchmarks.scripted_world import Case, Kind, World
from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Dialect, Exchange, ExchangeKind
from roadworthy.domain.exchange import Ending as ExchangeEnding
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.bisect.finding import Finding
from roadworthy.features.debug.bisect.strategy import Bisection
from roadworthy.features.debug.check import check_answer
from roadworthy.features.debug.inquiry import (
    Budget,
    Check,
    EntryPoint,
    Inquiry,
    InquiryKind,
    Rerun,
    RerunState,
)
from roadworthy.features.debug.outcome import counted
from roadworthy.features.debug.plan import After, Change, ChangeKind
from roadworthy.features.debug.planning import plan_of
from roadworthy.features.debug.tape.asked import Asked, How, Played
from roadworthy.features.debug.tape.journal import JournalLine
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.debug.tape.tape import Tape, TapeCall

RUN, GOOD_RUN = "aa" * 16, "bb" * 16
_CHAT = "/v1/chat/completions"
Post = Callable[[ExchangeKind, str, bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    case: Case
    finding: Finding
    truth: int
    reruns: int
    calls: int
    """Really asked of the model and the tools."""
    seconds: float

    @property
    def exact(self) -> bool:
        return self.finding.step == self.truth


def truth_of(case: Case, *, good: bool) -> int:
    """The step to be found: the last from which the run can be put right. A good run in which the tool did
    not fail puts an error taken for data right where it came up, before the model took it for data."""
    return case.wrong_step - (good and case.kind is Kind.ERROR_AS_DATA)


def fixes(case: Case) -> tuple[Change, ...]:
    """What a person puts right by hand: a tool's wrong result. A stronger model does the rest."""
    if case.kind is not Kind.WRONG_RESULT:
        return ()
    right = json.dumps({"order": case.orders[case.at], "amount": case.amounts[case.at]})
    return (Change(step=case.wrong_step, kind=ChangeKind.RESULT, text=right),)


def searched(case: Case, *, good: bool, slips: float, rnd: random.Random, most: int = 80) -> Searched:
    """`good`: put right by a good run, nothing asked for real. Else the stronger model is asked, which gets
    the last words wrong in a share `slips` of the reruns. ValueError where the recorded run does not fail."""
    tape, output = recorded(World(case=case, rnd=rnd), RUN)
    better, _ = recorded(World(case=case, planted=False, rnd=rnd), GOOD_RUN)
    check = Check(how="number", expected=str(case.total))
    if len(tape.calls) != case.steps or check_answer(check, output, recorded=None, evaluate=_none).passed:
        raise ValueError(f"{case.name}: {len(tape.calls)} steps, {output!r}")
    inquiry = Inquiry(
        project="default",
        id="bench",
        kind=InquiryKind.BISECT,
        agent="clerk",
        run_id=RUN,
        input=case.task,
        entry=EntryPoint(),
        check=check,
        good_run=GOOD_RUN if good else "",
        changes=() if good else fixes(case),
        after=After.RECORDED if good else After.LIVE,
        live_tools=() if good else ("*",),
        live_model="" if good else "clerk-large",
        budget=Budget(reruns=most),
        created_ns=0,
        steps=case.steps,
        tool_steps=tuple(range(2, case.steps + 1, 2)),
    )
    began, reruns = time.perf_counter(), list[Rerun]()
    while True:
        asked = Bisection(case.steps, reruns, budget=inquiry.budget).next()
        if isinstance(asked, Finding):
            break
        planned = Rerun(
            number=len(reruns) + 1, switch=asked[0].switch, only=asked[0].only, attempt=1, taken_ns=1
        )
        world = World(case=case, tools_fail=False, slips=slips, rnd=rnd)
        reruns.append(rerun(inquiry, planned, tape, better if good else None, world))
    return Searched(
        case=case,
        finding=asked,
        truth=truth_of(case, good=good),
        reruns=len(reruns),
        calls=sum(one.asked for one in reruns),
        seconds=time.perf_counter() - began,
    )


def rerun(inquiry: Inquiry, planned: Rerun, tape: Tape, good: Tape | None, world: World) -> Rerun:
    """One start of the agent, as it is told once it is over."""
    plan = plan_of(inquiry, replace(planned, trace_id=secrets.token_hex(16)))
    player = Player(tape, plan, good if plan.good_run else None, fresh_ids=True)
    lines: list[JournalLine] = []

    def post(kind: ExchangeKind, path: str, body: bytes) -> bytes:
        played = player.answer(Asked(kind=kind, path=path, body=body))
        lines.append(_line(played, kind, player.diverged_at))
        if played.how is How.LIVE:
            return _really(world, kind, played.ask.body if played.ask is not None else body)
        if played.answer is None:
            raise RuntimeError(played.note or "not recorded")
        return played.answer.body

    try:
        answer, ending = _worked(inquiry.input, post), Ending.ANSWERED
    except RuntimeError as failed:
        answer, ending = str(failed), Ending.CRASHED
    assert inquiry.check is not None
    checked = check_answer(inquiry.check, answer, recorded=None, evaluate=_none, ending=ending)
    told = replace(
        planned,
        state=RerunState.DONE,
        ending=ending,
        answer=answer,
        exit_code=0 if ending is Ending.ANSWERED else 1,
        passed=checked.passed,
        check_said=checked.said,
        asked=world.asked + world.called,
        counted=True,
    )
    keep = inquiry.steps if plan.keep is None else min(plan.keep, inquiry.steps)
    return counted(told, lines, keep=keep)


def recorded(world: World, run_id: str) -> tuple[Tape, str]:
    """A run of the agent as it is recorded, and what it answered."""
    calls: list[TapeCall] = []

    def post(kind: ExchangeKind, path: str, body: bytes) -> bytes:
        answer = _really(world, kind, body)
        asked = json.loads(body)
        name = asked["model"] if kind is ExchangeKind.MODEL else asked["params"]["name"]
        exchange = Exchange(
            project="default",
            id=f"{len(calls) + 1:032x}",
            kind=kind,
            dialect=Dialect.OPENAI_CHAT if kind is ExchangeKind.MODEL else Dialect.MCP,
            agent="clerk",
            target=name.replace("__", "."),
            asked=name,
            started_ns=len(calls) + 1,
            elapsed_ms=1.0,
            status=200,
            ending=ExchangeEnding.COMPLETE,
            response_id=json.loads(answer)["id"] if kind is ExchangeKind.MODEL else "",
        )
        calls.append(
            TapeCall(
                step=len(calls) + 1,
                exchange=exchange,
                request=RecordedMessage(head=f"POST {path}", chunks=((0.0, body),)),
                answer=RecordedMessage(
                    head="200",
                    headers=((b"content-type", b"application/json"),),
                    chunks=((1.0, answer),),
                ),
            )
        )
        return answer

    output = _worked(world.case.task, post)
    return Tape(project="default", agent="clerk", run_id=run_id, calls=tuple(calls)), output


@dataclass(slots=True)
class _Ids:
    last: int = 0
    seen: list[str] = field(default_factory=list)


def _worked(task: str, post: Post) -> str:
    ids = _Ids()

    def ask(body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(post(ExchangeKind.MODEL, _CHAT, json.dumps(body).encode()))
        return found

    def call(tool: str, arguments: dict[str, Any]) -> str:
        ids.last += 1
        params = {"name": tool, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": ids.last, "method": "tools/call", "params": params}
        answer = json.loads(post(ExchangeKind.TOOL, "/mcp", json.dumps(body).encode()))
        return "".join(part["text"] for part in answer["result"]["content"])

    return work(task, ask=ask, call=call)


def _really(world: World, kind: ExchangeKind, body: bytes) -> bytes:
    asked = json.loads(body)
    if kind is ExchangeKind.MODEL:
        return json.dumps(world.ask(asked)).encode()
    params = asked["params"]
    result = world.call(params["name"].partition("__")[2], next(iter(params["arguments"].values())))
    told = {"content": [{"type": "text", "text": json.dumps(result)}], "structuredContent": result}
    return json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": {**told, "isError": False}}).encode()


def _line(played: Played, kind: ExchangeKind, diverged_at: int | None) -> JournalLine:
    return JournalLine(
        at_ns=0,
        step=played.step,
        how=played.how,
        kind=kind,
        target="",
        note=played.note,
        diff=played.diff,
        diverged_at=diverged_at,
    )


def _none(name: str, _answer: str) -> Any:
    raise AssertionError(f"no evaluator {name} here")
