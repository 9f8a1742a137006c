"""Whether drills see what is there: agents whose every answer is known to be right, honest or silently wrong.

Four scripted agents (careless, honest, careful, crashing), held against expected answers and against clean
runs alone, every fault alone and in twos, by seed. And what drills cost the calls of agents that are in none.
"""

from __future__ import annotations

import gc
import time
from collections import Counter

from benchmarks.figures import SEED, Figure, Options, at_least, at_most, folder_of, median, run
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.gateway.drills.injection import Faults
from roadworthy.features.gateway.drills.verdict import Verdict
from tests.unit.gateway.drills.drilling import KEY, drilled, judged
from tests.unit.gateway.drills.shop import AGENTS

CALLS = 200_000


def measure(chosen: Options) -> list[Figure]:
    counts: Counter[str] = Counter()
    with folder_of(chosen, "drill") as folder:
        metadata = SqliteMetadataStore(folder / "roadworthy.db")
        for seed in range(SEED, SEED + chosen.rounds):
            for agent in AGENTS:
                for expected in (True, False):
                    _counted(counts, metadata, agent, expected=expected, seed=seed)
        metadata.close()
    wrong, said = counts["planted"], counts["said wrong"]
    seen = counts["seen"]
    alone = counts["alone"]
    rounds = [_outside() for _ in range(max(3, chosen.rounds))]
    note = f"{counts['runs']} runs with faults, seeds {SEED} to {SEED + chosen.rounds - 1}"
    return [
        Figure(
            what="silently wrong answers that were reported",
            unit="%",
            ours=100 * seen / wrong if wrong else None,
            must="100 %",
            met=at_least(100 * seen / wrong if wrong else None, 100),
            note=f"{seen} of {wrong} planted; {note}",
        ),
        Figure(
            what="silently wrong answers that were invented",
            unit="",
            ours=float(said - seen),
            must="0",
            met=at_most(float(said - seen), 0),
            note=f"of {said} reported",
        ),
        Figure(
            what="single faults that were put into the call they were planned for",
            unit="%",
            ours=100 * counts["alone applied"] / alone if alone else None,
            must="100 %",
            met=at_least(100 * counts["alone applied"] / alone if alone else None, 100),
            note=f"{counts['alone applied']} of {alone}",
        ),
        Figure(
            what="what drills cost a call outside of them",
            unit="µs",
            ours=median(rounds),
            must="at most 2 µs",
            met=at_most(median(rounds), 2),
            rounds=rounds,
        ),
    ]


def _counted(
    counts: Counter[str], metadata: SqliteMetadataStore, agent: str, *, expected: bool, seed: int
) -> None:
    done = drilled(metadata, agent, expected=expected, seed=seed)
    for one in judged(done.report):
        reached = one.judged.verdict is not Verdict.NOT_REACHED
        planted = done.truth[one.run.number] == Verdict.SILENTLY_WRONG.value and reached
        reported = one.judged.verdict is Verdict.SILENTLY_WRONG
        counts["runs"] += 1
        counts["planted"] += planted
        counts["said wrong"] += reported
        counts["seen"] += planted and reported
        counts["alone"] += len(one.run.faults) == 1
        counts["alone applied"] += len(one.run.faults) == 1 and reached


def _outside() -> float:
    """Microseconds."""
    faults = Faults(key=KEY)
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    for _ in range(CALLS):
        seat = faults.seat("", project="default", agent="support")
        faults.next(
            seat,
            project="default",
            agent="support",
            run_key="r",
            kind=ExchangeKind.MODEL,
            target="planner",
        )
    took = time.perf_counter() - began
    gc.enable()
    return took / CALLS * 1e6


if __name__ == "__main__":
    run(__doc__, measure, seconds=0, rounds=3)
