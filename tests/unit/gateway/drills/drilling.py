"""A whole drill of one of the shop's agents, from its start to its report, without sockets."""

from __future__ import annotations

from dataclasses import dataclass, field

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.agent_ended import Ending
from roadworthy.features.gateway.drills.drill import Case, Drill, DrillState
from roadworthy.features.gateway.drills.injection import Faults
from roadworthy.features.gateway.drills.report import DrillReport, RunReport
from roadworthy.features.gateway.drills.service import DrillService
from tests.unit.gateway.drills.shop import AGENTS, ORDERS, Gateway, run

KEY = b"k" * 32
QUICK = (("after_s", 0.0), ("first_s", 0.0), ("between_s", 0.0))


@dataclass
class Drilled:
    report: DrillReport
    truth: dict[int, str] = field(default_factory=dict)
    """By number of the run, as the agent knows it."""


def drilled(
    metadata: MetadataStore, agent: str, *, expected: bool, seed: int = 1, budget: int = 130
) -> Drilled:
    gateway = Gateway(Faults(key=KEY))
    service = DrillService(metadata, sign=lambda: KEY, exchanges_of=gateway.exchanges_of, settle_s=0.0)
    cases = tuple(
        Case(
            id=order,
            input=f"What is the total of order {order}?",
            expected=str(known["total"]) if expected else "",
        )
        for order, known in ORDERS.items()
    )
    drill = service.start(
        Drill(
            project="default",
            id="",
            agent="shop",
            cases=cases,
            budget=budget,
            seed=seed,
            settings=QUICK,
            created_ns=0,
        )
    )
    truth: dict[int, str] = {}
    while (now := service.one("default", drill.id)) is not None and now.state is DrillState.RUNNING:
        for start in service.take("default", drill.id, most=500):
            ended = run(AGENTS[agent], gateway.connect(start.token), start.case.input)
            truth[start.run.number] = ended.truth
            service.ended(
                "default",
                drill.id,
                start.run.number,
                attempt=start.run.attempt,
                ending=Ending.CRASHED if ended.exit_code else Ending.ANSWERED,
                answer=ended.answer,
                exit_code=ended.exit_code,
                error="",
                elapsed_ms=1,
            )
    report = service.report("default", drill.id)
    assert report is not None
    return Drilled(report, truth)


def judged(report: DrillReport) -> list[RunReport]:
    return [one for group in (*report.faults, *report.pairs) for one in group.runs]
