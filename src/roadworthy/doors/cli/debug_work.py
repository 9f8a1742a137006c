"""One inquiry from the command line: asked for, its reruns made on this machine, and told."""

from __future__ import annotations

import threading
from typing import Any

import typer

from roadworthy.doors.cli.asking import named
from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.debug_options import Isolation, RerunOptions
from roadworthy.doors.cli.listing import say_json

_OPTIONS = {
    "check": "--check",
    "good_run": "--good",
    "fork_at": "--at",
    "live_tools": "--live-tools",
    "confidence": "--confidence",
    "input": "--input",
    "concurrency": "--concurrency",
    "repeats": "--repeats",
    "budget.": "--budget-",
    "entry.": "--",
    "entry": "--command",
}


class InquiryWork:
    """One inquiry, asked for and made here."""

    def __init__(self, client: Client, how: RerunOptions, *, as_json: bool) -> None:
        self._client = client
        self._how = how
        self._as_json = as_json

    def ask(
        self, kind: str, run_id: str, asked: dict[str, Any], *, save: bool, fixes: list[str] | None = None
    ) -> None:
        from roadworthy.doors.cli.debug_asked import fixes_asked

        self._check_isolation()
        body = {name: value for name, value in asked.items() if value is not None}
        try:
            if fixes:
                steps = self._client.get(f"/runs/{named(run_id)}/tape")["steps"]
                body["changes"] = fixes_asked(fixes, kinds={one["step"]: one["kind"] for one in steps})
            one = self._client.send("POST", f"/runs/{named(run_id)}/{kind}", body=body)
            if save and asked["entry"] is not None:
                self._client.send("PUT", f"/agents/{named(one['agent'])}/entry-point", body=asked["entry"])
        except Failed as error:
            raise fail(_hinted(str(error)), code=2 if _is_bad_input(str(error)) else 1) from None
        self.make(one)

    def make(self, one: dict[str, Any], *, alone: bool = False) -> None:
        """Its reruns, until it is over; then says what was found, and ends with it."""
        from roadworthy.doors.cli.debug_asked import check_entry_here
        from roadworthy.doors.cli.debug_report import exit_code, say_inquiry
        from roadworthy.doors.cli.debug_runner import RerunRunner, entry_of
        from roadworthy.doors.cli.progress import ProgressLine
        from roadworthy.doors.cli.taken_work import STOPPED, watched

        check_entry_here(entry_of(one["entry"]))
        typer.echo(f"{one['kind']} {one['id']}", err=True)
        stop = threading.Event()
        progress = ProgressLine("reruns")
        runner = RerunRunner(
            self._client,
            one["id"],
            concurrency=one["concurrency"],
            how=self._how,
            progress=progress,
            stop=stop,
            alone=alone,
        )
        try:
            try:
                state = watched(runner, stop=stop)
            finally:
                progress.end()
            if state == STOPPED:
                raise fail(f"stopped; go on with: roadworthy inquiries resume {one['id']}", code=130)
            found = self._client.get(f"/inquiries/{named(one['id'])}")
            if self._as_json:
                say_json(found)
            else:
                say_inquiry(self._client, found)
        except Failed as error:
            raise fail(str(error)) from None
        raise typer.Exit(exit_code(found))

    def _check_isolation(self) -> None:
        if self._how.isolate is not Isolation.REQUIRE:
            return
        from roadworthy.features.debug.running.command import refusal

        if why := refusal():
            raise fail(f"--isolate: {why}", code=2)


def _is_bad_input(said: str) -> bool:
    return any(f"(HTTP {status})" in said for status in (400, 404, 409, 422))


def _hinted(said: str) -> str:
    """The server's words about a field of the body, with the option that is meant."""
    for field, option in _OPTIONS.items():
        said = said.replace(f"body.{field}", option)
    if "nobody registered" in said:
        return f"{said}\n  Say how with --command, --callable or --url; --save registers it."
    return said
