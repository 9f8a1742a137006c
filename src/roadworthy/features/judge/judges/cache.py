"""Verdicts that were given before: the same run asked in the same way is not paid for twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Protocol

from roadworthy.features.judge.judges.judgement import Judgement


class Cache(Protocol):
    """Keys name judge, rubric, model, parameters and all that was shown. May forget at any time."""

    def get(self, key: str) -> Judgement | None: ...

    def put(self, key: str, judgement: Judgement) -> None: ...


class MemoryCache:
    """The last `size` verdicts; safe to share between threads."""

    def __init__(self, size: int = 5_000) -> None:
        self._size = size
        self._kept: OrderedDict[str, Judgement] = OrderedDict()
        self._lock = threading.Lock()  # the order is changed by reads, too

    def get(self, key: str) -> Judgement | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: str, judgement: Judgement) -> None:
        with self._lock:
            self._kept[key] = judgement
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
