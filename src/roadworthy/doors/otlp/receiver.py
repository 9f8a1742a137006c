"""What both OTLP doors do with a request once they have its bytes: the one place that accepts."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass

from roadworthy.contracts.intake import (
    Encoding,
    IntakeBusy,
    IntakeFull,
    IntakeRecord,
    IntakeWriter,
    Signal,
)
from roadworthy.contracts.keys import KeyDecision, KeyDirectory, KeyVerdict
from roadworthy.doors.otlp.budget import BodyBudget
from roadworthy.doors.otlp.density import refuse_dense
from roadworthy.doors.otlp.limits import DoorLimits
from roadworthy.doors.otlp.metrics import DoorMetrics
from roadworthy.doors.otlp.refusal import Refused
from roadworthy.doors.otlp.rejections import RejectionLog
from roadworthy.features.ingest.validate import Acceptance, BadBody, validate

log = logging.getLogger(__name__)

_LARGE_BYTES = {Encoding.PROTOBUF: 4 << 20, Encoding.JSON: 512 << 10}
"""From here on a body is checked in a thread: checking it takes some 10 ms, and others are waiting."""
_REFUSED_KEY = {
    KeyVerdict.UNKNOWN_KEY: "unauthorized",
    KeyVerdict.KEY_REQUIRED: "unauthorized",
    KeyVerdict.WRONG_SCOPE: "forbidden",
}
UNFORESEEN_RETRY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends, as far as they say."""

    door: str
    """http or grpc."""
    key: str | None
    project: str | None
    """Asked for by a sender without a key."""
    peer: str
    user_agent: str


class Receiver:
    """Authorise, check, keep. Shared by the HTTP and the gRPC door of a process."""

    def __init__(
        self,
        *,
        writer: IntakeWriter,
        keys: KeyDirectory,
        limits: DoorLimits,
        metrics: DoorMetrics,
        rejections: RejectionLog,
    ) -> None:
        self.limits = limits
        self.metrics = metrics
        self.budget = BodyBudget(limits.inflight_bytes)
        self._writer = writer
        self._keys = keys
        self._rejections = rejections
        self._checking_large = asyncio.Semaphore(1)

    def authorise(self, sender: Sender) -> KeyDecision:
        """Whom the sender writes for; asked before its body is read. See `refuse_key`."""
        return self._keys.resolve(sender.key, project=sender.project)

    def refuse_watcher(self, sender: Sender) -> Refused | None:
        """Why the sender may not read `/metrics`; None where it may. A key that is presented is always
        checked; any scope will do, as on the page's port."""
        if sender.key is None:
            if self.limits.metrics_need_key:
                return Refused("unauthorized", "Send Authorization: Bearer rw_... with a key of any scope.")
            return None
        decision = self._keys.resolve(sender.key)
        if decision.accepted or decision.verdict is KeyVerdict.WRONG_SCOPE:
            return None
        return refuse_key(decision)

    async def accept(
        self, body: bytes, *, project: str, signal: Signal, encoding: Encoding, sender: Sender
    ) -> Acceptance:
        """Durable on return, unless there was nothing in it. Raises Refused, and nothing else."""
        try:
            acceptance = await self._check(body, project=project, signal=signal, encoding=encoding)
            if acceptance.accepted or acceptance.rejected:
                await self._writer.append(
                    IntakeRecord(
                        project=project,
                        signal=signal,
                        encoding=encoding,
                        received_ns=time.time_ns(),
                        body=body,
                    )
                )
        except BadBody as error:
            raise Refused(error.code, error.message) from error
        except IntakeBusy as error:
            raise Refused("busy", str(error), retry_after=error.retry_after) from error
        except IntakeFull as error:
            raise Refused("disk_full", str(error), retry_after=error.retry_after) from error
        self.metrics.accepted(
            door=sender.door,
            signal=signal.name.lower(),
            body_bytes=len(body),
            accepted=acceptance.accepted,
            rejected=acceptance.rejected_count,
        )
        return acceptance

    def note_refusal(
        self, refused: Refused, *, project: str, signal: Signal, sender: Sender, sample: bytes = b""
    ) -> None:
        """Have a refusal shown to somebody. Not those that the sender will try again by itself."""
        if refused.retry_after is None:
            self._rejections.note(
                project=project,
                signal=signal,
                code=refused.code,
                reason=refused.message,
                peer=sender.peer,
                user_agent=sender.user_agent,
                sample=sample,
            )

    async def _check(self, body: bytes, *, project: str, signal: Signal, encoding: Encoding) -> Acceptance:
        if not body:  # an empty request succeeds, in JSON too
            return Acceptance(accepted=0)
        if len(body) < _LARGE_BYTES[encoding]:
            return validate(signal, encoding, body, project=project)
        refuse_dense(body, encoding=encoding)
        # One at a time: parsed, a body takes several times its size.
        async with self._checking_large:
            return await asyncio.to_thread(validate, signal, encoding, body, project=project)


def refuse_key(decision: KeyDecision) -> Refused:
    """The answer to a sender whose key was not accepted."""
    return Refused(_REFUSED_KEY[decision.verdict], decision.reason or "The API key was not accepted.")


def unforeseen(error: Exception) -> Refused:
    """The answer to a fault of ours: never a 500, on which exporters drop what they hold."""
    log.error("an OTLP request failed in a way nobody foresaw", exc_info=error)
    return Refused(
        "unavailable", "The server failed on this request. Try again.", retry_after=UNFORESEEN_RETRY_S
    )
