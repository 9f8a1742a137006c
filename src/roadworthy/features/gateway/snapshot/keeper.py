"""Keeps the snapshot fresh: a thread reads when something changed, and the last good one lies in a file.

The file holds what the database holds: secrets are sealed, keys hashed. It is for a gateway that starts while
the database is away.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from roadworthy.contracts.metadata import PriceOverride, Record
from roadworthy.contracts.record_feed import FeedRead, FeedUnavailable, RecordFeed
from roadworthy.features.gateway.snapshot.build import Opener, build
from roadworthy.features.gateway.snapshot.model import GatewaySnapshot, PartReader

log = logging.getLogger(__name__)

REFRESH_S = 0.5
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHealth:
    age_s: float | None
    """Since it was last known to be what the database says; None where it never was in this process."""
    version: int
    problem: str
    """Why the database cannot be read, "" while it can."""
    unreadable: tuple[str, ...]
    """Records that were left out."""
    from_file: bool


class SnapshotKeeper:
    """`current` from any thread, at any time. `open_feed` is tried again while it raises FeedUnavailable."""

    def __init__(
        self,
        open_feed: Callable[[], RecordFeed],
        *,
        file: Path,
        open_secret: Opener,
        readers: Mapping[str, PartReader] | None = None,
        refresh_s: float = REFRESH_S,
        on_change: Callable[[GatewaySnapshot], None] | None = None,
    ) -> None:
        """Reads once before it returns: from the database, else from the file, else nothing is known."""
        self._open_feed = open_feed
        self._file = file
        self._open_secret = open_secret
        self._readers = dict(readers or {})
        self._refresh_s = refresh_s
        self._on_change = on_change
        self._feed: RecordFeed | None = None
        self._snapshot = GatewaySnapshot()
        self._seen: int | None = None
        self._good_at: float | None = None
        self._problem = ""
        self._from_file = False
        self._looking = threading.Lock()  # one look at a time: the thread's, or a test's
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="gateway-snapshot", daemon=True)
        self.look()
        if self._good_at is None:
            self._from_last_good()

    @property
    def current(self) -> GatewaySnapshot:
        return self._snapshot

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)
        with self._looking:
            self._close_feed()

    def health(self) -> SnapshotHealth:
        good = self._good_at
        return SnapshotHealth(
            age_s=None if good is None else max(0.0, time.monotonic() - good),
            version=self._snapshot.version,
            problem=self._problem,
            unreadable=self._snapshot.problems,
            from_file=self._from_file,
        )

    def look(self) -> bool:
        """Now. Whether there is a new snapshot."""
        with self._looking:
            try:
                if self._feed is None:
                    self._feed = self._open_feed()
                version = self._feed.version()
                changed = version != self._seen
                if changed:
                    self._take(self._feed.read(), version=version)
            except FeedUnavailable as fault:
                self._fail(str(fault))
                return False
            except Exception as fault:
                log.exception("the snapshot cannot be built; the last one stays")
                self._fail(f"{type(fault).__name__}: {fault}")
                return False
            if self._problem:
                log.warning("the metadata database can be read again")
            self._seen, self._problem, self._good_at = version, "", time.monotonic()
            return changed

    def _take(self, read: FeedRead, *, version: int) -> None:
        read_ns = time.time_ns()
        self._swap(self._built(read, version=version, read_ns=read_ns))
        self._from_file = False
        self._keep(read, version=version, read_ns=read_ns)

    def _built(self, read: FeedRead, *, version: int, read_ns: int) -> GatewaySnapshot:
        return build(
            read,
            version=version,
            read_ns=read_ns,
            open_secret=self._open_secret,
            readers=self._readers,
            last=self._snapshot,
        )

    def _swap(self, snapshot: GatewaySnapshot) -> None:
        self._snapshot = snapshot
        if self._on_change is not None:
            self._on_change(snapshot)

    def _fail(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("the gateway goes on with what it last knew: %s", problem)
        self._problem = problem[:300]
        self._close_feed()

    def _close_feed(self) -> None:
        feed, self._feed = self._feed, None
        if feed is not None:
            with suppress(FeedUnavailable):
                feed.close()
        self._seen = None

    def _watch(self) -> None:
        while not self._stopping.wait(self._refresh_s):
            self.look()

    def _keep(self, read: FeedRead, *, version: int, read_ns: int) -> None:
        text = orjson.dumps({"format": _FORMAT, "version": version, "read_ns": read_ns, **asdict(read)})
        made = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                made.unlink()
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            made.replace(self._file)
        except OSError as fault:
            log.warning("the snapshot cannot be kept for the next start: %s", fault)

    def _from_last_good(self) -> None:
        try:
            held = orjson.loads(self._file.read_bytes())
            if held.get("format") != _FORMAT:
                return
            read = FeedRead(
                projects=tuple(held["projects"]),
                records=tuple(Record(**one) for one in held["records"]),
                prices=tuple(PriceOverride(**one) for one in held["prices"]),
            )
            snapshot = self._built(read, version=int(held["version"]), read_ns=int(held["read_ns"]))
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
            log.warning("the last snapshot in %s cannot be read: %s", self._file, type(fault).__name__)
            return
        self._swap(snapshot)
        self._from_file = True
