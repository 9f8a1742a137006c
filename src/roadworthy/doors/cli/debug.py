"""replay, fork, bisect: a recorded run executed again by its own agent, to find something out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from roadworthy.doors.cli.debug_options import (
    BudgetOptions,
    ChangeOptions,
    CheckOf,
    Concurrency,
    EntryOptions,
    GoodRun,
    OnwardOptions,
    RerunOptions,
    RunId,
    Save,
    ServerOptions,
    Task,
)
from roadworthy.doors.cli.debug_work import InquiryWork
from roadworthy.doors.cli.option_groups import grouped
from roadworthy.doors.cli.options import Json


@grouped
def replay(
    *,
    run_id: RunId,
    entry: EntryOptions,
    save: Save = False,
    task: Task = "",
    repeats: Annotated[int, typer.Option(min=1, max=50, help="How often.")] = 1,
    concurrency: Concurrency = 1,
    how: RerunOptions,
    as_json: Json = False,
    server: ServerOptions,
) -> None:
    """Start the agent again, each call answered from the recording: does it do the same?

    Ends with 0 where it is identical, 1 where it differs, 3 where that cannot be told.
    """
    from roadworthy.doors.cli.debug_asked import entry_asked

    asked = {
        "entry": entry_asked(entry, timeout=entry.timeout),
        "input": task,
        "repeats": repeats,
        "concurrency": concurrency,
    }
    work = InquiryWork(server.client, how, as_json=as_json)
    work.ask("replay", run_id, asked, save=save)


@grouped
def fork(
    *,
    run_id: RunId,
    at: Annotated[int, typer.Option(min=1, help="The step that is changed.", metavar="STEP")],
    change: ChangeOptions,
    good: GoodRun = None,
    onward: OnwardOptions,
    check: CheckOf = None,
    entry: EntryOptions,
    save: Save = False,
    task: Task = "",
    repeats: Annotated[int, typer.Option(min=1, max=50, help="How often.")] = 1,
    budget: BudgetOptions,
    concurrency: Concurrency = 1,
    how: RerunOptions,
    as_json: Json = False,
    server: ServerOptions,
) -> None:
    """Replay up to a step, change something there, and go on: from recordings, or live.

    Ends with 0 where the check passed (without one: where it answered the same), 1 where not, 3 where that
    cannot be told.
    """
    from roadworthy.doors.cli.debug_asked import (
        after_asked,
        budget_asked,
        changes_asked,
        check_asked,
        entry_asked,
    )

    asked: dict[str, Any] = {
        "fork_at": at,
        "changes": changes_asked(at, change),
        "after": after_asked(onward),
        "good_run": good or "",
        "live_tools": onward.live_tools or [],
        "check": check_asked(check),
        "entry": entry_asked(entry, timeout=entry.timeout),
        "input": task,
        "repeats": repeats,
        "concurrency": concurrency,
        "budget": budget_asked(budget),
    }
    work = InquiryWork(server.client, how, as_json=as_json)
    work.ask("fork", run_id, asked, save=save)


@grouped
def bisect(
    *,
    run_id: RunId,
    check: CheckOf = None,
    good: GoodRun = None,
    fixes: Annotated[
        list[str] | None,
        typer.Option(
            "--fix", help="The right answer or result of a step; repeatable.", metavar="STEP=TEXT|@FILE"
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Asked in place of the agent's own, for real.", metavar="NAME")
    ] = None,
    onward: OnwardOptions,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="How sure it has to be.")] = 0.9,
    entry: EntryOptions,
    save: Save = False,
    task: Task = "",
    budget: BudgetOptions,
    concurrency: Concurrency = 1,
    how: RerunOptions,
    as_json: Json = False,
    server: ServerOptions,
) -> None:
    """Find the step that made a run fail: the first one whose correction makes it succeed.

    What is right comes from a good run, from --fix, from another model, or from asking again. Ends with 0
    where the step is found, 1 where it is none of them, 3 where that cannot be told.
    """
    from roadworthy.doors.cli.debug_asked import after_asked, budget_asked, check_asked, entry_asked

    asked: dict[str, Any] = {
        "check": check_asked(check),
        "good_run": good or "",
        "live_model": model or "",
        "after": after_asked(onward),
        "live_tools": onward.live_tools or [],
        "confidence": confidence,
        "entry": entry_asked(entry, timeout=entry.timeout),
        "input": task,
        "concurrency": concurrency,
        "budget": budget_asked(budget),
    }
    work = InquiryWork(server.client, how, as_json=as_json)
    work.ask("bisect", run_id, asked, save=save, fixes=fixes or [])
