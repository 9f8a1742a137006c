"""A story that everything about monitors happens in: learning, a fall, a recovery, late words, orders."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from roadworthy.contracts.watch_log import AlarmQuery, WatchLog
from roadworthy.domain.alarm import Alarm
from roadworthy.domain.monitor import YEAR_S, Monitor
from roadworthy.domain.result import Entry, Order, Result, Scored
from roadworthy.domain.run import Outcome
from roadworthy.features.watch.monitors.orders import Change, Pause, Rebaseline, Save, to_body
from tests.contract.watch_log.making import SECOND, START

STEP_NS = 80 * SECOND
RESULTS_A_STEP = 20
WORDS_A_STEP = 2
STEPS = 180
ORDERS_AT = 130


def _monitor(monitor_id: str, signal: str, **values: object) -> Monitor:
    made = Monitor(
        project="p",
        id=monitor_id,
        name=monitor_id,
        agent="support",
        signal=signal,
        patience_s=YEAR_S / 12,
        reference_hours=0.0,
        cautious=signal == "latency",
        reference_results=200,
        created_ns=START,
        created_by="ada",
    )
    return replace(made, **values)  # type: ignore[arg-type]


MONITORS: tuple[Monitor, ...] = (
    _monitor("plain", "completion"),
    _monitor("late", "completion", maturity_s=300.0),
    _monitor("strata", "completion", strata=("attributes.tier",)),
    _monitor("judged", "quality"),
    _monitor("slow", "latency"),
    _monitor("score", "score:helpful"),
    _monitor("judge", "disagreement", reference_results=100),
)


def _order(change: Change) -> Order:
    return Order(project="p", body=to_body(change))


FIRST: tuple[Order, ...] = tuple(_order(Save(monitor=one, by="ada")) for one in MONITORS)
LATER: tuple[Order, ...] = (
    _order(Rebaseline(monitor_id="judged", by="ada", reason="a new model, and it is fine")),
    _order(Pause(monitor_id="score", by="ada", paused=True)),
    _order(Save(monitor=replace(MONITORS[0], patience_s=YEAR_S), by="ada")),
)


@dataclass(frozen=True, slots=True)
class Batch:
    now_ns: int
    entries: Sequence[Entry]


@lru_cache(maxsize=STEPS)
def batch(step: int) -> Batch:
    """The same whenever it is asked for. Failures rise from the 60th step on, and are back at the 110th."""
    rnd = random.Random(step)
    now_ns = START + (step + 1) * STEP_NS
    q = 0.3 if 60 <= step < 110 else 0.05
    entries: list[Entry] = [] if step != ORDERS_AT else list(LATER)
    for number in range(RESULTS_A_STEP):
        failed = rnd.random() < q
        run_id = f"{step}-{number}"
        made = Result(
            project="p",
            run_id=run_id,
            agent="support" if number % 4 else "billing",
            at_ns=now_ns - rnd.randrange(STEP_NS),
            release=f"v{1 + step // 60}",
            outcome=Outcome.FAILURE if failed else Outcome.SUCCESS,
            outcome_source="sdk",
            ruler="7",
            p_failure=min(1.0, max(0.0, rnd.gauss(0.7 if failed else 0.1, 0.1))),
            tool_calls=2,
            failed_tool_calls=int(failed and rnd.random() < 0.5),
            duration_s=rnd.expovariate(0.5 if failed else 1.0),
            attributes={"tier": rnd.choice(["gold", "silver"])},
        )
        entries.append(made)
        if number % 4 == 1:
            entries.append(
                Scored(
                    project="p",
                    run_id=run_id,
                    agent="support",
                    at_ns=made.at_ns,
                    name="helpful",
                    value=0.2 if failed else 0.9,
                    source="evaluator",
                    ruler="1",
                )
            )
    if step >= 3:
        entries += _words(step, rnd)
    return Batch(now_ns, entries)


def _words(step: int, rnd: random.Random) -> list[Entry]:
    """What is said later of runs three steps ago: by a business system, the other way round."""
    own = f"{step - 3}-"
    results = [one for one in batch(step - 3).entries if isinstance(one, Result)]
    before = [one for one in results if one.run_id.startswith(own) and one.agent == "support"][:WORDS_A_STEP]
    turned = {Outcome.FAILURE: Outcome.SUCCESS, Outcome.SUCCESS: Outcome.FAILURE}
    return [
        replace(
            one, outcome=turned[one.outcome] if rnd.random() < 0.2 else one.outcome, outcome_source="business"
        )
        for one in before
    ]


def state_of(log: WatchLog) -> dict[str, object]:
    """All that is to be the same bit for bit."""
    snapshot = log.snapshot("p")
    ticks = {
        monitor: log.ticks("p", monitor=monitor, from_ns=0, to_ns=2**62)
        for monitor in sorted(log.sums("p", from_ns=0, to_ns=2**62))
    }
    return {
        "position": snapshot.position,
        "parts": dict(sorted(snapshot.parts.items())),
        "alarms": alarms_of(log),
        "ticks": ticks,
    }


def alarms_of(log: WatchLog) -> list[Alarm]:
    return log.alarms("p", AlarmQuery(limit=10_000))
