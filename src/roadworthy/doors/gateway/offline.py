"""A gateway of recordings alone: the doors agents know, on loopback, in a thread, and nothing behind them.

For cases and tests: no data folder, no snapshot, no upstream. What the recording does not hold is a miss.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.presented import key_of
from roadworthy.doors.gateway.replay import ReplayDoor
from roadworthy.doors.gateway.replay_seat import ReplaySeat
from roadworthy.doors.gateway.reply import Reply
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.doors.gateway.serve import gateway_door
from roadworthy.features.debug.plan import Plan
from roadworthy.features.debug.tape.journal import JournalLine
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.gateway.keys.presenting import UNAUTHENTICATED, refused
from roadworthy.kit.secrets import new_api_key

_STOP_SECONDS = 5.0


class OfflineGateway:
    """`url` has no path; `key` is what the agent has to show. `lines` are its calls so far, in order."""

    def __init__(self, tape: Tape, plan: Plan, good: Tape | None, *, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.key = new_api_key().text
        self.player = Player(tape, plan, good)
        self.lines: list[JournalLine] = []
        self.answering_ms = 0.0
        """In which calls were answered, so far; of calls at once each counts."""
        self._seat = ReplaySeat(
            player=self.player,
            project=plan.project,
            agent=plan.agent,
            inquiry=plan.inquiry,
            run_id=plan.run_id,
            journal=self.lines.append,
        )
        self._door = ReplayDoor(self._seated, usual=None)

    async def answer(self, request: GatewayRequest, reply: Reply) -> None:
        began = time.perf_counter()
        try:
            await self._door(request, reply)
        finally:
            self.answering_ms += (time.perf_counter() - began) * 1000

    async def _seated(self, request: GatewayRequest) -> ReplaySeat | TypedFailure | None:
        # What stands behind the key is a token of nobody here.
        if key_of(request).partition(".")[0] == self.key:
            return self._seat
        return refused("This gateway has one key, which the agent was started with.", why=UNAUTHENTICATED)


@contextlib.contextmanager
def offline_gateway(tape: Tape, plan: Plan, good: Tape | None = None) -> Iterator[OfflineGateway]:
    """Answers while the context is entered. Raises OSError where there is no port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as sock:
        made = OfflineGateway(tape, plan, good, port=sock.getsockname()[1])
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            async with gateway_door(made.answer, sock=sock, grace_seconds=0.5):
                await stop.wait()

        def ran() -> None:
            try:
                # While the agent starts: whoever asks meanwhile waits in the socket.
                made.player.prepare()
                loop.run_until_complete(serve())
            finally:
                loop.close()

        # The socket listens already: whoever connects before the loop runs waits for it.
        thread = threading.Thread(target=ran, name="offline-gateway", daemon=True)
        thread.start()
        try:
            yield made
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is over
                loop.call_soon_threadsafe(stop.set)
            thread.join(_STOP_SECONDS)
