"""OpenAI Agents SDK, responses API: a triage agent that hands money matters to billing.

A tool that raises is turned into a text for the model by the framework: its span says OK all the same.
"""

from __future__ import annotations

from agents import Agent, OpenAIResponsesModel, RunConfig, Runner, function_tool
from openai import AsyncOpenAI

from examples.demo.desk import Desk, Ticket
from examples.demo.model_key import MODEL_KEY

MODEL = "gpt-4.1-mini"


class OpenAIAgentsDesk:
    def __init__(self, model_url: str) -> None:
        client = AsyncOpenAI(base_url=f"{model_url}/v1", api_key=MODEL_KEY, max_retries=1)
        self._model = OpenAIResponsesModel(model=MODEL, openai_client=client)

    async def answer(self, desk: Desk, ticket: Ticket) -> str:
        config = RunConfig(group_id=ticket.number, workflow_name="support desk")
        result = await Runner.run(self._triage(desk), ticket.text, run_config=config)
        return str(result.final_output)

    def _triage(self, desk: Desk) -> Agent[None]:
        @function_tool
        def look_up_order(order_id: str) -> dict[str, object]:
            """Status, amount and region of an order."""
            return desk.look_up_order(order_id)

        @function_tool
        def check_policy(region: str) -> str:
            """The return policy of a region."""
            return desk.check_policy(region)

        @function_tool
        def search_handbook(query: str) -> str:
            """Search the handbook."""
            return desk.search_handbook(query)

        @function_tool
        def issue_refund(order_id: str, amount: float) -> dict[str, object]:
            """Pay money back to the customer."""
            return desk.issue_refund(order_id, amount)

        billing = Agent(
            name="billing",
            model=self._model,
            instructions="You settle charges and refunds.",
            handoff_description="Settles charges and refunds.",
            tools=[look_up_order, issue_refund],
        )
        return Agent(
            name="triage",
            model=self._model,
            instructions="You answer customers of a shop. Hand double charges to billing.",
            tools=[look_up_order, check_policy, search_handbook, issue_refund],
            handoffs=[billing],
        )
