"""What decorated code records, and that it behaves as before in every way a host could notice."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import trace

import roadworthy
from tests.unit.sdk.collector import Collector, Received

Start = Callable[..., None]


def sent(collector: Collector) -> list[Received]:
    assert roadworthy.flush(timeout_s=20)
    return collector.spans


def test_a_tool_inside_an_agent_is_one_trace_with_genai_attributes(
    collector: Collector, start: Start
) -> None:
    start(release="1.2", environment="staging")

    @roadworthy.tool
    def look_up(order_id: str, *, limit: int = 3) -> dict[str, Any]:
        return {"id": order_id, "limit": limit}

    @roadworthy.agent("support desk")
    def answer(question: str) -> str:
        return f"{look_up('A-17', limit=1)['id']} is on its way"

    assert answer("Where is A-17?") == "A-17 is on its way"

    sent(collector)
    agent, tool = collector.named("invoke_agent support desk"), collector.named("execute_tool look_up")
    assert tool.trace_id == agent.trace_id
    assert tool.parent_id == agent.span_id
    assert agent.parent_id == ""
    assert agent.attributes == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "support desk",
        "gen_ai.input.messages": (
            '[{"role": "user", "parts": [{"type": "text", "content": "Where is A-17?"}]}]'
        ),
        "gen_ai.output.messages": (
            '[{"role": "assistant", "parts": [{"type": "text", "content": "A-17 is on its way"}], '
            '"finish_reason": "stop"}]'
        ),
    }
    assert tool.attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_up",
        "gen_ai.tool.call.arguments": '{"order_id": "A-17", "limit": 1}',
        "gen_ai.tool.call.result": '{"id": "A-17", "limit": 1}',
    }
    assert agent.resource["service.name"] == "desk"
    assert agent.resource["service.version"] == agent.resource["roadworthy.release"] == "1.2"
    assert agent.resource["deployment.environment.name"] == "staging"


def test_messages_are_valid_json_whatever_the_text(collector: Collector, start: Start) -> None:
    start()
    nasty = 'say "hi"\\ \n\t\x00 ü 漢 🙂 \ud800'

    roadworthy.agent("echo")(lambda text: text)(nasty)

    sent(collector)
    messages = json.loads(collector.named("invoke_agent echo").attributes["gen_ai.input.messages"])
    assert messages[0]["parts"][0]["content"] == nasty.replace("\ud800", "?")


def test_a_chat_given_to_an_agent_stays_a_chat(collector: Collector, start: Start) -> None:
    start()
    chat = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]

    roadworthy.agent("chat")(lambda messages: "hello")(chat)

    sent(collector)
    messages = json.loads(collector.named("invoke_agent chat").attributes["gen_ai.input.messages"])
    assert [m["role"] for m in messages] == ["system", "user"]
    assert messages[1]["parts"] == [{"type": "text", "content": "hi"}]


def test_an_exception_passes_unchanged_and_is_recorded(collector: Collector, start: Start) -> None:
    start()
    raised = ValueError("no such order")

    @roadworthy.tool
    def look_up() -> None:
        raise raised

    with pytest.raises(ValueError, match="no such order") as caught:
        look_up()

    assert caught.value is raised
    assert [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)][-1] == "look_up"
    sent(collector)
    span = collector.named("execute_tool look_up")
    assert span.status == 2
    assert span.message == "ValueError: no such order"
    assert span.attributes["error.type"] == "ValueError"
    name, event = span.events[0]
    assert name == "exception"
    assert "raise raised" in event["exception.stacktrace"]


def test_an_exception_that_cannot_be_printed_still_passes(collector: Collector, start: Start) -> None:
    start()

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("not today")

    @roadworthy.tool
    def fail() -> None:
        raise Mute("x")

    with pytest.raises(Mute):
        fail()
    sent(collector)
    assert collector.named("execute_tool fail").status == 2


def test_coroutines_stay_coroutines_and_nest(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.tool
    async def step(number: int) -> int:
        await asyncio.sleep(0)
        return number

    @roadworthy.agent
    async def run() -> int:
        return sum(await asyncio.gather(*(step(number) for number in range(5))))

    assert inspect.iscoroutinefunction(run)
    assert asyncio.run(run()) == 10
    spans = sent(collector)
    agent = collector.named("invoke_agent run")
    assert [s.parent_id for s in spans if s.name == "execute_tool step"] == [agent.span_id] * 5


def test_a_cancelled_task_is_cancelled_and_its_step_ends(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.agent
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        task = asyncio.create_task(wait_for_ever())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    sent(collector)
    assert (
        collector.named("invoke_agent wait_for_ever").attributes["error.type"]
        == "asyncio.exceptions.CancelledError"
    )


def test_a_generator_is_one_step_from_first_to_last_value(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.agent
    def stream(text: str) -> Iterator[str]:
        yield from text.split()

    assert inspect.isgeneratorfunction(stream)
    seen = []
    for word in stream("it was sent"):
        seen.append(word)
        assert not trace.get_current_span().is_recording(), "the step must not leak into its reader"
    assert seen == ["it", "was", "sent"]
    sent(collector)
    output = json.loads(collector.named("invoke_agent stream").attributes["gen_ai.output.messages"])
    assert output[0]["parts"][0]["content"] == "itwassent"


def test_a_generator_closed_early_ends_its_step_without_error(collector: Collector, start: Start) -> None:
    start()
    closed = []

    @roadworthy.tool
    def numbers() -> Generator[int, None, None]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    generator = numbers()
    assert [next(generator), next(generator)] == [0, 1]
    generator.close()
    assert closed == [True]
    sent(collector)
    span = collector.named("execute_tool numbers")
    assert span.status == 0
    assert span.attributes["roadworthy.closed_early"] is True
    assert span.attributes["gen_ai.tool.call.result"] == "[0, 1]"


def test_send_throw_and_return_reach_a_wrapped_generator(start: Start) -> None:
    start()

    @roadworthy.tool
    def talk() -> Any:
        heard: list[object] = []
        while len(heard) < 2:
            try:
                heard.append((yield len(heard)))
            except KeyError as error:
                heard.append(error)
        return heard

    generator = talk()
    assert next(generator) == 0
    assert generator.send("a") == 1
    with pytest.raises(StopIteration) as stop:
        generator.throw(KeyError("b"))
    assert stop.value.value[0] == "a"
    assert isinstance(stop.value.value[1], KeyError)


def test_async_generators_record_and_can_be_closed(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.tool
    async def inner(number: int) -> int:
        return number

    @roadworthy.agent
    async def stream() -> AsyncIterator[int]:
        for number in range(10):
            yield await inner(number)

    async def main() -> list[int]:
        whole = [number async for number in stream()]
        partly = stream()
        assert await anext(partly) == 0
        assert not trace.get_current_span().is_recording()
        await partly.aclose()  # type: ignore[attr-defined]
        return whole

    assert asyncio.run(main()) == list(range(10))
    spans = sent(collector)
    agents = [s for s in spans if s.name == "invoke_agent stream"]
    assert [a.attributes.get("roadworthy.closed_early") for a in agents] == [None, True]
    assert {s.parent_id for s in spans if s.name == "execute_tool inner"} == {a.span_id for a in agents}


def test_an_async_generator_may_be_read_from_several_tasks(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start()

    @roadworthy.agent
    async def stream() -> AsyncIterator[int]:
        for number in range(3):
            yield number

    async def main() -> list[int]:
        generator = stream()
        return [await asyncio.create_task(anext(generator)) for _ in range(3)]  # type: ignore[arg-type]

    assert asyncio.run(main()) == [0, 1, 2]
    assert not [record for record in caplog.records if "detach" in record.getMessage()]


def test_methods_static_methods_and_partials_can_be_decorated(collector: Collector, start: Start) -> None:
    start()

    class Desk:
        @roadworthy.tool
        def own(self, number: int) -> int:
            return number

        @roadworthy.tool
        @staticmethod
        def static(number: int) -> int:
            return number

        @roadworthy.tool
        @classmethod
        def of_class(cls, number: int) -> int:
            return number

    async def later(number: int) -> int:
        return number

    assert Desk().own(1) + Desk.static(2) + Desk.of_class(3) == 6
    assert asyncio.run(roadworthy.tool("late")(functools.partial(later, 4))()) == 4
    sent(collector)
    arguments = {s.name: s.attributes["gen_ai.tool.call.arguments"] for s in collector.spans}
    assert arguments["execute_tool own"] == '{"number": 1}'
    assert arguments["execute_tool static"] == '{"number": 2}'
    assert collector.named("execute_tool late").attributes["gen_ai.tool.call.result"] == "4"


def test_signatures_and_names_are_kept() -> None:
    def look_up(order_id: str, limit: int = 3) -> dict[str, str]:
        """Find an order."""
        return {}

    decorated = roadworthy.tool(look_up)

    assert inspect.signature(decorated) == inspect.signature(look_up)
    assert decorated.__doc__ == "Find an order."
    assert decorated.__name__ == "look_up"


def test_with_blocks_record_what_they_are_told(collector: Collector, start: Start) -> None:
    start()

    async def main() -> None:
        async with roadworthy.agent("planner") as step:
            step.input("plan my trip")
            step.attribute("customer", "c-1")
            with roadworthy.tool("search") as search:
                search.input({"q": "trains"})
                search.output(["09:12"])
            step.output("take the 09:12")

    asyncio.run(main())
    sent(collector)
    agent, tool = collector.named("invoke_agent planner"), collector.named("execute_tool search")
    assert tool.parent_id == agent.span_id
    assert tool.attributes["gen_ai.tool.call.arguments"] == '{"q": "trains"}'
    assert tool.attributes["gen_ai.tool.call.result"] == '["09:12"]'
    assert "plan my trip" in agent.attributes["gen_ai.input.messages"]
    assert "take the 09:12" in agent.attributes["gen_ai.output.messages"]
    assert agent.attributes["customer"] == "c-1"


def test_threads_inherit_the_step_by_propagate_and_only_so(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.tool
    def work(number: int) -> int:
        return number

    @roadworthy.agent
    def run() -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(roadworthy.propagate(work), range(20)))
        thread = threading.Thread(target=work, args=(99,))
        thread.start()
        thread.join()

    run()
    spans = sent(collector)
    agent = collector.named("invoke_agent run")
    tools = {s.attributes["gen_ai.tool.call.arguments"]: s for s in spans if s.name == "execute_tool work"}
    lonely = tools.pop('{"number": 99}')
    assert len(tools) == 20
    assert {tool.parent_id for tool in tools.values()} == {agent.span_id}
    assert lonely.trace_id != agent.trace_id


def test_arguments_are_recorded_as_they_were_at_the_call(collector: Collector, start: Start) -> None:
    start()

    @roadworthy.tool
    def consume(items: list[int]) -> list[int]:
        items.clear()
        return items

    consume([1, 2, 3])
    sent(collector)
    assert (
        collector.named("execute_tool consume").attributes["gen_ai.tool.call.arguments"]
        == '{"items": [1, 2, 3]}'
    )


def test_content_can_be_left_out_for_one_step_or_for_all(collector: Collector, start: Start) -> None:
    start()
    roadworthy.tool("quiet", capture=False)(lambda secret: secret)("s3cret")
    roadworthy.flush()
    roadworthy.shutdown()
    start(content=False)
    roadworthy.tool("all quiet")(lambda secret: secret)("s3cret")
    with roadworthy.agent("quiet too") as step:
        step.input("s3cret")
        step.output("s3cret")

    assert len(sent(collector)) == 3
    assert not any(b"s3cret" in body for body in collector.bodies)


def test_a_session_marks_everything_recorded_inside(collector: Collector, start: Start) -> None:
    start()
    with roadworthy.session("conv-7", user="mia"):
        roadworthy.agent("inside")(lambda: None)()
        trace.get_tracer("some.framework").start_span("of a framework").end()
    roadworthy.agent("outside")(lambda: None)()

    sent(collector)
    for name in ("invoke_agent inside", "of a framework"):
        assert collector.named(name).attributes["gen_ai.conversation.id"] == "conv-7"
        assert collector.named(name).attributes["user.id"] == "mia"
    assert "gen_ai.conversation.id" not in collector.named("invoke_agent outside").attributes


def test_without_init_decorated_code_just_runs() -> None:
    @roadworthy.agent
    def run() -> str:
        roadworthy.outcome("success")
        return "done"

    assert run() == "done"
    assert roadworthy.flush()
    assert roadworthy.current_run() is None
