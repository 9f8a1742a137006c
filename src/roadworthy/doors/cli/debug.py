"""replay, fork, bisect: a recorded run executed again by its own agent, to find something out."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from roadworthy.doors.cli.client import Client
from roadworthy.doors.cli.debug_options import (
    AnswerField,
    BudgetCalls,
    BudgetReruns,
    BudgetSeconds,
    BudgetUsd,
    CallableOf,
    CheckOf,
    Command,
    Concurrency,
    Files,
    Folder,
    FreezeClock,
    Gateway,
    GoodRun,
    Interpreter,
    Isolate,
    Isolation,
    Live,
    LiveTools,
    Mixed,
    PostBody,
    Recorded,
    RunId,
    Save,
    Task,
    Timeout,
    Url,
    Written,
)
from roadworthy.doors.cli.debug_work import InquiryWork
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server


def replay(
    run_id: RunId,
    command: Command = None,
    callable_: CallableOf = None,
    url: Url = None,
    body: PostBody = None,
    answer_field: AnswerField = "",
    folder: Folder = None,
    python: Interpreter = None,
    timeout: Timeout = 120,
    save: Save = False,
    task: Task = "",
    repeats: Annotated[int, typer.Option(min=1, max=50, help="How often.")] = 1,
    concurrency: Concurrency = 1,
    isolate: Isolate = Isolation.AUTO,
    files: Files = Written.THROWAWAY,
    freeze_clock: FreezeClock = True,
    gateway: Gateway = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Start the agent again, each call answered from the recording: does it do the same?

    Ends with 0 where it is identical, 1 where it differs, 3 where that cannot be told.
    """
    from roadworthy.doors.cli.debug_asked import entry_asked

    asked = {
        "entry": entry_asked(
            command=command,
            callable_=callable_,
            url=url,
            body=body,
            answer_field=answer_field,
            folder=folder,
            python=python,
            timeout=timeout,
        ),
        "input": task,
        "repeats": repeats,
        "concurrency": concurrency,
    }
    client = Client(server=server, key=key, project=project)
    work = InquiryWork(
        client, isolate=isolate, files=files, freeze_clock=freeze_clock, gateway=gateway, as_json=as_json
    )
    work.ask("replay", run_id, asked, save=save)


def fork(
    run_id: RunId,
    at: Annotated[int, typer.Option(min=1, help="The step that is changed.", metavar="STEP")],
    answer: Annotated[
        str | None, typer.Option(help="What the model says there instead.", metavar="TEXT|@FILE")
    ] = None,
    result: Annotated[
        str | None, typer.Option(help="What the tool gives instead.", metavar="TEXT|@FILE")
    ] = None,
    error: Annotated[
        str | None, typer.Option(help="The call fails, with this message.", metavar="TEXT")
    ] = None,
    code: Annotated[str, typer.Option(help="Of that failure: timeout, rate_limited ...")] = "",
    model: Annotated[
        str | None, typer.Option(help="Another model is asked, for real.", metavar="NAME")
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="Another system prompt; the model is asked.", metavar="TEXT|@FILE")
    ] = None,
    parameters: Annotated[
        str | None, typer.Option(help="Of the request: temperature ...; the model is asked.", metavar="JSON")
    ] = None,
    forbid: Annotated[
        str | None, typer.Option(help="Refused from there on, as by a policy.", metavar="TOOL")
    ] = None,
    onwards: Annotated[
        bool, typer.Option("--onwards", help="The change holds for every later call of that kind, too.")
    ] = False,
    good: GoodRun = None,
    live: Live = False,
    mixed: Mixed = False,
    recorded: Recorded = False,
    live_tools: LiveTools = None,
    check: CheckOf = None,
    command: Command = None,
    callable_: CallableOf = None,
    url: Url = None,
    body: PostBody = None,
    answer_field: AnswerField = "",
    folder: Folder = None,
    python: Interpreter = None,
    timeout: Timeout = 120,
    save: Save = False,
    task: Task = "",
    repeats: Annotated[int, typer.Option(min=1, max=50, help="How often.")] = 1,
    budget_reruns: BudgetReruns = None,
    budget_usd: BudgetUsd = None,
    budget_calls: BudgetCalls = None,
    budget_seconds: BudgetSeconds = None,
    concurrency: Concurrency = 1,
    isolate: Isolate = Isolation.AUTO,
    files: Files = Written.THROWAWAY,
    freeze_clock: FreezeClock = True,
    gateway: Gateway = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Replay up to a step, change something there, and go on: from recordings, or live.

    Ends with 0 where the check passed (without one: where it answered the same), 1 where not, 3 where that
    cannot be told.
    """
    from roadworthy.doors.cli.debug_asked import after_asked, changes_asked, check_asked, entry_asked

    asked: dict[str, Any] = {
        "fork_at": at,
        "changes": changes_asked(
            at,
            onwards=onwards,
            code=code,
            answer=answer,
            result=result,
            error=error,
            model=model,
            prompt=prompt,
            parameters=parameters,
            forbid=forbid,
        ),
        "after": after_asked(live=live, mixed=mixed, recorded=recorded),
        "good_run": good or "",
        "live_tools": live_tools or [],
        "check": check_asked(check),
        "entry": entry_asked(
            command=command,
            callable_=callable_,
            url=url,
            body=body,
            answer_field=answer_field,
            folder=folder,
            python=python,
            timeout=timeout,
        ),
        "input": task,
        "repeats": repeats,
        "concurrency": concurrency,
        "budget": _budget(budget_reruns, budget_calls, budget_usd, budget_seconds),
    }
    client = Client(server=server, key=key, project=project)
    work = InquiryWork(
        client, isolate=isolate, files=files, freeze_clock=freeze_clock, gateway=gateway, as_json=as_json
    )
    work.ask("fork", run_id, asked, save=save)


def bisect(
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
    live: Live = False,
    mixed: Mixed = False,
    recorded: Recorded = False,
    live_tools: LiveTools = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.999, help="How sure it has to be.")] = 0.9,
    command: Command = None,
    callable_: CallableOf = None,
    url: Url = None,
    body: PostBody = None,
    answer_field: AnswerField = "",
    folder: Folder = None,
    python: Interpreter = None,
    timeout: Timeout = 120,
    save: Save = False,
    task: Task = "",
    budget_reruns: BudgetReruns = None,
    budget_usd: BudgetUsd = None,
    budget_calls: BudgetCalls = None,
    budget_seconds: BudgetSeconds = None,
    concurrency: Concurrency = 1,
    isolate: Isolate = Isolation.AUTO,
    files: Files = Written.THROWAWAY,
    freeze_clock: FreezeClock = True,
    gateway: Gateway = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Find the step that made a run fail: the first one whose correction makes it succeed.

    What is right comes from a good run, from --fix, from another model, or from asking again. Ends with 0
    where the step is found, 1 where it is none of them, 3 where that cannot be told.
    """
    from roadworthy.doors.cli.debug_asked import after_asked, check_asked, entry_asked

    asked: dict[str, Any] = {
        "check": check_asked(check),
        "good_run": good or "",
        "live_model": model or "",
        "after": after_asked(live=live, mixed=mixed, recorded=recorded),
        "live_tools": live_tools or [],
        "confidence": confidence,
        "entry": entry_asked(
            command=command,
            callable_=callable_,
            url=url,
            body=body,
            answer_field=answer_field,
            folder=folder,
            python=python,
            timeout=timeout,
        ),
        "input": task,
        "concurrency": concurrency,
        "budget": _budget(budget_reruns, budget_calls, budget_usd, budget_seconds),
    }
    client = Client(server=server, key=key, project=project)
    work = InquiryWork(
        client, isolate=isolate, files=files, freeze_clock=freeze_clock, gateway=gateway, as_json=as_json
    )
    work.ask("bisect", run_id, asked, save=save, fixes=fixes or [])


def _budget(reruns: int | None, calls: int | None, usd: float | None, seconds: float | None) -> Any:
    from roadworthy.doors.cli.debug_asked import budget_asked

    return budget_asked(reruns=reruns, calls=calls, usd=usd, seconds=seconds)
