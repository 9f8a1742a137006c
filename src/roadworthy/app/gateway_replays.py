"""Replays at the gateway's doors: whose rerun a call is, read from its token, its plan and its tapes."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from roadworthy.app.gateway_recording import BLOBS_FOLDER, LOG_FILE
from roadworthy.backends.blobs.files import FileBlobReader
from roadworthy.backends.exchange_log.sqlite.reader import SqliteExchangeReader
from roadworthy.contracts.exchange_log import ExchangeQuery
from roadworthy.contracts.recorder import Recorder
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.exchange import LISTED, Exchange, is_listing
from roadworthy.domain.recording import Recording
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.presented import replay_token_of
from roadworthy.doors.gateway.replay_seat import ReplaySeat
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.debug.tape.journal import BadPlan, JournalLine, PlanFolder, StoredPlan
from roadworthy.features.debug.tape.loading import TapeHole, last_listings, load_tape
from roadworthy.features.debug.tape.missing import not_recorded
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.debug.token import BadToken, ReplayToken, read_token, signing_key
from roadworthy.features.gateway.drills.injection import Seat
from roadworthy.features.gateway.keys.caller import Caller
from roadworthy.features.gateway.keys.presenting import FORBIDDEN, refused
from roadworthy.features.gateway.recording.service import RecordingGone, read_recording

log = logging.getLogger(__name__)

_SEATS_HELD = 64
_TAPES_HELD = 8
_TAPE_SECONDS = 600.0
"""So long a tape is kept for the next rerun of it: what was deleted meanwhile is gone then."""
_KEYS_KNOWN = 10_000
_LISTINGS = 20
_Key = tuple[str, str, int, int]


class GatewayReplays:
    """For one event loop. `folder` is the gateway's, `plans` that of the plans."""

    def __init__(
        self,
        *,
        folder: Path,
        plans: Path,
        key_file: Path,
        callers: Callable[[GatewayRequest], Caller | TypedFailure],
        recorder: Recorder | None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._plans = PlanFolder(plans)
        self._log = SqliteExchangeReader(folder / LOG_FILE)
        self._blobs = FileBlobReader(folder / BLOBS_FOLDER)
        self._key_file = key_file
        self._callers = callers
        self._recorder = recorder
        self._now_ns = now_ns
        self._key: bytes | None = None
        self._boot = secrets.token_hex(8)
        self._seats: OrderedDict[_Key, asyncio.Task[ReplaySeat]] = OrderedDict()
        self._left: OrderedDict[_Key, None] = OrderedDict()
        """Reruns whose place was given to others: how far they came is not known any more."""
        self._tapes: OrderedDict[tuple[str, ...], tuple[float, Tape]] = OrderedDict()
        self._tapes_lock = threading.Lock()  # tapes are read in several threads

    async def seat(self, request: GatewayRequest) -> ReplaySeat | TypedFailure | None:
        """None for a call without a replay's token. One whose token is no good is refused, never taken for a
        usual one."""
        text = replay_token_of(request)
        if not text:
            return None
        caller = self._callers(request)
        if not isinstance(caller, Caller):
            return caller
        try:
            token = self._read(text)
        except BadToken as bad:
            return refused(f"Nothing was asked: {bad}.", why=FORBIDDEN)
        if (token.project, token.agent) != (caller.project, caller.agent):
            return refused("Nothing was asked: the replay token belongs to another agent.", why=FORBIDDEN)
        key = (token.project, token.inquiry, token.number, token.attempt)
        try:
            return await asyncio.shield(self._task(key, token, caller))
        except (BadPlan, StoreUnavailable, OSError) as odd:
            self._seats.pop(key, None)
            return not_recorded(f"Nothing was asked: {odd}.")

    @property
    def any(self) -> bool:
        """Whether a rerun was ever answered here: what of one goes on live was seen by `seat` before."""
        return bool(self._seats)

    def drill_seat(self, request: GatewayRequest, *, project: str, agent: str) -> Seat | None:
        """For what of a rerun goes on live: a place in a drill that has no faults. Raises BadToken."""
        text = replay_token_of(request)
        if not text:
            return None
        token = self._read(text)
        if (token.project, token.agent) != (project, agent):
            raise BadToken("the replay token belongs to another agent")
        return Seat(drill=token.inquiry, run_id=token.run_id, faults=())

    def close(self) -> None:
        self._log.close()

    def _read(self, text: str) -> ReplayToken:
        if self._key is None:
            try:
                self._key = signing_key(self._key_file)
            except OSError as fault:
                log.warning("replay tokens cannot be read: %s", fault)
                raise BadToken("this gateway cannot read replay tokens: its key file is missing") from None
        return read_token(text, key=self._key, now_ns=self._now_ns())

    def _task(self, key: _Key, token: ReplayToken, caller: Caller) -> asyncio.Task[ReplaySeat]:
        """One for all calls of a rerun, also of those that come while its tape is read."""
        known = self._seats.get(key)
        if known is None:
            known = self._seats[key] = asyncio.get_running_loop().create_task(self._seated(token, caller))
            if len(self._seats) > _SEATS_HELD:
                self._left[self._seats.popitem(last=False)[0]] = None
            if len(self._left) > _KEYS_KNOWN:
                self._left.popitem(last=False)
        self._seats.move_to_end(key)
        return known

    async def _seated(self, token: ReplayToken, caller: Caller) -> ReplaySeat:
        """Raises BadPlan, StoreUnavailable, OSError."""
        loaded = await asyncio.to_thread(self._load, token)
        plan = loaded.stored.plan
        return ReplaySeat(
            player=Player(loaded.tape, plan, loaded.good, fresh_ids=True),
            project=token.project,
            agent=token.agent,
            inquiry=token.inquiry,
            run_id=token.run_id,
            release=caller.release,
            key_id=caller.key.id,
            journal=lambda line: self._journal(loaded.stored, line),
            recorder=self._recorder,
            lost=not loaded.first
            or (token.project, token.inquiry, token.number, token.attempt) in self._left,
        )

    def _journal(self, stored: StoredPlan, line: JournalLine) -> None:
        try:
            self._plans.append(stored.plan, line)
        except OSError as fault:
            # The agent has its answer; that the journal lacks a line shows as a call too few.
            log.error("the journal of rerun %s/%s: %s", stored.plan.inquiry, stored.plan.number, fault)

    def _load(self, token: ReplayToken) -> _Loaded:
        stored = self._plans.read(token.project, token.inquiry, number=token.number, attempt=token.attempt)
        tape = self._tape(stored, stored.tape_ids, run_id=stored.plan.tape_run)
        good = self._tape(stored, stored.good_ids, run_id=stored.plan.good_run) if stored.good_ids else None
        first = self._plans.begin(stored.plan, self._boot)
        return _Loaded(stored=stored, tape=tape, good=good, first=first)

    def _tape(self, stored: StoredPlan, ids: Sequence[str], *, run_id: str) -> Tape:
        """Read once for the reruns of an inquiry, which follow each other closely."""
        key = (stored.plan.project, run_id, *ids)
        now = time.monotonic()
        with self._tapes_lock:
            known = self._tapes.get(key)
            if known is not None and now - known[0] < _TAPE_SECONDS:
                self._tapes.move_to_end(key)
                return known[1]
        tape = self._read_tape(stored, ids, run_id=run_id)
        with self._tapes_lock:
            self._tapes[key] = (now, tape)
            while len(self._tapes) > _TAPES_HELD:
                self._tapes.popitem(last=False)
        return tape

    def _read_tape(self, stored: StoredPlan, ids: Sequence[str], *, run_id: str) -> Tape:
        plan = stored.plan
        query = ExchangeQuery(ids=tuple(ids), limit=max(1, len(ids)))
        held = self._log.exchanges(plan.project, query)
        calls = [one for one in held if not is_listing(one)]
        listed = {one.id for one in held} - {one.id for one in calls}
        until = max((one.started_ns + int(one.elapsed_ms * 1e6) for one in calls), default=0)
        agents = dict.fromkeys(one.agent for one in calls)
        listings = [
            one
            for agent in agents
            for one in self._log.exchanges(
                plan.project, ExchangeQuery(agent=agent, target=LISTED, to_ns=until + 1, limit=_LISTINGS)
            )
        ]
        return load_tape(
            _RunOf(project=plan.project, id=run_id, agent=plan.agent),
            calls,
            self._recording,
            listings=last_listings(listings, self._recording, until_ns=until),
            ids=[one for one in ids if one not in listed],
        )

    def _recording(self, exchange: Exchange) -> Recording:
        try:
            return read_recording(self._blobs, exchange)
        except RecordingGone as gone:
            raise TapeHole(str(gone)) from gone


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    stored: StoredPlan
    tape: Tape
    good: Tape | None
    first: bool
    """Whether no other process has begun to answer it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _RunOf:
    project: str
    id: str
    agent: str
