"""One record twice, as of a load that was repeated."""

from __future__ import annotations

import random
from typing import Any

from roadworthy.features.gateway.drills.faults.paths import changed, records


def with_twin(value: Any, *, seed: int) -> Any | None:
    """None where there are no records. Of a list inside a list, each has one."""
    lists = records(value)
    if not lists:
        return None
    rng = random.Random(f"twin {seed}")  # noqa: S311 (no secret)
    path = rng.choice(list(lists))
    share = rng.random()

    def twice(items: Any) -> Any:
        if not isinstance(items, list) or not items:
            return items
        place = int(share * len(items))
        return [*items[: place + 1], items[place], *items[place + 1 :]]

    return changed(value, path, twice)
