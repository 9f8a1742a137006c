from __future__ import annotations

import time
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.run import DRILL, RERUN_OF, Outcome, Run, RunStatus
from roadworthy.features.judge.issue_book import IssueBook, IssueState
from roadworthy.features.judge.issue_history import STEPS_KEPT, IssueDeed
from roadworthy.features.judge.issue_list import HOUR_NS, IssueList, IssueQuery, Order
from roadworthy.features.judge.issues import IssueKey, issues_of, shape

NOW = time.time_ns()


def a_run(number: int = 1, **values: object) -> Run:
    return Run(project="shop", id=f"{number:032x}", sort_ns=NOW, started_ns=NOW, agent="clerk", **values)  # type: ignore[arg-type]


def failed_tool(error: str) -> Finding:
    return Finding(
        detector="tool_error_ignored", mode="tool-failed", tool="pay", evidence=(Evidence(excerpt=error),)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("order A-23 not found", "order B-7 not found"),
        ("timed out after 30.2 s", "timed out after 5 s"),
        ("no such file /var/lib/a.txt", "no such file /tmp/x/b.csv"),
        ("user ann@example.com unknown", "user bob.b@mail.example unknown"),
        (
            "request 5f1c2a3b-0000-4000-8000-123456789abc refused",
            "request 00000000-1111-4222-8333-444455556666 refused",
        ),
        ("KeyError: 'amount'", "KeyError: 'total'"),
    ],
)
def test_errors_that_differ_in_names_and_numbers_have_one_shape(one: str, other: str) -> None:
    assert shape(one) == shape(other)


def test_other_errors_have_other_shapes_and_long_ones_are_cut() -> None:
    assert shape("order 7 not found") != shape("order 7 was cancelled")
    assert shape("{'message': 'prompt is too long'}") != shape("{'message': 'no credit left'}")
    assert len(shape("word " * 100_000)) <= 160


def test_the_same_tool_failing_the_same_way_is_one_issue() -> None:
    one = issues_of(a_run(1), [failed_tool("timed out after 30 s")])
    other = issues_of(a_run(2), [failed_tool("timed out after 7 s")])
    third = issues_of(a_run(3), [failed_tool("no such order")])
    assert [key.id for key in one] == [key.id for key in other] != [key.id for key in third]
    assert "pay" in one[0].title and "timed out after <n> s" in one[0].title


def test_a_run_nothing_speaks_against_belongs_to_none() -> None:
    assert issues_of(a_run(p_failure=0.2), []) == []
    assert issues_of(a_run(p_failure=0.9, outcome=Outcome.SUCCESS), []) == []


@pytest.mark.parametrize("mark", [RERUN_OF, DRILL])
def test_a_trial_belongs_to_none_whatever_speaks_against_it(mark: str) -> None:
    found = [failed_tool("no such order")]
    run = a_run(status=RunStatus.ERROR, error="boom", outcome=Outcome.FAILURE)
    assert len(issues_of(run, found)) == 2
    run.attributes = {mark: "cd" * 16}
    assert issues_of(run, found) == []


def test_runs_that_say_no_more_are_placed_by_their_cluster() -> None:
    said = a_run(4, outcome=Outcome.FAILURE)
    suspected = a_run(5, p_failure=0.8)
    clusters = {said.id: "refund, late", suspected.id: "refund, late"}
    (key,) = issues_of(said, [], cluster_of=clusters)
    assert (key.detector, key.cluster) == ("said", "refund, late")
    assert issues_of(suspected, [], cluster_of=clusters)[0].detector == "suspected"
    ended = a_run(6, status=RunStatus.ERROR, error="boom 7", error_type="RuntimeError")
    assert [k.detector for k in issues_of(ended, [], cluster_of=clusters)] == ["error"]


def test_what_people_or_judges_call_the_way_of_failing_is_an_issue_of_its_own() -> None:
    found = failed_tool("no such order")
    modes = ("tool-failed", "mast-2.2")
    one, other = (a_run(n, outcome=Outcome.FAILURE, modes=modes) for n in (1, 2))
    by_tool, by_mode = issues_of(one, [found])
    assert (by_tool.detector, by_mode.title, by_mode.mode) == (
        "tool_error_ignored",
        "Did not ask",
        "mast-2.2",
    )
    assert by_mode.id == issues_of(other, [found])[1].id
    assert by_mode.id != issues_of(a_run(3, modes=("mast-2.3",)), [])[0].id
    # Where it was called a success, what a judge named is kept, and opens nothing.
    assert issues_of(a_run(4, outcome=Outcome.SUCCESS, modes=("mast-2.2",)), []) == []


@pytest.fixture
def book(tmp_path: Path) -> IssueBook:
    return IssueBook(SqliteMetadataStore(tmp_path / "m.db"))


KEY = IssueKey(agent="clerk", detector="error", shape="boom")


def test_an_issue_is_entered_once_and_outlives_the_process(book: IssueBook, tmp_path: Path) -> None:
    assert book.note(a_run(1), [KEY]) == book.note(a_run(2), [KEY]) == (KEY.id,)
    again = IssueBook(SqliteMetadataStore(tmp_path / "m.db"))
    assert [(i.id, i.title, i.first_seen_ns) for i in again.issues("shop")] == [
        (KEY.id, "Ended with an error: boom", NOW)
    ]
    assert book.issues("bank") == []


def test_a_resolved_issue_comes_back_with_a_later_run_only(book: IssueBook) -> None:
    book.note(a_run(1), [KEY])
    assert book.change("shop", KEY.id, by="ann", state=IssueState.RESOLVED)
    book.note(a_run(1), [KEY])
    still = book.issue("shop", KEY.id)
    assert still is not None and still.state is IssueState.RESOLVED
    later = a_run(2)
    later.started_ns = time.time_ns() + HOUR_NS
    book.note(later, [KEY])
    back = book.issue("shop", KEY.id)
    assert back is not None and back.state is IssueState.REGRESSED


def test_resolved_in_a_release_only_that_release_speaks_against_it(book: IssueBook) -> None:
    book.note(a_run(1), [KEY])
    book.change("shop", KEY.id, by="ann", state=IssueState.RESOLVED, resolved_in_release="2")
    for release, state in (("1", IssueState.RESOLVED), ("2", IssueState.REGRESSED)):
        later = a_run(2, release=release)
        later.started_ns = time.time_ns() + HOUR_NS
        book.note(later, [KEY])
        issue = book.issue("shop", KEY.id)
        assert issue is not None and issue.state is state


def test_a_muted_issue_wakes_when_its_time_is_over(book: IssueBook) -> None:
    book.note(a_run(1), [KEY])
    book.change("shop", KEY.id, by="ann", state=IssueState.MUTED, muted_until_ns=time.time_ns() + HOUR_NS)
    assert book.issues("shop")[0].state is IssueState.MUTED
    book.change("shop", KEY.id, by="ann", muted_until_ns=1)
    assert book.issues("shop")[0].state is IssueState.OPEN
    assert book.change("shop", "nobody", by="ann", assignee="bob") is None


def test_the_history_says_who_did_what_when_and_why(book: IssueBook, tmp_path: Path) -> None:
    book.note(a_run(1, release="1"), [KEY])
    until = time.time_ns() + HOUR_NS
    book.change(
        "shop", KEY.id, by="ann", reason="supplier is down", state=IssueState.MUTED, muted_until_ns=until
    )
    book.change("shop", KEY.id, by="ann", assignee="bob")
    book.change("shop", KEY.id, by="ann", assignee="bob")
    book.change("shop", KEY.id, by="bob", state=IssueState.OPEN)
    book.change("shop", KEY.id, by="bob", state=IssueState.OPEN)
    book.change("shop", KEY.id, by="bob", state=IssueState.RESOLVED, resolved_in_release="2")
    back = a_run(2, release="2")
    back.started_ns = time.time_ns() + HOUR_NS
    book.note(back, [KEY])

    again = IssueBook(SqliteMetadataStore(tmp_path / "m.db")).issue("shop", KEY.id)

    assert again is not None and again == book.issue("shop", KEY.id)
    told = [(s.deed, s.by, s.reason, s.to, s.until_ns, s.release, s.run_id) for s in again.history]
    assert told == [
        (IssueDeed.FIRST_SEEN, "", "", "", 0, "1", a_run(1).id),
        (IssueDeed.MUTED, "ann", "supplier is down", "", until, "", ""),
        (IssueDeed.ASSIGNED, "ann", "", "bob", 0, "", ""),
        (IssueDeed.REOPENED, "bob", "", "", 0, "", ""),
        (IssueDeed.RESOLVED, "bob", "", "", 0, "2", ""),
        (IssueDeed.REGRESSED, "", "", "", 0, "2", back.id),
    ]
    assert [s.at_ns for s in again.history] == sorted(s.at_ns for s in again.history)
    assert again.regression == again.history[-1]


def test_a_mute_that_ran_out_stands_in_the_history_once(book: IssueBook) -> None:
    book.note(a_run(1), [KEY])
    book.change("shop", KEY.id, by="ann", state=IssueState.MUTED, muted_until_ns=NOW - 5)
    book.change("shop", KEY.id, by="ann", assignee="bob")
    issue = book.issue("shop", KEY.id)
    assert issue is not None and issue.state is IssueState.OPEN
    assert [(s.deed, s.at_ns) for s in issue.history if s.deed is IssueDeed.WOKEN] == [
        (IssueDeed.WOKEN, NOW - 5)
    ]


def test_a_long_history_keeps_its_beginning_and_its_end(book: IssueBook) -> None:
    book.note(a_run(1), [KEY])
    for number in range(STEPS_KEPT + 50):
        book.change("shop", KEY.id, by="ann", assignee=f"p{number}")
    issue = book.issue("shop", KEY.id)
    assert issue is not None and len(issue.history) == STEPS_KEPT
    assert issue.history[0].deed is IssueDeed.FIRST_SEEN
    assert issue.history[-1].to == f"p{STEPS_KEPT + 49}"


def test_the_list_counts_runs_releases_and_time(book: IssueBook) -> None:
    store = MemoryTelemetryStore()
    other = IssueKey(agent="clerk", detector="loop")
    runs = []
    for number in range(6):
        run = a_run(number + 1, release="2" if number % 3 else "1", p_failure=number / 10)
        run.sort_ns = run.started_ns = NOW - number * 10 * HOUR_NS
        run.issues = book.note(run, [KEY] if number < 4 else [KEY, other])
        runs.append(run)
    store.write(TelemetryBatch(token="t", runs=runs))
    issues = IssueList(store, book=book)
    query = IssueQuery(from_ns=NOW - 7 * 24 * HOUR_NS, to_ns=NOW + 1, order=Order.RUNS)
    rows = issues.rows("shop", query)
    assert [(row.issue.id, row.runs, row.runs_last_day) for row in rows] == [(KEY.id, 6, 3), (other.id, 2, 0)]
    assert rows[0].releases == {"1": 2, "2": 4}
    assert sum(bucket.runs for bucket in rows[0].spark) == 6
    assert rows[0].last_seen_ns == NOW
    assert [run.id for run in issues.representatives("shop", other.id)] == [runs[5].id, runs[4].id]
    book.change("shop", other.id, by="ann", state=IssueState.RESOLVED)
    assert [row.issue.id for row in issues.rows("shop", query)] == [KEY.id]
    one = issues.row("shop", other.id, from_ns=query.from_ns, to_ns=query.to_ns)
    assert one is not None and one.runs == 2
    assert issues.row("shop", "nobody", from_ns=0, to_ns=NOW) is None
