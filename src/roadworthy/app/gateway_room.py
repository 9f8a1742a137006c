"""The gateway, put together: what it decides from, whom it asks, who writes it down, who answers."""

from __future__ import annotations

import time
from pathlib import Path

from roadworthy.app.folder import DataFolder
from roadworthy.app.gateway_faults import LIVE, GatewayFaults, read_live_drills
from roadworthy.app.gateway_gate import LEDGER_FILE, GatewayGate
from roadworthy.app.gateway_recording import GatewayRecording
from roadworthy.app.gateway_replays import GatewayReplays
from roadworthy.app.gateway_state import GatewayState
from roadworthy.app.gateway_tools import KINDS as TOOL_KINDS
from roadworthy.app.gateway_tools import GatewayTools, readers
from roadworthy.app.settings import Settings, is_loopback
from roadworthy.backends.metadata.sqlite.feed import SqliteRecordFeed
from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.record_feed import RecordFeed
from roadworthy.domain.typed_failure import TypedFailure
from roadworthy.doors.gateway.front_desk import FrontDesk
from roadworthy.doors.gateway.limits import GatewayLimits
from roadworthy.doors.gateway.models import ModelDoor
from roadworthy.doors.gateway.presented import key_of
from roadworthy.doors.gateway.replay import ReplayDoor
from roadworthy.doors.gateway.request import GatewayRequest
from roadworthy.features.debug.tape.journal import FOLDER as PLANS
from roadworthy.features.gateway.keys.caller import Caller, caller_of
from roadworthy.features.gateway.recording import policy_book
from roadworthy.features.gateway.snapshot import records
from roadworthy.features.gateway.snapshot.keeper import SnapshotKeeper
from roadworthy.kit.sealing import CannotOpen, Sealer

KINDS = (
    records.ROUTE,
    records.PROVIDER,
    records.KEY,
    records.BUDGET,
    records.LIMIT,
    policy_book.KIND,
    LIVE,
    *TOOL_KINDS,
)


class GatewayRoom:
    """Made in the thread of the event loop, before it runs; `open` in it."""

    def __init__(self, settings: Settings) -> None:
        folder = DataFolder(settings.data)
        folder.gateway.mkdir(mode=0o700, exist_ok=True)
        self._settings = settings
        self._open_to_others = not is_loopback(settings.gateway_bind)

        def open_feed() -> RecordFeed:
            return SqliteRecordFeed(folder.metadata, kinds=KINDS)

        self.keeper = SnapshotKeeper(
            open_feed,
            file=folder.gateway / "snapshot.json",
            open_secret=_Opener(folder.secret_key),
            readers={policy_book.KIND: policy_book.policies_of, LIVE: read_live_drills, **readers()},
        )
        self.transport = HttpTransport()
        self.gate = GatewayGate(
            lambda: self.keeper.current, transport=self.transport, ledger_file=folder.gateway / LEDGER_FILE
        )
        self.recording = GatewayRecording(
            folder.gateway,
            policy_of=lambda exchange: policy_book.policy_in(self.keeper.current.parts, exchange),
            free_floor=settings.min_free_bytes,
        )
        self.state = GatewayState(
            file=folder.gateway / "state.json",
            keeper=self.keeper,
            gate=self.gate.gate,
            transport=self.transport,
            recorder=self.recording.recorder,
        )
        self.replays = GatewayReplays(
            folder=folder.gateway,
            plans=folder.root / PLANS,
            key_file=folder.secret_key,
            callers=self.caller,
            recorder=self.recording.recorder,
        )
        self.faults = GatewayFaults(
            lambda: self.keeper.current,
            key_file=folder.secret_key,
            written=self.recording.written,
            dictionary_of=lambda project, connector: self.tools.dictionary(project, connector),
            replays=self.replays,
        )
        models = ModelDoor(
            self.gate.gate,
            callers=self.caller,
            recorder=self.recording.recorder,
            faults=lambda request, admitted, story: self.faults.transport_for(
                request, admitted, story, inner=self.transport
            ),
            on_told=self.state.count,
        )
        self.tools = GatewayTools(
            lambda: self.keeper.current,
            transport=self.transport,
            unseal=(secrets := _Opener(folder.secret_key)),
            seal=secrets.seal,
            folder=folder.gateway,
            connectors=folder.connectors,
            callers=self.caller,
            recorder=self.recording.recorder,
            faults=self.faults,
            on_told=self.state.count,
        )
        self.state.connectors = self.tools.state
        desk = FrontDesk(
            rooms=self.tools.rooms,
            otherwise=models,
            health=self.state.health,
            metrics=self.state.metrics,
            may_look=self._may_look,
        )
        self.handler = ReplayDoor(self.replays.seat, usual=desk)

    @property
    def limits(self) -> GatewayLimits:
        return GatewayLimits(
            body_bytes=self._settings.gateway_max_body_bytes,
            inflight_bytes=max(GatewayLimits().inflight_bytes, 2 * self._settings.gateway_max_body_bytes),
            connections=self._settings.gateway_max_connections,
        )

    def caller(self, request: GatewayRequest) -> Caller | TypedFailure:
        release = (request.header(b"x-roadworthy-release") or b"").decode("utf-8", "replace")[:200]
        return caller_of(self.keeper.current, key_of(request), now_ns=time.time_ns(), release=release)

    def start(self) -> None:
        self.keeper.start()
        self.gate.start()
        self.recording.start()

    async def stop(self) -> None:
        """After the last call: what it was told is written, then the state."""
        await self.tools.close()
        await self.transport.close()
        self.replays.close()
        self.recording.stop()
        self.gate.stop()
        self.keeper.stop()
        self.state.write()

    def _may_look(self, request: GatewayRequest) -> bool:
        return not self._open_to_others or isinstance(self.caller(request), Caller)


class _Opener:
    """Opens with the installation's key, which is made by whoever first seals: two makers would each have
    their own."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file
        self._sealer: Sealer | None = None

    def __call__(self, sealed: str) -> str:
        """Raises CannotOpen."""
        return self._held().open(sealed)

    def seal(self, secret: str) -> str:
        """Raises CannotOpen."""
        return self._held().seal(secret)

    def _held(self) -> Sealer:
        if self._sealer is None:
            if not self._key_file.exists():
                raise CannotOpen("the installation's key file is not there")
            self._sealer = Sealer(self._key_file)
        return self._sealer
