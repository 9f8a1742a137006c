"""A whole inquiry of an agent that adds up what each step tells it, without sockets: who answers is the real
player, by the plans and journals that the gateway uses."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.domain.agent_ended import Ending
from roadworthy.domain.exchange import Attempt, Binding, Exchange, ExchangeKind
from roadworthy.features.debug.check import Checked
from roadworthy.features.debug.course import GatewaySaid
from roadworthy.features.debug.inquiry import (
    Budget,
    Check,
    EntryPoint,
    Inquiry,
    InquiryKind,
    InquiryState,
    Rerun,
)
from roadworthy.features.debug.plan import Plan
from roadworthy.features.debug.search import search
from roadworthy.features.debug.service import InquiryService, Start
from roadworthy.features.debug.tape.asked import Asked, How
from roadworthy.features.debug.tape.journal import JournalLine, PlanFolder
from roadworthy.features.debug.tape.player import Player
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.debug.token import read_token
from tests.unit.debug.tape.taping import CHAT, Call, chat, raw, tape_of

KEY = b"k" * 32
TASK = "Add up the parts."
Ask = Callable[[int, list[str]], str]
"""(step from 1, what was said so far) → what it says; the agent stops where it is "" (a failed call)."""


@dataclass
class Clock:
    ns: int = 1_795_000_000_000_000_000

    def __call__(self) -> int:
        self.ns += 1_000_000
        return self.ns

    def pass_s(self, seconds: float) -> None:
        self.ns += int(seconds * 1e9)


def conversation(steps: int, *, wrong_at: int | None = None) -> list[Call]:
    """Each step is asked with all that was said before; at one of them something wrong is said."""
    said: list[str] = []
    calls = []
    for step in range(1, steps + 1):
        answer = f"wrong {step}" if step == wrong_at else f"right {step}"
        calls.append(chat(TASK, *said, answer=answer))
        said.append(answer)
    return calls


def final_answer(said: Sequence[str]) -> str:
    return "The sum is 41." if any("wrong" in one for one in said) else "The sum is 42."


def recorded(run_id: str, steps: int, *, wrong_at: int | None = None, agent: str = "support") -> Tape:
    made = tape_of(*conversation(steps, wrong_at=wrong_at))
    answer = final_answer(["wrong"] if wrong_at else [])
    return replace(made, run_id=run_id, agent=agent, input=TASK, output=answer)


@dataclass
class MemoryTapes:
    tapes: dict[str, Tape] = field(default_factory=dict)
    project: str = "default"

    def tape(self, project: str, run_id: str) -> Tape | None:
        return self.tapes.get(run_id) if project == self.project else None

    def ids(self, project: str, run_id: str) -> Sequence[str]:
        found = self.tape(project, run_id)
        return tuple(one.exchange.id for one in found.calls if not one.hole) if found else ()


@dataclass
class Evaluators:
    """`says` are the verdicts in the order of asking, the last for ever."""

    says: list[bool | None] = field(default_factory=lambda: [True])
    known: str = "polite"
    calls: list[tuple[str, ...]] = field(default_factory=list)
    """That it was asked about, in the order of asking."""

    def problem(self, project: str, name: str) -> str:
        return "" if name == self.known else f"no evaluator {name!r}; there are: {self.known}"

    def evaluate(
        self, inquiry: Inquiry, name: str, answer: str, *, calls: Sequence[str], fresh: bool
    ) -> Checked:
        self.calls.append(tuple(calls))
        return Checked(passed=self.says.pop(0) if len(self.says) > 1 else self.says[0])


@dataclass
class Workshop:
    """The service and what makes its reruns. `fails` is how often a rerun goes wrong by itself."""

    service: InquiryService
    tapes: MemoryTapes
    plans: PlanFolder
    clock: Clock
    evaluators: Evaluators
    asked: dict[str, list[Exchange]] = field(default_factory=dict)
    over: list[str] = field(default_factory=list)
    gateway: list[GatewaySaid] = field(default_factory=list)
    """What it said of itself last; none: it is not known."""
    fails: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(1))
    price: float = 0.01

    def draft(self, kind: InquiryKind = InquiryKind.REPLAY, **changes: object) -> Inquiry:
        made = Inquiry(
            project="default",
            id="",
            kind=kind,
            agent="",
            run_id="bad",
            input="",
            entry=EntryPoint(command="python agent.py"),
            created_ns=0,
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    def bisect(self, **changes: object) -> Inquiry:
        given = {"good_run": "good", "check": Check(how="number", expected="42"), **changes}
        return self.service.start(self.draft(InquiryKind.BISECT, **given))

    def run(self, inquiry_id: str, *, most: int = 1, rounds: int = 200) -> Inquiry:
        """To its end, or as far as so many rounds go."""
        found: Inquiry | None = None
        for _ in range(rounds):
            for start in self.service.take("default", inquiry_id, most=most):
                self.make(start)
            self.clock.pass_s(3)
            found = self.service.one("default", inquiry_id)
            assert found is not None
            if found.state is not InquiryState.RUNNING:
                return found
        assert found is not None
        return found

    def make(self, start: Start, **changes: object) -> Rerun | None:
        """The agent, started and told of."""
        return self.tell(start, self.agent(start), **changes)

    def tell(self, start: Start, answer: str, **changes: object) -> Rerun | None:
        told: dict[str, object] = {
            "attempt": start.rerun.attempt,
            "ending": Ending.ANSWERED if answer else Ending.CRASHED,
            "answer": answer,
            "exit_code": 0 if answer else 1,
            "error": "",
            "elapsed_ms": 5.0,
            **changes,
        }
        token = read_token(start.token, key=KEY, now_ns=self.clock.ns)
        return self.service.ended("default", token.inquiry, start.rerun.number, **told)  # type: ignore[arg-type]

    def agent(self, start: Start, *, calls: int | None = None) -> str:
        """What it answers; "" where a call failed. `calls`: killed after so many."""
        token = read_token(start.token, key=KEY, now_ns=self.clock.ns)
        stored = self.plans.read(token.project, token.inquiry, number=token.number, attempt=token.attempt)
        plan = stored.plan
        tape = self.tapes.tapes[plan.tape_run]
        player = Player(tape, plan, self.tapes.tapes.get(plan.good_run))
        said: list[str] = []
        for step in range(1, len(tape.calls) + 1):
            if calls is not None and step > calls:
                return ""
            body = chat(TASK, *said).body
            answer = self._answered(player, plan, raw(body), step)
            if not answer:
                return ""
            said.append(answer)
        if self.random.random() < self.fails:
            return "The sum is 7."
        return final_answer(said)

    def _answered(self, player: Player, plan: Plan, body: bytes, step: int) -> str:
        asked = Asked(kind=ExchangeKind.MODEL, path=CHAT, body=body)
        played = player.answer(asked)
        line = JournalLine(
            at_ns=self.clock(),
            step=played.step,
            how=played.how,
            kind=ExchangeKind.MODEL,
            target="planner",
            exchange_id=f"{step:032x}",
            note=played.note,
            diff=played.diff,
            diverged_at=player.diverged_at,
        )
        self.plans.append(plan, line)
        if played.how is How.LIVE:
            made = player.tape.calls[0].exchange
            live = replace(
                made,
                id=f"{self.clock.ns:032x}",
                binding=Binding(run_id=plan.run_id, by="header"),
                attempts=(Attempt(upstream="m", started_ns=self.clock.ns, elapsed_ms=1, status=200),),
                cost_usd=self.price,
            )
            self.asked.setdefault(plan.run_id, []).append(live)
            return f"right {step}"
        if played.answer is None:
            return ""
        said = orjson.loads(played.answer.body)
        return str(said["choices"][0]["message"]["content"])


def workshop(metadata: MetadataStore, folder: Path, *, steps: int = 8, wrong_at: int = 5) -> Workshop:
    """Of two recorded runs, `bad` and `good`."""
    tapes = MemoryTapes({"bad": recorded("bad", steps, wrong_at=wrong_at), "good": recorded("good", steps)})
    plans, clock, evaluators = PlanFolder(folder / "replays"), Clock(), Evaluators()
    asked: dict[str, list[Exchange]] = {}
    over: list[str] = []
    gateway: list[GatewaySaid] = []
    service = InquiryService(
        metadata,
        sign=lambda: KEY,
        plans=plans,
        tapes=tapes,
        evaluators=evaluators,
        search=search,
        exchanges_of=lambda _project, runs: {one: asked.get(one, []) for one in runs},
        gateway=lambda: gateway[-1] if gateway else None,
        over=lambda inquiry: over.append(inquiry.id),
        now_ns=clock,
    )
    return Workshop(service, tapes, plans, clock, evaluators, asked=asked, over=over, gateway=gateway)


__all__ = ["Budget", "Workshop", "workshop"]
