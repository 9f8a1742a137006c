"""What a key directory promises: who may send, decided from memory.

Promises
- `resolve` never blocks and never raises: it reads a snapshot, not the database. A key made or revoked is
  known within a second or two; if the database is away, the last snapshot goes on being used.
- A key that is presented is checked even where none is required: a wrong one is always refused.
- The time `resolve` takes does not depend on how much of a secret is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class KeyVerdict(StrEnum):
    ACCEPTED = "accepted"
    UNKNOWN_KEY = "unknown_key"
    """No live key is that one: never made, revoked, or mistyped. HTTP 401."""
    KEY_REQUIRED = "key_required"
    """None was presented and the project wants one. HTTP 401."""
    WRONG_SCOPE = "wrong_scope"
    """The key is real but may not send (it lacks `KeyScope.INGEST`). HTTP 403."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDecision:
    verdict: KeyVerdict
    project: str
    """The project to write to. Of a refusal: the one it was meant for, as far as that is known, else the
    default project, so that the refusal can be shown to somebody."""
    reason: str = ""
    """Of a refusal: plain words for the sender; never any part of a key."""

    @property
    def accepted(self) -> bool:
        return self.verdict is KeyVerdict.ACCEPTED


class KeyDirectory(Protocol):
    def resolve(self, presented: str | None, *, project: str | None = None) -> KeyDecision:
        """Who sends with this key (`rw_<id>_<secret>`, without "Bearer"), asking for scope `ingest`.

        `project` is what a sender without a key asked for (`x-roadworthy-project`); None is the default
        project. It is ignored where a key is presented: a key belongs to one project.
        """
        ...
