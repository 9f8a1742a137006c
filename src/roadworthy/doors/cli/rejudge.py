"""judge: history looked at again by what judges runs now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.options import DEFAULT_SERVER, Filters, Json, Key, Project, Server

_POLL_S = 0.5


def judge(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Ids of runs; none: see --since and --filter.")
    ] = None,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", help="Evaluator or judge to ask, by name or id; repeatable.", metavar="NAME"),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Runs since: -7d, 2026-11-22, RFC 3339.")] = None,
    filters: Filters = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many runs, and what it would cost.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Whether to stay and show how far it is.")
    ] = True,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Judge runs again, with the detectors, evaluators and judges of today; it goes on after a restart."""
    client = Client(server=server, key=key, project=project)
    if not run_ids and since is None and not filters:
        raise fail("which runs? Give their ids, or --since, or --filter.", code=2)
    wanted = [*(filters or []), *([f"id:in:{','.join(run_ids)}"] if run_ids else [])]
    body: dict[str, Any] = {"filter": wanted, "from": since, "dry_run": dry_run}
    try:
        body["with"] = _ids(client, with_ or [])
        asked = client.send("POST", "/rejudge", body=body)
        _say(asked, as_json=as_json)
        if wait and asked["job"] is not None:
            _follow(client, asked["job"]["id"], as_json=as_json)
    except Failed as error:
        raise fail(str(error)) from None


def _ids(client: Client, names: list[str]) -> list[str]:
    """Of evaluators and judges, by name or by id."""
    if not names:
        return []
    known: dict[str, str] = {}
    for path in ("/evaluators", "/judges"):
        try:
            items = client.get(path)["items"]
        except Failed:
            if path == "/evaluators":
                raise
            continue
        for one in items:
            known |= {one["id"]: one["id"]}
            known.setdefault(one["name"], one["id"])
    for name in names:
        if name not in known:
            there = ", ".join(sorted(set(known) - set(known.values()))) or "none yet"
            raise fail(f"--with: there is no evaluator or judge {name!r}; there are: {there}", code=2)
    return [known[name] for name in names]


def _say(asked: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        from roadworthy.doors.cli import show

        show.as_json(asked)
        return
    cost = f", about ${asked['forecast_usd']:.2f}" if asked["forecast_usd"] else ", at no cost"
    started = f"; job {asked['job']['id']}" if asked["job"] else " (nothing was started)"
    typer.echo(f"{asked['runs']} runs{cost}{started}")


def _follow(client: Client, job_id: str, *, as_json: bool) -> None:
    shown = -1
    while True:
        job = client.get(f"/jobs/{job_id}")
        if not as_json and job["done"] != shown:
            shown = job["done"]
            of = "" if job["total"] is None else f" of {job['total']}"
            typer.echo(f"{job['status']}: {shown}{of} {job['unit']}")
        if job["status"] not in ("waiting", "running"):
            break
        time.sleep(_POLL_S)
    if job["status"] != "done":
        raise fail(f"the job {job['status']}: {job['error'] or 'no reason given'}")
