"""Every setting is a flag of `up`, spelt alike."""

from __future__ import annotations

import inspect

import typer
from typer.testing import CliRunner

from roadworthy.app.settings import Settings
from roadworthy.doors.cli.serve import serve, up
from roadworthy.doors.cli.wiring import Given, Wiring


def test_up_has_a_flag_for_each_setting_and_no_other() -> None:
    assert set(inspect.signature(up).parameters) - {"context"} == set(Settings.model_fields)


def test_flags_of_serve_are_settings() -> None:
    assert set(inspect.signature(serve).parameters) - {"context", "role"} <= set(Settings.model_fields)


def test_flags_that_are_not_given_hide_no_variable() -> None:
    """Lists above all: the command line has an empty one where nothing was said."""
    given: list[Given] = []

    def run_up(flags: Given) -> int:
        given.append(flags)
        return 0

    def unused(*_: object) -> None:
        raise AssertionError("only run_up is asked")

    wired = Wiring(
        settings=lambda flags: Settings(**dict(flags)),  # type: ignore[arg-type]
        run_up=run_up,
        open_metadata=unused,  # type: ignore[arg-type]
        run_mcp=unused,
    )
    cli = typer.Typer()
    cli.command()(up)
    asked = CliRunner().invoke(cli, ["--port", "8000"], obj=wired)

    assert (asked.exit_code, given) == (0, [{"port": 8000}]), asked.output
