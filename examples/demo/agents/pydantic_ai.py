"""Pydantic AI over chat completions; it speaks OpenTelemetry by itself once it is switched on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic_ai import Agent, ModelRetry
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from examples.demo.desk import Desk, Ticket
from examples.demo.model_key import MODEL_KEY

MODEL = "gpt-4.1-mini"
T = TypeVar("T")


class PydanticAIDesk:
    def __init__(self, model_url: str) -> None:
        provider = OpenAIProvider(base_url=f"{model_url}/v1", api_key=MODEL_KEY)
        self._model = OpenAIChatModel(MODEL, provider=provider)

    async def answer(self, desk: Desk, ticket: Ticket) -> str:
        agent = Agent(self._model, name="desk", instructions="You answer customers of a shop.", retries=2)

        @agent.tool_plain
        def look_up_order(order_id: str) -> dict[str, object]:
            """Status, amount and region of an order."""
            return _or_retry(lambda: desk.look_up_order(order_id))

        @agent.tool_plain
        def check_policy(region: str) -> str:
            """The return policy of a region."""
            return desk.check_policy(region)

        @agent.tool_plain
        def search_handbook(query: str) -> str:
            """Search the handbook."""
            return desk.search_handbook(query)

        @agent.tool_plain
        def issue_refund(order_id: str, amount: float) -> dict[str, object]:
            """Pay money back to the customer."""
            return _or_retry(lambda: desk.issue_refund(order_id, amount))

        result = await agent.run(ticket.text)
        return result.output


def _or_retry(do: Callable[[], T]) -> T:
    try:
        return do()
    except Exception as error:
        raise ModelRetry(f"{type(error).__name__}: {error}") from error
