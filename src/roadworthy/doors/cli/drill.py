"""drill, drills: what happens to an agent when the world misbehaves."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.drill_report import say_report
from roadworthy.doors.cli.listing import say_items, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Filters, From, Json, Key, Limit, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="Drills of before, and faults in live traffic.", rich_markup_mode=None
)
live = typer.Typer(no_args_is_help=True, help="Faults in a share of live traffic.", rich_markup_mode=None)
app.add_typer(live, name="live")

DrillId = Annotated[str, typer.Argument(metavar="DRILL", help="Id of the drill.")]
FailUnder = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, help="End with 1 where less than this share survived, or nothing can be said."
    ),
]


def drill(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    cases: Annotated[
        str,
        typer.Option(
            help="A file (.csv, .jsonl) with input and expected, `runs` for recorded ones, or ids of runs.",
            metavar="FILE|runs|IDS",
        ),
    ] = "runs",
    command: Annotated[
        str | None, typer.Option(help="Starts the agent; {input} stands for the task.", metavar="COMMAND")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Of the agent's own endpoint, instead.")] = None,
    body: Annotated[str, typer.Option(help="Of the POST to it.")] = '{"input": "{input}"}',
    answer_field: Annotated[
        str, typer.Option(help="Where in a JSON answer the words are: result.text.")
    ] = "",
    faults: Annotated[
        list[str] | None, typer.Option("--fault", help="Only these; see roadworthy drills faults.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Of faults: after_s=1, age_s=86400.", metavar="NAME=N")
    ] = None,
    pairs: Annotated[bool, typer.Option("--pairs/--no-pairs", help="Whether also in twos.")] = True,
    persistent: Annotated[
        bool, typer.Option("--persistent", help="A fault stays until its run ends.")
    ] = False,
    clean_runs: Annotated[int, typer.Option("--clean", min=1, help="Runs of each task without a fault.")] = 2,
    budget: Annotated[int, typer.Option(min=1, help="Runs, clean ones included.")] = 200,
    concurrency: Annotated[int, typer.Option("-j", "--concurrency", min=1, max=64)] = 2,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds that one run may take.")] = 120,
    seed: Annotated[int, typer.Option(help="The same seed plans the same faults.")] = 1,
    filters: Filters = None,
    since: From = None,
    limit: Limit = 20,
    gateway: Annotated[
        str | None, typer.Option(help="Address of the gateway as the agent reaches it.", metavar="URL")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="DRILL", help="Go on with one that was stopped.")
    ] = None,
    fail_under: FailUnder = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Run an agent's own tasks again with faults in its calls, and say what it made of each."""
    started = _starter(command, url)
    asked: dict[str, Any] = {
        "agent": agent,
        "faults": faults or [],
        "settings": _settings(settings or []),
        "pairs": pairs,
        "persistent": persistent,
        "clean_runs": clean_runs,
        "budget": budget,
        "concurrency": concurrency,
        "timeout_s": timeout,
        "seed": seed,
        "via": "url" if url else "command",
        "url": url or "",
        "body": body,
        "answer_field": answer_field,
    }
    client = Client(server=server, key=key, project=project)
    try:
        if resume is None:
            asked |= _cases(cases, filters=filters or [], since=since, limit=limit)
            one = client.send("POST", "/drills", body=asked)
        else:
            one = client.send("POST", f"/drills/{named(resume)}/resume", body={})
        state = _made(client, one["id"], started=started, concurrency=concurrency, gateway=gateway)
        if state == "stopped":
            again = f"roadworthy drill {agent} --resume {one['id']}"
            raise fail(f"stopped; go on with: {again} {'--url' if url else '--command'} ...", code=130)
        _report(client, one["id"], as_json=as_json, fail_under=fail_under)
    except Failed as error:
        raise fail(str(error)) from None


@app.command("list")
def list_drills(
    agent: Annotated[str | None, typer.Option(help="Only of this agent.")] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List drills, newest first."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/drills", {"agent": agent})["items"]
    none = "No drills yet: roadworthy drill AGENT --cases FILE --command ..."
    say_items(found, as_json=as_json, line=_line, none=none)


@app.command()
def report(
    drill_id: DrillId,
    fail_under: FailUnder = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say what the agent made of each fault, as far as the drill has come."""
    with asking(server=server, key=key, project=project) as client:
        _report(client, drill_id, as_json=as_json, fail_under=fail_under)


@app.command()
def cancel(
    drill_id: DrillId, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Hand out no more runs; what was done stays."""
    with asking(server=server, key=key, project=project) as client:
        one = client.send("POST", f"/drills/{named(drill_id)}/cancel", body={})
    typer.echo(f"{one['id']} is {one['state']}")


@app.command("faults")
def list_faults(
    as_json: Json = False, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """List everything a drill can put into a call."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/drills/faults")["items"]
    say_items(found, as_json=as_json, line=_fault_line)


@live.command("list")
def list_live(
    agent: Annotated[str | None, typer.Option(help="Only of this agent.")] = None,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List what is and was switched on."""
    with asking(server=server, key=key, project=project) as client:
        found = client.get("/live-drills", {"agent": agent})["items"]
    say_items(found, as_json=as_json, line=_live_line, none="No faults in live traffic.")


@live.command("start")
def start_live(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Name of the agent.")],
    kind: Annotated[str, typer.Option(help="model or tool.")],
    faults: Annotated[list[str], typer.Option("--fault", help="Repeatable.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Of the agent's runs.")],
    target: Annotated[str, typer.Option(help="Route or connector.tool; left out: any.")] = "",
    most: Annotated[int, typer.Option(min=1, help="Faults, after which it is over.")] = 20,
    lasts: Annotated[str, typer.Option(help="Like 15m, 2h.")] = "1h",
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Put faults into live calls: real users will meet them."""
    asked = {"agent": agent, "kind": kind, "faults": faults, "share": share, "target": target}
    with asking(server=server, key=key, project=project) as client:
        one = client.send("POST", "/live-drills", body={**asked, "most": most, "lasts": lasts})
    say_items([one], as_json=as_json, line=_live_line)


@live.command("stop")
def stop_live(
    live_id: Annotated[str, typer.Argument(metavar="ID", help="Of the live drill.")],
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Switch it off; it holds within a second."""
    with asking(server=server, key=key, project=project) as client:
        one = client.send("POST", f"/live-drills/{named(live_id)}/stop", body={})
        say_items([one], as_json=False, line=_live_line)


def _starter(command: str | None, url: str | None) -> Any:
    from roadworthy.features.debug.running.command import arguments_of

    if bool(command) == bool(url):
        raise fail("how is the agent started? Give --command or --url.", code=2)
    if command is None:
        return None
    try:
        return arguments_of(command)
    except ValueError as wrong:
        raise fail(f"--command: {wrong}", code=2) from None


def _made(client: Client, drill_id: str, *, started: Any, concurrency: int, gateway: str | None) -> str:
    from roadworthy.doors.cli.drill_runner import DrillRunner, command_start, url_start
    from roadworthy.doors.cli.progress import ProgressLine
    from roadworthy.doors.cli.taken_work import watched

    stop = threading.Event()
    typer.echo(f"drill {drill_id}", err=True)
    start = command_start(started, stop=stop) if started else url_start()
    progress = ProgressLine("runs")
    runner = DrillRunner(
        client,
        drill_id,
        start=start,
        concurrency=concurrency,
        gateway=gateway,
        progress=progress,
        stop=stop,
    )
    try:
        return watched(runner, stop=stop)
    finally:
        progress.end()


def _cases(cases: str, *, filters: list[str], since: str | None, limit: int) -> dict[str, Any]:
    path = Path(cases)
    if path.suffix.lower() in (".csv", ".jsonl", ".ndjson", ".json"):
        try:
            text = path.read_text()
        except (OSError, UnicodeDecodeError) as fault:
            raise fail(f"--cases: {cases} cannot be read as text: {fault}", code=2) from None
        return {"csv" if path.suffix.lower() == ".csv" else "jsonl": text}
    if cases == "runs":
        return {"runs": {"filter": filters, "from": since, "limit": limit}}
    ids = [one for one in cases.split(",") if one]
    return {"runs": {"filter": filters, "ids": ids, "from": since, "limit": max(limit, len(ids))}}


def _settings(given: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in given:
        name, equals, value = one.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            equals = ""
        if not equals or not name:
            raise fail(f"--set: {one!r} is none; expected like after_s=1", code=2)
    return found


def _report(client: Client, drill_id: str, *, as_json: bool, fail_under: float | None) -> None:
    found = client.get(f"/drills/{named(drill_id)}/report")
    if as_json:
        say_json(found)
    else:
        say_report(found, server=client.server)
    if fail_under is None:
        return
    share = found["share"]["share"]
    if share is None:
        raise fail("nothing can be said of this agent: no fault was met and judged")
    if share < fail_under:
        raise fail(f"{100 * share:.0f} % survived, less than {100 * fail_under:.0f} %")


def _line(one: dict[str, Any]) -> tuple[str, ...]:
    progress = one["progress"]
    done = f"{progress['done']} of {progress['planned']} runs"
    return (one["id"], one["created_at"][:16], one["agent"], one["state"], done)


def _fault_line(one: dict[str, Any]) -> tuple[str, ...]:
    settings = " ".join(f"{name}={value:.10g}" for name, value in one["settings"].items())
    return (one["name"], ", ".join(one["at"]), one["what"], settings)


def _live_line(one: dict[str, Any]) -> tuple[str, ...]:
    state = "on" if one["on"] else f"off: {one['stopped_why']}"
    where = one["target"] or f"any {one['kind']}"
    share = f"{100 * one['share']:g} % of runs"
    faults = ",".join(one["faults"])
    done = (f"{one['applied']} of {one['most']}", f"until {one['ends_at'][:16]}", state)
    return (one["id"], one["agent"], where, faults, share, *done)
