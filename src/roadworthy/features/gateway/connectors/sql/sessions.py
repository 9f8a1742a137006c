"""Sessions of a database that cannot write, whatever is sent over them: the second of two guards.

One class a database that has a way of its own; others read within a transaction that is always rolled back.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from roadworthy.features.gateway.connectors.sql.sqlite_guard import guard_sqlite

_CONNECT_S = 5


class Session:
    """How one kind of database is opened, kept from writing, and stopped."""

    def __init__(self, url: URL, *, options: dict[str, Any], pool: int, read_only: bool) -> None:
        self._url = url
        self._options = options
        self._pool = pool
        self._read_only = read_only

    def engine(self) -> Engine:
        engine = create_engine(
            self._url,
            connect_args=self._arguments(),
            poolclass=QueuePool,
            pool_size=self._pool,
            max_overflow=0,
            pool_pre_ping=True,
            pool_timeout=_CONNECT_S,
            hide_parameters=True,
        )
        self._watch(engine)
        return engine

    def begin(self, connection: Connection, *, seconds: float) -> None:
        """In a transaction that has begun."""

    def stop(self, connection: Connection) -> None:
        """What runs on it now, from another thread. What is not known to be stoppable is cut off."""
        raw = connection.connection.driver_connection
        close: Callable[[], None] | None = getattr(raw, "close", None)
        if close is not None:
            close()

    def _arguments(self) -> dict[str, Any]:
        return dict(self._options)

    def _watch(self, engine: Engine) -> None:
        pass


class SqliteSession(Session):
    """The file is opened read-only; the connection refuses everything but reading by SQLite's own
    authorizer."""

    def engine(self) -> Engine:
        mode = "ro" if self._read_only else "rw"
        path = f"file:{quote(str(self._url.database or ''), safe='/')}?mode={mode}"

        def connect() -> sqlite3.Connection:
            made = sqlite3.connect(path, uri=True, timeout=_CONNECT_S, check_same_thread=False)
            if self._read_only:
                guard_sqlite(made)
            return made

        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        self._watch(engine)
        return engine

    def stop(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.interrupt()


class PostgresqlSession(Session):
    """The server refuses writes in the session and in each transaction, and ends what takes too long by
    itself."""

    def _arguments(self) -> dict[str, Any]:
        settings = "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=2000"
        if self._read_only:
            settings += " -c default_transaction_read_only=on"
        return {"connect_timeout": _CONNECT_S, "options": settings, **self._options}

    def begin(self, connection: Connection, *, seconds: float) -> None:
        if self._read_only:
            connection.execute(text("SET TRANSACTION READ ONLY"))
        connection.execute(text(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}"))

    def stop(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        cancel = getattr(raw, "cancel_safe", None)
        if cancel is not None:
            cancel(timeout=_CONNECT_S)
        elif hasattr(raw, "cancel"):
            raw.cancel()
        else:
            super().stop(connection)


class MysqlSession(Session):
    def begin(self, connection: Connection, *, seconds: float) -> None:
        if self._read_only:
            connection.rollback()
            connection.execute(text("SET SESSION TRANSACTION READ ONLY"))
            connection.rollback()
        milliseconds = max(1, round(seconds * 1000))
        try:
            connection.execute(text(f"SET SESSION max_execution_time = {milliseconds}"))
        except DBAPIError:  # MariaDB calls it otherwise, and counts seconds
            connection.rollback()
            connection.execute(text(f"SET SESSION max_statement_time = {milliseconds / 1000:g}"))


class OracleSession(Session):
    def begin(self, connection: Connection, *, seconds: float) -> None:
        if self._read_only:
            connection.execute(text("SET TRANSACTION READ ONLY"))

    def stop(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.cancel()


class DuckdbSession(Session):
    def _watch(self, engine: Engine) -> None:
        @event.listens_for(engine, "connect")
        def close_the_doors(raw: Any, _record: Any) -> None:
            # Files and URLs are tables to it otherwise.
            raw.execute("SET enable_external_access=false")
            raw.execute("SET lock_configuration=true")

    def _arguments(self) -> dict[str, Any]:
        return {"read_only": self._read_only, **self._options}

    def stop(self, connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.interrupt()


_SESSIONS: dict[str, type[Session]] = {
    "sqlite": SqliteSession,
    "postgresql": PostgresqlSession,
    "mysql": MysqlSession,
    "mariadb": MysqlSession,
    "oracle": OracleSession,
    "duckdb": DuckdbSession,
}


def session_of(url: URL, *, options: dict[str, Any], pool: int, read_only: bool) -> Session:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    made = _SESSIONS.get(url.get_backend_name(), Session)
    return made(url, options=options, pool=pool, read_only=read_only)


class Running:
    """A statement that can be stopped from another thread, also before it began."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()  # protects the connection against being stopped while it goes back
        self._connection: Connection | None = None
        self.stopped = False

    def started(self, connection: Connection) -> None:
        with self._lock:
            self._connection = connection

    def ended(self) -> None:
        with self._lock:
            self._connection = None

    def stop(self) -> None:
        with self._lock:
            self.stopped = True
            if self._connection is not None:
                try:
                    self._session.stop(self._connection)
                except Exception:  # noqa: BLE001 (drivers raise of their own kinds; the connection goes then)
                    self._connection.invalidate()
