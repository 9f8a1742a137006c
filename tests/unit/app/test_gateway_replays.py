"""Reruns at the gateway: real recordings, plans, tokens, doors and sockets; the usual door is a listener."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from roadworthy.app import gateway_replays
from roadworthy.app.gateway_faults import GatewayFaults
from roadworthy.app.gateway_recording import GatewayRecording
from roadworthy.app.gateway_replays import GatewayReplays
from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.domain.exchange import LISTED, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.model_route import GatewayKey
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.presented import key_of
from roadworthy.doors.gateway.replay import ReplayDoor
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.serve import gateway_door
from roadworthy.features.debug.plan import After, Change, ChangeKind, Plan
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import JournalLine, PlanFolder
from roadworthy.features.debug.token import HEADER, ReplayToken, signing_key, write_token
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.keys.presenting import UNAUTHENTICATED, refused
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot
from roadworthy.kit.sealing import Sealer
from tests.unit.debug.tape.taping import Call, chat, plan, recording_of, tool
from tests.unit.doors.gateway.tool_house import looped

TOOLS = [
    {
        "name": "crm__find",
        "description": "Finds.",
        "inputSchema": {"type": "object", "properties": {"id": {}}},
    }
]
LISTED_TOOLS = {"tools": TOOLS, "resultType": "complete", "ttlMs": 30_000, "cacheScope": "private"}
RUN = (
    chat("Where is 4711?", answer="look it up", stream=False),
    tool("crm.find", {"id": 7}, {"name": "Ada"}),
    chat("Where is 4711?", "Ada", answer="On its way."),
)
LISTING = Exchange(
    project="default",
    id="f" * 32,
    kind=ExchangeKind.TOOL,
    dialect=Dialect.MCP,
    agent="support",
    target=LISTED,
    asked="modern",
    upstream=LISTED,
    started_ns=500_000,
    elapsed_ms=0.0,
    ending=Ending.COMPLETE,
)


@dataclass
class Gateway:
    folder: Path
    recording: GatewayRecording
    plans: PlanFolder
    ids: tuple[str, ...] = ()
    port: int = 0
    usual: list[GatewayRequest] = field(default_factory=list)
    replays: GatewayReplays | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> bytes:
        return signing_key(self.folder / "secret.key")

    def token(self, **changes: Any) -> str:
        made = ReplayToken(
            project="default",
            agent="support",
            inquiry="0199aa",
            number=1,
            attempt=1,
            run_id="ab" * 16,
            expires_ns=time.time_ns() + 60 * 10**9,
        )
        return write_token(replace(made, **changes), key=self.key)

    def write(self, made: Plan, ids: Sequence[str] | None = None) -> None:
        self.plans.write(made, self.ids if ids is None else ids)

    def lines(self) -> list[JournalLine]:
        return self.plans.lines(plan())

    async def ask(self, call: Call, *, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
        shown = {HEADER: self.token()} if headers is None else headers
        async with httpx2.AsyncClient(timeout=50) as http:
            return await http.post(
                f"{self.url}{call.path}",
                content=call.asks(**more).body,
                headers={"authorization": "Bearer rw_support"} | shown,
            )

    async def written(self, *, kept: int) -> list[Exchange]:
        """Of the rerun."""
        while self.recording.recorder.counts().kept < kept:  # noqa: ASYNC110 (another thread writes)
            await asyncio.sleep(0.01)
        assert self.recording.written is not None
        return self.recording.written.exchanges("default", ExchangeQuery(drill="0199aa"))[::-1]


def _record(gateway: Gateway, calls: Sequence[Call]) -> None:
    for at, one in enumerate(calls, 1):
        told = recording_of(one, f"{at:032x}")
        exchange = Exchange(
            project="default",
            id=f"{at:032x}",
            kind=one.kind,
            dialect=one.dialect,
            agent="support",
            target=one.target,
            asked=one.asked,
            started_ns=at * 1_000_000,
            elapsed_ms=1.0,
            status=one.status,
            ending=one.ending,
            failure=one.failure,
            response_id=one.response_id,
        )
        gateway.recording.recorder.offer(exchange, request=told.request, answer=told.answer)
    answer = RecordedMessage(head="200", chunks=((0.0, orjson.dumps(LISTED_TOOLS)),))
    gateway.recording.recorder.offer(LISTING, request=None, answer=answer)
    gateway.ids = tuple(f"{at:032x}" for at in range(1, len(calls) + 1))


def _drop_recordings(folder: Path) -> None:
    """As retention does."""
    for pack in folder.rglob("*.pack"):
        pack.unlink()


@contextlib.asynccontextmanager
async def gateway_of(folder: Path, calls: Sequence[Call] = RUN) -> AsyncIterator[Gateway]:
    recording = GatewayRecording(folder)
    Sealer(folder / "secret.key")
    made = Gateway(folder=folder, recording=recording, plans=PlanFolder(folder / "replays"))
    _record(made, calls)
    recording.start()
    while recording.recorder.counts().kept < len(calls) + 1:  # noqa: ASYNC110 (another thread writes)
        await asyncio.sleep(0.01)
    async with running(made):
        yield made
    recording.stop()


@contextlib.asynccontextmanager
async def running(made: Gateway) -> AsyncIterator[Gateway]:
    """One boot of it."""

    def callers(request: GatewayRequest) -> Caller | TypedFailure:
        agent = key_of(request).removeprefix("rw_")
        if agent not in ("support", "planner"):
            return refused("No live gateway key is that one.", why=UNAUTHENTICATED)
        key = GatewayKey(project="default", id="k", name="k", agent=agent, secrets=(), created_ns=1)
        return Caller(project="default", agent=agent, release="", key=key)

    async def usual(request: GatewayRequest, reply: Reply) -> None:
        made.usual.append(request)
        reply.send(200, [(b"x-roadworthy-exchange", b"e" * 32)], b'{"live": true}')

    made.replays = GatewayReplays(
        folder=made.folder,
        plans=made.folder / "replays",
        key_file=made.folder / "secret.key",
        callers=callers,
        recorder=made.recording.recorder,
    )
    with socket.create_server(("127.0.0.1", 0)) as sock:
        made.port = sock.getsockname()[1]
        async with gateway_door(ReplayDoor(made.replays.seat, usual=usual), sock=sock, grace_seconds=1.0):
            yield made
    made.replays.close()


@looped
async def test_a_rerun_is_answered_written_down_and_nobody_else_is_asked(tmp_path: Path) -> None:
    async with gateway_of(tmp_path) as gateway:
        gateway.write(plan())

        told = [await gateway.ask(one) for one in RUN]

        assert [one.status_code for one in told] == [200, 200, 200]
        assert told[2].json()["choices"][0]["message"]["content"] == "On its way."
        assert told[1].json()["result"]["structuredContent"] == {"name": "Ada"}
        assert gateway.usual == []
        lines = gateway.lines()
        assert [(one.step, one.how, one.target) for one in lines] == [
            (1, How.RECORDED, "planner"),
            (2, How.RECORDED, "crm.find"),
            (3, How.RECORDED, "planner"),
        ]
        written = await gateway.written(kept=7)
        assert [one.id for one in written] == [one.exchange_id for one in lines]
        for one in written:
            assert (one.binding.run_id, one.binding.by, one.upstream) == ("ab" * 16, "header", "recording")
            assert (one.drill, one.tokens, one.cost_usd, one.attempts) == ("0199aa", None, 0.0, ())
        # Its ids are its own: by the recorded ones it would become part of the recorded run.
        assert written[0].response_id == told[0].json()["id"] != RUN[0].response_id


@looped
async def test_a_token_comes_behind_the_key_and_in_the_baggage_too(tmp_path: Path) -> None:
    async with gateway_of(tmp_path) as gateway:
        gateway.write(plan())
        token = gateway.token()

        behind = await gateway.ask(RUN[0], headers={"authorization": f"Bearer rw_support.{token}"})
        in_baggage = await gateway.ask(RUN[1], headers={"baggage": f"a=b,roadworthy.replay={token}"})
        without = await gateway.ask(RUN[0], headers={})

        assert [one.headers.get("x-roadworthy-step") for one in (behind, in_baggage)] == ["1", "2"]
        assert without.json() == {"live": True} and len(gateway.usual) == 1


@looped
async def test_tokens_that_are_forged_over_or_of_others_are_refused_and_never_let_through(
    tmp_path: Path,
) -> None:
    async with gateway_of(tmp_path) as gateway:
        gateway.write(plan())
        good = gateway.token()
        for headers, status, says in (
            ({HEADER: good[:-4] + "AAAA"}, 403, "not made by this installation"),
            ({HEADER: gateway.token(expires_ns=1)}, 403, "it held for one rerun"),
            ({HEADER: gateway.token(agent="planner")}, 403, "belongs to another agent"),
            ({HEADER: good, "authorization": "Bearer rw_planner"}, 403, "belongs to another agent"),
            ({HEADER: good, "authorization": "Bearer rw_nobody"}, 401, "No live gateway key"),
            ({HEADER: "hello"}, 403, "no replay token"),
            ({HEADER: gateway.token(number=9)}, 422, "no plan of this rerun any more"),
        ):
            for call in RUN[:2]:
                told = await gateway.ask(call, headers=headers)
                assert (told.status_code, says in told.text) == (status, True), told.text
        assert gateway.usual == [] and gateway.lines() == []


@looped
async def test_a_gateway_that_restarts_in_the_middle_answers_nothing_more_and_says_so(tmp_path: Path) -> None:
    async with gateway_of(tmp_path) as gateway:
        gateway.write(plan())
        await gateway.ask(RUN[0])
        async with running(gateway):
            told = await gateway.ask(RUN[1])
            again = await gateway.ask(RUN[2])

    failure = told.json()["result"]["structuredContent"]["roadworthy_failure"]
    assert failure["what"] == "The gateway restarted in the middle of this rerun; it is to be made again."
    assert (again.status_code, again.json()["error"]["code"]) == (422, "not_recorded")
    assert [one.how for one in gateway.lines()] == [How.RECORDED, How.LOST, How.LOST]


@looped
async def test_a_rerun_whose_place_others_took_is_to_be_made_again(tmp_path: Path) -> None:
    async with gateway_of(tmp_path) as gateway:
        gateway.write(plan())
        await gateway.ask(RUN[0])
        for number in range(2, 2 + gateway_replays._SEATS_HELD):
            gateway.write(plan(number=number))
            told = await gateway.ask(RUN[0], headers={HEADER: gateway.token(number=number)})
            assert told.status_code == 200

        assert (await gateway.ask(RUN[2])).status_code == 422
        assert [one.how for one in gateway.lines()] == [How.RECORDED, How.LOST]


@looped
async def test_what_goes_on_live_goes_through_the_usual_door_with_the_change_in_it(tmp_path: Path) -> None:
    async with gateway_of(tmp_path) as gateway:
        change = Change(step=3, kind=ChangeKind.MODEL, text="stronger")
        gateway.write(plan(keep=2, changes=(change,), after=After.MIXED, live_tools=("crm.*",)))

        for one in RUN:
            told = await gateway.ask(one)
        live = await gateway.ask(tool("crm.find", {"id": 8}, number=5))
        closed = await gateway.ask(tool("mail.send", {"to": "ada"}, number=6))

        assert told.json() == live.json() == {"live": True}
        assert closed.json()["result"]["structuredContent"]["roadworthy_failure"]["code"] == "not_recorded"
        model, called = gateway.usual
        assert json.loads(model.body) == {**RUN[2].body, "model": "stronger"}
        assert json.loads(called.body)["params"]["arguments"] == {"id": 8}
        lines = gateway.lines()
        assert [(one.how, one.exchange_id) for one in lines[2:4]] == [(How.LIVE, "e" * 32)] * 2
        assert lines[2].note == "asked for real with model stronger"
        # The usual door knows whose it is: a drill without faults.
        faults = GatewayFaults(
            GatewaySnapshot, key_file=tmp_path / "secret.key", written=None, replays=gateway.replays
        )
        seat = faults.seat(model, project="default", agent="support")
        assert seat is not None and (seat.drill, seat.run_id, seat.faults) == ("0199aa", "ab" * 16, ())


@looped
async def test_recordings_and_exchanges_that_were_deleted_are_holes_with_their_reason(tmp_path: Path) -> None:
    async with gateway_of(tmp_path) as gateway:
        _drop_recordings(tmp_path)
        gateway.write(plan(), ["d" * 32, *gateway.ids])

        gone = await gateway.ask(RUN[1])
        deleted = await gateway.ask(RUN[0])

        shown = gone.json()["result"]["structuredContent"]["roadworthy_failure"]["what"]
        assert shown == (
            "Step 1 cannot be answered from the recording: the exchange was deleted (retention, or by hand)."
        )
        assert "Step 2 (planner) cannot be answered" in deleted.json()["error"]["message"]
        assert "the recording was deleted (retention, or by hand)" in deleted.json()["error"]["message"]
        assert [one.how for one in gateway.lines()] == [How.HOLE, How.HOLE]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_the_sdks_client_lists_and_calls_what_was_recorded(mode: str, tmp_path: Path) -> None:
    @looped
    async def test(folder: Path) -> None:
        async with gateway_of(folder) as gateway:
            gateway.write(plan())
            headers = {"authorization": f"Bearer rw_support.{gateway.token()}"}
            async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
                transport = streamable_http_client(f"{gateway.url}/mcp", http_client=http)
                async with Client(transport, mode=mode) as client:
                    (listed,) = (await client.list_tools()).tools
                    assert (listed.name, listed.description) == ("crm__find", "Finds.")
                    found = await client.call_tool("crm__find", {"id": 7})
                    assert found.structured_content == {"name": "Ada"}
                    missing = await client.call_tool("crm__find", {"id": 8})
                    assert missing.is_error
                    assert missing.content[0].text.startswith(  # type: ignore[union-attr]
                        "TOOL CALL FAILED (not_recorded). Not in the recording: call 2, crm__find at /mcp;"
                    )
            assert gateway.usual == []
            assert [(one.step, one.how) for one in gateway.lines()] == [(2, How.RECORDED), (None, How.MISS)]

    test(tmp_path)
