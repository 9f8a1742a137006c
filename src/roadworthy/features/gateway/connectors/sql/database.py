"""Statements run on a database: in threads, within a time, at most so many rows and bytes, and stopped for
real."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from roadworthy.domain.connector import Connector
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing
from roadworthy.features.gateway.connectors.settings.sql import ADDRESS_OPTIONS, SqlSettings
from roadworthy.features.gateway.connectors.sql.reading import NotReading, check_reads
from roadworthy.features.gateway.connectors.sql.sessions import Running, session_of
from roadworthy.features.gateway.connectors.sql.values import plain
from roadworthy.kit.addresses import AddressRefused, NoAddress, addresses_of, check_address

_BLOCK = 100
_STOPPING_S = 5.0


class TooLarge(Exception):  # noqa: N818 (a condition)
    """More bytes than a result may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    columns: tuple[str, ...]
    rows: list[list[Any]]
    more: bool
    """Whether there are more than were asked for."""


class Database:
    """For one event loop. Raises SecretMissing. `about` in messages is the connector's name."""

    def __init__(self, connector: Connector, settings: SqlSettings, parts: Parts) -> None:
        self._connector = connector
        self._settings = settings
        self.url = _url(connector, settings, parts)
        self._session = session_of(
            self.url,
            options=dict(settings.options),
            pool=settings.pool,
            read_only=settings.read_only,
            allow_private=connector.allow_private,
        )
        try:
            self.engine = self._session.engine()
        except (SQLAlchemyError, ImportError, TypeError, ValueError) as fault:
            raise SecretMissing(f"the driver of {self.url.drivername} cannot be used: {fault}") from None
        self._threads = ThreadPoolExecutor(settings.pool, thread_name_prefix=f"sql-{connector.name}")
        self._address_checked = False

    @property
    def backend(self) -> str:
        return str(self.url.get_backend_name())

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.engine.dispose()

    async def select(
        self,
        sql: str,
        given: Mapping[str, Any],
        *,
        about: str,
        rows: int,
        seconds: float,
        commit: bool = False,
        may_repeat: bool = True,
    ) -> Rows:
        """Raises ToolFailed."""

        def work(connection: Connection) -> Rows:
            return _select(connection, sql, given, rows=rows, most_bytes=self._connector.max_result_bytes)

        found: Rows = await self.run(work, about=about, seconds=seconds, commit=commit, may_repeat=may_repeat)
        return found

    async def run(
        self, work: Any, *, about: str, seconds: float, commit: bool = False, may_repeat: bool = True
    ) -> Any:
        """`work(connection)` in a thread, in a transaction that is rolled back unless `commit`. Whoever
        cancels it stops the statement. Raises ToolFailed."""
        running = Running(self._session)
        try:
            async with asyncio.timeout(seconds):
                await self._check_address(about)
                loop = asyncio.get_running_loop()
                future = loop.run_in_executor(
                    self._threads, partial(self._work, work, running, seconds=seconds, commit=commit)
                )
                try:
                    return await asyncio.shield(future)
                except asyncio.CancelledError:
                    await _stopped(running, future)
                    raise
        except TimeoutError:
            raise self._timeout(about, seconds, may_repeat=may_repeat) from None
        except PoolTimeout:
            what = f"{about} waits for others: all {self._settings.pool} connections are in use"
            raise failed(FailureCode.OVERLOADED, what, about=about) from None
        except TooLarge:
            what = f"{about} gave more than {self._connector.max_result_bytes} bytes; ask for less"
            raise failed(FailureCode.TOO_LARGE, what, about=about, may_repeat=may_repeat) from None
        except AddressRefused as refused:
            raise failed(FailureCode.NOT_ALLOWED, f"{about}: {refused}", about=about) from None
        except (SQLAlchemyError, OSError, ValueError, TypeError) as fault:
            raise self._failure(fault, about, seconds, may_repeat=may_repeat) from None

    def _work(self, work: Any, running: Running, *, seconds: float, commit: bool) -> Any:
        with self.engine.connect() as connection:
            running.started(connection)
            try:
                if running.stopped:
                    raise TimeoutError
                transaction = connection.begin()
                try:
                    self._session.begin(connection, seconds=seconds)
                    found = work(connection)
                    if commit:
                        transaction.commit()
                    return found
                finally:
                    if connection.in_transaction():
                        connection.rollback()
            finally:
                running.ended()

    async def _check_address(self, about: str) -> None:
        """Where the database stands: private addresses only where that was allowed. Raises ToolFailed."""
        host = self.url.host
        if self._address_checked or self._connector.allow_private:
            return
        elsewhere = ADDRESS_OPTIONS & {*self.url.query, *self._settings.options}
        if not host or host.startswith("/") or elsewhere:
            raise failed(
                FailureCode.NOT_ALLOWED,
                f"{about} is on this machine, which needs allow_private",
                about=about,
            )
        try:
            for address in await addresses_of(host, self.url.port or 0):
                check_address(address, encrypted=True, allowed=())
        except (AddressRefused, NoAddress, ipaddress.AddressValueError) as refused:
            raise failed(FailureCode.NOT_ALLOWED, f"{about}: {refused}", about=about) from None
        self._address_checked = True

    def _timeout(self, about: str, seconds: float, *, may_repeat: bool) -> Exception:
        what = f"{about} did not answer within {seconds:g} s, and was stopped"
        return failed(FailureCode.TIMEOUT, what, about=about, may_repeat=may_repeat)

    def _failure(self, fault: Exception, about: str, seconds: float, *, may_repeat: bool) -> Exception:
        original = fault.orig if isinstance(fault, DBAPIError) else fault
        state = str(getattr(original, "sqlstate", "") or "")
        name = type(original).__name__
        if state == "57014" or "interrupt" in str(original).lower():
            return self._timeout(about, seconds, may_repeat=may_repeat)
        if isinstance(original, OSError):
            return failed(FailureCode.UNREACHABLE, f"{about} cannot be reached", about=about, kind=name)
        if isinstance(fault, DBAPIError) and (fault.connection_invalidated or state[:2] in ("08", "57")):
            return failed(FailureCode.UNREACHABLE, f"{about} cannot be reached", about=about, kind=name)
        said = str(original).lower()
        forbidden = ("readonly", "read-only mode", "not authorized", "disabled by configuration")
        if state == "25006" or any(one in said for one in forbidden):
            what = f"{about} only may read"
            return failed(FailureCode.NOT_ALLOWED, what, about=about, sqlstate=state)
        if name == "OperationalError" and not state and self.backend != "sqlite":
            return failed(FailureCode.UNREACHABLE, f"{about} cannot be reached", about=about, kind=name)
        what = f"{about}: the database refused the statement ({told(original)})"
        return failed(FailureCode.UPSTREAM_REFUSED, what, about=about, sqlstate=state, kind=name)


def told(fault: Any) -> str:
    """What an agent may learn of a refusal, to mend its statement: the database's first line, about names and
    syntax; values of rows stand in its DETAIL, which is left out."""
    diagnosis = getattr(fault, "diag", None)
    text_ = str(getattr(diagnosis, "message_primary", "") or fault)
    return " ".join(text_.split("\n")[0].split())[:200]


def _select(
    connection: Connection, sql: str, given: Mapping[str, Any], *, rows: int, most_bytes: int
) -> Rows:
    if _streams(sql, connection):
        # Row by row from the server: a result of gigabytes is not fetched to be cut off here.
        connection = connection.execution_options(stream_results=True, max_row_buffer=_BLOCK)
    result = connection.execute(text(sql), dict(given))
    if not result.returns_rows:
        return Rows(columns=(), rows=[], more=False)
    columns = tuple(result.keys())
    taken: list[list[Any]] = []
    size = 0
    while len(taken) <= rows:
        block = result.fetchmany(min(_BLOCK, rows + 1 - len(taken)))
        if not block:
            break
        for row in block:
            values = [plain(value) for value in row]
            size += len(orjson.dumps(values, option=orjson.OPT_NON_STR_KEYS))
            if size > most_bytes:
                result.close()
                raise TooLarge
            taken.append(values)
    result.close()
    return Rows(columns=columns, rows=taken[:rows], more=len(taken) > rows)


def _streams(sql: str, connection: Connection) -> bool:
    """A cursor on the server takes SELECTs alone."""
    try:
        check_reads(sql, backend=connection.dialect.name)
    except NotReading:
        return False
    return True


async def _stopped(running: Running, future: asyncio.Future[Any]) -> None:
    """Stops the statement, and sees it end: the connection is not given to the next one before."""
    await asyncio.to_thread(running.stop)
    with suppress(Exception):
        async with asyncio.timeout(_STOPPING_S):
            await asyncio.shield(future)
    if future.done() and not future.cancelled():
        future.exception()
    else:
        future.add_done_callback(lambda done: None if done.cancelled() else done.exception())


def _url(connector: Connector, settings: SqlSettings, parts: Parts) -> URL:
    url = make_url(settings.url)
    if settings.password is not None:
        url = url.set(password=parts.secret(connector, settings.password))
    if url.get_backend_name() == "sqlite":
        data = parts.folder.resolve().parent
        from pathlib import Path

        file = Path(url.database or "").resolve()
        if not url.database or url.database == ":memory:" or url.query:
            raise SecretMissing("the URL of SQLite must name a file, without a query")
        if file.is_relative_to(data):
            raise SecretMissing("the server's own data folder is no system to connect to")
        url = url.set(database=str(file))
    return url
