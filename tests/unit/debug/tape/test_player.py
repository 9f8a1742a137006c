"""A rerun is answered as the run was, and where it is not, it is said why."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from roadworthy.domain.exchange import Dialect, Ending, ExchangeKind
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from roadworthy.features.debug.plan import After, Change, ChangeKind
from roadworthy.features.debug.tape.asked import Asked, How, Played
from roadworthy.features.debug.tape.player import Player
from roadworthy.kit.masking import mask_text
from tests.unit.debug.tape.taping import CHAT, Call, chat, plan, raw, tape_of, tool

FIND = tool("crm.find", {"id": 7}, {"name": "Ada"})
RUN = (
    chat("Where is 4711?", answer="look it up"),
    FIND,
    tool("crm.orders", {"id": 7}, [4711], number=2),
    chat("Where is 4711?", "Ada, 4711", answer="On its way."),
)


def words(played: Played) -> str:
    assert played.answer is not None, played
    told = json.loads(played.answer.body)
    return str(told["choices"][0]["message"]["content"])


def test_each_call_gets_what_it_got() -> None:
    tape = tape_of(*RUN)
    player = Player(tape, plan())

    answers = [player.answer(one.asks()) for one in RUN]

    assert [(one.step, one.how) for one in answers] == [(at, How.RECORDED) for at in (1, 2, 3, 4)]
    assert [one.answer for one in answers] == [one.answer for one in tape.calls]
    said = player.summary()
    assert (said.matched, said.missed, said.unused, said.notes, said.diverged_at) == (4, 0, (), (), None)


def test_another_run_asks_with_other_ids_other_numbers_and_about_another_caller() -> None:
    first = chat("go", tools=[{"call": "call_Ab12cd34EF"}], user="u1")
    player = Player(tape_of(first, FIND), plan())

    assert player.answer(chat("go", tools=[{"call": "call_Zz98yy76XX"}], metadata={"a": 1}).asks()).step == 1
    body = {**FIND.body, "id": "other-9"}
    body["params"] = {**body["params"], "_meta": {"traceparent": "00-1"}}
    asked = Asked(kind=ExchangeKind.TOOL, path="/mcp/support", body=raw(body), dialect=Dialect.MCP)
    assert player.answer(asked).step == 2


def test_tools_called_at_once_may_come_in_any_order() -> None:
    calls = [chat("go"), *(tool("crm.find", {"id": at}, {"n": at}) for at in range(8)), chat("go", "done")]
    shuffled = calls[1:9]
    random.Random(3).shuffle(shuffled)
    player = Player(tape_of(*calls), plan())

    steps = [player.answer(one.asks()).step for one in (calls[0], *shuffled, calls[9])]

    assert sorted(step for step in steps if step) == list(range(1, 11))
    assert player.summary().missed == 0


def test_the_very_same_bytes_come_before_a_call_that_differs_in_ids_alone() -> None:
    one, other = (chat("go", tools=[{"call": call}]) for call in ("call_Ab12cd34EF", "call_Zz98yy76XX"))
    player = Player(tape_of(one, other), plan())

    steps = [player.answer(asked.asks()).step for asked in (other, other, one)]

    # The second time it is like the first one, but for ids; after that nothing like it is left.
    assert steps == [2, 1, None]
    assert player.summary().missed == 1


def test_a_retry_of_the_recording_is_a_retry_again() -> None:
    limited = replace(RUN[0], status=429, answer={"error": {"message": "slow down"}}, ending=Ending.FAILED)
    player = Player(tape_of(limited, RUN[0]), plan())

    assert [
        one.answer.head for one in (player.answer(RUN[0].asks()), player.answer(RUN[0].asks())) if one.answer
    ] == [
        "429",
        "200",
    ]
    third = player.answer(RUN[0].asks())
    assert third.how is How.MISS
    assert third.note == (
        "not in the recording: call 3, planner at /v1/chat/completions; it was recorded 2 times and is asked "
        "once more"
    )


def test_a_client_that_gave_up_once_is_answered_at_once_this_time() -> None:
    gave_up = replace(RUN[0], ending=Ending.ABORTED, answer=None, chunks=())
    player = Player(tape_of(gave_up, RUN[0]), plan())

    played = player.answer(RUN[0].asks())

    assert (played.step, played.how, words(played)) == (2, How.RECORDED, "look it up")
    assert player.summary().unused == ()


def test_an_agent_that_reads_the_clock_is_answered_and_the_note_says_which_values() -> None:
    call = chat("hi", system="Today is Friday, 20 Nov 2026, 09:15. Epoch 1795166100. Be brief.", answer="ok")
    player = Player(tape_of(call), plan())

    played = player.answer(
        chat("hi", system="Today is Monday, 23 Nov 2026, 16:02. Epoch 1795449720. Be brief.").asks()
    )

    assert (played.step, played.how) == (1, How.DATED)
    assert played.note == (
        "matched but for the clock: Friday then, Monday now, 20 Nov 2026 then, 23 Nov 2026 now, 09:15 then, "
        "16:02 now and 1 more"
    )
    assert '-    content: "Today is Friday' in played.diff or "-      Today is Friday" in played.diff
    assert player.summary().notes == (f"step 1: {played.note}",)


def test_a_changed_prompt_template_is_a_miss_that_shows_the_line() -> None:
    system = "You are the support agent.\nBe polite.\nNever promise refunds.\nAnswer in one sentence."
    first, second = chat("hi", system=system), chat("hi", "and?", system=system)
    player = Player(tape_of(first, second), plan())

    played = player.answer(chat("hi", system=system.replace("polite", "very polite")).asks())

    assert played.how is How.MISS and played.failure is not None
    assert played.failure.code is FailureCode.NOT_RECORDED and played.failure.retry is Retry.NEVER
    assert played.failure.what == (
        "Not in the recording: call 1, planner at /v1/chat/completions; the nearest recorded call is step 1 "
        "(planner). It differs in:\n-      Be polite.\n+      Be very polite.\n"
        "The whole difference is in the journal of the rerun."
    )
    assert player.diverged_at == 1
    assert player.summary().missed == 1


def test_a_renamed_tool_is_named_with_what_was_recorded() -> None:
    player = Player(tape_of(*RUN), plan())
    player.answer(RUN[0].asks())

    played = player.answer(tool("crm.lookup", {"id": 7}).asks())

    assert played.how is How.MISS
    assert played.note == (
        "not in the recording: call 2, crm__lookup at /mcp; none that is left is to crm__lookup; "
        "the nearest recorded call is step 2 (crm__find)"
    )
    assert '-  name: "crm__find"' in played.diff and '+  name: "crm__lookup"' in played.diff
    assert player.diverged_at == 2


def test_another_version_of_the_framework_with_other_fields_is_told_by_them() -> None:
    player = Player(tape_of(RUN[0]), plan())

    played = player.answer(RUN[0].asks(parallel_tool_calls=False, store=False))

    assert played.how is How.MISS
    assert [line for line in played.diff.splitlines()[2:] if line[:1] in "+-"] == [
        "+parallel_tool_calls: false",
        "+store: false",
    ]


def test_a_hole_says_why_it_is_one() -> None:
    tape = tape_of(RUN[0], replace(FIND, gone="the recording was deleted (retention, or by hand)"), *RUN[2:])
    player = Player(tape, plan())

    played = [player.answer(one.asks()) for one in RUN]

    assert [one.how for one in played] == [How.RECORDED, How.HOLE, How.RECORDED, How.RECORDED]
    assert played[1].failure is not None
    assert played[1].failure.what == (
        "Step 2 (crm__find) cannot be answered from the recording: the recording was deleted (retention, "
        "or by hand)."
    )
    assert player.summary().notes == ("step 2: the recording was deleted (retention, or by hand)",)
    assert player.diverged_at is None


def test_a_body_that_was_left_out_is_a_hole() -> None:
    why = "body left out: content-encoding 'br' cannot be looked into"
    player = Player(tape_of(replace(RUN[0], notes=(f"answer: {why}",))), plan())

    assert player.answer(RUN[0].asks()).note == f"of the answer the {why}"


def test_a_typed_failure_is_given_back_as_it_was() -> None:
    failure = TypedFailure(code=FailureCode.TIMEOUT, what="x", retry=Retry.NOW, do_not_conclude="y")
    failed = replace(RUN[0], status=504, ending=Ending.FAILED, failure=failure, headers=())
    played = Player(tape_of(failed), plan()).answer(RUN[0].asks())

    assert played.how is How.RECORDED and played.exchange is not None
    assert played.exchange.failure == failure


def test_masks_in_an_answer_are_said() -> None:
    secret = "sk-ant-api03-" + "a1B2" * 23 + "-AAAAAA"
    call = chat(f"my key is {secret}", answer="it is [masked:anthropic]")
    masked = json.loads(mask_text(json.dumps(call.body)).text)
    assert secret not in json.dumps(masked)
    player = Player(tape_of(replace(call, body=masked)), plan())

    played = player.answer(call.asks())

    assert played.how is How.RECORDED
    assert played.note == "the answer holds masks in place of secrets: the agent gets the masks"


def test_a_run_that_asked_less_leaves_steps() -> None:
    player = Player(tape_of(*RUN), plan())
    player.answer(RUN[0].asks())

    assert player.summary().unused == (2, 3, 4)


# Forks and bisects: what comes after the kept part


def test_a_changed_answer_at_one_step_then_the_recording() -> None:
    change = Change(step=1, kind=ChangeKind.ANSWER, text="ask the customer")
    player = Player(tape_of(*RUN), plan(keep=0, changes=(change,)))

    first = player.answer(RUN[0].asks())

    assert (first.step, first.how, words(first)) == (1, How.CHANGED, "ask the customer")
    assert player.answer(RUN[1].asks()).how is How.RECORDED
    miss = player.answer(chat("Where is 4711?", "nobody knows").asks())
    assert miss.how is How.MISS and miss.failure is not None


def test_the_kept_part_is_never_asked_for_real() -> None:
    player = Player(tape_of(*RUN), plan(keep=2, after=After.LIVE))

    assert player.answer(chat("something else").asks()).how is How.MISS
    assert player.diverged_at == 1
    assert player.answer(RUN[0].asks()).how is How.RECORDED


@pytest.mark.parametrize(
    ("after", "hows"),
    [
        (After.RECORDED, [How.RECORDED, How.RECORDED, How.MISS, How.MISS]),
        (After.MIXED, [How.RECORDED, How.RECORDED, How.LIVE, How.MISS]),
        (After.LIVE, [How.RECORDED, How.LIVE, How.LIVE, How.MISS]),
    ],
)
def test_who_answers_afterwards(after: After, hows: list[How]) -> None:
    """Recorded tool, recorded model, model and tool that were not recorded: no tool has effects unnamed."""
    asked = [RUN[2], RUN[3], chat("another"), tool("mail.send", {"to": "ada"})]
    player = Player(tape_of(*RUN), plan(keep=2, after=after))
    for one in RUN[:2]:
        player.answer(one.asks())

    assert [player.answer(one.asks()).how for one in asked] == hows


@pytest.mark.parametrize("pattern", ["mail.send", "mail.*", "*"])
def test_a_tool_that_is_named_may_be_called_for_real(pattern: str) -> None:
    player = Player(tape_of(*RUN), plan(keep=0, after=After.MIXED, live_tools=(pattern,)))

    assert player.answer(tool("mail.send", {"to": "ada"}).asks()).how is How.LIVE
    assert player.answer(tool("crm.find", {"id": 7}).asks()).how is How.RECORDED


def test_the_good_run_answers_first_and_is_not_ahead_of_its_own_calls() -> None:
    good = (
        RUN[0],
        FIND,
        tool("crm.orders", {"id": 7}, [4711, 4712], number=2),
        chat("Where is 4711?", "Ada, both"),
    )
    player = Player(tape_of(*RUN), plan(keep=2, good_run="ef" * 16), tape_of(*good))
    for one in RUN[:2]:
        assert player.answer(one.asks()).how is How.RECORDED

    third = player.answer(RUN[2].asks())
    last = player.answer(good[3].asks())

    assert (third.step, third.how) == (3, How.GOOD)
    assert third.note == "answered as step 3 of the good run"
    assert third.answer is not None and b"4712" in third.answer.body
    assert (last.step, last.how) == (None, How.GOOD)


def test_a_good_run_for_one_step_leaves_what_was_recorded_behind_it_as_it_is() -> None:
    good = (
        RUN[0],
        tool("crm.find", {"id": 7}, {"name": "Ada L."}, number=1),
        tool("crm.orders", {"id": 7}, [4711, 4712], number=2),
        chat("Where is 4711?", "Ada L., both"),
    )
    made = plan(keep=1, good_run="ef" * 16, good_only=True)
    player = Player(tape_of(*RUN), made, tape_of(*good))

    played = [player.answer(one.asks()) for one in (*RUN[:3], good[3])]

    assert [(one.step, one.how) for one in played] == [
        (1, How.RECORDED),
        (2, How.GOOD),
        (3, How.RECORDED),
        (None, How.GOOD),
    ]


def test_another_model_prompt_and_parameters_are_asked_for_real() -> None:
    changes = (
        Change(step=4, kind=ChangeKind.MODEL, text="stronger"),
        Change(step=4, kind=ChangeKind.PROMPT, find="help", text="help well"),
        Change(step=4, kind=ChangeKind.PARAMETERS, text='{"temperature": 0}'),
    )
    player = Player(tape_of(*RUN), plan(keep=3, changes=changes))
    for one in RUN[:3]:
        player.answer(one.asks())

    played = player.answer(RUN[3].asks())

    assert played.how is How.LIVE and played.ask is not None
    sent = json.loads(played.ask.body)
    assert (sent["model"], sent["temperature"]) == ("stronger", 0)
    assert sent["messages"][0] == {"role": "system", "content": "You help well."}
    assert (
        played.note
        == 'asked for real with model stronger, another system prompt, parameters {"temperature": 0}'
    )


def test_a_change_that_does_not_fit_is_said_and_nobody_is_asked() -> None:
    change = Change(step=1, kind=ChangeKind.PROMPT, find="not there", text="x")
    played = Player(tape_of(*RUN), plan(keep=0, changes=(change,), after=After.LIVE)).answer(RUN[0].asks())

    assert played.how is How.MISS
    assert played.note == "the change at step 1 cannot be put in: the system prompt does not hold 'not there'"


def test_a_changed_result_an_error_and_a_tool_that_is_forbidden() -> None:
    changes = (
        Change(step=2, kind=ChangeKind.RESULT, text='{"name": "Bob"}'),
        Change(step=3, kind=ChangeKind.ERROR, text="the orders are locked", code="rate_limited"),
        Change(step=4, kind=ChangeKind.FORBID, text="mail.*"),
    )
    player = Player(tape_of(*RUN), plan(keep=1, changes=changes))
    player.answer(RUN[0].asks())

    result, failed = player.answer(RUN[1].asks()), player.answer(RUN[2].asks())
    forbidden = player.answer(tool("mail.send", {"to": "ada"}).asks())

    assert result.answer is not None
    told = json.loads(result.answer.body)["result"]
    assert told == {
        "content": [{"type": "text", "text": '{"name": "Bob"}'}],
        "isError": False,
        "structuredContent": {"name": "Bob"},
    }
    assert failed.failure is not None and forbidden.failure is not None
    assert (failed.failure.code, failed.failure.what) == (FailureCode.RATE_LIMITED, "The orders are locked.")
    assert failed.failure.retry is Retry.NEVER
    assert (forbidden.failure.code, forbidden.how) == (FailureCode.NOT_ALLOWED, How.CHANGED)


def test_a_change_of_the_wrong_kind_is_said_at_the_end() -> None:
    change = Change(step=2, kind=ChangeKind.ANSWER, text="x")
    player = Player(tape_of(*RUN), plan(changes=(change,)))
    for one in RUN:
        player.answer(one.asks())

    assert player.summary().notes == (
        "the change at step 2 (answer) was never applied: step 2 is a call to a tool",
    )


def test_from_the_switch_on_another_model_is_asked_each_time() -> None:
    change = Change(step=4, kind=ChangeKind.MODEL, text="stronger", onwards=True)
    player = Player(tape_of(*RUN), plan(keep=3, changes=(change,), after=After.MIXED))
    for one in RUN[:3]:
        player.answer(one.asks())

    played = [player.answer(one.asks()) for one in (RUN[3], chat("more"), chat("and more"))]

    assert [one.how for one in played] == [How.LIVE] * 3
    assert {json.loads(one.ask.body)["model"] for one in played if one.ask} == {"stronger"}


def test_ids_of_a_rerun_are_its_own_and_go_back_where_a_provider_is_asked() -> None:
    said = {"id": "resp_0a1b2c3d4e5f60718293", "output": [{"type": "message", "id": "msg_0a1b2c3d4e5f6071"}]}
    first = Call(
        body={"model": "planner", "input": "go"},
        answer=said,
        path="/v1/responses",
        dialect=Dialect.OPENAI_RESPONSES,
        response_id=str(said["id"]),
    )
    second = replace(first, body={"model": "planner", "input": "on", "previous_response_id": said["id"]})
    player = Player(tape_of(first, second), plan(keep=1, after=After.LIVE), fresh_ids=True)

    played = player.answer(first.asks())
    assert played.answer is not None
    told = json.loads(played.answer.body)
    assert told["id"] == played.response_id != said["id"]
    assert told["id"].startswith("resp_") and len(told["id"]) == len(str(said["id"]))
    live = player.answer(replace(second, body={**second.body, "previous_response_id": told["id"]}).asks())
    assert live.ask is not None and json.loads(live.ask.body)["previous_response_id"] == said["id"]


def test_nothing_that_is_asked_makes_it_raise() -> None:
    player = Player(tape_of(*RUN), plan())
    for body in (b"", b"[]", b"null", b"\xff\xfe", b"{", b'{"model": 7}', b'{"params": []}'):
        for kind in ExchangeKind:
            assert player.answer(Asked(kind=kind, path=CHAT, body=body)).how is How.MISS


def test_an_id_that_is_told_by_no_shape_stays_or_the_next_call_would_match_nothing() -> None:
    """Mistral's tool calls have nine letters and digits."""
    calls = [{"id": "D681PevKs", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    message = {"role": "assistant", "content": "", "tool_calls": calls}
    said = {"id": "fa54f7ccd25f4c3d9b5d7a1a1a1a1a1a", "choices": [{"index": 0, "message": message}]}
    first = replace(chat("go"), answer=said, response_id=str(said["id"]))
    result = {"role": "tool", "tool_call_id": "D681PevKs", "content": "x"}
    second = Call(body={"model": "planner", "messages": [message, result]}, answer=said)
    player = Player(tape_of(first, second), plan(), fresh_ids=True)

    played = player.answer(first.asks())
    assert played.answer is not None and played.response_id != said["id"]
    told = json.loads(played.answer.body)["choices"][0]["message"]
    echoed = {**second.body, "messages": [told, {**result, "tool_call_id": told["tool_calls"][0]["id"]}]}

    assert player.answer(replace(second, body=echoed).asks()).step == 2
