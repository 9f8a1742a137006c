"""What the scripted agent lives in: a model that follows the conversation, tools, and one planted mistake.

The model has no memory but the conversation: what it once said, right or wrong, it believes. So a mistake
ruins the run from its step on, and cannot be seen later, as with real ones.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

LARGE = "clerk-large"


class Kind(StrEnum):
    """Of a planted mistake."""

    WRONG_TOOL = "wrong tool"
    WRONG_ARGUMENT = "wrong argument"
    WRONG_RESULT = "wrong result"
    """Of the tool."""
    ERROR_AS_DATA = "error taken for data"
    """The tool says that it failed; the model counts it as nothing."""
    CARRIED_WRONG = "wrong number carried on"
    """The model adds up wrongly, and goes on with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A task of `steps` exchanges, 12 to 40, with a mistake at its order number `at` (from 0)."""

    name: str
    steps: int
    orders: tuple[int, ...]
    amounts: tuple[int, ...]
    kind: Kind
    at: int
    delta: int

    @property
    def submits(self) -> bool:
        """Whether the answer is handed in by a tool: the last exchange, for even numbers."""
        return self.steps % 2 == 0

    @property
    def task(self) -> str:
        listed = ", ".join(str(one) for one in self.orders)
        end = "and hand in the total" if self.submits else "and say the total"
        return f"Case {self.name}: add up the orders {listed} {end}."

    @property
    def total(self) -> int:
        return sum(self.amounts)

    @property
    def wrong_step(self) -> int:
        """The exchange where it goes wrong: 1 asks the model, 2 calls the first tool, 3 asks the model ..."""
        model = 2 * self.at + 1
        return {
            Kind.WRONG_RESULT: model + 1,
            Kind.ERROR_AS_DATA: model + 2,
            Kind.CARRIED_WRONG: model + 2,
        }.get(self.kind, model)


def case_of(name: str, kind: Kind, *, steps: int, rnd: random.Random) -> Case:
    count = (steps - 1) // 2
    numbers = rnd.sample(range(100, 900), count)
    return Case(
        name=name,
        steps=steps,
        orders=tuple(numbers),
        amounts=tuple(rnd.randint(10, 400) for _ in numbers),
        kind=kind,
        at=rnd.randrange(count),
        delta=rnd.choice((-9, -4, 3, 7, 20)),
    )


@dataclass(kw_only=True)
class World:
    """Model and tools of one case. `planted`: they make the mistake, but for the model `clerk-large`, which
    never does. `tools_fail`: the tools make theirs. `slips`: the share of runs in which the model gets its
    last words wrong, by chance, whichever it is."""

    case: Case
    planted: bool = True
    tools_fail: bool = True
    slips: float = 0.0
    rnd: random.Random = field(default_factory=random.Random)
    asked: int = 0
    called: int = 0
    _failed_once: bool = False

    def ask(self, body: dict[str, Any]) -> dict[str, Any]:
        """A chat completion."""
        self.asked += 1
        said = self._says(body["messages"], planted=self.planted and body["model"] != LARGE)
        number = len(body["messages"])
        choice = {
            "index": 0,
            "message": said,
            "finish_reason": "tool_calls" if "tool_calls" in said else "stop",
        }
        return {
            "id": f"chatcmpl-{self.case.name}-{number}-{self.rnd.getrandbits(48):012x}",
            "object": "chat.completion",
            "created": 1,
            "model": "clerk-1",
            "choices": [choice],
            "usage": {
                "prompt_tokens": 40 * number,
                "completion_tokens": 30,
                "total_tokens": 40 * number + 30,
            },
        }

    def call(self, tool: str, argument: int) -> dict[str, Any]:
        """`find`, `find_archived` or `submit`."""
        self.called += 1
        if tool == "submit":
            return {"accepted": argument}
        case = self.case
        known = dict(zip(case.orders, case.amounts, strict=True))
        amount = known.get(argument, 500 + argument % 97)
        if tool == "find_archived":
            return {"order": argument, "amount": amount + case.delta, "archived": True}
        if self.planted and self.tools_fail and argument == case.orders[case.at]:
            if case.kind is Kind.WRONG_RESULT:
                amount += case.delta
            if case.kind is Kind.ERROR_AS_DATA and not self._failed_once:
                self._failed_once = True
                return {"error": "the order system did not answer in time", "amount": 0}
        return {"order": argument, "amount": amount}

    def _says(self, messages: list[dict[str, Any]], *, planted: bool) -> dict[str, Any]:
        case, last = self.case, messages[-1]
        place, total = self._so_far(messages)
        if last["role"] == "tool":
            result = json.loads(last["content"])
            wrong = planted and place == case.at
            if "error" in result and not (wrong and case.kind is Kind.ERROR_AS_DATA):
                return self._looks_up(place, total, "It failed; once more. ", messages, planted=planted)
            total += result["amount"]
            if wrong and case.kind is Kind.CARRIED_WRONG:
                total += case.delta
            place += 1
        if place < len(case.orders):
            return self._looks_up(place, total, "", messages, planted=planted)
        if self.rnd.random() < self.slips:
            total += 1
        if case.submits:
            return _message(f"All done. Total: {total}.", "submit", {"total": total}, messages)
        return {"role": "assistant", "content": f"The total is {total}."}

    def _so_far(self, messages: list[dict[str, Any]]) -> tuple[int, int]:
        """(orders that were looked up, their total), as the model itself last said it."""
        for one in reversed(messages):
            if one["role"] == "assistant":
                found = re.search(r"Order (\d+) of \d+. Total so far: (-?\d+)", one["content"])
                if found:
                    return int(found[1]) - 1, int(found[2])
        return 0, 0

    def _looks_up(
        self, place: int, total: int, why: str, messages: list[dict[str, Any]], *, planted: bool
    ) -> dict[str, Any]:
        case = self.case
        wrong = planted and place == case.at
        tool = "find_archived" if wrong and case.kind is Kind.WRONG_TOOL else "find"
        order = case.orders[place] + (1000 if wrong and case.kind is Kind.WRONG_ARGUMENT else 0)
        words = f"{why}Order {place + 1} of {len(case.orders)}. Total so far: {total}."
        return _message(words, tool, {"order": order}, messages)


def _message(
    words: str, tool: str, arguments: dict[str, int], messages: list[dict[str, Any]]
) -> dict[str, Any]:
    call = {
        "id": f"call_{len(messages):04d}abcdefgh",
        "type": "function",
        "function": {"name": f"orders__{tool}", "arguments": json.dumps(arguments)},
    }
    return {"role": "assistant", "content": words, "tool_calls": [call]}
