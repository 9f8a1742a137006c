"""Faults in a share of an agent's live traffic: what is switched on, for which calls, until when.

Off unless somebody switches it on; it ends at its time, after its count, and with the first incident of the
agent. Which runs meet which fault is decided by the run alone, so a run meets one from its first call on or
not at all, in whichever process its calls come through.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.gateway.drills.drill import BadDrill
from roadworthy.features.gateway.drills.fault import BY_NAME, BadFault, PlannedFault, check

KIND = "live_drill"
_MOST_S = 31 * 86_400
_MOST_COUNT = 10_000
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDrill:
    """Identity is (project, id)."""

    project: str
    id: str
    agent: str
    kind: ExchangeKind
    target: str = ""
    """The route or `connector.tool`; "" for any of the agent's."""
    faults: tuple[str, ...]
    share: float
    """Of the agent's runs, in (0, 1]."""
    most: int
    """Faults, after which it is over."""
    ends_ns: int
    settings: tuple[tuple[str, float], ...] = ()
    created_ns: int
    created_by: str = ""
    stopped_ns: int | None = None
    stopped_why: str = ""

    def on(self, now_ns: int) -> bool:
        return self.stopped_ns is None and now_ns < self.ends_ns

    def fault_for(self, run_key: str) -> PlannedFault | None:
        """What a run meets; None for most runs. Pure: the same run gets the same."""
        digest = hashlib.sha256(f"{self.id}/{run_key}".encode()).digest()
        if int.from_bytes(digest[:8]) >= self.share * 2**64:
            return None
        fault = self.faults[int.from_bytes(digest[8:12]) % len(self.faults)]
        known = BY_NAME[fault].settings
        return PlannedFault(
            fault=fault,
            kind=self.kind,
            target=self.target,
            seed=int.from_bytes(digest[12:16]),
            settings=tuple((name, value) for name, value in self.settings if name in known),
        )


def check_live(live: LiveDrill, *, now_ns: int) -> None:
    """Raises BadDrill."""
    if not live.agent:
        raise BadDrill("agent", "expected the name of an agent")
    if not 0 < live.share <= 1:
        raise BadDrill("share", "expected a share of runs above 0 and at most 1")
    if not 1 <= live.most <= _MOST_COUNT:
        raise BadDrill("most", f"expected 1 to {_MOST_COUNT} faults")
    if not now_ns < live.ends_ns <= now_ns + _MOST_S * 10**9:
        raise BadDrill("lasts", "expected at most 31 days")
    if not live.faults:
        raise BadDrill("faults", f"expected at least one of {', '.join(BY_NAME)}")
    named = {name for fault in live.faults if fault in BY_NAME for name in BY_NAME[fault].settings}
    for name, _ in live.settings:
        if name not in named:
            raise BadDrill("settings", f"none of these faults has a setting {name!r}")
    for place, fault in enumerate(live.faults):
        own = BY_NAME[fault].settings if fault in BY_NAME else {}
        settings = tuple((name, value) for name, value in live.settings if name in own)
        try:
            check(PlannedFault(fault=fault, kind=live.kind, settings=settings))
        except BadFault as wrong:
            raise BadDrill(
                f"faults[{place}]" if wrong.field != "settings" else "settings", str(wrong)
            ) from None


class LiveBook:
    """Safe to call from several threads of one process; that process is the only writer."""

    def __init__(self, metadata: MetadataStore, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._metadata = metadata
        self._now_ns = now_ns
        self._lock = threading.Lock()  # protects the time between reading one and writing it

    def all(self, project: str) -> list[LiveDrill]:
        """Newest first."""
        kept = [read_live(one) for one in self._metadata.records(project, KIND)]
        return sorted(kept, key=lambda one: (one.created_ns, one.id), reverse=True)

    def one(self, project: str, live_id: str) -> LiveDrill | None:
        kept = self._metadata.record(project, KIND, live_id)
        return read_live(kept) if kept else None

    def start(self, draft: LiveDrill) -> LiveDrill:
        """As it was kept, with an id. Raises BadDrill."""
        now = self._now_ns()
        check_live(draft, now_ns=now)
        live = replace(draft, id=secrets.token_hex(6), created_ns=now, stopped_ns=None, stopped_why="")
        with self._lock:
            self._save(live)
            for old in self.all(live.project)[_MOST_KEPT:]:
                if not old.on(now):
                    self._metadata.delete_record(old.project, KIND, old.id)
        return live

    def stop(self, project: str, live_id: str, *, why: str) -> LiveDrill | None:
        """None: there is none. One that is over stays as it is."""
        with self._lock:
            live = self.one(project, live_id)
            if live is None or not live.on(self._now_ns()):
                return live
            live = replace(live, stopped_ns=self._now_ns(), stopped_why=why)
            self._save(live)
            return live

    def stop_of(self, project: str, agents: Collection[str], *, why: str) -> Sequence[LiveDrill]:
        """Those of these agents that were on."""
        now = self._now_ns()
        found = [one for one in self.all(project) if one.on(now) and one.agent in agents]
        return [stopped for one in found if (stopped := self.stop(project, one.id, why=why))]

    def _save(self, live: LiveDrill) -> None:
        body = orjson.dumps(asdict(live)).decode()
        record = Record(project=live.project, kind=KIND, id=live.id, body=body, updated_ns=self._now_ns())
        self._metadata.save_records([record])


def read_live(kept: Record) -> LiveDrill:
    """Raises ValueError and TypeError for what is none."""
    body: dict[str, Any] = orjson.loads(kept.body)
    body["kind"], body["faults"] = ExchangeKind(body["kind"]), tuple(body["faults"])
    body["settings"] = tuple((name, value) for name, value in body["settings"])
    return LiveDrill(**body)
