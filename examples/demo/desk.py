"""A support desk: its orders, its tools, its tickets, and how to tell whether a ticket was really solved.

The tools fail in the ways tools do: by raising, by answering with an error text, by saying no politely.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Order:
    id: str
    status: str
    amount: float
    region: str


ORDERS = {
    order.id: order
    for order in (
        Order("A-17", "delivered on 2026-11-12", 64.0, "EU"),
        Order("A-23", "delivered damaged on 2026-11-14", 42.5, "EU"),
        Order("B-02", "lost in transit", 600.0, "US"),
        Order("D-31", "delivered on 2026-11-02", 18.9, "US"),
    )
}
POLICIES = {"EU": "Returns within 14 days of delivery.", "US": "Returns within 30 days of delivery."}
REFUND_LIMIT = 500.0


class PaymentTimeoutError(Exception):
    """The payment service did not answer."""


class UnknownOrderError(Exception):
    """There is no such order."""


@dataclass(frozen=True)
class Ticket:
    """`kind` is the first digit of the number: what will happen (see KINDS)."""

    number: str
    customer: str
    text: str

    @property
    def kind(self) -> str:
        return self.number[2]


KINDS = {
    "1": ("return", "can I still return order A-17? I live in Germany."),
    "2": ("refund after a time-out", "order A-23 arrived broken, please refund it."),
    "3": ("false success", "order B-02 never arrived, I want my money back."),
    "4": ("loop", "is my espresso machine under warranty if I move to Norway?"),
    "5": ("hand-off", "I was charged twice for order D-31, please refund one of them."),
    "6": ("unknown order", "where is order C-99?"),
    "7": ("model error", "here are all my mails of the last ten years, please answer them."),
    "8": ("small talk", "thank you, the last answer helped a lot!"),
}
OFTEN = "112255566888834" + "7"
"""Kinds as they come in: a desk mostly works."""
CUSTOMERS = ("mia", "noah", "lina", "omar", "yuki", "ines")


def tickets(seed: int, only: str = "") -> list[Ticket]:
    """A hundred tickets; the same seed gives the same ones."""
    dice = random.Random(seed)
    drawn = []
    for _ in range(100):
        kind = dice.choice(only or OFTEN)
        number = f"T-{kind}{dice.randrange(1000):03d}"
        customer = dice.choice(CUSTOMERS)
        drawn.append(Ticket(number=number, customer=customer, text=f"Ticket {number}: {KINDS[kind][1]}"))
    return drawn


@dataclass
class Desk:
    """What the tools see and change while one ticket is worked on."""

    refunds: list[tuple[str, float]] = field(default_factory=list)
    attempts: int = 0
    searches: int = 0

    def look_up_order(self, order_id: str) -> dict[str, object]:
        order = ORDERS.get(order_id)
        if order is None:
            raise UnknownOrderError(f"no order {order_id}")
        return {"order_id": order.id, "status": order.status, "amount": order.amount, "region": order.region}

    def check_policy(self, region: str) -> str:
        return POLICIES[region]

    def search_handbook(self, query: str) -> str:
        self.searches += 1
        return f"0 articles for {query!r}"

    def issue_refund(self, order_id: str, amount: float) -> dict[str, object]:
        self.attempts += 1
        if order_id == "A-23" and self.attempts == 1:
            raise PaymentTimeoutError("payment service: no answer within 5 s")
        if amount > REFUND_LIMIT:
            return {"ok": False, "reason": f"above the limit of {REFUND_LIMIT:.0f}, needs a manager"}
        self.refunds.append((order_id, amount))
        return {"ok": True, "refunded": amount}

    def verdict(self, ticket: Ticket) -> tuple[str, str]:
        """Success or failure, and why: from what was done, not from what was said."""
        if ticket.kind in "235" and not self.refunds:
            return "failure", "the customer was told of a refund that was never booked"
        if ticket.kind == "4":
            return "failure", f"gave up after {self.searches} searches for the same thing"
        return "success", ""
