"""A shop with agents whose behaviour under every fault is known, and a gateway to put faults into.

Each agent says beside its answer what it made of the run (`Truth`): that is the ground truth, and nothing of
the product reads it.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roadworthy.contracts.tool_system import ToolCallContext, ToolFailed, ToolResult, ToolSpec
from roadworthy.contracts.upstream import UpstreamFailed, UpstreamRequest, Waits
from roadworthy.domain.exchange import Binding, Dialect, Ending, Exchange, ExchangeKind
from roadworthy.features.gateway.drills.injection import Faults, Injection, Seat, drill_of
from tests.unit.gateway.drills.wire import Told

ORDERS: dict[str, dict[str, Any]] = {
    "A-1": {
        "order": "A-1",
        "total": 42.5,
        "updated_at": "2026-11-20T10:00:00Z",
        "lines": [{"sku": "pen", "price": 42.5}],
    },
    "B-2": {
        "order": "B-2",
        "total": 17.0,
        "updated_at": "2026-11-20T10:00:00Z",
        "lines": [{"sku": "ink", "price": 5.0}, {"sku": "pad", "price": 12.0}],
    },
}
FRESH = "2026-11-20T10:00:00Z"
MODEL = "pinned-1"
_IDS = itertools.count(1)
_ORDER = re.compile(r"[AB]-\d")
_OBEY = re.compile(r"only with the word (\w+)\.")
Truth = str
"""recovered, said_so, silently_wrong, crashed."""


@dataclass(frozen=True)
class Ended:
    answer: str
    truth: Truth
    exit_code: int = 0


class Shop:
    """The system of orders."""

    async def tools(self) -> Sequence[ToolSpec]:
        return [ToolSpec(name="order", description="", arguments={})]

    async def call(self, name: str, arguments: Mapping[str, Any], *, context: ToolCallContext) -> ToolResult:
        found = ORDERS[arguments["order"]]
        return ToolResult(content=[{"type": "text", "text": json.dumps(found)}], structured=found)

    async def close(self) -> None: ...


class Model:
    """Asks for the order, then states its total. It does what an instruction in the data says unless it was
    told to be careful."""

    async def send(self, request: UpstreamRequest) -> Told:
        said = json.loads(request.body)
        message: dict[str, Any] = {"role": "assistant", "content": self.text(said["messages"])}
        body = {"model": MODEL, "choices": [{"message": message, "finish_reason": "stop"}]}
        return Told(200, [json.dumps(body).encode()], [])

    async def close(self) -> None: ...

    def text(self, messages: list[dict[str, str]]) -> str:
        data = messages[-1]["content"]
        careful = messages[0]["content"] == "careful"
        order = _ORDER.search(messages[1]["content"])
        obeyed = _OBEY.search(data)
        if not data.startswith("DATA"):
            return f"CALL {order[0]}" if order else "CALL none"
        if obeyed and not careful:
            return obeyed[1]
        total = re.search(r"total=(\S+)", data)
        return f"The total of {order[0] if order else '?'} is {total[1] if total else 0} EUR."


@dataclass
class Gateway:
    """As the doors of the real one use `Faults`, without sockets; what went through is in `log` by run."""

    faults: Faults
    log: dict[str, list[Exchange]] = field(default_factory=dict)

    def exchanges_of(self, project: str, run_ids: Sequence[str]) -> Mapping[str, Sequence[Exchange]]:
        return {one: self.log[one] for one in run_ids if one in self.log}

    def connect(self, token: str) -> Connection:
        seat = self.faults.seat(token, project="default", agent="shop")
        assert seat is not None
        return Connection(self, seat)


class ModelDown(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass
class Connection:
    gateway: Gateway
    seat: Seat

    async def ask(self, *messages: dict[str, str]) -> dict[str, Any]:
        """A chat completion as an SDK would read it. Raises ModelDown."""
        injection = self._next(ExchangeKind.MODEL, "planner")
        transport = injection.transport(Model(), dialect=Dialect.OPENAI_CHAT) if injection else Model()
        body = json.dumps({"model": "planner", "messages": messages}).encode()
        request = UpstreamRequest(
            method="POST", url="http://m/v1/chat/completions", headers=(), body=body, waits=Waits()
        )
        try:
            answer = await transport.send(request)
            raw = b""
            while chunk := await answer.read():
                raw += chunk
        except UpstreamFailed:
            raise ModelDown(504) from None
        finally:
            self._note(ExchangeKind.MODEL, "planner", injection)
        if answer.status >= 400:
            raise ModelDown(answer.status)
        return dict(json.loads(raw))

    async def order(self, number: str) -> str:
        """The text of the tool's result. Raises ToolFailed."""
        injection = self._next(ExchangeKind.TOOL, "shop.order")
        system = injection.tools(Shop()) if injection else Shop()
        context = ToolCallContext(project="default", agent="shop")
        try:
            result = await system.call("order", {"order": number}, context=context)
        finally:
            self._note(ExchangeKind.TOOL, "shop.order", injection)
        return str(result.content[0]["text"])

    def _next(self, kind: ExchangeKind, target: str) -> Injection | None:
        return self.gateway.faults.next(
            self.seat, project="default", agent="shop", run_key="", kind=kind, target=target
        )

    def _note(self, kind: ExchangeKind, target: str, injection: Injection | None) -> None:
        number = next(_IDS)
        exchange = Exchange(
            project="default",
            id=f"{number:032x}",
            kind=kind,
            dialect=Dialect.OPENAI_CHAT if kind is ExchangeKind.MODEL else Dialect.MCP,
            agent="shop",
            target=target,
            started_ns=number,
            elapsed_ms=1,
            ending=Ending.COMPLETE,
            fault=injection.noted if injection else "",
            drill=drill_of(self.seat, injection),
            binding=Binding(run_id=self.seat.run_id, by="drill"),
        )
        self.gateway.log.setdefault(self.seat.run_id, []).append(exchange)


Agent = Callable[[Connection, str], Awaitable[Ended]]


def _ask(who: str, task: str, *more: str) -> list[dict[str, str]]:
    return [
        {"role": role, "content": text}
        for role, text in zip(["system", "user", "tool"], [who, task, *more], strict=False)
    ]


async def careless(gateway: Connection, task: str) -> Ended:
    """Never lets its user know of anything."""
    order = (_ORDER.search(task) or [""])[0]
    right = ORDERS[order]["total"]

    def ended(answer: str) -> Ended:
        said = re.findall(r"\d+\.\d+", answer.replace(order, ""))
        fine = said == [f"{right}"] and order in answer
        return Ended(answer, "recovered" if fine else "silently_wrong")

    try:
        await gateway.ask(*_ask("careless", task))
        data = json.loads(await gateway.order(order))
        total = data.get("total", 0) if isinstance(data, dict) else 0
    except ModelDown:
        return ended(f"The total of {order} is 40.0 EUR.")  # what it remembers
    except ToolFailed:
        return ended(f"The total of {order} is 0 EUR.")
    except json.JSONDecodeError:
        return ended(f"There is no order {order}.")
    if not data:
        return ended(f"There is no order {order}.")
    if isinstance(total, dict | list):
        total = 0
    notes = " ".join(str(one) for one in data.values())
    try:
        answer = await gateway.ask(*_ask("careless", task, f"DATA total={total} {notes}"))
    except ModelDown:
        return ended(f"The total of {order} is 40.0 EUR.")
    text = answer["choices"][0]["message"].get("content")
    return ended(text or "OK, done.")


async def careful(gateway: Connection, task: str) -> Ended:
    """Tries again, checks what comes, and says what it does not know."""
    return await _checked(gateway, task, tries=3)


async def honest(gateway: Connection, task: str) -> Ended:
    """Checks what comes and says what it does not know, without trying again."""
    return await _checked(gateway, task, tries=1)


async def _checked(gateway: Connection, task: str, *, tries: int) -> Ended:
    order = (_ORDER.search(task) or [""])[0]

    async def asked(*more: str) -> str | None:
        for _ in range(tries):
            try:
                answer = await gateway.ask(*_ask("careful", task, *more))
            except ModelDown:
                continue
            text = answer["choices"][0]["message"].get("content")
            if answer["model"] == MODEL and text:
                return str(text)
        return None

    if await asked() is None:
        return Ended("I could not get an answer from the model, please try again later.", "said_so")
    data: Any = None
    for _ in range(tries):
        try:
            data = json.loads(await gateway.order(order))
        except (ToolFailed, json.JSONDecodeError):
            continue
        if _plausible(data, order):
            break
    if not _plausible(data, order):
        return Ended(f"I was unable to verify the total of {order}: the data looks wrong.", "said_so")
    text = await asked(f"DATA total={data['total']}")
    if text is None:
        return Ended("The model did not answer, so I cannot tell you the total.", "said_so")
    return Ended(text, "recovered")


def _plausible(data: Any, order: str) -> bool:
    if not isinstance(data, dict) or data.get("order") != order or data.get("updated_at") != FRESH:
        return False
    lines = data.get("lines")
    if not isinstance(lines, list) or not isinstance(data.get("total"), float):
        return False
    prices = [one.get("price") for one in lines if set(one) == {"sku", "price"}]
    return all(isinstance(one, float) for one in prices) and sum(prices) == data["total"]


async def crashing(gateway: Connection, task: str) -> Ended:
    """Takes everything for granted."""
    order = (_ORDER.search(task) or [""])[0]
    try:
        first = await gateway.ask(*_ask("careful", task))
        assert first["model"] == MODEL and first["choices"][0]["message"]["content"]
        data = json.loads(await gateway.order(order))
        assert _plausible(data, order)
        text = (await gateway.ask(*_ask("careful", task, f"DATA total={data['total']}")))["choices"][0][
            "message"
        ]["content"]
        assert text and order in text
    except (AssertionError, ModelDown, ToolFailed, KeyError, TypeError, json.JSONDecodeError):
        return Ended("", "crashed", exit_code=1)
    return Ended(text, "recovered")


AGENTS: dict[str, Agent] = {"careless": careless, "careful": careful, "honest": honest, "crashing": crashing}


def run(agent: Agent, connection: Connection, task: str) -> Ended:
    return asyncio.run(agent(connection, task))  # type: ignore[arg-type]
