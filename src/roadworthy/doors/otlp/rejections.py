"""Refused requests, gathered and written to the intake log, so that somebody can be told.

Exporters drop what was refused without a word to anybody: the page that shows rejected data lives on this.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from roadworthy.contracts.intake import (
    Encoding,
    IntakeBusy,
    IntakeFull,
    IntakeRecord,
    IntakeWriter,
    Signal,
)
from roadworthy.domain.rejection import Rejection

_SAMPLE_CHARACTERS = 256
_MASKED_BYTES = 1024
"""What is masked to get them: a secret that is cut in two is not recognised, so the end is thrown away."""
_CUT_CHARACTERS = 200
_GATHER_S = 1.0
_KINDS_A_SECOND = 100
"""Different rejections kept apart in one second: a flood of invented user agents must not fill the log."""


@dataclass(frozen=True, slots=True)
class _Kind:
    project: str
    signal: str
    code: str
    user_agent: str


class RejectionLog:
    """Best effort and bounded: it never delays or fails a request, and gives up where the disk is full.

    Within a second, rejections alike (project, signal, code, user agent) become one, with the first one's
    sample and the sum of their counts; a refused request without a count counts as one.
    """

    def __init__(self, writer: IntakeWriter, *, mask: Callable[[str], str]) -> None:
        self._writer = writer
        self._mask = mask
        self._gathered: dict[_Kind, Rejection] = {}
        self._task: asyncio.Task[None] | None = None

    def note(
        self,
        *,
        project: str,
        signal: Signal,
        code: str,
        reason: str,
        peer: str = "",
        user_agent: str = "",
        sample: bytes = b"",
    ) -> None:
        kind = _Kind(project, signal.name.lower(), code, user_agent[:200])
        known = self._gathered.get(kind)
        if known is not None:
            self._gathered[kind] = replace(known, count=known.count + 1)
        elif len(self._gathered) < _KINDS_A_SECOND:
            self._gathered[kind] = Rejection(
                project=project,
                at_ns=time.time_ns(),
                signal=kind.signal,
                reason=reason,
                code=code,
                count=1,
                peer=peer,
                user_agent=kind.user_agent,
                sample=self._masked(sample),
            )
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._write_soon())

    def _masked(self, sample: bytes) -> str:
        text = self._mask(sample[:_MASKED_BYTES].decode("utf-8", errors="replace"))
        if len(sample) >= _MASKED_BYTES:
            text = text[:-_CUT_CHARACTERS]
        return text[:_SAMPLE_CHARACTERS]

    async def close(self) -> None:
        """Write what was gathered."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._write()

    async def _write_soon(self) -> None:
        await asyncio.sleep(_GATHER_S)
        await self._write()

    async def _write(self) -> None:
        gathered, self._gathered = self._gathered, {}
        for rejection in gathered.values():
            record = IntakeRecord(
                project=rejection.project,
                signal=Signal.REJECTION,
                encoding=Encoding.JSON,
                received_ns=rejection.at_ns,
                body=json.dumps(dataclasses.asdict(rejection)).encode(),
            )
            with contextlib.suppress(IntakeBusy, IntakeFull):
                await self._writer.append(record)
