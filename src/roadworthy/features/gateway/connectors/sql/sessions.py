"""Sessions of a database that cannot write, whatever is sent over them: the second of two guards.

One class a database that has a way of its own. Others read within a transaction that is always rolled back,
which keeps some of them from writing and not others: there the user alone is relied on, and that is said.
"""

from __future__ import annotations

import ipaddress
import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from roadworthy.features.gateway.connectors.sql.sqlite_guard import guard_sqlite
from roadworthy.kit.addresses import TRIED, AddressRefused, check_address

_CONNECT_S = 5


class Session:
    """How one kind of database is opened, kept from writing, and stopped."""

    def __init__(
        self, url: URL, *, options: dict[str, Any], pool: int, read_only: bool, allow_private: bool
    ) -> None:
        self._url = url
        self._options = options
        self._pool = pool
        self._read_only = read_only
        self._allow_private = allow_private

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

    def _watch(self, engine: Engine) -> None:
        @event.listens_for(engine, "do_connect")
        def pin(_dialect: Any, _record: Any, _cargs: Any, given: dict[str, Any]) -> None:
            # The name is looked up once for each connection, checked, and not looked up again by the driver
            # (DNS rebinding); certificates are still held against the name.
            given.update(_pinned(given, allow_private=self._allow_private))

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


def _pinned(given: Mapping[str, Any], *, allow_private: bool) -> dict[str, str]:
    """`host` and `hostaddr` for libpq, place by place. Raises OSError and AddressRefused."""
    hosts = [one for one in str(given.get("host") or "").split(",") if one]
    if given.get("hostaddr") or not hosts or any(one.startswith(("/", "@")) for one in hosts):
        if not allow_private:
            raise AddressRefused(
                "an address of the options, or a socket of this machine, needs allow_private"
            )
        return {}
    ports = [one for one in str(given.get("port") or "").split(",") if one]
    pairs: list[tuple[str, str, str]] = []
    for place, host in enumerate(hosts):
        port = ports[place if len(ports) == len(hosts) else 0] if ports else ""
        for address in dict.fromkeys(str(one[4][0]) for one in _looked_up(host)):
            check_address(address, encrypted=True, allowed=None if allow_private else ())
            pairs.append((host, address, port))
    pairs = pairs[:TRIED]
    pinned = {"host": ",".join(one[0] for one in pairs), "hostaddr": ",".join(one[1] for one in pairs)}
    return {**pinned, "port": ",".join(one[2] for one in pairs)} if ports else pinned


def _looked_up(host: str) -> list[Any]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [(None, None, None, None, (host,))]


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
    """Opened read-only; files and URLs, which are tables to it otherwise, are out of reach."""

    def _arguments(self) -> dict[str, Any]:
        # Said where it is opened: connections of one process share what is set, and then nobody may set it.
        closed = {"enable_external_access": "false", "lock_configuration": "true"}
        return {**self._options, "read_only": self._read_only, "config": closed}

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


def session_of(
    url: URL, *, options: dict[str, Any], pool: int, read_only: bool, allow_private: bool
) -> Session:
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    made = _SESSIONS.get(url.get_backend_name(), Session)
    return made(url, options=options, pool=pool, read_only=read_only, allow_private=allow_private)


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
