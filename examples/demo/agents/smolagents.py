"""smolagents, which answers by a tool of its own."""

from __future__ import annotations

import asyncio

from smolagents import LogLevel, OpenAIModel, ToolCallingAgent, tool

from examples.demo.desk import Desk, Ticket
from examples.demo.model_key import MODEL_KEY

MODEL = "gpt-4.1-mini"


class SmolagentsDesk:
    def __init__(self, model_url: str) -> None:
        self._model = OpenAIModel(model_id=MODEL, api_base=f"{model_url}/v1", api_key=MODEL_KEY)

    async def answer(self, desk: Desk, ticket: Ticket) -> str:
        @tool
        def look_up_order(order_id: str) -> dict:  # type: ignore[type-arg]
            """Status, amount and region of an order.

            Args:
                order_id: The number of the order.
            """
            return desk.look_up_order(order_id)

        @tool
        def check_policy(region: str) -> str:
            """The return policy of a region.

            Args:
                region: EU or US.
            """
            return desk.check_policy(region)

        @tool
        def search_handbook(query: str) -> str:
            """Search the handbook.

            Args:
                query: Words.
            """
            return desk.search_handbook(query)

        @tool
        def issue_refund(order_id: str, amount: float) -> dict:  # type: ignore[type-arg]
            """Pay money back to the customer.

            Args:
                order_id: The number of the order.
                amount: In euros or dollars.
            """
            return desk.issue_refund(order_id, amount)

        tools = [look_up_order, check_policy, search_handbook, issue_refund]
        agent = ToolCallingAgent(tools=tools, model=self._model, max_steps=10, verbosity_level=LogLevel.OFF)
        # A copied context: asyncio's threads inherit the step that is open.
        return str(await asyncio.to_thread(agent.run, ticket.text))
