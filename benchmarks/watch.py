"""Monitors at work: ten thousand updated each second, from results in the log to the state kept.

python -m benchmarks.watch [--quick]
"""

from __future__ import annotations

import random
import resource
import time
from pathlib import Path

from benchmarks.figures import SEED, Figure, Options, at_most, folder_of, median, run
from roadworthy.backends.watch_log.sqlite.store import SqliteWatchLog
from roadworthy.domain.monitor import YEAR_S, Monitor
from roadworthy.domain.result import Order, Result
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.engine import Engine
from roadworthy.features.watch.monitors.orders import Save, to_body

MONITORS = 10_000
SIGNALS = (
    "completion",
    "quality",
    "tool_failures",
    "errors",
    "detector:a",
    "detector:b",
    "detector:c",
    "detector:d",
)
REFERENCE = 50
START = 1_790_000_000 * 10**9


def monitors(agents: int) -> list[Monitor]:
    return [
        Monitor(
            project="p",
            id=f"{agent}-{signal}",
            name=signal,
            agent=f"agent-{agent}",
            signal=signal,
            patience_s=20 * YEAR_S,
            reference_results=REFERENCE,
            reference_hours=0.0,
            cautious=False,
        )
        for agent in range(agents)
        for signal in SIGNALS
    ]


def second(number: int, *, agents: int, rnd: random.Random, now_ns: int) -> list[Result]:
    """One result of each agent."""
    return [
        Result(
            project="p",
            run_id=f"{number}-{agent}",
            agent=f"agent-{agent}",
            at_ns=now_ns - agent,
            outcome=Outcome.FAILURE if (failed := rnd.random() < 0.05) else Outcome.SUCCESS,
            outcome_source="sdk",
            ruler="1",
            p_failure=0.7 if failed else 0.1,
            tool_calls=2,
            failed_tool_calls=int(rnd.random() < 0.02),
        )
        for agent in range(agents)
    ]


class Work:
    """A log and an engine whose monitors are all armed."""

    def __init__(self, folder: Path, *, agents: int) -> None:
        self.now_ns = START
        self.agents = agents
        self.rnd = random.Random(SEED)
        self.log = SqliteWatchLog(folder / "watch.db", clock=lambda: self.now_ns)
        self.engine = Engine(self.log, clock=lambda: self.now_ns, automatic=False)
        self.log.append(
            [Order(project="p", body=to_body(Save(monitor=one, by="bench"))) for one in monitors(agents)]
        )
        self.engine.step()
        self.number = 0
        for _ in range(REFERENCE + 1):
            self.second()

    def second(self) -> tuple[float, float, float]:
        """(append, engine and commit, CPU of both), in seconds."""
        self.number += 1
        self.now_ns += 10**9
        results = second(self.number, agents=self.agents, rnd=self.rnd, now_ns=self.now_ns)
        cpu = _cpu()
        began = time.perf_counter()
        self.log.append(results)
        appended = time.perf_counter()
        self.engine.step()
        done = time.perf_counter()
        return appended - began, done - appended, _cpu() - cpu


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(chosen: Options) -> list[Figure]:
    agents = MONITORS // len(SIGNALS)
    with folder_of(chosen, "watch") as folder:
        work = Work(folder, agents=agents)
        rounds = [work.second() for _ in range(5 if chosen.quick else 30)]
        size = (folder / "watch.db").stat().st_size / 2**20
        began = time.perf_counter()
        Engine(work.log, clock=lambda: work.now_ns, automatic=False).step()
        restarted = time.perf_counter() - began
        work.log.close()
    engine = [each[1] for each in rounds]
    cpu = median([each[2] for each in rounds])
    return [
        Figure(
            what=f"{MONITORS} monitors, one result each: engine and commit",
            unit="s",
            ours=median(engine),
            must="<= 1 s on one core",
            met=at_most(median(engine), 1.0),
            rounds=engine,
            note=f"appending the {agents} results before takes {median([each[0] for each in rounds]):.3f} s; "
            f"CPU of both {cpu:.3f} s; watch.db {size:.0f} MiB",
        ),
        Figure(
            what=f"state of {MONITORS} monitors read again after a restart",
            unit="s",
            ours=restarted,
            must="<= 5 s",
            met=at_most(restarted, 5.0),
        ),
    ]


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0)
