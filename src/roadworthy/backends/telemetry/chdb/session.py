"""One engine, several connections: who may talk to it when, and what its errors mean.

A connection of chDB answers one call at a time, so reads take one from a pool and writes have one of their
own: reads go on while a batch is written.
"""

from __future__ import annotations

import errno
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from roadworthy.backends.telemetry.chdb.writing import INSERT_SETTINGS, Insert
from roadworthy.contracts.telemetry import BadQuery, StoreFull, StoreUnavailable

Result = TypeVar("Result")
Row = Sequence[Any]
Connect = Callable[[], Client]

_NO_SPACE = ("NOT_ENOUGH_SPACE", "No space left on device", "Disk quota exceeded", "errno: 28", "errno: 122")
_CROWDED = "(total) memory limit exceeded"
"""All that goes on at once needs more than the engine may have: no fault of the query that hears of it."""
_CROWDED_PAUSES = (0.1, 0.2, 0.4, 0.8)
"""Seconds a read waits until merges have given memory back, which takes a moment, before it fails."""
_TOO_LARGE = ("MEMORY_LIMIT_EXCEEDED", "TIMEOUT_EXCEEDED", "TOO_MANY_ROWS", "TOO_MANY_BYTES")


class Session:
    """`connect` opens a connection to the engine. Thread-safe."""

    def __init__(self, connect: Connect, *, readers: int) -> None:
        self._connect = connect
        self._write_lock = threading.Lock()
        self._closed = False
        with translated():
            self._writer = connect()
        self._idle: queue.LifoQueue[Client | None] = queue.LifoQueue()
        for _ in range(readers):
            self._idle.put(None)
        """Connections are opened when first needed; None stands for one that is not open yet."""
        self._readers = readers

    def rows(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
    ) -> Sequence[Row]:
        for pause in _CROWDED_PAUSES:
            try:
                return self._answer(sql, parameters or {}, settings or {})
            except StoreUnavailable as fault:
                if _CROWDED not in str(fault):
                    raise
                time.sleep(pause)
        return self._answer(sql, parameters or {}, settings or {})

    def _answer(self, sql: str, parameters: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[Row]:
        with self._reader() as client, translated():
            return list(client.query(sql, parameters=dict(parameters), settings=dict(settings)).result_rows)

    def command(self, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
        with self._writing() as client, translated():
            client.command(sql, parameters=dict(parameters or {}))

    def insert(self, insert: Insert) -> None:
        with self._writing() as client, translated(overload=StoreUnavailable):
            client.insert_arrow(insert.table, insert.rows, settings=_settings(insert.token))

    def insert_file(self, table: str, path: Path, *, columns: Sequence[str], token: str) -> None:
        settings = ", ".join(f"{name} = {_quoted(value)}" for name, value in _settings(token).items())
        sql = (
            f"INSERT INTO {_name(table)} ({', '.join(map(_name, columns))}) "
            f"FROM INFILE {_quoted(str(path))} SETTINGS {settings} FORMAT Arrow"
        )
        with self._writing() as client, translated(overload=StoreUnavailable):
            client.command(sql)

    def close(self) -> None:
        """Waits for calls under way; later ones raise StoreUnavailable."""
        with self._write_lock:
            if self._closed:
                return
            self._closed = True
            for _ in range(self._readers):
                client = self._idle.get()
                if client is not None:
                    client.close()
            for _ in range(self._readers):
                self._idle.put(None)
            self._writer.close()

    @contextmanager
    def _writing(self) -> Iterator[Client]:
        with self._write_lock:
            self._check_open()
            yield self._writer

    @contextmanager
    def _reader(self) -> Iterator[Client]:
        client = self._idle.get()
        try:
            self._check_open()
            if client is None:
                with translated():
                    client = self._connect()
            yield client
        finally:
            self._idle.put(client)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreUnavailable("the telemetry store is closed")


def _settings(token: str) -> dict[str, Any]:
    return {"insert_deduplication_token": token, **INSERT_SETTINGS}


def _name(identifier: str) -> str:
    if not identifier.isidentifier():
        raise ValueError(f"{identifier!r} is not the name of a table or column")
    return f"`{identifier}`"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@contextmanager
def translated(*, overload: type[Exception] = BadQuery) -> Iterator[None]:
    """The engine's errors as the contract's; `overload` where it has not the memory or the time.

    A query that asks for too much is to be narrowed; a batch is to be written again later.
    """
    try:
        yield
    except ClickHouseError as error:
        raise _meaning(str(error), overload) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"no space left: {error}") from error
        raise StoreUnavailable(str(error)) from error
    except RuntimeError as error:
        # chDB raises these where its connection is gone.
        raise _meaning(str(error), overload) from error


def _meaning(message: str, overload: type[Exception]) -> Exception:
    if any(sign in message for sign in _NO_SPACE):
        return StoreFull(f"no space left on the disk of the telemetry store: {message}")
    if _CROWDED in message:
        return StoreUnavailable(f"the telemetry store has no memory left for now, try again later: {message}")
    if any(sign in message for sign in _TOO_LARGE):
        return overload(f"query: it needs more memory or time than one may have ({message})")
    return StoreUnavailable(message)
