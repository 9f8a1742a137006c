"""A page of keys out of all versions of a noun, newest first: what lists of runs and of spans begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched(Generic[Key]):
    """The version that matched, by key, newest first; `complete`: no more."""

    keys: dict[Key, int]
    complete: bool


def matched(rows: Sequence[Sequence[Any]], *, looked_at: int, limit: int) -> Matched[Any]:
    """`rows` are a key's columns and the version, at most `looked_at` of them; at most `limit` keys.

    Versions of one key follow one another, the highest first. Left to the engine (LIMIT BY), telling them
    apart would keep it from skipping what cannot be among the newest: ten times the work.
    """
    keys: dict[Any, int] = {}
    for *key, version in rows:
        keys.setdefault(tuple(key), version)
    complete = len(rows) < looked_at and len(keys) <= limit
    return Matched(keys=dict(islice(keys.items(), limit)), complete=complete)
