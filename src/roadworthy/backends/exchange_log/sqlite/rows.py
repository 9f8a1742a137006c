"""Exchanges as rows: the columns that are asked for, and the whole as JSON."""

from __future__ import annotations

from typing import Any

import orjson

from roadworthy.domain.exchange import (
    Attempt,
    Binding,
    Dialect,
    Ending,
    Exchange,
    ExchangeKind,
    Tokens,
)
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure

NAME = "the exchange log"
VERSION = 1
TABLES = (
    # AUTOINCREMENT: a number that was given is never given again, whatever was deleted.
    """CREATE TABLE IF NOT EXISTS exchanges (
        number INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, id TEXT NOT NULL,
        started_ns INTEGER NOT NULL, agent TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL,
        ending TEXT NOT NULL, code TEXT NOT NULL, drill TEXT NOT NULL, run_id TEXT NOT NULL,
        trace_id TEXT NOT NULL, body BLOB NOT NULL
    )""",
    "CREATE UNIQUE INDEX IF NOT EXISTS exchanges_by_id ON exchanges (project, id)",
    "CREATE INDEX IF NOT EXISTS exchanges_by_time ON exchanges (project, started_ns, id)",
    "CREATE INDEX IF NOT EXISTS exchanges_by_agent ON exchanges (project, agent, started_ns)",
    "CREATE INDEX IF NOT EXISTS exchanges_by_code ON exchanges (project, code, started_ns) WHERE code <> ''",
    "CREATE INDEX IF NOT EXISTS exchanges_by_run ON exchanges (project, run_id) WHERE run_id <> ''",
    "CREATE INDEX IF NOT EXISTS exchanges_by_trace ON exchanges (project, trace_id) WHERE trace_id <> ''",
    f"PRAGMA user_version = {VERSION}",
)
INSERT = (
    "INSERT OR IGNORE INTO exchanges (project, id, started_ns, agent, target, kind, ending, code, drill, "
    "run_id, trace_id, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def row(exchange: Exchange) -> tuple[object, ...]:
    return (
        exchange.project,
        exchange.id,
        exchange.started_ns,
        exchange.agent,
        exchange.target,
        exchange.kind.value,
        exchange.ending.value,
        exchange.failure.code.value if exchange.failure else "",
        exchange.drill,
        exchange.binding.run_id,
        exchange.binding.trace_id,
        orjson.dumps(exchange, default=str),
    )


def exchange_of(body: bytes) -> Exchange:
    values: dict[str, Any] = orjson.loads(body)
    failure, tokens = values["failure"], values["tokens"]
    values["kind"] = ExchangeKind(values["kind"])
    values["dialect"] = Dialect(values["dialect"])
    values["ending"] = Ending(values["ending"])
    values["failure"] = _failure(failure) if failure else None
    values["tokens"] = Tokens(**tokens) if tokens else None
    values["attempts"] = tuple(Attempt(**one) for one in values["attempts"])
    values["binding"] = Binding(**values["binding"])
    values["contract_findings"] = tuple(values["contract_findings"])
    return Exchange(**values)


def _failure(values: dict[str, Any]) -> TypedFailure:
    return TypedFailure(
        **{**values, "code": FailureCode(values["code"]), "retry": Retry(values["retry"])},
    )
