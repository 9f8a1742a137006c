"""A tape: what one run asked and got, call by call, so that it can be answered again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from roadworthy.domain.agent_ended import RecordedEnd
from roadworthy.domain.exchange import Exchange
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.tape.asked import text_of
from roadworthy.features.debug.tape.clock import without_clock


@dataclass(frozen=True, kw_only=True)
class TapeCall:
    """One recorded exchange of the run. `hole` says why it cannot be answered again; "" where it can."""

    step: int
    """From 1, in the order the calls began. What people mean by "step 7"."""
    exchange: Exchange
    request: RecordedMessage | None = None
    answer: RecordedMessage | None = None
    hole: str = ""

    @cached_property
    def path(self) -> str:
        """As asked for, its query included; "" where the request is not there."""
        return self.request.head.partition(" ")[2] if self.request is not None else ""

    @cached_property
    def body(self) -> bytes:
        return self.request.body if self.request is not None else b""

    @cached_property
    def text(self) -> str:
        """What is compared; "" where the request is not there."""
        return text_of(self.exchange.kind, self.path, self.body) if self.request is not None else ""

    @cached_property
    def undated(self) -> str:
        """The same without what is read off a clock."""
        return without_clock(self.text)


@dataclass(frozen=True, kw_only=True)
class Tape:
    """`run_id` is the run that was recorded; `listings` are answers to MCP's `tools/list` as the agent had
    got them last before or in the run, by `modern` or `older` (the JSON of `result`).
    `input` and `output` are the run's own, as far as anybody told them; `end` of one that gave no answer."""

    project: str
    agent: str
    run_id: str
    calls: tuple[TapeCall, ...]
    listings: tuple[tuple[str, bytes], ...] = ()
    input: str = ""
    output: str | None = None
    end: RecordedEnd | None = None

    @property
    def holes(self) -> Sequence[TapeCall]:
        return [one for one in self.calls if one.hole]

    def call(self, step: int) -> TapeCall | None:
        return self.calls[step - 1] if 1 <= step <= len(self.calls) else None
