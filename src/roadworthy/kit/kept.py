"""Values made of a store that other processes write to, kept until one of them has written."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

CHECK_SECONDS = 1.0


class Kept(Generic[K, V]):
    """`counter` rises with every write of any process, and is asked once a second at most; what was made
    before a write is then made anew. Safe to call from several threads; nothing is made twice at once. What
    `counter` and `make` raise goes to the caller, and nothing is kept of it."""

    def __init__(self, make: Callable[[K], V], *, counter: Callable[[], int]) -> None:
        self._make = make
        self._counter_of = counter
        self._lock = threading.Lock()  # protects all below
        self._known: dict[K, V] = {}
        self._counter = -1
        self._checked = 0.0

    def of(self, key: K) -> V:
        now = time.monotonic()
        with self._lock:
            if now - self._checked > CHECK_SECONDS:
                self._checked = now
                counter = self._counter_of()
                if counter != self._counter:
                    self._known, self._counter = {}, counter
            if key not in self._known:
                self._known[key] = self._make(key)
            return self._known[key]

    def forget(self) -> None:
        """This process has written: all is made anew."""
        with self._lock:
            self._known = {}
