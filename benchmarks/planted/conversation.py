"""Real conversations that faults are planted in, and what planting needs of them.

The conversations are those of tau-bench (airline) and AgentRx (retail): a user, an agent, its tools. Faults
are planted in those that ended well (the data base's end state is right), so that what a detector finds
afterwards is what was planted, and what it finds without is a false alarm.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from roadworthy.features.ingest.replay import runs_in
from roadworthy.features.judge.evaluation.split import Half, half_of
from roadworthy.features.judge.evaluation.traces import START_NS, chat_trace
from roadworthy.features.judge.transcript import Transcript

SETS = {"taubench_gpt4o_airline": "airline", "agentrx_tau_retail": "retail"}
CHANGES = ("update_", "cancel_", "book_", "modify_", "exchange_", "return_", "send_")
"""What the names of tools that change something begin with, in these sets."""
_FEW = 4
"""An argument with at most as many values in all of a set is one of a list."""

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    dataset: str
    id: str
    task: str
    good: bool
    model: str
    steps: tuple[Message, ...]
    tools: str
    """Definitions of the tools it was offered, JSON: read off the calls of the whole set."""

    @property
    def half(self) -> Half:
        return half_of(self.task)

    def to(self, *steps: Message) -> Conversation:
        return replace(self, steps=steps)

    def transcript(self) -> Transcript:
        """As an instrumented agent sends it, decoded and assembled."""
        body = chat_trace(
            f"{self.dataset}/{self.id}",
            agent=SETS[self.dataset],
            model=self.model,
            messages=self.steps,
            tools=self.tools,
        )
        ((run, spans),) = runs_in(body, received_ns=START_NS)
        return Transcript(run, spans)


Plant = Callable[[Conversation, random.Random], Conversation | None]
"""The conversation with the fault in it; None where it has no place for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a tool: `asked` and `brought` are places of its messages among the steps."""

    asked: int
    brought: int
    name: str
    arguments: str
    result: str

    @property
    def changes(self) -> bool:
        return self.name.startswith(CHANGES)

    @property
    def worked(self) -> bool:
        return not self.result.startswith("Error")


def calls(one: Conversation) -> list[Call]:
    """Calls that are alone in their message, as nearly all are. Handing over to a person is none."""
    found = []
    for place, message in enumerate(one.steps[:-1]):
        asked: list[Any] = message.get("tool_calls") or []
        after = one.steps[place + 1]
        if len(asked) == 1 and after["role"] == "tool" and not _hands_over(asked[0]):
            function = asked[0]["function"]
            found.append(
                Call(
                    asked=place,
                    brought=place + 1,
                    name=function["name"],
                    arguments=function["arguments"],
                    result=after.get("content") or "",
                )
            )
    return found


def _hands_over(call: dict[str, Any]) -> bool:
    return bool(call["function"]["name"] == "transfer_to_human_agents")


def spoken(one: Conversation, *, after: int = 0) -> Iterator[tuple[int, str]]:
    """What the agent told the user from a place on, with where."""
    for place, message in enumerate(one.steps):
        if place >= after and message["role"] == "assistant" and not message.get("tool_calls"):
            yield place, message["content"] or ""


def told_after(one: Conversation, call: Call) -> tuple[int, str] | None:
    """What the agent told the user as soon as the tool had answered; None where it went on working."""
    place = call.brought + 1
    if place < len(one.steps) and one.steps[place].get("content") and not one.steps[place].get("tool_calls"):
        return place, one.steps[place]["content"]
    return None


def ask(name: str, arguments: str, *, number: int, **more: Any) -> Message:
    """A message that calls a tool which nobody called."""
    function = {"name": name, "arguments": arguments}
    call = {"id": f"call_planted_{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call], **more}


def brought(text: str, *, number: int, **more: Any) -> Message:
    return {"role": "tool", "tool_call_id": f"call_planted_{number}", "content": text, **more}


def say(text: str, **more: Any) -> Message:
    return {"role": "assistant", "content": text, **more}


def with_result(one: Conversation, call: Call, text: str, *, failed: bool = False) -> tuple[Message, ...]:
    steps = list(one.steps)
    steps[call.brought] = {**steps[call.brought], "content": text, "failed": failed}
    return tuple(steps)


def with_arguments(one: Conversation, call: Call, arguments: str) -> tuple[Message, ...]:
    steps = list(one.steps)
    asked = dict(steps[call.asked])
    first = asked["tool_calls"][0]
    asked["tool_calls"] = [{**first, "function": {**first["function"], "arguments": arguments}}]
    steps[call.asked] = asked
    return tuple(steps)


# --- reading them ------------------------------------------------------------------------------------------


def conversations(folder: Path) -> list[Conversation]:
    """Of both sets, in the order of their files. FileNotFoundError where one is missing."""
    found = []
    for dataset in SETS:
        with gzip.open(folder / f"{dataset}.jsonl.gz") as lines:
            rows = [json.loads(line) for line in lines]
        tools = json.dumps(_definitions(rows))
        found += [_read(dataset, row, tools=tools) for row in rows]
    return found


def _read(dataset: str, row: dict[str, Any], *, tools: str) -> Conversation:
    steps = list(row["steps"])
    while steps and steps[-1]["role"] == "user":
        steps.pop()
    return Conversation(
        dataset=dataset,
        id=row["run_id"],
        task=str(row["task_id"]),
        good=row["reward"] >= 1,
        model=row["model"].split()[0],
        steps=tuple(steps),
        tools=tools,
    )


def _definitions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the tools must have been offered as, going by how they were called."""
    given: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        for message in row["steps"]:
            for call in message.get("tool_calls") or ():
                given[call["function"]["name"]].append(json.loads(call["function"]["arguments"]))
    return [
        {"type": "function", "function": {"name": name, "parameters": _schema(held)}}
        for name, held in sorted(given.items())
    ]


def _schema(held: list[dict[str, Any]]) -> dict[str, Any]:
    times = Counter(key for each in held for key in each)
    properties = {key: _property([each[key] for each in held if key in each]) for key in times}
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key, n in times.items() if n == len(held)],
    }


def _property(values: list[Any]) -> dict[str, Any]:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    types = sorted({names[type(value)] for value in values if type(value) in names})
    if types == ["string"] and len(values) >= 20 and len(set(values)) <= _FEW:
        return {"type": "string", "enum": sorted(set(values))}
    return {"type": types[0] if len(types) == 1 else types} if types else {}
