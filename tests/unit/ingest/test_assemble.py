"""Runs out of spans: what counts once, what counts as failed, what belongs together, in any order."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.contracts.telemetry import RunPlace
from roadworthy.domain.message import Message, Part, ToolCall
from roadworthy.domain.run import Outcome, Run, RunStatus
from roadworthy.domain.span import ContentFormat, Span, SpanFlag, SpanKind, SpanStatus
from roadworthy.features.ingest.join_keys import is_strong, keys_of
from roadworthy.features.ingest.messages.parse import dump_messages
from roadworthy.features.ingest.runs.assemble import assemble

MS = 1_000_000
NOW = 1_795_336_200_000_000_000
CALL = "call_Xq81mZr4Tt0aBcD2"
OTHER_CALL = "call_9fLw37PoRs6eYuI1"
_ids = itertools.count(1)


def span(
    kind: SpanKind, *, trace: int = 1, parent: Span | None = None, at: int = 0, lasts: int = 10, **fields: Any
) -> Span:
    """Times in ms after a common start."""
    values: dict[str, Any] = {
        "project": "p",
        "trace_id": f"{trace:032x}",
        "span_id": f"{next(_ids):016x}",
        "parent_id": parent.span_id if parent else "",
        "name": str(kind),
        "kind": kind,
        "dialect": "" if kind is SpanKind.OTHER else "otel_genai",
        "scope": "test",
        "start_ns": NOW + at * MS,
        "end_ns": NOW + (at + lasts) * MS,
        "received_ns": NOW,
        "version": 1,
        "status": SpanStatus.OK,
    }
    made = Span(**(values | fields))
    if not made.join_keys:
        made.join_keys = keys_of(made)
    return made


def chat(*messages: Message) -> str:
    return dump_messages(messages)


def asks(name: str, *, ident: str = CALL, arguments: str = "{}", **more: Any) -> Message:
    return Message(role="assistant", tool_calls=(ToolCall(id=ident, name=name, arguments=arguments),), **more)


def result(content: str, *, ident: str = CALL) -> Message:
    return Message(role="tool", content=content, tool_call_id=ident)


def model_call(*given: Message, said: Message | None = None, **fields: Any) -> Span:
    return span(
        SpanKind.LLM,
        input=chat(*given) if given else "",
        input_format=ContentFormat.MESSAGES if given else ContentFormat.NONE,
        output=chat(said) if said else "",
        output_format=ContentFormat.MESSAGES if said else ContentFormat.NONE,
        **fields,
    )


def only_run(*spans: Span) -> Run:
    runs = assemble(spans).runs
    assert len(runs) == 1
    return runs[0]


USER = Message(role="user", content="Where is order A-17?")
ANSWER = Message(role="assistant", content="On its way.")


def test_a_call_reported_by_two_layers_counts_once() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    outer = model_call(USER, said=ANSWER, parent=agent, at=1, lasts=20, input_tokens=10, output_tokens=3)
    inner = model_call(parent=outer, at=2, lasts=18, input_tokens=10, output_tokens=3, model_answered="m")
    assembled = assemble([agent, outer, inner])
    run = assembled.runs[0]
    assert (run.model_calls, run.input_tokens, run.output_tokens, run.merged_spans) == (1, 10, 3, 1)
    merged = next(s for s in assembled.spans if s.span_id == inner.span_id)
    assert merged.merged_into == outer.span_id and SpanFlag.DUPLICATE in merged.flags


def test_a_span_around_several_calls_is_their_sum() -> None:
    outer = model_call(lasts=100, input_tokens=30, output_tokens=6)
    calls = [
        model_call(
            USER, said=ANSWER, parent=outer, at=at, input_tokens=15, output_tokens=3, response_id=f"r{at}"
        )
        for at in (10, 40)
    ]
    run = only_run(outer, *calls)
    assert (run.model_calls, run.input_tokens, run.output_tokens) == (2, 30, 6)


def test_one_answer_in_two_traces_counts_once() -> None:
    ident = "msg_01JtlcrH7D3A9EF5WTedK2xicf"
    first = model_call(
        USER, said=ANSWER, trace=1, response_id=ident, input_tokens=8, scope="wrapper", lasts=20
    )
    second = model_call(trace=2, at=1, response_id=ident, input_tokens=8, scope="sdk")
    run = only_run(first, second)
    assert (run.model_calls, run.input_tokens, set(run.trace_ids)) == (
        1,
        8,
        {first.trace_id, second.trace_id},
    )


def test_answers_from_a_cache_keep_their_id_and_count_twice() -> None:
    ident = "chatcmpl-1bplilKWKe4adveWnSMH4eEz"
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    calls = [model_call(USER, said=ANSWER, parent=agent, at=at, response_id=ident) for at in (0, 50)]
    assert only_run(agent, *calls).model_calls == 2


def test_where_two_reports_differ_the_innermost_is_believed() -> None:
    outer = model_call(USER, said=ANSWER, lasts=20, input_tokens=209, output_tokens=11, scope="wrapper")
    inner = model_call(parent=outer, at=1, lasts=18, input_tokens=209, output_tokens=10, scope="sdk")
    assert only_run(outer, inner).output_tokens == 10


def test_a_failure_only_the_server_saw_is_a_failure_of_the_tool() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    tool = span(SpanKind.TOOL, parent=agent, tool_name="refund", at=10, lasts=50)
    client = span(SpanKind.TOOL, parent=tool, tool_name="refund", at=11, lasts=45, dialect="mcp", scope="mcp")
    server = span(
        SpanKind.TOOL,
        parent=client,
        tool_name="refund",
        at=12,
        lasts=40,
        scope="mcp",
        status=SpanStatus.ERROR,
        error="timed out",
    )
    assembled = assemble([agent, tool, client, server])
    run = assembled.runs[0]
    assert (run.tool_calls, run.failed_tool_calls, run.inferred_failed_tool_calls) == (1, 1, 1)
    seen = next(s for s in assembled.spans if s.span_id == tool.span_id)
    assert (seen.status, seen.error) == (SpanStatus.ERROR, "timed out")


def test_a_raw_sdk_makes_one_run_of_many_traces() -> None:
    first = model_call(USER, said=asks("lookup"), trace=1)
    second = model_call(
        USER, asks("lookup"), result("Error: no such order"), said=ANSWER, trace=2, at=50, model_answered="m"
    )
    assembled = assemble([second, first])
    run = assembled.runs[0]
    assert (run.model_calls, run.tool_calls, run.failed_tool_calls) == (2, 1, 1)
    assert (run.inferred_tool_calls, run.inferred_failed_tool_calls) == (1, 1)
    assert (run.input, run.final_answer, run.id) == (USER.content, ANSWER.content, first.trace_id)
    inferred = [s for s in assembled.spans if SpanFlag.INFERRED in s.flags]
    assert [(s.tool_name, s.tool_call_id, s.output) for s in inferred] == [
        ("lookup", CALL, "Error: no such order")
    ]


def test_the_same_prompt_twice_is_two_runs() -> None:
    """The first one's calls end up in no history of the second."""
    spans = []
    for number, ident in ((1, CALL), (3, OTHER_CALL)):
        spans.append(model_call(USER, said=asks("lookup", ident=ident), trace=number, at=number))
        spans.append(
            model_call(
                USER,
                asks("lookup", ident=ident),
                result("ok", ident=ident),
                said=ANSWER,
                trace=number + 1,
                at=number,
            )
        )
    assert [len(r.trace_ids) for r in assemble(spans).runs] == [2, 2]


def test_a_conversation_is_a_run_each_turn() -> None:
    """Every turn replays the whole history; a turn is a task."""
    first = model_call(USER, said=asks("lookup"), trace=1)
    second = model_call(USER, asks("lookup"), result("fine"), said=ANSWER, trace=2, at=20)
    again = Message(role="user", content="And A-31?")
    third = model_call(USER, asks("lookup"), result("fine"), ANSWER, again, said=ANSWER, trace=3, at=400)
    runs = assemble([first, second, third]).runs
    assert [(r.model_calls, r.tool_calls) for r in runs] == [(2, 1), (1, 0)]


def test_calls_without_ids_are_joined_by_what_was_said() -> None:
    """Gemini's calls carry no ids. Equal prompts one after the other are runs of their own all the same."""
    spans = []
    for number in range(3):
        at = number * 1_000
        spans.append(model_call(USER, said=asks("lookup", ident=""), trace=10 + number, at=at))
        spans.append(
            model_call(
                USER,
                asks("lookup", ident=""),
                result("fine", ident=""),
                said=ANSWER,
                trace=20 + number,
                at=at + 100,
            )
        )
    runs = assemble(spans).runs
    assert [(r.model_calls, r.tool_calls, r.trace_ids) for r in runs] == [
        (2, 1, (f"{10 + n:032x}", f"{20 + n:032x}")) for n in range(3)
    ]


def test_counted_ids_join_nothing() -> None:
    for weak in ("call_1", "1", "tool_12", "call_aaaaaaaa", "00000000"):
        assert not is_strong(weak)
    for strong in (
        CALL,
        "toolu_01CFu1H1p0VQWuY12RSjIj4uN7",
        "adk-jYE6kGhO",
        "chatcmpl-1bplilKWKe4adveWnSMH4eEz",
    ):
        assert is_strong(strong)


def test_a_failed_call_reported_in_two_traces_is_one_run() -> None:
    failed: dict[str, Any] = {"status": SpanStatus.ERROR, "error": "429", "model_asked": "m", "service": "s"}
    outer = model_call(USER, trace=1, lasts=20, scope="wrapper", **failed)
    inner = model_call(trace=2, at=1, lasts=18, scope="sdk", **failed)
    run = only_run(outer, inner)
    assert (run.model_calls, run.failed_model_calls, run.status) == (0, 1, RunStatus.ERROR)
    elsewhere = model_call(trace=3, at=2, lasts=19, scope="sdk", **failed)
    assert len(assemble([outer, elsewhere]).runs) == 2, "at the same moment, but not within"


def test_an_agent_called_as_a_tool_is_no_tool_and_no_run_of_its_own() -> None:
    agent = span(SpanKind.AGENT, agent="triage", lasts=100)
    tool = span(SpanKind.TOOL, parent=agent, tool_name="ask_billing", at=5, lasts=50)
    sub = span(SpanKind.AGENT, parent=tool, agent="billing", at=6, lasts=45)
    lookup = span(SpanKind.TOOL, parent=sub, tool_name="lookup", at=10)
    run = only_run(agent, tool, sub, lookup)
    assert (run.tool_calls, run.tools, run.agents) == (1, ("lookup",), ("triage", "billing"))
    assert [(h.from_agent, h.to_agent) for h in run.handoffs] == [("triage", "billing")]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (asks("transfer_to_billing", arguments='{"request": "refund A-17"}'), "refund A-17"),
        (asks("billing", arguments='{"task": "refund A-17"}'), "refund A-17"),
        (asks("transfer_to_agent", arguments='{"agent_name": "billing"}', content="Money."), "Money."),
        (asks("transfer_to_billing", parts=(Part(type="reasoning", text="money!"),)), "money!"),
        (asks("transfer_to_shipping", arguments='{"request": "something else"}'), ""),
    ],
)
def test_why_it_was_handed_over_is_what_the_model_said_when_it_asked(said: Message, reason: str) -> None:
    triage = span(SpanKind.AGENT, agent="triage", lasts=100)
    call = model_call(USER, said=said, parent=triage, at=2)
    billing = span(SpanKind.AGENT, parent=triage, agent="billing", at=10, lasts=50)
    own = model_call(USER, said=ANSWER, parent=billing, at=12)
    run = only_run(triage, call, billing, own)
    assert [(h.from_agent, h.to_agent, h.reason) for h in run.handoffs] == [("triage", "billing", reason)]


def test_a_tool_with_model_calls_and_tools_inside_is_an_agent_under_no_name() -> None:
    root = span(SpanKind.CHAIN, lasts=100, input="hi")
    tool = span(SpanKind.TOOL, parent=root, tool_name="ask_billing", at=5, lasts=50, output="fine")
    chain = span(SpanKind.CHAIN, parent=tool, name="billing", at=6, lasts=45)
    call = model_call(USER, said=asks("lookup"), parent=chain, at=7)
    lookup = span(SpanKind.TOOL, parent=chain, tool_name="lookup", at=20, output="fine")
    run = only_run(root, tool, chain, call, lookup)
    assert (run.tools, [h.to_agent for h in run.handoffs]) == (("lookup",), ["billing"])
    asks_a_model = only_run(root, tool, chain, call)
    assert asks_a_model.tools == ("ask_billing",), "a tool may ask a model and stay a tool"


def test_a_plain_span_named_after_a_tool_is_its_execution() -> None:
    root = span(SpanKind.OTHER, name="handle", lasts=100)
    call = model_call(USER, said=asks("lookup"), parent=root)
    events = '[{"name":"exception","time_ns":1,"attributes":{"exception.message":"timed out"}}]'
    tool = span(
        SpanKind.OTHER, parent=root, name="tool lookup", at=20, events=events, status=SpanStatus.UNSET
    )
    http = span(SpanKind.OTHER, parent=root, name="GET /orders", at=22)
    run = only_run(root, call, tool, http)
    assert (run.tool_calls, run.failed_tool_calls, run.failed_tools) == (1, 1, ("lookup",))


def test_a_no_is_not_a_failure() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    tool = span(SpanKind.TOOL, parent=agent, tool_name="refund", flags=(SpanFlag.NEGATIVE_RESULT,))
    run = only_run(agent, tool)
    assert (run.tool_calls, run.failed_tool_calls, run.negative_results) == (1, 0, 1)


def test_answers_of_dropped_model_spans_are_inferred() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    last = model_call(
        USER,
        asks("lookup"),
        result("fine"),
        asks("refund", ident=OTHER_CALL),
        result("done", ident=OTHER_CALL),
        said=ANSWER,
        parent=agent,
        at=50,
        input_tokens=40,
    )
    tools = [
        span(SpanKind.TOOL, parent=agent, tool_name=name, at=at, output="fine")
        for name, at in (("lookup", 10), ("refund", 30))
    ]
    run = only_run(agent, last, *tools)
    assert (run.model_calls, run.tool_calls, run.inferred_tool_calls) == (3, 2, 0)
    assert run.input_tokens == 40 and {"partial_tokens", "inferred_model_calls"} <= set(run.flags)


def test_hidden_outputs_invent_no_calls() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    first = model_call(parent=agent, output_tokens=3)
    second = model_call(USER, asks("lookup"), result("fine"), parent=agent, at=50)
    tool = span(SpanKind.TOOL, parent=agent, tool_name="lookup", tool_call_id=CALL, at=20)
    assert only_run(agent, first, second, tool).model_calls == 2


def test_unknown_tokens_stay_unknown_and_totals_are_taken_where_calls_say_nothing() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    call = model_call(USER, said=ANSWER, parent=agent)
    assert only_run(agent, call).input_tokens is None
    total = replace(agent, input_tokens=50, output_tokens=5, flags=(SpanFlag.AGGREGATE,))
    assert (only_run(total, call).input_tokens, only_run(total, call).output_tokens) == (50, 5)
    known = replace(call, input_tokens=7, output_tokens=2)
    assert (only_run(total, known).input_tokens, only_run(total, known).output_tokens) == (7, 2)


def test_the_answer_of_a_team_is_that_of_its_last_agent() -> None:
    """Strands tells no output of a swarm or a graph."""
    team = span(SpanKind.WORKFLOW, agent="triage", lasts=100)
    triage = span(SpanKind.AGENT, parent=team, agent="triage", at=1, lasts=30, output="I hand this over.")
    refunds = span(
        SpanKind.AGENT, parent=team, agent="refunds", at=32, lasts=60, output="42.50 is on its way."
    )
    check = span(SpanKind.GUARDRAIL, parent=team, at=93, lasts=6)
    judge = span(SpanKind.AGENT, parent=check, agent="judge", at=94, lasts=4, output="polite")
    assert only_run(team, triage, refunds, check, judge).final_answer == "42.50 is on its way."
    mute = replace(refunds, output="")
    assert only_run(team, triage, mute).final_answer == "I hand this over."
    # Below plain code it is the agent that began first: what comes after it is often a title or a summary.
    plain = replace(team, kind=SpanKind.CHAIN)
    assert only_run(plain, triage, refunds).final_answer == "I hand this over."


def test_a_run_that_failed_gave_no_answer() -> None:
    root = span(SpanKind.AGENT, agent="desk", lasts=100, status=SpanStatus.ERROR, error="boom", output="half")
    run = only_run(root)
    assert (run.status, run.error, run.final_answer) == (RunStatus.ERROR, "boom", "")


def test_a_run_whose_last_call_failed_has_failed_though_its_root_says_ok() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    first = model_call(USER, said=asks("lookup"), parent=agent)
    last = model_call(USER, parent=agent, at=50, status=SpanStatus.ERROR, error="context too long")
    run = only_run(agent, first, last)
    assert (run.status, run.error, run.failed_model_calls) == (RunStatus.ERROR, "context too long", 1)


def test_a_call_that_failed_and_was_tried_again_is_no_error() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    first = model_call(USER, parent=agent, status=SpanStatus.ERROR, error="429")
    last = model_call(USER, said=ANSWER, parent=agent, at=50)
    run = only_run(agent, first, last)
    assert (run.status, run.final_answer) == (RunStatus.OK, ANSWER.content)
    assert (run.model_calls, run.failed_model_calls) == (1, 1)


def test_a_run_runs_until_its_root_has_come() -> None:
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    call = model_call(USER, said=ANSWER, parent=agent)
    early = only_run(call)
    assert (early.status, early.duration_ns, early.missing_parents) == (RunStatus.RUNNING, None, 1)
    late = only_run(call, agent)
    assert (late.status, late.duration_ns, late.missing_parents) == (RunStatus.OK, 100 * MS, 0)


def test_setting_up_and_bare_http_are_no_runs() -> None:
    made = span(SpanKind.OTHER, name="create_agent desk", dialect="autogen")
    http = span(SpanKind.OTHER, trace=2, name="GET /health", dialect="")
    listing = span(SpanKind.MCP, trace=3, name="tools/list", dialect="mcp")
    bare = span(SpanKind.WORKFLOW, trace=4, name="invoke_workflow", workflow="w")
    assembled = assemble([made, http, listing, bare])
    assert assembled.runs == [] and len(assembled.spans) == 4 and assembled.run_of == {}


def test_tasks_of_different_sessions_within_one_plain_span_are_runs_of_their_own() -> None:
    root = span(SpanKind.OTHER, name="nightly batch", lasts=1000)
    agents = [
        span(SpanKind.AGENT, parent=root, agent="desk", at=at, session_id=f"s{at}", output="ok")
        for at in (10, 200)
    ]
    runs = assemble([root, *agents]).runs
    assert [(r.session_id, r.id) for r in runs] == [
        (f"s{a}", f"{root.trace_id}-{agent.span_id}") for a, agent in zip((10, 200), agents, strict=True)
    ]
    together = [replace(agent, session_id="one") for agent in agents]
    assert len(assemble([root, *together]).runs) == 1


def test_what_the_sdk_says_of_the_outcome() -> None:
    root = span(SpanKind.AGENT, agent="desk", outcome="failure", outcome_reason="wrong order")
    run = only_run(root)
    assert (run.outcome, run.outcome_reason, run.outcome_source) == (Outcome.FAILURE, "wrong order", "sdk")
    assert only_run(span(SpanKind.AGENT)).outcome is Outcome.UNKNOWN


def test_cycles_and_orphans_are_marked() -> None:
    a = span(SpanKind.AGENT, agent="desk")
    b = span(SpanKind.TOOL, parent=a, tool_name="t", at=1)
    a.parent_id = b.span_id
    orphan = span(SpanKind.LLM, at=2, parent_id="ffffffffffffffff")
    assembled = assemble([b, orphan, a])
    flags = {s.span_id: set(s.flags) for s in assembled.spans}
    assert SpanFlag.PARENT_CYCLE in flags[a.span_id] & flags[b.span_id]
    assert SpanFlag.ORPHAN in flags[orphan.span_id]
    assert assembled.runs[0].missing_parents == 1


def test_a_known_run_keeps_its_place() -> None:
    place = RunPlace(run_id="kept", sort_ns=5, trace_ids=())
    run = assemble([span(SpanKind.AGENT)], place=place).runs[0]
    assert (run.id, run.sort_ns) == ("kept", 5)


def test_a_long_trace_is_near_linear_in_steps() -> None:
    """5,000 spans one below the other, agents among them: no walk up the tree for each of them, no
    recursion."""
    chain = [span(SpanKind.AGENT, agent="a0", lasts=10_000)]
    for number in range(1, 5_000):
        kind = (SpanKind.AGENT, SpanKind.CHAIN, SpanKind.TOOL)[number % 3]
        chain.append(span(kind, parent=chain[-1], at=number, agent=f"a{number}", tool_name=f"t{number}"))
    assert only_run(*chain).spans == 5_000


KINDS = [
    SpanKind.LLM,
    SpanKind.LLM,
    SpanKind.TOOL,
    SpanKind.TOOL,
    SpanKind.AGENT,
    SpanKind.CHAIN,
    SpanKind.OTHER,
    SpanKind.HANDOFF,
    SpanKind.WORKFLOW,
    SpanKind.MCP,
]
IDENTS = ["", CALL, OTHER_CALL]
HISTORIES = [
    (),
    (USER,),
    (USER, asks("lookup"), result("fine")),
    (
        USER,
        asks("lookup"),
        result("Error: no"),
        asks("refund", ident=OTHER_CALL),
        result("{}", ident=OTHER_CALL),
    ),
    (USER, asks("lookup", ident=""), result("fine", ident="")),
]


@st.composite
def bundles(draw: st.DrawFn) -> list[Span]:
    """Any mixture: parents that are missing, before, after, in circles; ids shared or not."""
    count = draw(st.integers(1, 9))
    spans = []
    for number in range(1, count + 1):
        kind = draw(st.sampled_from(KINDS))
        parent = draw(st.sampled_from([0, *range(1, count + 2)]))
        history = draw(st.sampled_from(HISTORIES)) if kind is SpanKind.LLM else ()
        said = (
            draw(st.sampled_from([None, ANSWER, asks("lookup"), asks("ask_billing")]))
            if kind is SpanKind.LLM
            else None
        )
        spans.append(
            span(
                kind,
                trace=draw(st.integers(1, 3)),
                span_id=f"{number:016x}",
                parent_id=f"{parent:016x}" if parent else "",
                at=draw(st.integers(0, 30)),
                lasts=draw(st.integers(0, 30)),
                scope=draw(st.sampled_from(["a", "b"])),
                status=draw(st.sampled_from(list(SpanStatus))),
                agent=draw(st.sampled_from(["", "desk", "billing"])),
                tool_name=draw(st.sampled_from(["lookup", "refund", "ask_billing"]))
                if kind in (SpanKind.TOOL, SpanKind.HANDOFF)
                else "",
                tool_call_id=draw(st.sampled_from(IDENTS)) if kind is SpanKind.TOOL else "",
                response_id=draw(st.sampled_from(["", "resp_PZiVnSzACGuyIsE2", "resp_AAAbbbCCC123dddE"]))
                if kind is SpanKind.LLM
                else "",
                model_asked="m",
                input_tokens=draw(st.sampled_from([None, 5])),
                session_id=draw(st.sampled_from(["", "s1", "s2"])),
                input=chat(*history) if history else "",
                input_format=ContentFormat.MESSAGES if history else ContentFormat.NONE,
                output=chat(said) if said else "",
                output_format=ContentFormat.MESSAGES if said else ContentFormat.NONE,
                outcome=draw(st.sampled_from(["", "", "success", "failure"])),
            )
        )
    return spans


@settings(max_examples=300, deadline=None)
@given(bundles(), st.randoms(use_true_random=False))
def test_order_does_not_matter(spans: list[Span], rng: random.Random) -> None:
    straight = assemble(spans)
    shuffled = list(spans)
    rng.shuffle(shuffled)
    other = assemble(shuffled)
    assert other.runs == straight.runs
    assert sorted(other.spans, key=lambda s: (s.trace_id, s.span_id)) == sorted(
        straight.spans, key=lambda s: (s.trace_id, s.span_id)
    )


@settings(max_examples=300, deadline=None)
@given(bundles())
def test_assembling_what_was_assembled_changes_nothing(spans: list[Span]) -> None:
    once = assemble(spans)
    again = assemble(once.spans)
    assert again.runs == once.runs
    assert {s.span_id: s for s in again.spans} == {s.span_id: s for s in once.spans}


def test_a_step_that_learned_its_result_hides_no_other() -> None:
    """Found by the test above: once the step had a result, all results seemed accounted for: hand-offs
    without one were counted, too."""
    desk = span(SpanKind.AGENT, agent="desk")
    looked = span(SpanKind.TOOL, parent=desk, tool_name="lookup")
    passed_on = [span(SpanKind.HANDOFF, tool_name="lookup") for _ in range(2)]
    call = model_call(
        USER,
        asks("lookup"),
        result("Error: no"),
        asks("refund", ident=OTHER_CALL),
        result("{}", ident=OTHER_CALL),
    )
    once = assemble([desk, looked, *passed_on, call])
    assert once.runs[0].tools == ("lookup", "refund")
    assert assemble(once.spans).runs == once.runs


@settings(max_examples=200, deadline=None)
@given(bundles())
def test_no_span_is_lost_or_changed_in_place(spans: list[Span]) -> None:
    before = [replace(s) for s in spans]
    assembled = assemble(spans)
    assert spans == before
    kept = {(s.trace_id, s.span_id) for s in assembled.spans}
    assert {(s.trace_id, s.span_id) for s in spans} <= kept
    for run in assembled.runs:
        assert run.failed_tool_calls <= run.tool_calls
        assert run.spans == sum(1 for ident in assembled.run_of.values() if ident == run.id)


def test_a_refused_call_below_a_step_and_in_a_trace_of_its_own_is_one_call_of_one_run() -> None:
    refused: dict[str, Any] = {"status": SpanStatus.ERROR, "error": "too long", "service": "s"}
    agent = span(SpanKind.AGENT, agent="desk", lasts=100)
    outer = model_call(USER, parent=agent, at=5, lasts=20, scope="framework", model_asked="m", **refused)
    inner = model_call(USER, trace=2, at=6, lasts=18, scope="sdk", **refused)
    run = only_run(agent, outer, inner)
    assert (run.agent, run.failed_model_calls, run.merged_spans) == ("desk", 1, 1)
    other = model_call(
        Message(role="user", content="Hello?"), trace=2, at=6, lasts=18, scope="sdk", **refused
    )
    assert len(assemble([agent, outer, other]).runs) == 2, "somebody else asked something else"


def test_a_name_given_to_the_whole_hands_nothing_over() -> None:
    wrapper = span(SpanKind.AGENT, agent="desk (langgraph)", scope="roadworthy", lasts=100)
    workflow = span(SpanKind.AGENT, parent=wrapper, at=4, lasts=92)
    agent = span(SpanKind.AGENT, agent="desk", parent=workflow, at=5, lasts=90)
    call = model_call(USER, parent=agent, at=10, said=ANSWER)
    assert only_run(wrapper, workflow, agent, call).handoffs == ()
    planning = model_call(
        USER, parent=wrapper, at=1, lasts=2, said=Message(role="assistant", content="Plan.")
    )
    handed = only_run(wrapper, planning, workflow, agent, call).handoffs
    assert [(h.from_agent, h.to_agent) for h in handed] == [("desk (langgraph)", "desk")]


def test_what_the_root_does_not_say_the_first_step_that_does_says() -> None:
    root = span(SpanKind.AGENT, lasts=100, attributes={"tier": "gold"})
    first = span(SpanKind.LLM, parent=root, at=1, attributes={"tier": "free", "queue": "west"})
    later = span(SpanKind.TOOL, parent=root, at=20, attributes={"queue": "east", "shelf": "7"})
    long = span(SpanKind.TOOL, parent=root, at=40, attributes={"note": "n" * 201, "short": "n" * 200})
    for order in itertools.permutations([root, first, later, long]):
        [run] = assemble(order).runs
        assert run.attributes == {"tier": "gold"}
        assert run.step_attributes == {"queue": "west", "shelf": "7", "short": "n" * 200}


def test_a_run_keeps_some_dozen_attributes_of_its_steps() -> None:
    root = span(SpanKind.AGENT)
    step = span(SpanKind.TOOL, parent=root, attributes={f"key-{number:04d}": "v" for number in range(10_000)})
    [run] = assemble([step, root]).runs
    assert sorted(run.step_attributes) == [f"key-{number:04d}" for number in range(64)]
