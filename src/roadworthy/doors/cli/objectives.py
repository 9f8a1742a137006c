"""objectives: what agents are held to, and how much of it is left; OpenSLO in and out."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.asking import asking, named
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.listing import say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Limit, Project, Server

app = typer.Typer(
    no_args_is_help=True, help="Objectives, error budgets and burn rates.", rich_markup_mode=None
)

ObjectiveId = Annotated[str, typer.Argument(metavar="ID", help="Id of the objective.")]
Agent = Annotated[str, typer.Option(help="Of this agent.")]


@app.command("list")
def list_objectives(
    agent: Agent = "",
    burning: Annotated[bool, typer.Option("--burning", help="Only those of which an alarm stands.")] = False,
    limit: Limit = 50,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List objectives with what is left of their error budgets."""
    asked = {"agent": agent or None, "burning": "true" if burning else None}
    with asking(server=server, key=key, project=project) as client:
        found = list(client.pages("/objectives", asked, limit=min(limit, 500)))
    for one in found:
        _say(one, as_json=as_json)
    if not found and not as_json:
        made = "No objectives. Make one: roadworthy objectives add --agent NAME --target 0.95"
        typer.echo("No objective burns." if burning else made)


@app.command()
def show(
    objective_id: ObjectiveId,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show one objective: its budget, its burn rates, and the alarms that stand."""
    with asking(server=server, key=key, project=project) as client:
        one = client.get(f"/objectives/{named(objective_id)}")
    _say(one, as_json=as_json)
    if as_json:
        return
    for rate in one["budget"]["burn_rates"]:
        few = "" if rate["enough"] else ", too little known to alarm"
        typer.echo(
            f"burn\t{rate['name']}\t{_length(rate['long_seconds'])} {rate['long_rate']:.2f}\t"
            f"{_length(rate['short_seconds'])} {rate['short_rate']:.2f}\talarms at {rate['factor']:.1f}{few}"
        )
    for alarm in one["burning"]:
        typer.echo(f"alarm\t{alarm['severity']}\tsince {alarm['since'] or alarm['at']}\t{alarm['title']}")


@app.command()
def add(
    agent: Annotated[str, typer.Option(help="Whose runs count.")],
    target: Annotated[float, typer.Option(help="Share that must be good: above 0, below 1.")],
    indicator: Annotated[
        Literal["completion", "judged_success", "error_free", "latency", "cost", "tool_success", "score"],
        typer.Option(help="What counts as good."),
    ] = "completion",
    threshold: Annotated[
        float | None, typer.Option(help="latency: ms at most; cost: USD at most; score: at least.")
    ] = None,
    score: Annotated[str, typer.Option(help="Name of the score, with --indicator score.")] = "",
    name: Annotated[str, typer.Option(help="How it is called; default: the indicator.")] = "",
    days: Annotated[int, typer.Option(help="Length of the rolling window.")] = 28,
    release: Annotated[str, typer.Option(help="Of this release only.")] = "",
    environment: Annotated[str, typer.Option(help="Of this environment only.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the budget it would have.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Hold an agent to an objective. Calendar windows and time slices: OpenSLO, or the web page."""
    body = {
        "name": name or indicator.replace("_", " ").capitalize(),
        "agent": agent,
        "target": target,
        "indicator": {"kind": indicator, "threshold": threshold, "score": score},
        "window": {"days": days},
        "release": release,
        "environment": environment,
    }
    with asking(server=server, key=key, project=project) as client:
        if dry_run:
            budget = client.send("POST", "/objectives/try", body=body)
            typer.echo(_budget(budget, target=target))
            return
        made = client.send("POST", "/objectives", body=body)
    _say(made, as_json=as_json)


@app.command()
def remove(
    objective_id: ObjectiveId, server: Server = DEFAULT_SERVER, key: Key = None, project: Project = None
) -> None:
    """Remove an objective; what burns of it is cleared."""
    with asking(server=server, key=key, project=project) as client:
        client.send("DELETE", f"/objectives/{named(objective_id)}")


@app.command("export")
def export_openslo(
    agent: Agent = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Write objectives as OpenSLO v1 (YAML) to standard output."""
    with (
        asking(server=server, key=key, project=project) as client,
        client.open("GET", "/objectives/openslo", params={"agent": agent or None}) as answer,
    ):
        sys.stdout.buffer.write(answer.read())


@app.command("import")
def import_openslo(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="OpenSLO v1, YAML or JSON; - for standard input.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Take objectives from OpenSLO v1; all or none."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise fail(f"{file}: {error}", code=2) from None
    with asking(server=server, key=key, project=project) as client:
        done = client.send("POST", "/objectives/openslo", body={"text": text, "dry_run": dry_run})
    for word, ids in (("new", done["created"]), ("changed", done["changed"])):
        for one in ids:
            typer.echo(f"{word}\t{one}{' (not kept: --dry-run)' if dry_run else ''}")
    if not done["created"] and not done["changed"]:
        typer.echo("Nothing changes: all of it is here as the file says it.")
    for note in done["notes"]:
        typer.echo(f"note\t{note}")


def _say(one: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(one)
        return
    burning = f"burns: {one['burning'][0]['severity']}" if one["burning"] else "quiet"
    budget = _budget(one["budget"], target=one["target"])
    typer.echo(f"{one['id']}\t{one['agent']}\t{one['name']}\t{budget}\t{burning}")


def _budget(budget: Mapping[str, Any], *, target: float) -> str:
    events = budget["events"]
    achieved = "nothing known" if budget["achieved"] is None else f"{budget['achieved']:.2%}"
    unknown = f", {events['unknown']:g} unknown" if events["unknown"] else ""
    judged = _correction(budget)
    return (
        f"{achieved} of {target:.2%} (n {events['n']:g}{unknown}{judged})\tbudget left {budget['left']:.0%}"
    )


def _correction(budget: Mapping[str, Any]) -> str:
    found = budget["correction"]
    if not found or found["state"] == "not_needed":
        return ""
    if found["state"] == "too_few_labels":
        return f", uncorrected: {found['labels']} of {found['labels_needed']} labels"
    interval = f"{found['value']:.2%}, {found['low']:.2%} to {found['high']:.2%}"
    return f", corrected {interval} by {found['labels']} labels, by counts {found['raw']:.2%}"


def _length(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
