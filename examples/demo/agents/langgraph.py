"""LangGraph by LangChain's create_agent, chat completions, streamed.

Its tools catch their own exceptions and answer with an error text, as many do: nothing but the text says
that they failed.
"""

from __future__ import annotations

from langchain.agents import create_agent
from langchain.tools import tool
from langchain_openai import ChatOpenAI

from examples.demo.desk import Desk, Ticket
from examples.demo.model_key import MODEL_KEY

MODEL = "gpt-4.1-mini"


class LangGraphDesk:
    def __init__(self, model_url: str) -> None:
        self._model = ChatOpenAI(
            model=MODEL,
            base_url=f"{model_url}/v1",
            api_key=MODEL_KEY,
            streaming=True,
            stream_usage=True,
            max_retries=1,
        )

    async def answer(self, desk: Desk, ticket: Ticket) -> str:
        @tool
        def look_up_order(order_id: str) -> str:
            """Status, amount and region of an order."""
            try:
                return str(desk.look_up_order(order_id))
            except Exception as error:  # noqa: BLE001 (a tool that fails must not end the conversation)
                return f"Error: {error}"

        @tool
        def check_policy(region: str) -> str:
            """The return policy of a region."""
            return desk.check_policy(region)

        @tool
        def search_handbook(query: str) -> str:
            """Search the handbook."""
            return desk.search_handbook(query)

        @tool
        def issue_refund(order_id: str, amount: float) -> str:
            """Pay money back to the customer."""
            try:
                return str(desk.issue_refund(order_id, amount))
            except Exception as error:  # noqa: BLE001 (a tool that fails must not end the conversation)
                return f"Error: {error}"

        tools = [look_up_order, check_policy, search_handbook, issue_refund]
        agent = create_agent(self._model, tools, system_prompt="You answer customers of a shop.", name="desk")
        settings = {"configurable": {"thread_id": ticket.number}, "metadata": {"session_id": ticket.number}}
        state = await agent.ainvoke({"messages": [("user", ticket.text)]}, config=settings)
        return str(state["messages"][-1].content)
