"""Entries of the watch log as JSON, and what they are told apart by."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b
from typing import Any

import orjson

from roadworthy.contracts.watch_log import SESSION_NS, Keyed
from roadworthy.domain.result import Entry, Order, Outage, Result, Scored, Word
from roadworthy.domain.run import Outcome

_KINDS: dict[str, type[Entry]] = {
    "result": Result,
    "word": Word,
    "scored": Scored,
    "order": Order,
    "outage": Outage,
}
_NAMES = {made: name for name, made in _KINDS.items()}


def kind_of(entry: Entry) -> str:
    return _NAMES[type(entry)]


def agent_of(entry: Entry) -> str:
    return "" if isinstance(entry, Order | Outage) else entry.agent


def to_json(entry: Entry) -> bytes:
    return orjson.dumps(entry)


def from_json(kind: str, body: bytes) -> Entry:
    """ValueError for a kind nobody knows."""
    made = _KINDS.get(kind)
    if made is None:
        raise ValueError(f"an entry of kind {kind!r}: expected {', '.join(_KINDS)}")
    values: dict[str, Any] = orjson.loads(body)
    if "outcome" in values:
        values["outcome"] = Outcome(values["outcome"])
    for name in ("detectors", "models"):
        if name in values:
            values[name] = tuple(values[name])
    return made(**values)


def identity(entry: Keyed) -> bytes:
    if isinstance(entry, Result):
        return _digest("run", entry.run_id)
    return _digest("score", entry.run_id, entry.name, entry.source)


def cluster(entry: Keyed) -> bytes | None:
    """Of results that count once; None for one that stands alone."""
    if not entry.session_id:
        return None
    name = entry.name if isinstance(entry, Scored) else ""
    return _digest("session", entry.agent, entry.session_id, str(entry.at_ns // SESSION_NS), name)


def said(entry: Keyed) -> str:
    """What a `Word` would change."""
    return f"{entry.outcome}/{entry.outcome_source}" if isinstance(entry, Result) else ""


def as_word(result: Result) -> Word:
    return Word(
        project=result.project,
        run_id=result.run_id,
        agent=result.agent,
        at_ns=result.at_ns,
        outcome=result.outcome,
        outcome_source=result.outcome_source,
        release=result.release,
        p_failure=result.p_failure,
    )


def placed(entry: Keyed, *, recorded_ns: int) -> Keyed:
    """As it is recorded: nothing ends later than that."""
    return replace(entry, at_ns=recorded_ns) if entry.at_ns > recorded_ns or entry.at_ns <= 0 else entry


def _digest(*words: str) -> bytes:
    return blake2b("\0".join(words).encode(errors="replace"), digest_size=16).digest()
