"""The `roadworthy` command."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from roadworthy.doors.cli import (
    agents,
    budget,
    case,
    channels,
    connect,
    contracts,
    debug,
    drill,
    gateway_keys,
    incidents,
    inputs,
    inquiries,
    issues,
    keys,
    model_routes,
    monitors,
    objectives,
    oncall,
    people,
    rank,
    reads,
    record,
    rejudge,
    runner,
    serve,
    teams,
    transfer,
    verdicts,
)
from roadworthy.doors.cli.client import fail
from roadworthy.doors.cli.doctor import doctor
from roadworthy.doors.cli.eval_detectors import eval_detectors
from roadworthy.doors.cli.options import DEFAULT_SERVER, Key, Server
from roadworthy.doors.cli.wiring import Wiring, wiring

# No rich markup in help: it costs as much start time as everything else together.
app = typer.Typer(
    name="roadworthy",
    help="Records every run of AI agents, self-hosted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(serve.up)
app.command()(serve.serve)
app.command()(reads.runs)
app.command()(reads.run)
app.command()(reads.tail)
app.command()(reads.search)
app.command()(verdicts.outcome)
app.command()(verdicts.scores)
app.command()(issues.issues)
app.command()(rejudge.judge)
app.command()(rejudge.compare)
app.command("import")(transfer.import_)
app.command()(transfer.export)
app.add_typer(agents.app, name="agents")
app.add_typer(teams.app, name="teams")
app.add_typer(oncall.app, name="oncall")
app.add_typer(incidents.app, name="incidents")
app.add_typer(channels.app, name="channels")
app.add_typer(connect.app, name="connect")
app.add_typer(channels.silences, name="silences")
app.add_typer(monitors.app, name="monitors")
app.command()(monitors.alarms)
app.command()(monitors.backtest)
app.command()(record.record)
app.command()(drill.drill)
app.add_typer(drill.app, name="drills")
app.command()(debug.replay)
app.command()(debug.fork)
app.command()(debug.bisect)
app.add_typer(case.app, name="case")
app.command()(rank.rank)
app.command()(runner.runner)
app.add_typer(inquiries.app, name="inquiries")
app.add_typer(objectives.app, name="objectives")
app.add_typer(inputs.app, name="inputs")
app.add_typer(contracts.app, name="contracts")
app.add_typer(contracts.grants, name="grants")
app.add_typer(model_routes.app, name="routes")
model_routes.app.add_typer(gateway_keys.keys, name="keys")
model_routes.app.add_typer(gateway_keys.providers, name="providers")
app.add_typer(budget.app, name="budget")
app.add_typer(keys.app, name="keys")
app.add_typer(people.app, name="people")
app.command()(doctor)
app.command()(eval_detectors)


@app.command()
def mcp(context: typer.Context, server: Server = DEFAULT_SERVER, key: Key = None) -> None:
    """Let a coding agent read runs: an MCP server on standard input and output."""
    try:
        wiring(context).run_mcp(server, key)
    except ValueError as error:
        raise fail(str(error), code=2) from None


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(version("roadworthy"))
        raise typer.Exit


@app.callback()
def _root(
    show: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


def run_cli(wired: Wiring, arguments: list[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code: 0 done, 1 failed, 2 asked wrongly."""
    app(arguments, obj=wired, prog_name="roadworthy")
