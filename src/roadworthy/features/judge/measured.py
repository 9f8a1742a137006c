"""How good each detector is on runs that nobody tuned it on: labelled ones, and ones with a planted fault.

`roadworthy eval-detectors` and `python -m benchmarks.detect_planted` measure it, and
`scripts/detector_figures.py` writes it into the package. Figures of another version are not shown.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Of its own fault, planted in real runs of held-out tasks: `found` of `planted`, and `alarms` in `good`
    runs that nothing was done to."""

    planted: int
    found: int
    good: int
    alarms: int

    @property
    def precision(self) -> float | None:
        """At these numbers of planted and good runs."""
        said = self.found + self.alarms
        return self.found / said if said else None

    @property
    def recall(self) -> float | None:
        return self.found / self.planted if self.planted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    version: int
    held_out: tuple[Figures, ...]
    planted: Planted | None


def figures_of(detector: Detector) -> tuple[Figures, ...]:
    """By labelled set; () where nobody measured this version."""
    kept = _of(detector)
    return kept.held_out if kept is not None else ()


def planted_of(detector: Detector) -> Planted | None:
    """None where nobody planted its fault for this version."""
    kept = _of(detector)
    return kept.planted if kept is not None else None


def _of(detector: Detector) -> _Measured | None:
    kept = _measured().get(detector.name)
    return kept if kept is not None and kept.version == detector.version else None


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
def _measured() -> dict[str, _Measured]:
    told = orjson.loads(files(__package__).joinpath("measured.json").read_bytes())
    return {
        name: _Measured(
            version=one["version"],
            held_out=tuple(Figures(**each) for each in one["held_out"]),
            planted=Planted(**one["planted"]) if one.get("planted") else None,
        )
        for name, one in told.items()
    }
