"""runner: waits beside an agent, and makes the reruns that somebody asks for elsewhere (the web page)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.debug_options import EntryOptions, RerunOptions, ServerOptions
from roadworthy.doors.cli.option_groups import grouped
from roadworthy.features.debug.inquiry import EntryPoint

_POLL_S = 1.0
_AGAIN_S = 30.0
"""After trouble with an inquiry."""


@grouped
def runner(
    *,
    agent: Annotated[str, typer.Option(help="Whose reruns are made.", metavar="NAME")],
    entry: EntryOptions,
    how: RerunOptions,
    server: ServerOptions,
) -> None:
    """Make the reruns of an agent that others ask for, until stopped; as many runners as wanted.

    Without an entry point it takes inquiries that start the agent as it is registered; with one, all of the
    agent's, started as given here.
    """
    from roadworthy.doors.cli.debug_asked import entry_asked
    from roadworthy.doors.cli.debug_runner import entry_of

    given = entry_asked(entry, timeout=entry.timeout)
    started = entry_of(given) if given else None
    waiting = _Waiting(server.client, agent, entry=started, how=how)
    typer.echo(f"waiting for inquiries of {agent} at {server.server}", err=True)
    try:
        waiting.run()
    except KeyboardInterrupt:
        waiting.stop()
        raise fail("stopped; what was under way is handed out again", code=130) from None
    except Failed as error:
        waiting.stop()
        raise fail(str(error)) from None


class _Waiting:
    """Looks for inquiries every second; each has a thread while it is under way."""

    def __init__(self, client: Client, agent: str, *, entry: EntryPoint | None, how: RerunOptions) -> None:
        self._client = client
        self._agent = agent
        self._entry = entry
        self._how = how
        self._stop = threading.Event()
        self._under_way: dict[str, threading.Thread] = {}
        self._not_before: dict[str, float] = {}
        self._away = False

    def run(self) -> None:
        """Until stopped. Raises Failed where the server refuses us; one that is away is waited for."""
        while not self._stop.wait(_POLL_S):
            try:
                found = self._open()
                self._away = False
            except Failed as failed:
                if "no answer from" not in str(failed):
                    raise
                if not self._away:
                    typer.echo(f"{str(failed).splitlines()[0]}; waiting for it", err=True)
                self._away = True
                continue
            self._under_way = {known: one for known, one in self._under_way.items() if one.is_alive()}
            for one in found:
                if one["id"] not in self._under_way and time.monotonic() > self._not_before.get(one["id"], 0):
                    self._begin(one)

    def stop(self) -> None:
        self._stop.set()
        for one in self._under_way.values():
            one.join()

    def _open(self) -> list[dict[str, Any]]:
        asked = {"agent": self._agent, "state": "running"}
        found = [one for one in self._client.get("/inquiries", asked)["items"] if not one["server_runs"]]
        if not found or self._entry is not None:
            return found
        registered = self._registered()
        return [one for one in found if registered is not None and one["entry"] == registered]

    def _registered(self) -> Mapping[str, Any] | None:
        from roadworthy.doors.cli.asking import named

        known: Mapping[str, Any] | None = self._client.get(f"/agents/{named(self._agent)}/entry-point")
        return known

    def _begin(self, one: Mapping[str, Any]) -> None:
        from roadworthy.doors.cli.debug_runner import RerunRunner, entry_of
        from roadworthy.features.debug.running.entry import BadEntry, check_here

        try:
            check_here(self._entry or entry_of(one["entry"]))
        except BadEntry as wrong:
            typer.echo(f"{one['id']}: {wrong}", err=True)
            self._not_before[one["id"]] = time.monotonic() + _AGAIN_S
            return
        work = RerunRunner(
            self._client,
            one["id"],
            concurrency=one["concurrency"],
            how=self._how,
            entry=self._entry,
            stop=self._stop,
        )
        thread = threading.Thread(target=self._see_through, args=(work, one), name=one["id"])
        self._under_way[one["id"]] = thread
        thread.start()

    def _see_through(self, work: Any, one: Mapping[str, Any]) -> None:
        typer.echo(f"{one['kind']} {one['id']} of run {one['run_id']}", err=True)
        try:
            typer.echo(f"{one['kind']} {one['id']}: {work.run().replace('_', ' ')}", err=True)
        except Exception as failed:  # noqa: BLE001 (one inquiry's trouble is none of the others')
            self._not_before[one["id"]] = time.monotonic() + _AGAIN_S
            typer.echo(f"{one['kind']} {one['id']}: {failed}", err=True)
