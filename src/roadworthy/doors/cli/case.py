"""case: recorded runs as regression tests, one file each, run offline."""

from __future__ import annotations

import sys
import threading
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.debug_options import (
    AnswerField,
    CallableOf,
    CheckOf,
    Command,
    Files,
    Folder,
    FreezeClock,
    GoodRun,
    Interpreter,
    Isolate,
    Isolation,
    StartOptions,
    Written,
)
from roadworthy.doors.cli.listing import one_line, say_items, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server


class CallsOf(StrEnum):
    STRICT = "strict"
    SAME_CALLS = "same_calls"
    ANSWER = "answer"


app = typer.Typer(
    no_args_is_help=True, help="Recorded runs as tests that run offline.", rich_markup_mode=None
)


@app.command()
def add(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the recorded run.")],
    expected: Annotated[
        str | None, typer.Option(help="What the agent is to answer; left out: as it answered.")
    ] = None,
    check: CheckOf = None,
    calls: Annotated[
        CallsOf, typer.Option(help="strict: to the letter; same_calls: dates may differ; answer: any.")
    ] = CallsOf.SAME_CALLS,
    name: Annotated[str, typer.Option(help="Left out: the first words of the task.")] = "",
    task: Annotated[str, typer.Option("--input", help="The task; left out: what the run was asked.")] = "",
    expect_failure: Annotated[
        bool, typer.Option("--expect-failure", help="It is known not to pass yet.")
    ] = False,
    fixes: Annotated[
        list[str] | None,
        typer.Option(
            "--fix",
            help="A step put right: what the tool gives, or the model says.",
            metavar="STEP=TEXT|@FILE",
        ),
    ] = None,
    good: GoodRun = None,
    command: Command = None,
    callable_: CallableOf = None,
    python: Interpreter = None,
    answer_field: AnswerField = "",
    timeout: Annotated[float, typer.Option(min=1, max=3600, help="Seconds that the agent may take.")] = 120,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File or folder; - is standard output.", metavar="FILE"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is another.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Make a recorded run a case, and write its file."""
    from roadworthy.doors.cli.debug_asked import check_asked, entry_asked, fixes_asked

    body: dict[str, Any] = {
        "name": name,
        "input": task,
        "expected": expected or "",
        "check": check_asked(check),
        "calls": calls.value,
        "expect_failure": expect_failure,
        "good_run": good or "",
        "entry": entry_asked(
            StartOptions(command=command, callable_=callable_, answer_field=answer_field, python=python),
            timeout=timeout,
        ),
    }
    with asking(server=server, key=key, project=project) as client:
        if fixes:
            steps = client.get(f"/runs/{named(run)}/tape")["steps"]
            body["changes"] = fixes_asked(fixes, kinds={one["step"]: one["kind"] for one in steps})
        one = client.send("POST", f"/runs/{named(run)}/case", body=body)
        data = _downloaded(client, one["id"])
    if output == Path("-"):
        sys.stdout.buffer.write(data)
        return
    path = _written(data, output, name=one["file_name"], force=force)
    if as_json:
        say_json({**one, "file": str(path)})
        return
    typer.echo(f"case {one['id']}: {one['steps']} calls, {_decides(one['check'])}, in {path}")
    if one["recorded_passes"] is False and not one["expect_failure"]:
        typer.echo("The run's own answer does not pass: the case fails until the agent is put right.")
    typer.echo(f"Run it: roadworthy case run {path}{'' if one['entry'] else ' --command ...'}")


@app.command("list")
def list_cases(
    agent: Annotated[str | None, typer.Option(help="Only of this agent.")] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List the cases of the project, newest first."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/cases", {"agent": agent})["items"]
    say_items(found, as_json=as_json, line=_line, none="No cases yet: roadworthy case add RUN")


@app.command()
def remove(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Delete a case of the server; files that were written stay."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/cases/{named(case_id)}")
    typer.echo(f"case {case_id} is gone")


@app.command()
def show(
    what: Annotated[str, typer.Argument(metavar="FILE|CASE", help="A case file, or an id of the server.")],
    step: Annotated[int | None, typer.Option(help="Show this step as a whole.", min=1)] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show what a case holds: its task, what is expected, and each recorded call."""
    from roadworthy.doors.cli.case_report import say_case, say_step
    from roadworthy.features.debug.cases.file import BadCaseFile, decode

    path = Path(what)
    try:
        if path.exists():
            data = path.read_bytes()
        elif path.suffix:
            raise fail(f"there is no {what}", code=2)
        else:
            with asking(server=server, key=key, project=project) as client:
                data = _downloaded(client, what)
        case = decode(data)
    except OSError as fault:
        raise fail(f"{what} cannot be read: {fault.strerror}", code=2) from None
    except BadCaseFile as bad:
        raise fail(f"{what}: {bad}", code=2) from None
    if as_json:
        # All but the recordings, which are in the last line.
        for line in data.splitlines()[:-1]:
            typer.echo(line.decode())
    elif step is None:
        say_case(case)
    else:
        call = case.tape.call(step)
        if call is None:
            raise fail(f"--step: expected 1 to {len(case.tape.calls)}, not {step}", code=2)
        say_step(call)


@app.command()
def run(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Case files, or folders of them.")],
    command: Command = None,
    callable_: CallableOf = None,
    python: Interpreter = None,
    folder: Folder = None,
    answer_field: AnswerField = "",
    timeout: Annotated[
        float | None,
        typer.Option(min=1, max=3600, help="Seconds that one case may take; default: the case's."),
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, max=64, help="Cases at once.")] = 1,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first that fails.")] = False,
    isolate: Isolate = Isolation.AUTO,
    written: Files = Written.THROWAWAY,
    freeze_clock: FreezeClock = True,
    timing: Annotated[bool, typer.Option("--timing", help="Say what each case took over its agent.")] = False,
    update: Annotated[bool, typer.Option("--update", help="Says how cases are made anew.")] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", help="Write JUnit XML, for CI.", metavar="FILE")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run cases offline, without any server. Ends with 0 where all passed, 1 where some failed, 2 where of
    some nothing can be said."""
    from roadworthy.doors.cli.case_report import result_json, say_result, say_sum
    from roadworthy.doors.gateway.offline import offline_gateway
    from roadworthy.features.debug.cases.offline_run import How, run_file
    from roadworthy.features.debug.cases.suite import CaseResult, case_files, exit_code, junit, run_suite
    from roadworthy.features.debug.running.files import Files as KeptFiles
    from roadworthy.features.debug.running.isolation import Isolate as Kept

    if update:
        raise fail(
            "what an agent asks anew was never recorded, so no answer to it is known: run it through the "
            "gateway once, then make the case of that run (roadworthy case add RUN --force)",
            code=2,
        )
    how = How(
        entry=_entry(command, callable_, python, answer_field),
        folder=folder or "",
        timeout_s=timeout,
        isolate=Kept(isolate.value),
        files=KeptFiles(written.value),
        own_clock=not freeze_clock,
    )
    stop = threading.Event()
    results: list[CaseResult] = []
    try:
        for one in run_suite(
            case_files(files),
            lambda path, ended: run_file(path, how, offline=offline_gateway, stop=ended),
            jobs=jobs,
            fail_fast=fail_fast,
            stop=stop,
        ):
            results.append(one)
            if as_json:
                say_json(result_json(one))
            else:
                say_result(one, timing=timing)
    except FileNotFoundError as missing:
        raise fail(str(missing), code=2) from None
    except KeyboardInterrupt:
        raise fail("stopped", code=130) from None
    if junit_file is not None:
        try:
            junit_file.write_bytes(junit(results))
        except OSError as fault:
            raise fail(f"--junit: {junit_file} cannot be written: {fault.strerror}", code=2) from None
    if not as_json:
        say_sum(results, timing=timing)
    raise typer.Exit(exit_code(results))


def _entry(command: str | None, callable_: str | None, python: str | None, field: str) -> Any:
    from roadworthy.features.debug.inquiry import EntryPoint, Via

    if command is not None and callable_ is not None:
        raise fail("expected one of --command and --callable", code=2)
    if callable_ is not None:
        return EntryPoint(via=Via.CALLABLE, callable=callable_, python=python or "", answer_field=field)
    return EntryPoint(command=command, answer_field=field) if command is not None else None


def _downloaded(client: Client, case_id: str) -> bytes:
    with client.open("GET", f"/cases/{named(case_id)}/file") as answer:
        return answer.read()


def _written(data: bytes, output: Path | None, *, name: str, force: bool) -> Path:
    path = output or Path()
    # What ends in nothing is a folder, also where it is not there yet: the next case goes beside this one.
    path = path / name if path.is_dir() or not (path.suffix or path.exists()) else path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not force and path.read_bytes() != data:
            raise fail(f"{path} is there and is another case; give -o, or --force to replace it")
        path.write_bytes(data)
    except OSError as fault:
        raise fail(f"{path} cannot be written: {fault.strerror}") from None
    return path


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    what = (one["agent"], f"{one['steps']} calls", _decides(one["check"]), one["name"])
    return (one["id"], one["created_at"][:16], *what)


def _decides(check: dict[str, Any]) -> str:
    shown = one_line(str(check["expected"]), width=40)
    return "answers as recorded" if check["how"] == "same" else f"{check['how']} {shown}".strip()
