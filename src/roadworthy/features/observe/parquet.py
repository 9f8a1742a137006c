"""Records as Parquet: each field of a run, a span or a score is a column of the obvious type."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import Any, BinaryIO, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import Handoff, Run
from roadworthy.domain.score import Score
from roadworthy.domain.span import Span

_ROWS_READ = 500
_HANDOFF = pa.struct(
    [
        ("from_agent", pa.string()),
        ("to_agent", pa.string()),
        ("reason", pa.string()),
        ("span_id", pa.string()),
        ("at_ns", pa.int64()),
    ]
)
_EVIDENCE = pa.list_(
    pa.struct(
        [
            ("span_id", pa.string()),
            ("place", pa.string()),
            ("excerpt", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
        ]
    )
)
_FINDING = pa.struct(
    [
        ("detector", pa.string()),
        ("version", pa.int64()),
        ("confidence", pa.float64()),
        ("mode", pa.string()),
        ("reason", pa.string()),
        ("tool", pa.string()),
        ("evidence", _EVIDENCE),
    ]
)
_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    int | None: pa.int64(),
    float | None: pa.float64(),
    tuple[str, ...]: pa.list_(pa.string()),
    tuple[Handoff, ...]: pa.list_(_HANDOFF),
    tuple[Finding, ...]: pa.list_(_FINDING),
    tuple[Evidence, ...]: _EVIDENCE,
    dict[str, str]: pa.map_(pa.string(), pa.string()),
}


class NotParquet(ValueError):  # noqa: N818 (what the sender is told, not a bug)
    """The file is no Parquet file, or is cut short."""


Kind = type[Run] | type[Span] | type[Score]


def schema_of(kind: Kind) -> pa.Schema:
    hints = get_type_hints(kind)
    return pa.schema([(one.name, _type(hints[one.name])) for one in fields(kind)])


class Chunks:
    """A Parquet file in pieces: what `add` and `end` give, put one after another, is the file."""

    def __init__(self, kind: Kind) -> None:
        self._schema = schema_of(kind)
        self._out = _Drained()
        self._writer = pq.ParquetWriter(self._out, self._schema, compression="zstd")

    def add(self, records: Sequence[dict[str, Any]]) -> bytes:
        """One row group."""
        columns = {
            one.name: pa.array([_column_value(record[one.name]) for record in records], one.type)
            for one in self._schema
        }
        self._writer.write_table(pa.table(columns, schema=self._schema))
        return self._out.drain()

    def end(self) -> bytes:
        self._writer.close()
        return self._out.drain()


def records_in(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Rows of a seekable file, a few hundred in memory at a time. Raises NotParquet."""
    try:
        parquet = pq.ParquetFile(file)
        for rows in parquet.iter_batches(batch_size=_ROWS_READ):
            yield from rows.to_pylist(maps_as_pydicts="strict")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, KeyError) as error:
        raise NotParquet(f"not a whole Parquet file: {error}") from error


def _type(hint: Any) -> pa.DataType:
    return pa.string() if isinstance(hint, type) and issubclass(hint, StrEnum) else _TYPES[hint]


def _column_value(value: Any) -> Any:
    return list(value.items()) if isinstance(value, dict) else value


class _Drained(io.RawIOBase):
    """A sink whose bytes are taken away as they come, so that the file is never in memory whole."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._position += len(piece)
        return len(piece)

    def drain(self) -> bytes:
        held, self._pieces = b"".join(self._pieces), []
        return held
