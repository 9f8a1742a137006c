"""Groups of options are the options they stand for, in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from roadworthy.doors.cli.option_groups import grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    server: Annotated[str, typer.Option(help="Of the server.")] = "here"
    port: Annotated[int, typer.Option("-p", "--port", min=1)] = 80


app = typer.Typer(rich_markup_mode=None)


@app.command()
@grouped
def visit(
    *,
    name: Annotated[str, typer.Argument()],
    twice: Annotated[bool, typer.Option("--twice")] = False,
    where: Where,
    loud: Annotated[bool, typer.Option("--loud")] = False,
) -> None:
    """Go there."""
    typer.echo(f"{name} {twice} {where.server}:{where.port} {loud}")


def test_a_command_gets_the_group_and_the_person_sees_its_options_in_order() -> None:
    run = CliRunner()
    assert run.invoke(app, ["ada"]).stdout == "ada False here:80 False\n"
    assert run.invoke(app, ["ada", "--twice", "-p", "7", "--server", "x"]).stdout == "ada True x:7 False\n"
    shown = run.invoke(app, ["--help"]).stdout
    places = [shown.index(one) for one in ("Go there.", "--twice", "--server", "--port", "--loud")]
    assert places == sorted(places)
    assert "Of the server." in shown and "[default: here]" in shown


def test_bad_input_names_the_option_of_the_group() -> None:
    refused = CliRunner().invoke(app, ["ada", "--port", "0"])
    assert refused.exit_code == 2 and "--port" in refused.output
