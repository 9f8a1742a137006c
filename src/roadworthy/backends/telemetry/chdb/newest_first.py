"""Lists of what is stored in several versions, newest first, without merging versions.

First the keys of which any version matches, then the newest version of those keys; a key whose newest version
is not the one that matched is dropped, and the list goes on behind it. Where most are dropped (of 10,000 runs
that were just judged, few are still to be judged), each look takes in more keys than the one before: else
every such list would cost as many queries as there are pages of what no longer matches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

Key = TypeVar("Key")
Noun = TypeVar("Noun")

_GROWTH = 4
_MOST_KEYS = 10_000
"""Of one look; the engine gets them as the value of one parameter, some 60 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched(Generic[Key]):
    """The version that matched, by key, newest first; `complete`: no more."""

    keys: dict[Key, int]
    complete: bool


def listed(
    limit: int,
    after: Key | None,
    *,
    matching: Callable[[Key | None, int], Matched[Key]],
    newest_versions: Callable[[Sequence[Key]], Mapping[Key, int]],
    read: Callable[[Mapping[Key, int]], list[Noun]],
) -> list[Noun]:
    """At most `limit` nouns behind `after`.

    `matching(after, n)` gives at most n keys; `read` the nouns of the keys whose newest version is the one
    given, at most one for each key, in the same order. Neither `newest_versions` nor `read` is asked for no
    keys.
    """
    found: list[Noun] = []
    look = limit
    while True:
        page = matching(after, look)
        keys = page.keys
        if keys and look > limit:
            newest = newest_versions(list(keys))
            keys = {key: version for key, version in keys.items() if newest.get(key) == version}
        left = iter(keys.items())
        while len(found) < limit and (some := dict(islice(left, limit))):
            found += read(some)
        if len(found) >= limit or page.complete:
            return found[:limit]
        after = next(reversed(page.keys))
        look = max(limit, min(look * _GROWTH, _MOST_KEYS))


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
