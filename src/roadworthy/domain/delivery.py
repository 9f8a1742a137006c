"""A file that a system delivered, and the table that it was loaded into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeliveryState(StrEnum):
    WAITING = "waiting"
    """Seen, and not whole yet: still growing, or its marker or trailer is missing."""
    LOADING = "loading"
    LOADED = "loaded"
    DUPLICATE = "duplicate"
    """Its bytes were loaded before."""
    SUPERSEDED = "superseded"
    """Older than what the table holds."""
    REFUSED = "refused"
    """It cannot be read, or too many of its rows are bad; the table is as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    table: str
    file: str
    state: DeliveryState
    reason: str = ""
    digest: str = ""
    """SHA-256 of its bytes, hexadecimal."""
    bytes: int = 0
    arrived_ns: int = 0
    """When it was last changed, as the source says."""
    as_of_ns: int = 0
    """The date in its name where one is declared, else when it arrived."""
    loaded_ns: int = 0
    rows: int = 0
    bad_rows: int = 0
    position: int = 0
    """Rows read so far, while it loads."""
    version: int = 0
    """Of the table, after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    table: str
    file: str
    line: int
    reason: str
    text: str = ""
    """Its beginning, with secrets masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """How a batch table stands. Times 0 are: never."""

    name: str
    rows: int = 0
    version: int = 0
    as_of_ns: int = 0
    loaded_ns: int = 0
    due_ns: int = 0
    """When the delivery was due that is missing; 0 where none is."""
    stale: bool = False
    said: str = ""
    """In words: "37 h old; a delivery was due on 2026-11-22 06:30 Europe/Berlin"."""
