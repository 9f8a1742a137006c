"""A provider that answers with another model under the same name is noticed, once, with the runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.alarm_journal.sqlite import SqliteAlarmJournal
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.domain.alarm import Alarm, AlarmKind
from roadworthy.domain.exchange import Dialect, Ending, Exchange, ExchangeKind
from roadworthy.flows.alarm_on_model_change import SETTLED_NS, AlarmOnModelChange

NOW = 1_790_000_000_000_000_000
CALL = Exchange(
    project="default",
    id="",
    kind=ExchangeKind.MODEL,
    dialect=Dialect.OPENAI_CHAT,
    agent="support",
    target="planner",
    pinned="gpt-4o",
    answered="gpt-4o-2024-08-06",
    upstream="openai/gpt-4o",
    started_ns=NOW - 2 * SETTLED_NS,
    elapsed_ms=5,
    ending=Ending.COMPLETE,
)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.log = SqliteExchangeLog(folder / "exchanges.db")
        self.journal = SqliteAlarmJournal(folder / "alarms.db", owner="models")
        self.now = NOW
        self.flow = self.again()
        self.count = 0

    def again(self) -> AlarmOnModelChange:
        """As after a restart."""
        return AlarmOnModelChange(
            self.log,
            self.journal,
            runs_of=lambda _, ids: {one: f"run-{one[-1]}" for one in ids},
            now_ns=lambda: self.now,
        )

    def call(self, **changes: object) -> None:
        self.count += 1
        self.log.append([replace(CALL, id=f"{self.count:032x}", **changes)])  # type: ignore[arg-type]

    def alarms(self, project: str = "default") -> list[Alarm]:
        return self.journal.alarms(project)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(tmp_path)
    yield opened
    opened.log.close()
    opened.journal.close()


def test_the_first_dated_name_is_learned_and_another_is_an_alarm(desk: Desk) -> None:
    desk.call()
    desk.call()
    assert desk.flow.refresh() == 0

    desk.call(answered="gpt-4o-2024-11-20")
    desk.call(answered="gpt-4o-2024-11-20", agent="sales")
    assert desk.flow.refresh() == 1

    (alarm,) = desk.alarms()
    assert alarm.kind is AlarmKind.MODEL_CHANGE
    assert alarm.title == "openai/gpt-4o answers as gpt-4o-2024-11-20, no longer as gpt-4o-2024-08-06"
    assert alarm.run_ids == ("run-3", "run-4")
    assert alarm.facts["agents"] == "sales, support"


def test_a_first_answer_from_another_model_than_the_dated_one_that_is_pinned_is_an_alarm(desk: Desk) -> None:
    pinned = "gpt-4o-2024-08-06"
    for answered in ("gpt-4o-2024-11-20", "gpt-4o-2024-11-20", pinned):
        desk.call(pinned=pinned, upstream=f"openai/{pinned}", answered=answered)
    desk.call(
        pinned="claude-sonnet-4-5-20250929", upstream="anthropic/c", answered="claude-sonnet-4-5@20250929"
    )
    desk.call(pinned="our-deployment", upstream="azure/ours", answered="gpt-4o-2024-11-20")

    assert desk.flow.refresh() == 1
    (alarm,) = desk.alarms()
    assert alarm.title == f"openai/{pinned} answers as gpt-4o-2024-11-20, not as {pinned}"
    assert "Answers were to be from that model; in this call they say gpt-4o-2024-11-20." in alarm.reason
    assert alarm.facts["pinned"] == pinned


def test_it_is_raised_once_even_where_both_answer_in_turn_and_after_a_restart(desk: Desk) -> None:
    desk.call()
    for _ in range(3):
        desk.call(answered="gpt-4o-2024-11-20")
        desk.call()
        desk.flow.refresh()
        desk.flow = desk.again()
    assert len(desk.alarms()) == 1


def test_what_says_nothing_about_the_provider_is_left_out(desk: Desk) -> None:
    desk.call()
    desk.call(answered="other", cached=True)
    desk.call(answered="other", fault="model_swap")
    desk.call(answered="other", drill="d")
    desk.call(answered="other", ending=Ending.CUT_OFF)
    desk.call(answered="")
    desk.call(answered="other", upstream="azure/gpt-4o")
    desk.call(answered="other", project="elsewhere")
    assert desk.flow.refresh() == 0
    assert desk.alarms() == []


def test_a_call_is_looked_at_when_its_run_is_known(desk: Desk) -> None:
    desk.call()
    desk.call(answered="new", started_ns=NOW - SETTLED_NS // 2)
    assert desk.flow.refresh() == 0
    desk.now += SETTLED_NS
    assert desk.flow.refresh() == 1


def test_a_clock_that_was_ahead_holds_nothing_up(desk: Desk) -> None:
    desk.call(started_ns=NOW + 10**15)
    desk.call(answered="new")
    assert desk.flow.refresh() == 1
