"""Inquiries from their start to what they found: handed out, told twice, killed, out of budget, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.course import GatewaySaid
from roadworthy.features.debug.inquiry import (
    Budget,
    Check,
    Inquiry,
    InquiryKind,
    InquiryState,
    Rerun,
    RerunState,
)
from roadworthy.features.debug.plan import After, Change, ChangeKind
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import JournalLine
from roadworthy.kit.holders import Held
from tests.unit.debug.reruns import Workshop, workshop

KEY_ERROR = RecordedEnd(ending=Ending.CRASHED, exit_code=1, error="KeyError: 'A-1'")
HUNG = RecordedEnd(ending=Ending.HUNG)


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[SqliteMetadataStore]:
    store = SqliteMetadataStore(tmp_path / "roadworthy.db")
    yield store
    store.close()


@pytest.fixture
def shop(metadata: SqliteMetadataStore, tmp_path: Path) -> Workshop:
    return workshop(metadata, tmp_path)


def _finding(inquiry: Inquiry) -> dict[str, Any]:
    return dict(orjson.loads(inquiry.finding))


def _reruns(shop: Workshop, inquiry: Inquiry) -> list[Rerun]:
    return shop.service.reruns("default", inquiry.id)


def test_a_replay_of_the_same_agent_is_identical(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(repeats=2))
    assert (inquiry.agent, inquiry.input, inquiry.steps) == ("support", "Add up the parts.", 8)
    over = shop.run(inquiry.id, most=2)

    assert over.state is InquiryState.DONE and over.ended_ns
    found = _finding(over)
    assert found["outcome"] == "identical" and found["outcomes"] == {"identical": 2}
    assert found["sentences"][0] == "The same calls at all 8 steps, and the same answer."
    first = _reruns(shop, inquiry)[0]
    assert (first.matched, first.missed, first.unused, first.same, first.asked) == (8, 0, 0, True, 0)
    assert shop.over == [inquiry.id]
    assert shop.service.take("default", inquiry.id, most=5) == []


def test_a_replay_says_where_the_agent_parted_and_in_what(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    assert start.isolate
    plan = shop.plans.read("default", inquiry.id, number=1, attempt=1).plan
    for step, how in ((1, How.RECORDED), (2, How.DATED), (None, How.MISS)):
        line = JournalLine(
            at_ns=1,
            step=step,
            how=how,
            kind=ExchangeKind.MODEL,
            target="planner",
            note="the nearest is step 3" if step is None else "",
            diff="- three\n+ four" if step is None else "",
            diverged_at=3 if step is None else None,
        )
        shop.plans.append(plan, line)
    shop.tell(start, "I could not finish.")
    found = _finding(shop.run(inquiry.id))
    assert (found["outcome"], found["diverged_at"], found["diff"]) == ("diverged", 3, "- three\n+ four")
    assert "first at step 3 of 8" in found["sentences"][0]
    assert "the nearest is step 3" in found["sentences"]
    assert _reruns(shop, inquiry)[0].unused == 6


@pytest.mark.parametrize(
    ("answer", "changes", "outcome", "words"),
    [
        ("The sum is 40.", {}, "other_answer", "not deterministic"),
        ("", {"ending": Ending.CRASHED, "exit_code": 3}, "crashed", "ended with 3"),
        ("", {"ending": Ending.HUNG}, "crashed", "hung"),
        ("  The sum is 41.\n", {}, "identical", "the same answer"),
    ],
)
def test_the_same_calls_may_end_otherwise(
    shop: Workshop, answer: str, changes: dict[str, object], outcome: str, words: str
) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start)
    shop.tell(start, answer, **changes)
    found = _finding(shop.run(inquiry.id))
    assert found["outcome"] == outcome and words in found["sentences"][0]


def test_an_agent_that_crashed_before_its_first_call_is_told_with_its_exit_code(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.tell(start, "", exit_code=-9)
    [said, *_] = _finding(shop.run(inquiry.id))["sentences"]
    assert said == "The agent made no call through the gateway and ended with -9."


def test_a_secret_in_an_answer_is_no_difference_and_is_not_kept(shop: Workshop) -> None:
    """What was recorded is masked; the agent says it in full each time."""
    shop.tapes.tapes["bad"] = replace(shop.tapes.tapes["bad"], output="Your key: [masked:github_token]")
    inquiry = shop.service.start(shop.draft(check=Check(how="same")))
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start)
    shop.tell(start, f"Your key: ghp_{'a1B2' * 9}", error=f"leaked ghp_{'a1B2' * 9}")
    told = _reruns(shop, inquiry)[0]
    assert (told.same, told.passed) == (True, True)
    assert told.answer == "Your key: [masked:github_token]" and "a1B2" not in told.error


@pytest.mark.parametrize("kind", [InquiryKind.REPLAY, InquiryKind.FORK])
def test_that_an_agent_hung_is_said_whatever_else_there_is_to_say(shop: Workshop, kind: InquiryKind) -> None:
    """Before its first call, say: then nothing else shows it."""
    asked = {"after": After.LIVE, "fork_at": 2} if kind is InquiryKind.FORK else {}
    inquiry = shop.service.start(shop.draft(kind=kind, **asked))
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.tell(start, "", ending=Ending.HUNG)
    assert "Rerun 1 hung until its time was over." in _finding(shop.run(inquiry.id))["sentences"]


@pytest.mark.parametrize(
    ("end", "told", "outcome", "words"),
    [
        (KEY_ERROR, {"error": "KeyError: 'A-1'"}, "identical", "it crashed the same way: KeyError: 'A-1'."),
        (
            KEY_ERROR,
            {"error": "ValueError: no"},
            "crashed",
            "in another way: it ended with 1: KeyError: 'A-1'.",
        ),
        (KEY_ERROR, {"exit_code": 2, "error": "KeyError: 'A-1'"}, "crashed", "The agent ended with 2;"),
        (
            KEY_ERROR,
            {"ending": Ending.ANSWERED, "answer": "41"},
            "other_answer",
            "answered where the recorded",
        ),
        (HUNG, {"ending": Ending.HUNG}, "identical", "it hung as the recorded run did"),
        (
            RecordedEnd(),
            {"error": "KeyError: 'A-1'"},
            "same_calls",
            "how the recorded run failed is not known",
        ),
        (RecordedEnd(), {"ending": Ending.ANSWERED, "answer": "41"}, "same_calls", "answered is not known"),
    ],
)
def test_a_run_that_failed_is_held_against_how_it_failed(
    shop: Workshop, end: RecordedEnd, told: dict[str, object], outcome: str, words: str
) -> None:
    shop.tapes.tapes["bad"] = replace(shop.tapes.tapes["bad"], output=None, end=end)
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start)
    shop.tell(start, **{"answer": "", **told})  # type: ignore[arg-type]
    found = _finding(shop.run(inquiry.id))
    assert found["outcome"] == outcome and words in found["sentences"][0], found["sentences"]


def test_a_fork_of_a_run_that_failed_says_how_often_it_failed_again(shop: Workshop) -> None:
    shop.tapes.tapes["bad"] = replace(shop.tapes.tapes["bad"], output=None, end=KEY_ERROR)
    change = Change(step=2, kind=ChangeKind.ANSWER, text="right 2")
    inquiry = shop.service.start(shop.draft(InquiryKind.FORK, fork_at=2, changes=(change,), repeats=2))
    for error in ("KeyError: 'A-1'", "ValueError: no"):
        start = shop.service.take("default", inquiry.id, most=1)[0]
        shop.agent(start)
        shop.tell(start, "", error=error)
    assert "1 of 2 failed as the recorded run did." in _finding(shop.run(inquiry.id))["sentences"]


def test_an_agent_that_ends_early_or_calls_nobody_is_told(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(repeats=2))
    first = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(first, calls=3)
    shop.tell(first, "The sum is 41.")
    second = shop.service.take("default", inquiry.id, most=1)[0]
    shop.tell(second, "The sum is 41.")
    found = _finding(shop.run(inquiry.id))
    assert found["outcomes"] == {"fewer_calls": 1, "cannot_tell": 1}
    assert found["outcome"] == "cannot_tell"
    assert any("made no call through the gateway" in one for one in found["sentences"])
    assert [one.unused for one in _reruns(shop, inquiry)] == [5, 8]


def test_told_twice_changes_nothing_nor_does_an_attempt_that_was_given_up(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    first = shop.service.take("default", inquiry.id, most=1)[0]
    assert shop.service.take("default", inquiry.id, most=1) == []
    shop.clock.pass_s(181)  # 120 s of the agent's time and a minute
    second = shop.service.take("default", inquiry.id, most=1)[0]
    assert (first.rerun.number, second.rerun.attempt) == (1, 2)
    assert first.rerun.trace_id != second.rerun.trace_id

    shop.clock.ns -= 181 * 10**9  # the first one's token still held when it told
    late = shop.tell(first, "late")
    shop.clock.pass_s(181)
    assert late is not None and late.state is RerunState.TAKEN
    told = shop.make(second)
    again = shop.tell(second, "something else")
    assert told is not None and again is not None
    assert again.answer == told.answer == "The sum is 41."


def test_whoever_is_alone_gets_at_once_what_it_had_taken_before_it_was_killed(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    shop.agent(shop.service.take("default", inquiry.id, most=1)[0], calls=4)  # killed
    again = shop.service.take("default", inquiry.id, most=1, alone=True)
    assert [one.rerun.attempt for one in again] == [2]
    shop.make(again[0])
    found = _finding(shop.run(inquiry.id))
    assert found["outcome"] == "identical"  # the first attempt's calls are not this one's


def test_nobody_is_alone_while_another_is_heard_of(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(repeats=2, concurrency=2))
    mine = shop.service.take("default", inquiry.id, most=1, alone=True, holder="process 1 on here")
    with pytest.raises(Held, match="process 1 on here makes the reruns of this inquiry"):
        shop.service.take("default", inquiry.id, most=1, alone=True, holder="process 2 on there")
    # Whoever shares the work takes nothing from anybody, and is told nothing.
    theirs = shop.service.take("default", inquiry.id, most=1, holder="process 3 on there")
    assert [one.rerun.number for one in (*mine, *theirs)] == [1, 2]


def test_a_rerun_that_nobody_tells_of_three_times_is_given_up(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    for attempt in (1, 2, 3):
        assert shop.service.take("default", inquiry.id, most=1)[0].rerun.attempt == attempt
        shop.clock.pass_s(181)
    assert shop.service.take("default", inquiry.id, most=1) == []
    over = shop.service.one("default", inquiry.id)
    assert over is not None and over.state is InquiryState.DONE
    assert "Nobody told how rerun 1 ended (3 times handed out)." in _finding(over)["sentences"]


def test_a_rerun_whose_gateway_died_is_made_again(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start, calls=2)
    plan = shop.plans.read("default", inquiry.id, number=1, attempt=1).plan
    lost = JournalLine(at_ns=1, step=None, how=How.LOST, kind=ExchangeKind.MODEL, target="planner")
    shop.plans.append(plan, lost)
    told = shop.tell(start, "")
    assert told is not None and told.state is RerunState.WAITING
    assert told.notes == ("The gateway died in the middle; made again.",)
    assert _finding(shop.run(inquiry.id))["outcome"] == "identical"
    assert _reruns(shop, inquiry)[0].attempt == 2


def test_a_crash_is_no_finding_before_the_gateway_is_known_to_have_lived(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    before = shop.clock()
    shop.gateway.append(GatewaySaid(started_ns=before, at_ns=before))
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start, calls=2)  # the gateway dies here, and with it the agent
    told = shop.tell(start, "")
    assert told is not None and told.state is RerunState.DONE and not told.counted
    assert shop.service.take("default", inquiry.id, most=1) == []
    now = shop.clock()
    shop.gateway.append(GatewaySaid(started_ns=now, at_ns=now))
    again = shop.service.take("default", inquiry.id, most=1)[0]
    assert again.rerun.attempt == 2

    shop.agent(again, calls=2)  # now it is the agent's own fault
    shop.tell(again, "")
    found = shop.service.one("default", inquiry.id)
    assert found is not None and found.state is InquiryState.RUNNING
    shop.gateway.append(GatewaySaid(started_ns=now, at_ns=shop.clock()))
    found = shop.service.one("default", inquiry.id)
    assert found is not None and found.state is InquiryState.DONE
    assert _finding(found)["outcome"] == "crashed"


def test_what_an_attempt_asked_that_was_given_up_is_paid_for_too(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(InquiryKind.FORK, fork_at=2, after=After.LIVE))
    shop.agent(shop.service.take("default", inquiry.id, most=1)[0])  # whoever took it was killed then
    shop.clock.pass_s(10_000)
    again = shop.service.take("default", inquiry.id, most=1)[0]
    shop.tell(again, shop.agent(again))
    shop.run(inquiry.id)
    [rerun] = _reruns(shop, inquiry)
    assert rerun.attempt == 2 and rerun.asked == 2 * rerun.live > 0
    assert rerun.cost_usd == pytest.approx(0.01 * rerun.asked)


def test_a_gateway_that_stays_silent_is_not_waited_for_for_ever(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    before = shop.clock()
    shop.gateway.append(GatewaySaid(started_ns=before, at_ns=before))
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start, calls=2)
    shop.tell(start, "")
    shop.clock.pass_s(31)
    found = shop.service.one("default", inquiry.id)
    assert found is not None and found.state is InquiryState.DONE


def test_a_service_that_was_killed_goes_on_where_it_stood(
    metadata: SqliteMetadataStore, tmp_path: Path, shop: Workshop
) -> None:
    inquiry = shop.bisect()
    shop.run(inquiry.id, rounds=2)
    before = _reruns(shop, inquiry)
    anew = workshop(metadata, tmp_path)
    anew.clock.ns = shop.clock.ns
    over = anew.run(inquiry.id)
    assert _reruns(anew, inquiry)[: len(before)] == before
    assert (_finding(over)["state"], _finding(over)["step"]) == ("sure", 5)


@pytest.mark.parametrize("wrong_at", [1, 4, 8])
def test_a_bisect_with_a_good_run_finds_the_step(
    metadata: SqliteMetadataStore, tmp_path: Path, wrong_at: int
) -> None:
    shop = workshop(metadata, tmp_path, wrong_at=wrong_at)
    inquiry = shop.bisect(check=None)  # as the good run answered
    assert inquiry.check == Check(how="exact", expected="The sum is 42.")
    over = shop.run(inquiry.id)
    found = _finding(over)
    assert over.state is InquiryState.DONE
    assert (found["state"], found["step"]) == ("sure", wrong_at)
    assert found["confidence"] >= 0.9 and found["usd"] == 0
    assert len(_reruns(shop, inquiry)) <= 6
    baseline = next(one for one in _reruns(shop, inquiry) if one.switch is None)
    assert baseline.passed is False and baseline.matched == 8


def test_a_bisect_that_asks_again_pays_and_works_at_several_at_once(shop: Workshop) -> None:
    inquiry = shop.bisect(good_run="", after=After.LIVE, concurrency=3)
    taken = shop.service.take("default", inquiry.id, most=3)
    assert len(taken) == 3 and len({(one.rerun.switch, one.rerun.only) for one in taken}) == 3
    assert [one.isolate for one in taken] == [one.rerun.switch is None for one in taken]
    for one in taken:
        shop.make(one)
    over = shop.run(inquiry.id, most=3)
    found = _finding(over)
    assert (found["state"], found["step"]) == ("sure", 5)
    reruns = _reruns(shop, inquiry)
    live = sum(one.live for one in reruns)
    assert live == sum(one.asked for one in reruns) == found["calls"] > 0
    assert found["usd"] == pytest.approx(0.01 * live)
    assert all(one.counted for one in reruns)


def test_a_flaky_agent_takes_more_reruns_and_the_step_is_found_all_the_same(shop: Workshop) -> None:
    shop.fails = 0.2
    inquiry = shop.bisect()
    over = shop.run(inquiry.id)
    assert (_finding(over)["state"], _finding(over)["step"]) == ("sure", 5)


def test_a_correction_by_hand_at_one_step(shop: Workshop) -> None:
    fix = Change(step=5, kind=ChangeKind.ANSWER, text="right 5")
    inquiry = shop.bisect(good_run="", changes=(fix,), after=After.MIXED)
    over = shop.run(inquiry.id)
    assert (_finding(over)["state"], _finding(over)["step"]) == ("sure", 5)


def test_out_of_budget_is_a_state_with_what_is_known_and_more_money_goes_on(shop: Workshop) -> None:
    shop.fails = 0.3
    inquiry = shop.bisect(budget=Budget(reruns=3))
    over = shop.run(inquiry.id)
    assert over.state is InquiryState.OUT_OF_BUDGET and over.ended_ns
    found = _finding(over)
    assert found["state"] == "unsure" and found["reruns"] == 3
    assert "The budget of reruns is used up" in found["sentences"][-1]
    assert shop.service.take("default", inquiry.id, most=1) == []
    assert shop.over == [inquiry.id]

    again = shop.service.resume("default", inquiry.id, budget=Budget(reruns=60))
    assert again is not None and again.state is InquiryState.RUNNING and again.ended_ns is None
    over = shop.run(inquiry.id)
    assert over.state is InquiryState.DONE and _finding(over)["step"] == 5


def test_resumed_with_the_same_budget_it_is_out_of_it_at_once(shop: Workshop) -> None:
    shop.fails = 0.3
    inquiry = shop.bisect(budget=Budget(reruns=3))
    shop.run(inquiry.id)
    again = shop.service.resume("default", inquiry.id)
    assert again is not None and again.state is InquiryState.OUT_OF_BUDGET


@pytest.mark.parametrize(
    ("budget", "field"),
    [
        (Budget(reruns=None, calls=6), "calls"),
        (Budget(reruns=None, usd=0.05), "usd"),
        (Budget(reruns=None, seconds=1), "seconds"),
    ],
)
def test_each_bound_of_the_budget_holds(shop: Workshop, budget: Budget, field: str) -> None:
    inquiry = shop.bisect(good_run="", after=After.LIVE, budget=budget)
    for start in shop.service.take("default", inquiry.id, most=1):
        answer = shop.agent(start)
        shop.clock.pass_s(2)
        shop.tell(start, answer)
    over = shop.run(inquiry.id)
    assert over.state is InquiryState.OUT_OF_BUDGET
    assert any(f"budget of {field}" in one for one in _finding(over)["sentences"])
    assert shop.service.standing(over).spent.reruns < 4


def test_time_in_which_nobody_works_is_not_spent(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(repeats=2, budget=Budget(seconds=150)))
    shop.service.take("default", inquiry.id, most=1)  # and killed
    shop.clock.pass_s(5_000)
    found = shop.service.one("default", inquiry.id)
    assert found is not None and 120 <= shop.service.standing(found).spent.seconds < 121
    assert shop.run(inquiry.id).state is InquiryState.DONE


def test_a_fork_is_compared_with_the_check_and_the_recorded_answer(shop: Workshop) -> None:
    change = Change(step=5, kind=ChangeKind.ANSWER, text="right 5")
    inquiry = shop.service.start(
        shop.draft(
            InquiryKind.FORK,
            fork_at=5,
            changes=(change,),
            after=After.LIVE,
            check=Check(expected="42"),
            repeats=2,
        )
    )
    over = shop.run(inquiry.id)
    found = _finding(over)
    assert (found["outcome"], found["passed"], found["failed"], found["as_recorded"]) == (
        "identical",
        2,
        0,
        0,
    )
    one = _reruns(shop, inquiry)[0]
    assert (one.switch, one.matched, one.changed, one.live) == (5, 4, 1, 3)
    assert one.cost_usd == pytest.approx(0.03)


def test_what_fails_for_want_of_a_recording_says_nothing_of_the_step(shop: Workshop) -> None:
    change = Change(step=5, kind=ChangeKind.ANSWER, text="something nobody recorded")
    fork = shop.draft(InquiryKind.FORK, fork_at=5, changes=(change,), check=Check(expected="42"))
    inquiry = shop.service.start(fork)
    shop.run(inquiry.id)
    one = _reruns(shop, inquiry)[0]
    assert one.missed == 1 and one.passed is None
    assert one.check_said.startswith("1 calls could not be answered")


def test_cancelled_it_hands_out_nothing_and_keeps_what_was_under_way(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(repeats=2))
    start = shop.service.take("default", inquiry.id, most=1)[0]
    cancelled = shop.service.cancel("default", inquiry.id)
    assert cancelled is not None and cancelled.state is InquiryState.CANCELLED
    assert shop.service.take("default", inquiry.id, most=1) == []
    shop.make(start)
    found = shop.service.one("default", inquiry.id)
    assert found is not None and _finding(found)["outcome"] == "identical"
    shop.service.resume("default", inquiry.id)
    assert shop.run(inquiry.id).state is InquiryState.DONE
    assert len(shop.service.reruns("default", inquiry.id)) == 2


def test_deleted_its_plans_and_journals_go_and_a_late_word_is_nobodys(shop: Workshop, tmp_path: Path) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start)
    assert list((tmp_path / "replays").rglob("*.journal"))
    assert shop.service.delete("default", inquiry.id)
    assert not list((tmp_path / "replays").rglob("*.*"))
    shop.service.take("default", shop.service.start(shop.draft()).id, most=1)
    shop.service.forget("default")
    assert not list((tmp_path / "replays").rglob("*.*"))
    assert shop.tell(start, "late") is None
    assert shop.service.one("default", inquiry.id) is None
    assert shop.service.reruns("default", inquiry.id) == []
    assert not shop.service.delete("default", inquiry.id)


def test_a_recording_that_was_deleted_in_between_ends_it_and_says_so(shop: Workshop) -> None:
    inquiry = shop.bisect()
    shop.run(inquiry.id, rounds=2)
    good = shop.tapes.tapes["good"]
    left = tuple(replace(one, hole="deleted") if one.step == 1 else one for one in good.calls)
    shop.tapes.tapes["good"] = replace(good, calls=left)
    again = shop.service.take("default", inquiry.id, most=1)[0]  # some of it is there
    stored = shop.plans.read("default", inquiry.id, number=again.rerun.number, attempt=1)
    assert len(stored.good_ids) == len(stored.tape_ids) == 8  # what is gone is a hole, and moves nothing
    shop.make(again)
    del shop.tapes.tapes["good"]
    assert shop.service.take("default", inquiry.id, most=1) == []
    over = shop.service.one("default", inquiry.id)
    assert over is not None and over.state is InquiryState.CANCELLED
    said = _finding(over)["sentences"]
    assert [place for place, one in enumerate(said) if "nothing more can be tried" in one] == [0]
    assert said[1].startswith("It is not sure which step it was (what was recorded of the run was deleted):")
    assert "step" in _finding(over)  # what was known by then stays


def test_projects_know_nothing_of_each_other(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    other = shop.service
    assert other.one("theirs", inquiry.id) is None and other.all("theirs") == []
    assert other.take("theirs", inquiry.id, most=1) == []
    assert not other.delete("theirs", inquiry.id)
    assert other.cancel("theirs", inquiry.id) is None
    assert other.lines("theirs", inquiry.id, 1) is None
    with pytest.raises(ValueError, match="there is no run 'bad'"):
        other.start(shop.draft(project="theirs"))


def test_calls_of_a_rerun_under_way_can_be_looked_at(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    shop.agent(start, calls=3)
    lines = shop.service.lines("default", inquiry.id, 1)
    assert lines is not None and [one.step for one in lines] == [1, 2, 3]


def test_the_runners_own_check_decides_and_what_it_saw_is_kept(shop: Workshop) -> None:
    inquiry = shop.service.start(shop.draft(check=Check(how="command", expected="./check.sh"), repeats=2))
    for passed, said in ((True, "fine"), (None, "")):
        start = shop.service.take("default", inquiry.id, most=1)[0]
        notes = ["It was kept from the network by the kernel."]
        shop.tell(start, shop.agent(start), passed=passed, check_said=said, notes=notes)
    first, second = _reruns(shop, inquiry)
    assert (first.passed, first.check_said) == (True, "fine") and "kernel" in first.notes[0]
    assert second.passed is None and "did not say" in second.check_said


def test_without_room_for_plans_nothing_is_taken(shop: Workshop, tmp_path: Path) -> None:
    inquiry = shop.service.start(shop.draft())
    (tmp_path / "replays").write_text("a file in the way")
    with pytest.raises(StoreUnavailable):
        shop.service.take("default", inquiry.id, most=1)
    (tmp_path / "replays").unlink()
    assert shop.service.take("default", inquiry.id, most=1)[0].rerun.attempt == 1
