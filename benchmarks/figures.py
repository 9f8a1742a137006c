"""What every script here shares: its options, and how a figure is said."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import machine

SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    seconds: float
    """How long one measurement sends or asks."""
    rounds: int
    quick: bool
    peers: bool
    folder: Path | None
    """Where data is kept while measuring; None is a temporary folder."""


@dataclass(slots=True, kw_only=True)
class Figure:
    """`ours` is the median of `rounds`; `beside` holds peers and floors, or why there is none of them."""

    what: str
    unit: str
    ours: float | None
    must: str
    met: bool | None
    """None where nothing can be said, such as without the peer it is to be compared with."""
    rounds: list[float] = field(default_factory=list)
    beside: dict[str, float | str] = field(default_factory=dict)
    note: str = ""


def median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def quantile(values: list[float], share: float) -> float | None:
    """By nearest rank; None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def at_most(value: float | None, limit: float) -> bool | None:
    return None if value is None else value <= limit


def at_least(value: float | None, limit: float) -> bool | None:
    return None if value is None else value >= limit


def ratio(ours: float | None, theirs: float | str | None) -> str:
    if ours is None or not isinstance(theirs, int | float) or not theirs:
        return ""
    return f"{ours / theirs:.3g} x"


def say(figures: list[Figure]) -> None:
    for figure in figures:
        sign = {True: "met", False: "NOT MET", None: "not judged"}[figure.met]
        ours = "no figure" if figure.ours is None else f"{figure.ours:,.4g} {figure.unit}"
        print(f"{figure.what}: {ours}   must: {figure.must}   {sign}")
        for name, value in figure.beside.items():
            shown = value if isinstance(value, str) else f"{value:,.4g} {figure.unit}"
            print(f"    {name}: {shown}   {ratio(figure.ours, value)}".rstrip())
        if len(figure.rounds) > 1:
            print(f"    rounds: {', '.join(f'{value:,.4g}' for value in figure.rounds)}")
        if figure.note:
            print(f"    {figure.note}")


def options(doc: str, *, seconds: float, rounds: int = 5, arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, help=f"one measurement ({seconds:g})")
    parser.add_argument("--rounds", type=int, help=f"medians of so many ({rounds})")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it runs, not a figure")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep the data here (default: a temporary folder)")
    found = parser.parse_args(arguments)
    return Options(
        seconds=found.seconds or (min(seconds, 8) if found.quick else seconds),
        rounds=found.rounds or (1 if found.quick else rounds),
        quick=found.quick,
        peers=not found.no_peers,
        folder=found.folder,
    )


def run(doc: str, measure: Callable[[Options], list[Figure]], *, seconds: float, rounds: int = 5) -> None:
    """What each script does when it is started by itself."""
    chosen = options(doc, seconds=seconds, rounds=rounds)
    print(f"machine: {json.dumps(machine.describe())}   seed: {SEED}   {'QUICK' if chosen.quick else ''}")
    say(measure(chosen))


def as_json(figures: list[Figure]) -> list[dict[str, object]]:
    return [asdict(figure) for figure in figures]


@contextmanager
def folder_of(chosen: Options, name: str) -> Iterator[Path]:
    if chosen.folder is not None:
        (chosen.folder / name).mkdir(parents=True, exist_ok=True)
        yield chosen.folder / name
    else:
        with tempfile.TemporaryDirectory(
            prefix=f"roadworthy-bench-{name}-", ignore_cleanup_errors=True
        ) as made:
            yield Path(made)
