"""How good each detector is on labelled runs that nobody tuned it on.

`roadworthy eval-detectors` measures it, `scripts/detector_figures.py` writes the figures into the package.
Those of another version of a detector are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import orjson

from roadworthy.features.judge.detector import Detector


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """On the held-out half of one set. `true` of the `found` runs had failed, `failures` of all `n` had."""

    dataset: str
    n: int
    failures: int
    found: int
    true: int

    @property
    def precision(self) -> float | None:
        return self.true / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.true / self.failures if self.failures else None


def figures_of(detector: Detector) -> tuple[Figures, ...]:
    """By set; () where nobody measured this version."""
    kept = _measured().get(detector.name)
    return kept[1] if kept is not None and kept[0] == detector.version else ()


def pooled(figures: tuple[Figures, ...]) -> Figures | None:
    """Over the sets in which it found anything: a detector of tools says nothing of runs without tools. None
    where it never did."""
    told = [one for one in figures if one.found]
    if not told:
        return None
    return Figures(
        dataset=", ".join(one.dataset for one in told),
        n=sum(one.n for one in told),
        failures=sum(one.failures for one in told),
        found=sum(one.found for one in told),
        true=sum(one.true for one in told),
    )


@cache
def _measured() -> dict[str, tuple[int, tuple[Figures, ...]]]:
    told = orjson.loads(files(__package__).joinpath("measured.json").read_bytes())
    return {
        name: (one["version"], tuple(Figures(**each) for each in one["held_out"]))
        for name, one in told.items()
    }
