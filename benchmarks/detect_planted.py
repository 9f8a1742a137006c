"""How well each detector finds its own fault, planted in real runs, and how often it accuses good ones.

Labelled data say which runs failed, not of what; here a run that ended well gets the fault that a detector is
for, in one of several forms. Recall is the share of planted faults found, an alarm a finding in a good run
that nothing was done to; precision is the share of the planted among all it found, as many as there are.

    python -m benchmarks.detect_planted [--data DIR] [--detector NAME ...] [--missed] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Options
from benchmarks.planted import outliers, real_runs
from benchmarks.planted.conversation import Conversation, conversations
from benchmarks.planted.table import EVERY_RUN, Plants, plants, shows
from roadworthy.features.judge.detector import Detector
from roadworthy.features.judge.detectors.table import BY_NAME
from roadworthy.features.judge.evaluation.split import Half, half_of
from roadworthy.features.judge.evaluation.traces import trace_folder
from roadworthy.features.judge.history import NO_HISTORY, History
from roadworthy.features.judge.transcript import Transcript
from roadworthy.features.judge.verdict import find
from roadworthy.stats.intervals import wilson
from tests.payloads import shared_data


@dataclass(slots=True, kw_only=True)
class Counted:
    """Of one detector and one half: planted faults and those found, by form; good runs and alarms, by set."""

    detector: str
    half: Half
    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    good: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    """Runs, with the form of the fault."""
    alarmed: list[str] = field(default_factory=list)
    """Runs, with what was said of them."""

    @property
    def precision(self) -> float | None:
        said = self.found.total() + self.alarms.total()
        return self.found.total() / said if said else None


Counts = dict[tuple[str, Half], Counted]


def measure_planted(data: Path, *, detectors: Sequence[Detector]) -> list[Counted]:
    """FileNotFoundError where a set is missing."""
    folder = trace_folder(data)
    everything = conversations(folder)
    wanted = {one.name: one for one in detectors}
    counts: Counts = {(name, half): Counted(detector=name, half=half) for name in wanted for half in Half}
    planted: set[str] = set()
    for half in Half:
        for name, forms in plants(everything, half=half).items():
            if name in wanted:
                good = [one for one in everything if one.half is half and (one.good or name in EVERY_RUN)]
                _plant(counts, wanted[name], forms, good)
                planted.add(name)
    usual = [wanted[name] for name in wanted if name in planted]
    for one in everything:
        if one.good:
            looking = [each for each in usual if not shows(each.name, one)]
            _look(counts, looking, one.dataset, one.half, one.transcript(), NO_HISTORY)
    for half, transcript in _of_frameworks(data):
        _look(counts, usual, real_runs.DATASET, half, transcript, NO_HISTORY)
    _outliers(counts, [wanted[n] for n in wanted if n in outliers.NAMES], folder, like=everything[0])
    return [one for one in counts.values() if one.planted]


def _plant(counts: Counts, detector: Detector, forms: Plants, bases: Iterable[Conversation]) -> None:
    names = list(forms)
    turn = 0
    for base in bases:
        rng = random.Random(zlib.crc32(f"{detector.name} {base.id}".encode()))
        for step in range(len(names)):
            form = names[(turn + step) % len(names)]
            planted = forms[form](base, rng)
            if planted is not None:
                turn += step + 1
                found = find(planted.transcript(), detectors=(detector,))
                _count(counts[detector.name, base.half], form, base.id, bool(found))
                break


def _count(counted: Counted, form: str, run: str, found: bool) -> None:
    counted.planted[form] += 1
    counted.found[form] += found
    if not found:
        counted.missed.append(f"{run}: {form}")


def _of_frameworks(data: Path) -> Iterator[tuple[Half, Transcript]]:
    for transcript in real_runs.good_runs(data):
        yield half_of(transcript.run.service or transcript.run.agent), transcript


def _look(
    counts: Counts,
    detectors: Sequence[Detector],
    label: str,
    half: Half,
    transcript: Transcript,
    history: History,
) -> None:
    said: dict[str, str] = defaultdict(str)
    for finding in find(transcript, detectors=detectors, history=history):
        said[finding.detector] = finding.reason
    for one in detectors:
        counted = counts[one.name, half]
        counted.good[label] += 1
        if one.name in said:
            counted.alarms[label] += 1
            counted.alarmed.append(f"{label} {transcript.run.id}: {said[one.name]}")


def _outliers(counts: Counts, detectors: Sequence[Detector], folder: Path, *, like: Conversation) -> None:
    if not detectors:
        return
    for number, usual in enumerate(outliers.runs_with_history(folder, like=like)):
        form = list(outliers.FACTORS)[number % len(outliers.FACTORS)]
        grown = outliers.grown(usual, outliers.FACTORS[form])
        for one in detectors:
            found = find(grown, detectors=(one,), history=usual.history)
            _count(counts[one.name, usual.half], form, usual.run.id, bool(found))
        _look(counts, detectors, outliers.DATASET, usual.half, outliers.as_it_was(usual), usual.history)


# --- saying it ---------------------------------------------------------------------------------------------


def share(n: int, *, of: int) -> str:
    interval = wilson(n, n=of)
    return (
        "none"
        if interval is None
        else f"{n} of {of} ({n / of:.2f}, {interval.low:.2f} to {interval.high:.2f})"
    )


def _say(counted: Sequence[Counted], *, missed: bool) -> None:
    print("detector, half: planted faults found; good runs with an alarm (share, 95 % interval); precision")
    for one in counted:
        found = share(one.found.total(), of=one.planted.total())
        alarms = share(one.alarms.total(), of=one.good.total())
        precision = "-" if one.precision is None else f"{one.precision:.2f}"
        print(f"{one.detector}, {one.half}: {found}; {alarms}; {precision}")
        weak = {form: n for form, n in one.planted.items() if one.found[form] < n}
        for form, n in weak.items():
            print(f"      {form}: {one.found[form]} of {n}")
        if missed:
            print(*(f"      missed {each}" for each in one.missed), sep="\n")
            print(*(f"      alarm {each}" for each in one.alarmed), sep="\n")


def _plain(one: Counted) -> dict[str, Any]:
    return {
        "detector": one.detector,
        "half": one.half,
        "planted": one.planted.total(),
        "found": one.found.total(),
        "good": one.good.total(),
        "alarms": one.alarms.total(),
        "sets": list(one.good),
        "by_form": {form: [one.found[form], n] for form, n in one.planted.items()},
    }


def measure(_: Options, *, data: Path | None = None) -> list[Figure]:
    """The held-out half, for `make bench`."""
    place = data or shared_data()
    if place is None:
        raise FileNotFoundError("no shared/data beside the checkout: say --data")
    return [
        Figure(
            what=f"{one.detector}: planted faults found, held-out tasks",
            unit="",
            ours=one.found.total() / one.planted.total(),
            must="reported",
            met=None,
            note=f"alarms on good runs: {share(one.alarms.total(), of=one.good.total())}",
        )
        for one in measure_planted(place, detectors=list(BY_NAME.values()))
        if one.half is Half.HELD_OUT
    ]


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--data", type=Path, help="folder with traces/ and otlp/")
    parser.add_argument("--detector", nargs="*", choices=sorted(BY_NAME), help="only these")
    parser.add_argument("--missed", action="store_true", help="lists what was missed and each alarm")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    data = chosen.data or shared_data()
    if data is None:
        parser.error("no shared/data beside the checkout: say --data")
    counted = measure_planted(data, detectors=[BY_NAME[name] for name in chosen.detector or BY_NAME])
    if chosen.json:
        print(json.dumps([_plain(one) for one in counted], indent=1))
    else:
        _say(counted, missed=chosen.missed)


if __name__ == "__main__":
    main()
