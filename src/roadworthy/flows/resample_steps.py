"""When a run is to be resampled, then a job asks its models again, through the gateway, what they were asked,
and counts how often they decide as recorded. Tools are never called.

Each call carries a replay token whose plan keeps nothing of the tape: the gateway passes it on as any call,
and marks the exchange as one of an inquiry, so that contracts, alarms and monitors keep out of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.contracts.metadata import Job
from roadworthy.domain.exchange import Dialect, Exchange, ExchangeKind
from roadworthy.domain.recording import RecordedMessage
from roadworthy.features.debug.plan import After, Plan
from roadworthy.features.debug.resampling import Sample, agreement, decision_of, why_errors
from roadworthy.features.debug.resampling_book import Resampling, ResamplingBook, ResamplingState
from roadworthy.features.debug.tape.journal import PlanFolder
from roadworthy.features.debug.tape.tape import Tape, TapeCall
from roadworthy.features.debug.token import HEADER, ReplayToken, write_token
from roadworthy.features.observe.jobs import Step
from roadworthy.flows.debug_tape import RunTapes
from roadworthy.kit.outbound import Fault, OutboundAnswer, OutboundFailed, parse_url, post

KIND = "resample"
_LOG = logging.getLogger(__name__)
_AT_ONCE = 4
_TIMEOUT_S = 180.0
_KEY_UNKNOWN, _KEY_KNOWN_S = 401, 10.0
"""A key that was made a moment ago holds at the gateway within two seconds."""
_FAILURE = "x-roadworthy-failure"
"""Of answers that are the gateway's own."""
_MOST_BYTES = 8 << 20
_SAID_CHARACTERS = 300
_TOKEN_LIVES_NS = 3600 * 10**9
_SETTLE_S = 2.0
_ASKED_AGAIN = frozenset(
    {Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.ANTHROPIC_MESSAGES, Dialect.GEMINI}
)
_NOT_OURS = frozenset(
    {
        *("host", "content-length", "connection", "transfer-encoding", "authorization", "x-api-key"),
        *("x-goog-api-key", "accept-encoding", "content-encoding", "traceparent", "tracestate", "baggage"),
        *("cookie", "expect", "te", "upgrade", "keep-alive", "proxy-authorization", HEADER),
    }
)
_MASKED = b"[masked"


def arguments(run_id: str) -> str:
    return json.dumps({"run": run_id})


def sampled_steps(tape: Tape) -> list[TapeCall]:
    """Calls of the tape that can be asked again: of models that decide something, and recorded whole."""
    return [
        one
        for one in tape.calls
        if one.exchange.kind is ExchangeKind.MODEL
        and one.exchange.dialect in _ASKED_AGAIN
        and not one.hole
        and one.request is not None
        and decision_of(one.answer) is not None
    ]


def notes_of(tape: Tape) -> list[str]:
    """What of the run cannot be asked again, or not as it was, a sentence each."""
    notes = [
        f"Step {one.step} cannot be asked again: {one.hole}."
        for one in tape.calls
        if one.exchange.kind is ExchangeKind.MODEL and one.hole
    ]
    masked = [str(one.step) for one in sampled_steps(tape) if _MASKED in one.body]
    if masked:
        notes.append(
            f"Secrets or personal data were masked in what was asked at step {', '.join(masked)}: the model "
            "is asked with the masks in their place, and may decide otherwise for that reason alone."
        )
    cold = [str(one.step) for one in sampled_steps(tape) if _is_cold(one.body)]
    if cold:
        notes.append(
            f"Step {', '.join(cold)} asks for temperature 0: that its answers agree says little of how sure "
            "the model is."
        )
    return notes


def _is_cold(body: bytes) -> bool:
    try:
        asked = json.loads(body)
    except ValueError:
        return False
    return isinstance(asked, dict) and asked.get("temperature") in (0, 0.0)


def _is_key_unknown(answer: OutboundAnswer) -> bool:
    """Said by the gateway itself: a provider whose key is missing says the same, and goes on saying it."""
    return answer.status == _KEY_UNKNOWN and _FAILURE in answer.headers


def _said(error: bytes) -> str:
    """What an answer that is none says, in one line: its `message`, where it has one."""
    try:
        told = json.loads(error)
    except ValueError:
        told = None
    inner = told.get("error", told) if isinstance(told, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else inner
    words = " ".join((message if isinstance(message, str) else error.decode(errors="replace")).split())
    return words if len(words) <= _SAID_CHARACTERS else f"{words[: _SAID_CHARACTERS - 1]}…"


class ResampleSteps:
    """The work of a job of kind `resample`: a piece is as many calls as are made at once. Samples of a piece
    that was killed are made again. `key_for` gives a gateway key of the resampling alone; `ended` is told
    when it is over, and `judge` asks a judge's model for its opinion, once, then."""

    def __init__(
        self,
        book: ResamplingBook,
        *,
        tapes: RunTapes,
        plans: PlanFolder,
        exchanges: Callable[[str, ExchangeQuery], Sequence[Exchange]],
        sign: Callable[[], bytes],
        gateway_url: str,
        key_for: Callable[[str, Resampling], str],
        ended: Callable[[Resampling], None] = lambda _one: None,
        judge: Callable[[Resampling], Resampling] = lambda one: one,
        settle_s: float = _SETTLE_S,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._book = book
        self._tapes = tapes
        self._plans = plans
        self._exchanges = exchanges
        self._sign = sign
        self._gateway_url = gateway_url.rstrip("/")
        self._key_for = key_for
        self._ended = ended
        self._judge = judge
        self._settle_s = settle_s
        self._now_ns = now_ns

    def __call__(self, job: Job) -> Step:
        run_id = json.loads(job.arguments)["run"]
        found = self._book.of(job.project, run_id)
        if found is None or found.state is not ResamplingState.RUNNING:
            return Step(position=None, done=len(found.samples) if found else 0)
        tape = self._tapes.tape(job.project, run_id)
        calls = {one.step: one for one in sampled_steps(tape)} if tape is not None else {}
        wanted = [step for step in found.left() if step in calls][:_AT_ONCE]
        if tape is None or not wanted:
            return self._finish(found, ResamplingState.DONE)
        found = replace(found, rounds=found.rounds + 1)
        self._book.save(found)
        token, trace_id = self._planned(found, tape)
        key = self._key_for(job.project, found)
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            made = list(
                pool.map(lambda step: self._sample(calls[step], key, token, trace_id=trace_id), wanted)
            )
        found = self._with(found, made, calls)
        if found.most_usd is not None and found.usd >= found.most_usd:
            return self._finish(found, ResamplingState.OUT_OF_BUDGET)
        if not found.left():
            over = len(found.samples) < found.times * len(found.steps)
            return self._finish(found, ResamplingState.OUT_OF_BUDGET if over else ResamplingState.DONE)
        return Step(position=str(len(found.samples)), done=len(found.samples), total=found.planned)

    def _planned(self, found: Resampling, tape: Tape) -> tuple[str, str]:
        """A plan that keeps nothing of the tape, with its token and trace."""
        trace_id = secrets.token_hex(16)
        plan = Plan(
            project=found.project,
            agent=found.agent,
            inquiry=found.id,
            number=found.rounds,
            attempt=1,
            run_id=trace_id,
            tape_run=found.run_id,
            keep=0,
            after=After.LIVE,
        )
        self._plans.write(plan, [one.exchange.id for one in tape.calls])
        token = ReplayToken(
            project=found.project,
            agent=found.agent,
            inquiry=found.id,
            number=plan.number,
            attempt=plan.attempt,
            run_id=trace_id,
            expires_ns=self._now_ns() + _TOKEN_LIVES_NS,
        )
        return write_token(token, key=self._sign()), trace_id

    def _sample(self, call: TapeCall, key: str, token: str, *, trace_id: str) -> Sample:
        request = call.request
        if request is None:
            return Sample(step=call.step, error="its request was not recorded")
        headers = {
            **{
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in request.headers
                if name.decode("latin-1").lower() not in _NOT_OURS
            },
            "authorization": f"Bearer {key}",
            HEADER: token,
            "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01",
        }
        ends = time.monotonic() + _KEY_KNOWN_S
        try:
            while True:
                answer = asyncio.run(self._asked(call, headers))
                if not _is_key_unknown(answer) or time.monotonic() > ends:
                    break
                time.sleep(0.25)
        except OutboundFailed as failed:
            why = "no answer in time" if failed.fault is Fault.TIMEOUT else str(failed)
            return Sample(step=call.step, error=why)
        if not 200 <= answer.status < 300:
            return Sample(step=call.step, error=f"HTTP {answer.status}: {_said(answer.body)}")
        decided = decision_of(RecordedMessage(head=str(answer.status), chunks=((0.0, answer.body),)))
        if decided is None:
            return Sample(step=call.step, error="the answer holds no decision")
        return Sample(step=call.step, decision=decided)

    async def _asked(self, call: TapeCall, headers: Mapping[str, str]) -> OutboundAnswer:
        return await post(
            parse_url(self._gateway_url + call.path, example="http://127.0.0.1:8421/v1", query=True),
            content=call.body,
            headers=headers,
            timeout_s=_TIMEOUT_S,
            max_bytes=_MOST_BYTES,
            allowed=None,  # the gateway of this product, wherever it stands
        )

    def _with(self, found: Resampling, made: Sequence[Sample], calls: dict[int, TapeCall]) -> Resampling:
        """As it is now: cancelled in the meantime it stays, with what was still found."""
        now = self._book.of(found.project, found.run_id)
        state = now.state if now is not None and now.id == found.id else ResamplingState.CANCELLED
        samples = (*found.samples, *made)
        steps = [
            agreement(step, decision_of(calls[step].answer), samples) for step in found.steps if step in calls
        ]
        after = replace(found, state=state, samples=samples, found=tuple(steps), usd=self._spent(found))
        if now is not None and now.id == found.id:
            self._book.save(after)
        return after

    def _spent(self, found: Resampling) -> float:
        """As far as the gateway has recorded it."""
        query = ExchangeQuery(drill=found.id, limit=found.most_calls + 10)
        return sum(one.cost_usd or 0.0 for one in self._exchanges(found.project, query))

    def _finish(self, found: Resampling, state: ResamplingState) -> Step:
        time.sleep(self._settle_s)
        notes = found.notes
        why = why_errors(found.samples)
        if why and why not in notes:
            notes = (*notes, why)
        found = replace(found, usd=self._spent(found), notes=notes)
        if found.state is ResamplingState.RUNNING:
            try:
                found = self._judge(found)
            except Exception:  # noqa: BLE001 - an opinion that cannot be had must not lose what was found
                _LOG.exception("the judge could not be asked about run %s", found.run_id)
            found = self._book.over(found, state)
        self._plans.remove(found.project, found.id)
        self._ended(found)
        return Step(position=None, done=len(found.samples), total=found.planned)
