"""Empty results: whether they come more often than they may, looked at after each one.

"Nothing found" is what a broken filter, an expired right and an empty index look like. A Shiryaev-Roberts
e-detector (`stats.shiryaev_roberts`) counts, so no window hides a change: if the share of empty results is
at most what is allowed, the mean number of results to a false alarm is at least `PATIENCE`, however they
depend on each other.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from math import expm1
from typing import Any

from roadworthy.stats.shiryaev_roberts import ShiryaevRoberts

PATIENCE = 10_000.0
_ODDS = tuple(expm1(shift) for shift in (0.5, 1.0, 2.0, 3.5))
"""Alternatives: odds of an empty result so many times (e to the shift) those allowed."""
_RECOVERED = 30
"""So many results with no more empty ones than allowed, and it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptiesStanding:
    """`since` counts the results since the change probably began."""

    alarmed: bool
    evidence: float
    empty: int
    seen: int


class Empties:
    """Of one tool. `allowed` is the share that may be empty."""

    __slots__ = ("_after", "_after_empty", "_detector", "_empty", "_seen", "alarmed", "allowed")

    def __init__(self, allowed: float) -> None:
        self.allowed = min(max(allowed, 0.0005), 0.999)
        self._detector = ShiryaevRoberts(PATIENCE, weights=[1 / len(_ODDS)] * len(_ODDS))
        self.alarmed = False
        self._seen = self._empty = 0
        self._after = self._after_empty = 0

    def observe(self, *, empty: bool) -> bool:
        """True when it has just become clear that they come too often."""
        self._seen += 1
        self._empty += empty
        x = 1.0 if empty else 0.0
        ratios = [(1.0 + odds * x) / (1.0 + odds * self.allowed) for odds in _ODDS]
        fired = self._detector.advance(ratios) is not None
        if not self.alarmed:
            self.alarmed = fired
            if fired:
                self._after = self._after_empty = 0
            return fired
        self._after += 1
        self._after_empty += empty
        if self._after >= _RECOVERED:
            if self._after_empty <= max(1.0, 2 * self.allowed * self._after):
                self.alarmed = False
                self._seen = self._empty = 0
                self._detector.restart()
            self._after = self._after_empty = 0
        return False

    @property
    def standing(self) -> EmptiesStanding:
        return EmptiesStanding(
            alarmed=self.alarmed,
            evidence=self._detector.standing.evidence,
            empty=self._empty,
            seen=self._seen,
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "allowed": self.allowed,
            "state": b64encode(self._detector.state).decode(),
            "alarmed": self.alarmed,
            "counts": [self._seen, self._empty, self._after, self._after_empty],
        }

    @classmethod
    def of_json(cls, kept: dict[str, Any], *, allowed: float) -> Empties:
        """What was kept under another allowance, or is damaged, is begun anew."""
        made = cls(allowed)
        try:
            if abs(float(kept["allowed"]) - made.allowed) < 1e-12:
                made._detector.state = b64decode(kept["state"])
                made._seen, made._empty, made._after, made._after_empty = (int(n) for n in kept["counts"])
                made.alarmed = bool(kept["alarmed"])
        except (KeyError, TypeError, ValueError):
            return cls(allowed)
        return made


def is_empty(value: Any) -> bool:
    """Nothing, or an envelope around nothing: null, "", [], {}, {"items": [], "total": 0}, {"found": false,
    "customer": null}. A plain 0 or false is an answer."""
    if isinstance(value, dict):
        nothing = [one for one in value.values() if one is None or one in ("", [], {})]
        if value and not nothing:
            return False
        return all(name in _BESIDE or not one for name, one in value.items())
    if isinstance(value, str):
        return value.strip() in ("", "[]", "{}", "null")
    return value is None or value == []


_BESIDE = frozenset(
    {"as_of", "cursor", "elapsed", "limit", "links", "message", "meta", "next", "next_cursor", "nextCursor"}
    | {
        "offset",
        "ok",
        "page",
        "page_size",
        "per_page",
        "query",
        "request_id",
        "retrieved_at",
        "schema",
        "sort",
    }
    | {"source", "status", "success", "took", "updated_at", "version"}
)
"""What stands beside a list and is no part of what was found."""
