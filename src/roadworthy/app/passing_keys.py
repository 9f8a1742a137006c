"""Gateway keys for work under way: a drill's, an inquiry's."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Protocol

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.features.gateway.keys.book import KeyBook
from roadworthy.kit.sealing import Sealer

_KEY_LIVES_S = 24 * 3600.0


class Work(Protocol):
    """A drill, an inquiry."""

    @property
    def project(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def agent(self) -> str: ...


class PassingKeys:
    """A gateway key for each piece of work: known to this process alone, made anew after a restart, revoked
    when it is over. `what` names it in the list of keys. Safe to call from several threads."""

    def __init__(self, metadata: MetadataStore, *, what: str) -> None:
        self._book = KeyBook(metadata)
        self._what = what
        self._kept: dict[str, tuple[str, str, float]] = {}
        self._lock = threading.Lock()  # protects the time between looking for a key and making it

    def of(self, project: str, work: Work) -> str:
        with self._lock:
            known = self._kept.get(work.id)
            if known is not None and time.monotonic() - known[2] < _KEY_LIVES_S / 2:
                return known[1]
            made = self._book.add(project, f"{self._what} {work.id}", agent=work.agent, lives_s=_KEY_LIVES_S)
            self._kept[work.id] = (made.key.id, made.text, time.monotonic())
            return made.text

    def revoke(self, work: Work) -> None:
        with self._lock:
            known = self._kept.pop(work.id, None)
        if known is not None:
            self._book.revoke(work.project, known[0])


def there(secrets: Path) -> Path:
    """The key file is made by whoever first seals something: tokens are signed with it before."""
    if not secrets.exists():
        Sealer(secrets)
    return secrets
