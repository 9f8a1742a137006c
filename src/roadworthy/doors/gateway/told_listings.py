"""What agents were told of their tools, recorded each time it is another than before.

A replay shows an agent the tools it had. A listing is no call: it belongs to no run
(`domain.exchange.is_listing`).
"""

from __future__ import annotations

import hashlib
import time

from roadworthy.contracts.recorder import Recorder
from roadworthy.domain.exchange import LISTED, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.kit.ids import sortable_id

_MOST = 2_000


class ToldListings:
    """For one event loop. After a restart of the gateway the first of each agent is recorded anew."""

    def __init__(self, recorder: Recorder | None) -> None:
        self._recorder = recorder
        self._last: dict[tuple[str, str, str, str], bytes] = {}

    def told(self, caller: Caller, kind: str, body: bytes) -> None:
        """`body` is the result; `kind` is `modern` or `older`."""
        if self._recorder is None:
            return
        key = (caller.project, caller.agent, caller.release, kind)
        digest = hashlib.sha256(body).digest()
        if self._last.get(key) == digest:
            return
        if len(self._last) >= _MOST:
            self._last.clear()
        self._last[key] = digest
        now = time.time_ns()
        exchange = Exchange(
            project=caller.project,
            id=sortable_id(now),
            kind=ExchangeKind.TOOL,
            dialect=Dialect.MCP,
            agent=caller.agent,
            release=caller.release,
            key_id=caller.key.id,
            target=LISTED,
            asked=kind,
            upstream=LISTED,
            started_ns=now,
            elapsed_ms=0.0,
            status=200,
            ending=Ending.COMPLETE,
            response_bytes=len(body),
        )
        self._recorder.offer(
            exchange,
            request=None,
            answer=RecordedMessage(
                head="200", headers=((b"content-type", b"application/json"),), chunks=((0.0, body),)
            ),
        )
