"""Real drifts in real data: how soon a monitor sees them, beside the optimal CUSUM and river's detectors.

    python -m benchmarks.real_drifts [--quick] [--no-peers] [--folder DIR]

The data are outcomes before and after a change that really happened: a model's new version under the same
name (LLMDrift), a model swapped for another (MCPMark), another prompt (AG2). A stream is all outcomes
before, in an order drawn at random, and then all after, likewise; the same 300 streams for every method.
Each method's threshold is set, by simulation with the failure rate before, so that it raises one false alarm
in 5,000 results (the CUSUM's by its equations). The CUSUM knows both rates, the monitor the one before,
river's detectors neither. A change not seen by the end of the data counts as seen there; how many were is
told. Judged are changes of at least .5 in log-odds that the CUSUM sees. About five minutes.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from math import exp, log
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import SEED, Figure, Options, at_most, run
from benchmarks.monitor_worlds import WORST, Bernoulli, draws
from roadworthy.stats.baselines import Tally, upper_bound
from roadworthy.stats.cusum import calibrated, run_length
from roadworthy.stats.e_detector import EDetector
from tests.payloads import shared_data

Bools = NDArray[np.bool_]

ARL = 5000
STREAMS = 300
PATHS, LENGTH = 40, 10_000
"""What thresholds are set on: 80 alarms in 400,000 results."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    name: str
    before: Bools
    after: Bools
    """Whether each result failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    delay: float
    """Mean number of results from the change to the alarm."""
    found: float
    """Share of streams on which there was one."""
    early: float
    """False alarms before the change, per stream."""


class Detects(Protocol):
    def __call__(self, failed: bool, /) -> bool: ...


def lines(data: Path, name: str) -> Iterator[dict[str, Any]]:
    folder = data / "traces" if (data / "traces").is_dir() else data
    with gzip.open(folder / f"{name}.jsonl.gz") as opened:
        yield from (json.loads(line) for line in opened)


def changes(data: Path) -> Iterator[Change]:
    prime = list(lines(data, "llmdrift_prime"))
    for model, sort in (("gpt-4", ""), ("gpt-3.5-turbo", "composite")):
        own = [one for one in prime if sort in one["dataset"] and f"/{model}-0" in one["model"]]
        yield _change(
            f"LLMDrift {model}, March to June{', composites' if sort else ''}",
            (not one["correct"] for one in own if one["model"].endswith(("0314", "0301"))),
            (not one["correct"] for one in own if one["model"].endswith("0613")),
        )
    mark = list(lines(data, "mcpmark_outcomes"))
    for old, new in (
        ("gpt-5-mini-high", "gpt-5-mini-low"),
        ("gpt-5-medium", "gpt-5-mini-medium"),
        ("claude-opus-4-5-high", "claude-opus-4-1"),
        ("deepseek-v3-2-thinking", "deepseek-v3-2-chat"),
    ):
        yield _change(
            f"MCPMark {old} to {new}",
            (not one["success"] for one in mark if one["model"] == old),
            (not one["success"] for one in mark if one["model"] == new),
        )
    chat = list(lines(data, "ag2_mathchat"))
    for model in ("gpt-4", "gpt-4o"):
        own = [one for one in chat if one["model"] == model]
        yield _change(
            f"AG2 {model}, improved prompt back to the original",
            (not one["correct"] for one in own if (one["prompt"], one["topology"]) == ("impr", "orig")),
            (not one["correct"] for one in own if (one["prompt"], one["topology"]) == ("orig", "orig")),
        )


def _change(name: str, before: Iterable[bool], after: Iterable[bool]) -> Change:
    return Change(name=name, before=np.array(list(before)), after=np.array(list(after)))


def monitor(threshold: float, *, q0: float) -> Detects:
    detector = EDetector(threshold)
    return lambda failed: detector.observe(float(failed), q0=q0) is not None


def adwin(setting: float) -> Detects:
    """Of ADWIN's alarms only those where the window's mean rose: falls of the failure rate are no false
    alarms. It looks at every result (`clock`), which is its fastest."""
    detector = import_module("river.drift").ADWIN(delta=exp(-setting), clock=1)

    def observe(failed: bool, /) -> bool:
        mean = detector.estimation
        detector.update(float(failed))
        return bool(detector.drift_detected and detector.estimation > mean)

    return observe


def ddm(setting: float) -> Detects:
    detector = import_module("river.drift.binary").DDM(drift_threshold=setting)

    def observe(failed: bool, /) -> bool:
        detector.update(failed)
        return bool(detector.drift_detected)

    return observe


def page_hinkley(setting: float) -> Detects:
    """With river's own delta and forgetting factor."""
    detector = import_module("river.drift").PageHinkley(threshold=setting, mode="up")

    def observe(failed: bool, /) -> bool:
        detector.update(float(failed))
        return bool(detector.drift_detected)

    return observe


RIVER: dict[str, tuple[Callable[[float], Detects], float, float]] = {
    "river ADWIN": (adwin, 0.5, 60.0),
    "river DDM": (ddm, 0.5, 12.0),
    "river Page-Hinkley": (page_hinkley, 0.5, 200.0),
}
"""How each is made from its setting, and between which values that is looked for."""


def set_to_rate(made: Callable[[float], Detects], *, low: float, high: float, q0: float) -> float:
    """The lowest setting with at most one alarm in 5,000 results of rate q0, by halving (higher is rarer)."""
    failed = draws(np.random.default_rng(SEED), steps=PATHS, paths=LENGTH) < q0
    allowed = failed.size / ARL

    def alarms(setting: float) -> int:
        total = 0
        for path in failed:
            observe = made(setting)
            total += sum(observe(each) for each in path.tolist())
            if total > allowed:
                break
        return total

    for _ in range(11):
        middle = (low * high) ** 0.5
        low, high = (low, middle) if alarms(middle) <= allowed else (middle, high)
    return high


def monitor_threshold(q0: float) -> float:
    """The monitor's A with one false alarm in 5,000 results (it promises at most 1/A, so A is below
    5,000)."""
    low, high = ARL / 20, float(ARL)
    for _ in range(12):
        middle = (low * high) ** 0.5
        detectors, rng = Bernoulli(400, threshold=middle, q0=[q0]), np.random.default_rng(SEED)
        total = sum(
            int(detectors.observe(row < q0).sum()) for row in draws(rng, steps=LENGTH // 2, paths=400)
        )
        low, high = (low, middle) if total <= 200 * LENGTH / ARL else (middle, high)
    return high


def watch(change: Change, made: Callable[[], Detects], *, streams: int) -> Seen:
    rng = np.random.default_rng(SEED)
    waited, found, early = 0, 0, 0
    for _ in range(streams):
        observe = made()
        early += sum(observe(each) for each in rng.permutation(change.before).tolist())
        after = rng.permutation(change.after).tolist()
        delay = next((number for number, each in enumerate(after, 1) if observe(each)), None)
        found += delay is not None
        waited += len(after) if delay is None else delay
    return Seen(delay=waited / streams, found=found / streams, early=early / streams)


def optimal(change: Change) -> Callable[[], Detects]:
    q0, q1 = float(change.before.mean()), float(change.after.mean())
    walk = calibrated(q0, q1=q1, arl=ARL)

    def made() -> Detects:
        here = 0

        def observe(failed: bool, /) -> bool:
            nonlocal here
            here = here + walk.up if failed else max(0, here - walk.down)
            alarmed = here >= walk.limit
            here = 0 if alarmed else here
            return alarmed

        return observe

    return made


def compare(change: Change, chosen: Options) -> Figure:
    streams = 40 if chosen.quick else STREAMS
    q0 = float(change.before.mean())
    threshold = monitor_threshold(q0)
    bound = upper_bound(Tally(failures=int(change.before.sum()), n=len(change.before)))
    best = watch(change, optimal(change), streams=streams)
    ours = watch(change, lambda: monitor(threshold, q0=q0), streams=streams)
    shipped = watch(change, lambda: monitor(float(ARL), q0=bound), streams=streams)
    beside: dict[str, float | str] = {"optimal CUSUM, told both rates": _shown(best)}
    found = {"CUSUM": best, "monitor": ours}
    beside["monitor as shipped: baseline a bound from the results before, A = 5,000"] = _shown(shipped)
    for name, (made, low, high) in RIVER.items() if chosen.peers else ():
        try:
            setting = set_to_rate(made, low=low, high=high, q0=q0)
        except ImportError as fault:
            beside[name] = f"not measured: {fault}"
            continue
        found[name] = watch(change, lambda made=made, at=setting: made(at), streams=streams)  # type: ignore[misc]
        beside[name] = _shown(found[name])
    if ours.found <= 0.995:
        beside["this monitor"] = _shown(ours)
    missed = ", ".join(f"{name} {each.found:.0%}" for name, each in found.items())
    rates = ", ".join(f"{name} {each.early * ARL / len(change.before):.1f}" for name, each in found.items())
    exact = run_length(calibrated(q0, q1=float(change.after.mean()), arl=ARL), q=float(change.after.mean()))
    judged = _odds(change) >= 0.5 and best.found > 0.95
    return Figure(
        what=f"{change.name}: failures {q0:.1%} to {change.after.mean():.1%}, results until the alarm",
        unit="results",
        ours=ours.delay,
        must=f"<= {WORST} x CUSUM" if judged else "-",
        met=at_most(ours.delay, WORST * best.delay) if judged else None,
        beside=beside,
        note=f"{len(change.before)} results before, {len(change.after)} after, {streams} orders; log-odds "
        f"shift {_odds(change):.2f}; seen by the end of the data: {missed}; false alarms in {ARL:,} results "
        f"before the change: {rates}; the CUSUM by its equations, without an end to the data: {exact:.0f}",
    )


def _shown(seen: Seen) -> float | str:
    return seen.delay if seen.found > 0.995 else f"{seen.delay:.3g} results, seen in {seen.found:.0%}"


def _odds(change: Change) -> float:
    q0, q1 = float(change.before.mean()), float(change.after.mean())
    return log(q1 / (1 - q1)) - log(q0 / (1 - q0))


def measure(chosen: Options) -> list[Figure]:
    place = chosen.folder or shared_data()
    if place is None:
        raise FileNotFoundError("shared/data beside this checkout, or --folder, was expected")
    found = list(changes(place))
    return [compare(change, chosen) for change in (found[:2] if chosen.quick else found)]


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0)
