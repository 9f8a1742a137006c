"""One agent of one framework, working on tickets until it is told to stop.

python -m examples.demo.worker langgraph --model http://127.0.0.1:9999 --seconds 60 --pause 2
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import signal
import sys
import time
from importlib import import_module
from typing import Protocol, cast

import roadworthy
from examples.demo.desk import Desk, Ticket, tickets

FRAMEWORKS = {
    "openai-agents": ("openai_agents", "OpenAIAgentsDesk"),
    "langgraph": ("langgraph", "LangGraphDesk"),
    "pydantic-ai": ("pydantic_ai", "PydanticAIDesk"),
    "anthropic-sdk": ("anthropic_sdk", "AnthropicDesk"),
    "smolagents": ("smolagents", "SmolagentsDesk"),
}
"""Name, and the module and class in `examples.demo.agents`."""


class Answering(Protocol):
    async def answer(self, desk: Desk, ticket: Ticket) -> str: ...


def load(framework: str, model_url: str) -> Answering:
    module, name = FRAMEWORKS[framework]
    made = getattr(import_module(f"examples.demo.agents.{module}"), name)(model_url)
    return cast("Answering", made)


async def work(framework: str, agent: Answering, ticket: Ticket) -> str:
    """One ticket is one run; returns a line for the terminal."""
    desk = Desk()
    with (
        roadworthy.session(ticket.number, user=ticket.customer),
        roadworthy.agent(f"desk ({framework})") as step,
    ):
        step.input(ticket.text)
        answer = await agent.answer(desk, ticket)
        step.output(answer)
        outcome, reason = desk.verdict(ticket)
        roadworthy.outcome(outcome, reason=reason)  # type: ignore[arg-type]
    return f"{outcome}: {answer}"


async def work_on(options: argparse.Namespace) -> None:
    agent = load(options.framework, options.model)
    end = time.monotonic() + options.seconds
    dice = random.Random(options.seed)
    several = [tickets(options.seed, kind)[0] for kind in options.each] or tickets(options.seed)
    for ticket in several:
        if time.monotonic() >= end:
            return
        try:
            said = await work(options.framework, agent, ticket)
        except Exception as error:  # noqa: BLE001 (the next ticket is worked on all the same)
            said = f"error: {type(error).__name__}"
        print(f"{options.framework:14} {ticket.number} {said}", flush=True)
        await asyncio.sleep(dice.uniform(0.5, 1.5) * options.pause)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("--model", required=True, help="address of the scripted model")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pause", type=float, default=2, help="mean seconds between tickets")
    parser.add_argument("--each", default="", help="one ticket of each of these kinds, such as 125")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    logging.basicConfig(level=logging.ERROR)
    logging.getLogger("roadworthy").setLevel(logging.WARNING)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    roadworthy.init(agent=f"desk-{options.framework}", release=f"1.{options.seed % 3}.0", environment="demo")
    try:
        asyncio.run(work_on(options))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        roadworthy.shutdown()


if __name__ == "__main__":
    main()
