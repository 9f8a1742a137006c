"""A rerun's place at the gateway: who answers it, and what is written of each of its calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from roadworthy.contracts.recorder import Recorder
from roadworthy.contracts.upstream import Headers
from roadworthy.domain.exchange import Dialect, Ending, Exchange
from roadworthy.domain.recording import RecordedMessage
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.debug.tape.asked import Asked, How, Played, name_of
from roadworthy.features.debug.tape.journal import JournalLine
from roadworthy.features.debug.tape.missing import not_recorded
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.gateway.recording.binding import binding_of
from roadworthy.kit.ids import sortable_id

UPSTREAM = "recording"
LOST = "the gateway restarted in the middle of this rerun; it is to be made again"


@dataclass(slots=True, kw_only=True)
class ReplaySeat:
    """`journal` is given each line; `recorder` None writes no exchanges. `lost`: a process that is gone had
    begun to answer the rerun."""

    player: Player
    project: str
    agent: str
    inquiry: str
    run_id: str
    release: str = ""
    key_id: str = ""
    journal: Callable[[JournalLine], None]
    recorder: Recorder | None = None
    lost: bool = False
    notes: list[str] = field(default_factory=list)
    """Said with the next line of the journal."""

    def answer(self, asked: Asked) -> Played:
        if self.lost:
            failure = not_recorded(f"{LOST[:1].upper()}{LOST[1:]}.")
            return Played(step=None, how=How.LOST, note=LOST, failure=failure)
        return self.player.answer(asked)


class PlayedCall:
    """One call of a rerun; `told` once, when it is over."""

    __slots__ = ("_asked", "_began", "_request", "_seat", "_started_ns", "id", "played")

    def __init__(self, seat: ReplaySeat, request: GatewayRequest, asked: Asked) -> None:
        self._seat = seat
        self._request = request
        self._asked = asked
        self._started_ns = time.time_ns()
        self._began = time.perf_counter()
        self.id = sortable_id(self._started_ns)
        self.played = seat.answer(asked)

    def headers(self) -> list[tuple[bytes, bytes]]:
        told = [
            (b"x-roadworthy-exchange", self.id.encode()),
            (b"x-roadworthy-replay", self.played.how.encode()),
        ]
        if self.played.step is not None:
            told.append((b"x-roadworthy-step", b"%d" % self.played.step))
        return told

    def went_live(self, exchange_id: str) -> None:
        """The usual door answered and recorded it."""
        self.id = exchange_id
        self._journal()

    def told(
        self,
        *,
        status: int,
        headers: Headers = (),
        chunks: Sequence[bytes] = (),
        ending: Ending,
        failure: TypedFailure | None,
        streamed: bool = False,
    ) -> None:
        """As the agent got it."""
        self._journal()
        if self._seat.recorder is None:
            return
        elapsed_ms = (time.perf_counter() - self._began) * 1000
        exchange = self._exchange(
            status=status,
            ending=ending,
            failure=failure,
            streamed=streamed,
            elapsed_ms=elapsed_ms,
            chunks=chunks,
        )
        request = self._request
        path = self._asked.path
        self._seat.recorder.offer(
            exchange,
            request=RecordedMessage(
                head=f"{request.method} {path}",
                headers=[one for one in request.headers if one[0] != b"content-encoding"],
                chunks=((0.0, self._asked.body),),
            ),
            answer=RecordedMessage(
                head=str(status), headers=headers, chunks=[(elapsed_ms, one) for one in chunks]
            ),
        )

    def _journal(self) -> None:
        seat, played, asked = self._seat, self.played, self._asked
        note = "; ".join([*seat.notes, *([played.note] if played.note else [])])
        name = name_of(asked.kind, asked.path, asked.body)[:300]
        seat.notes.clear()
        seat.journal(
            JournalLine(
                at_ns=self._started_ns,
                step=played.step,
                how=played.how,
                kind=asked.kind,
                # As the run's page has it: a tool is `connector.tool`, whichever way it was called.
                target=played.exchange.target if played.exchange is not None else name,
                exchange_id=self.id,
                note=note,
                diff=played.diff,
                diverged_at=seat.player.diverged_at,
            )
        )

    def _exchange(
        self,
        *,
        status: int,
        ending: Ending,
        failure: TypedFailure | None,
        streamed: bool,
        elapsed_ms: float,
        chunks: Sequence[bytes],
    ) -> Exchange:
        seat, asked, played = self._seat, self._asked, self.played
        name = name_of(asked.kind, asked.path, asked.body)[:300]
        recorded = played.exchange
        return Exchange(
            project=seat.project,
            id=self.id,
            kind=asked.kind,
            dialect=asked.dialect or Dialect.HTTP,
            agent=seat.agent,
            release=seat.release,
            key_id=seat.key_id,
            target=recorded.target if recorded is not None else name,
            asked=name,
            pinned=recorded.pinned if recorded is not None else "",
            answered=recorded.answered if recorded is not None else "",
            upstream=UPSTREAM,
            started_ns=self._started_ns,
            first_byte_ms=elapsed_ms,
            elapsed_ms=elapsed_ms,
            streamed=streamed,
            status=status or None,
            ending=ending,
            failure=failure,
            drill=seat.inquiry,
            cost_usd=0.0,
            response_id=played.response_id,
            binding=replace(binding_of(self._request.headers), run_id=seat.run_id, by="header"),
            request_bytes=len(asked.body),
            response_bytes=sum(len(one) for one in chunks),
        )
