"""Who may send, from a snapshot of the keys: for the process that accepts data.

Plain sqlite3, not SQLAlchemy: that process stays light, and this is two queries.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from roadworthy.contracts.keys import KeyDecision, KeyVerdict
from roadworthy.domain.project import DEFAULT_PROJECT, KeyScope
from roadworthy.kit.secrets import same_hash, secret_hash, split_api_key

_LOG = logging.getLogger(__name__)
_NO_HASH = "0" * 64
_NOTE_S = 60.0
"""How often it is written down which keys were used."""
_LOOK_S = 0.05
"""The longest that an answer waits for another's look at the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    project: str
    scopes: frozenset[str]
    secret_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Snapshot:
    keys: dict[str, _Key] = field(default_factory=dict)
    projects: dict[str, bool] = field(default_factory=dict)
    """Whether each project requires a key."""


class SqliteKeyDirectory:
    """See `contracts.keys.KeyDirectory`. Looks for changes every `refresh_s` seconds in a thread of its own,
    and before it refuses anybody: what was made a moment ago counts, since senders drop what is refused.

    The file must be there (`SqliteMetadataStore` makes it). Raises sqlite3.Error where it cannot be read on
    opening; later faults are logged, and the last snapshot stays.
    """

    def __init__(self, path: Path, *, refresh_s: float = 1.0) -> None:
        self._uri = f"file:{path}?mode=ro"
        self._refresh_s = refresh_s
        self._path = path
        self._used: dict[str, int] = {}
        self._noted_at = time.monotonic()
        self._stopping = threading.Event()
        self._reading = threading.Lock()
        """Keeps the connection to one thread at a time: the watcher's, or one that is about to refuse."""
        self._connection = self._open()
        self._version = self._data_version()
        self._snapshot = self._load()
        self._thread = threading.Thread(target=self._watch, name="key-directory", daemon=True)
        self._thread.start()

    def resolve(self, presented: str | None, *, project: str | None = None) -> KeyDecision:
        known = self._snapshot
        decision = self._decide(known, presented, project=project)
        if decision.verdict is KeyVerdict.ACCEPTED:
            return decision
        self._look_again()
        now = self._snapshot
        return decision if now is known else self._decide(now, presented, project=project)

    def _decide(self, snapshot: _Snapshot, presented: str | None, *, project: str | None) -> KeyDecision:
        if presented is None:
            return _keyless(snapshot, project=project or DEFAULT_PROJECT)
        parts = split_api_key(presented)
        known = snapshot.keys.get(parts.id) if parts else None
        # Hashed and compared even for an id nobody has, so that the time tells nothing.
        right = same_hash(
            secret_hash(parts.secret if parts else presented), known.secret_hash if known else _NO_HASH
        )
        if known is None or not right:
            return KeyDecision(
                verdict=KeyVerdict.UNKNOWN_KEY,
                project=DEFAULT_PROJECT,
                reason="no live key is that one: it was never made, was revoked, or is mistyped",
            )
        if not known.scopes & {KeyScope.INGEST, KeyScope.ADMIN}:
            return KeyDecision(
                verdict=KeyVerdict.WRONG_SCOPE,
                project=known.project,
                reason="this key lacks the scope ingest: it may not send",
            )
        if parts is not None:
            self._used[parts.id] = time.time_ns()
        return KeyDecision(verdict=KeyVerdict.ACCEPTED, project=known.project)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(5)
        with self._reading:
            self._connection.close()
        self._note_used()

    def _note_used(self) -> None:
        """So that people see which keys are still in use. Lost where it cannot be written."""
        self._noted_at = time.monotonic()
        used, self._used = self._used, {}
        if not used:
            return
        try:
            with closing(sqlite3.connect(self._path, timeout=2)) as connection, connection:
                connection.executemany(
                    "UPDATE api_keys SET last_used_ns = max(coalesce(last_used_ns, 0), ?) WHERE id = ?",
                    [(at_ns, key_id) for key_id, at_ns in used.items()],
                )
                connection.execute("UPDATE changes SET counter = counter + 1")
        except sqlite3.Error as error:
            _LOG.warning("when keys were used cannot be noted: %s", error)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._uri, uri=True, timeout=2, check_same_thread=False, isolation_level=None)

    def _data_version(self) -> int:
        """Changes when another connection, of any process, commits; costs a few microseconds."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _load(self) -> _Snapshot:
        keys = self._connection.execute(
            "SELECT id, project, scopes, secret_hash FROM api_keys WHERE revoked_ns IS NULL"
        )
        found = {
            key_id: _Key(project=project, scopes=frozenset(scopes.split(",")), secret_hash=hash_)
            for key_id, project, scopes, hash_ in keys
        }
        projects = self._connection.execute("SELECT id, require_key FROM projects")
        return _Snapshot(keys=found, projects={name: bool(required) for name, required in projects})

    def _watch(self) -> None:
        while not self._stopping.wait(self._refresh_s):
            self._look_again()
            if time.monotonic() - self._noted_at > _NOTE_S:
                self._note_used()

    def _look_again(self) -> None:
        """Take in what was written since the last look: a few microseconds where nothing was."""
        if not self._reading.acquire(timeout=_LOOK_S):
            return
        try:
            version = self._data_version()
            if version != self._version:
                self._snapshot, self._version = self._load(), version
        except sqlite3.Error as error:
            _LOG.warning("the keys cannot be read, the last ones known stay in force: %s", error)
        finally:
            self._reading.release()


def _keyless(snapshot: _Snapshot, *, project: str) -> KeyDecision:
    if project != DEFAULT_PROJECT and project not in snapshot.projects:
        return KeyDecision(
            verdict=KeyVerdict.KEY_REQUIRED,
            project=DEFAULT_PROJECT,
            reason=f"there is no project {project[:40]!r} that takes data without a key",
        )
    if snapshot.projects.get(project, False):
        return KeyDecision(
            verdict=KeyVerdict.KEY_REQUIRED,
            project=project,
            reason="this project takes data with a key only: send Authorization: Bearer rw_...",
        )
    return KeyDecision(verdict=KeyVerdict.ACCEPTED, project=project)
