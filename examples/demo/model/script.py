"""What the scripted model says next: it decides by the ticket, and by which tools have answered so far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from examples.demo.desk import ORDERS

_TICKET = re.compile(r"Ticket (T-(\d)\d{3})")
_ORDER = re.compile(r"\b([A-Z]-\d\d)\b")


@dataclass(frozen=True)
class Call:
    tool: str
    arguments: dict[str, object]


@dataclass(frozen=True)
class Turn:
    """Either calls or a text; or an HTTP error."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    error: int = 0


@dataclass
class Conversation:
    """What a request says, whichever API it came by."""

    user: str = ""
    called: list[str] = field(default_factory=list)
    """Tools whose results are in the conversation, since the ticket."""
    results: list[str] = field(default_factory=list)
    """What those tools answered."""
    tools: Sequence[str] = ()
    characters: int = 0


def next_turn(talk: Conversation) -> Turn:
    ticket = _TICKET.search(talk.user)
    if ticket is None:
        return _finally(_weather(talk), talk)
    kind = ticket[2]
    if kind == "7":
        return Turn(error=400)
    order = _ORDER.search(talk.user.replace(ticket[0], ""))
    steps = _steps(kind, order[1] if order else "", talk)
    return _finally(steps[min(len(talk.called), len(steps) - 1)], talk)


def _finally(turn: Turn, talk: Conversation) -> Turn:
    if turn.text and "final_answer" in talk.tools:  # smolagents answers by a tool
        return Turn(calls=(Call("final_answer", {"answer": turn.text}),))
    return turn


def _weather(talk: Conversation) -> Turn:
    """The programs of docs/guide/frameworks.md ask for nothing else."""
    if "weather" in talk.tools and not talk.called:
        return Turn(calls=(Call("weather", {"city": "Rome"}),))
    return Turn(text="It is sunny in Rome.")


def _steps(kind: str, order: str, talk: Conversation) -> list[Turn]:
    amount = ORDERS[order].amount if order in ORDERS else 0.0
    look_up = Turn(calls=(Call("look_up_order", {"order_id": order}),))
    refund = Turn(calls=(Call("issue_refund", {"order_id": order, "amount": amount}),))
    if kind == "1":
        policy = Turn(calls=(Call("check_policy", {"region": "EU"}),))
        return [
            look_up,
            policy,
            Turn(text=f"Yes: order {order} can be returned within 14 days of its delivery."),
        ]
    if kind == "2":
        return [
            look_up,
            refund,
            refund,
            Turn(text=f"I am sorry it broke. {amount:.2f} for {order} is on its way."),
        ]
    if kind == "3":
        return [look_up, refund, Turn(text=f"Done: I have refunded {amount:.2f} for order {order}.")]
    if kind == "4":
        search = Turn(calls=(Call("search_handbook", {"query": "warranty abroad"}),))
        return [*[search] * 6, Turn(text="I could not find out. Please write to the manufacturer.")]
    if kind == "5":
        return [
            *_transfer(talk),
            look_up,
            refund,
            Turn(text=f"One of the two charges for {order} is refunded."),
        ]
    if kind == "6":
        return [look_up, Turn(text=f"There is no order {order}. Could you check the number?")]
    return [Turn(text="You are welcome!")]


def _transfer(talk: Conversation) -> list[Turn]:
    """The hand-off to billing, where the framework has one."""
    offered = [name for name in (*talk.called, *talk.tools) if "transfer_to" in name]
    return [Turn(calls=(Call(offered[0], {}),))] if offered else []
