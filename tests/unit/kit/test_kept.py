from __future__ import annotations

import threading
import time

import pytest

from roadworthy.kit import kept
from roadworthy.kit.kept import Kept


class Store:
    def __init__(self) -> None:
        self.writes = 0
        self.made: list[str] = []

    def make(self, key: str) -> str:
        self.made.append(key)
        time.sleep(0.01)
        return f"{key}{self.writes}"

    def counter(self) -> int:
        return self.writes


def test_a_value_is_made_once_until_somebody_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store()
    values = Kept(store.make, counter=store.counter)
    threads = [threading.Thread(target=values.of, args=("a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (values.of("a"), values.of("b"), store.made) == ("a0", "b0", ["a", "b"])
    store.writes = 1
    # Within the second it is as it was; after it, made anew.
    assert values.of("a") == "a0"
    monkeypatch.setattr(kept, "CHECK_SECONDS", -1.0)
    assert values.of("a") == "a1"


def test_what_this_process_wrote_is_seen_at_once_and_a_fault_is_not_kept() -> None:
    store = Store()
    values = Kept(store.make, counter=store.counter)
    assert values.of("a") == "a0"
    store.writes = 1
    values.forget()
    assert values.of("a") == "a1"

    def fails(key: str) -> str:
        raise OSError(key)

    broken = Kept(fails, counter=store.counter)
    for _ in range(2):
        with pytest.raises(OSError, match="a"):
            broken.of("a")
