"""judge and compare: history looked at again by what judges today, and two runs held against each other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.listing import one_line, say_json
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
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Only runs that other detectors or weights judged.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many runs, and what it would cost.")
    ] = False,
    resume: Annotated[
        str | None, typer.Option(metavar="JOB", help="Take up a job that was stopped, and nothing else.")
    ] = None,
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
    if resume is not None:
        _resume(client, resume, wait=wait, as_json=as_json)
        return
    if not run_ids and since is None and not filters:
        raise fail("which runs? Give their ids, or --since, or --filter.", code=2)
    wanted = [*(filters or []), *([f"id:in:{','.join(run_ids)}"] if run_ids else [])]
    body: dict[str, Any] = {"filter": wanted, "from": since, "dry_run": dry_run, "outdated_only": outdated}
    try:
        body["with"] = _ids(client, with_ or [])
        asked = client.send("POST", "/rejudge", body=body)
        _say(asked, as_json=as_json)
        if run_ids and since is None and not filters and (gone := len(set(run_ids)) - asked["runs"]) > 0:
            typer.echo(f"{gone} of the runs named are not there", err=True)
        if wait and asked["job"] is not None:
            _follow(client, asked["job"]["id"], as_json=as_json)
    except Failed as error:
        raise fail(str(error)) from None


def _resume(client: Client, job_id: str, *, wait: bool, as_json: bool) -> None:
    try:
        job = client.send("POST", f"/jobs/{job_id}/resume", body={})
        typer.echo(f"job {job['id']} goes on at {job['done']} {job['unit']}")
        if wait:
            _follow(client, job["id"], as_json=as_json)
    except Failed as error:
        raise fail(str(error)) from None


def compare(
    run_a: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")],
    run_b: Annotated[str, typer.Argument(metavar="OTHER", help="Id of the run it is held against.")],
    with_: Annotated[
        str | None,
        typer.Option("--with", help="Pairwise judge, by name or id; the only one.", metavar="NAME"),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")] = False,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Ask a judge which of two runs did better, in both orders; what it says is kept."""
    client = Client(server=server, key=key, project=project)
    try:
        pairwise = [one for one in client.get("/judges")["items"] if one["pairwise"]]
        judge = _chosen(pairwise, with_)
        body = {"run_a": run_a, "run_b": run_b, "dry_run": dry_run}
        told = client.send("POST", f"/judges/{judge['id']}/compare", body=body)
    except Failed as error:
        raise fail(str(error)) from None
    if as_json:
        say_json(told)
        return
    for line in _comparison(told, run_a=run_a, run_b=run_b):
        typer.echo(line)


def _chosen(judges: list[dict[str, Any]], name: str | None) -> dict[str, Any]:
    found = [one for one in judges if name is None or name in (one["name"], one["id"])]
    if len(found) == 1:
        return found[0]
    there = ", ".join(one["name"] for one in judges) or "none yet: add one with the rubric 'pairwise'"
    wrong = "which judge?" if name is None else f"there is no pairwise judge {name!r};"
    raise fail(f"--with: {wrong} there are: {there}", code=2)


def _comparison(told: Mapping[str, Any], *, run_a: str, run_b: str) -> list[str]:
    lines = [] if told["same_request"] else ["the two were asked different things: a preference says little"]
    one = told["comparison"]
    if one is None:
        cost = "no price is known" if told["forecast_usd"] is None else f"at most ${told['forecast_usd']:.4f}"
        return [*lines, f"both orders: {cost}"]
    verdict = {"a": f"{run_a} did better", "b": f"{run_b} did better", "tie": "neither did better"}
    lines.append(verdict.get(one["preference"], "no verdict"))
    if one["order_stable"] is False:
        lines.append("each order had another winner: the judge likes a place, not an answer")
    for first, heard in ((run_a, one["a_first"]), (run_b, one["b_first"])):
        why = f": {one_line(heard['explanation'])}" if heard["explanation"] else ""
        lines.append(f"{first} shown first: {heard['label']}{why}")
    return lines


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
        say_json(asked)
        return
    started = f"; job {asked['job']['id']}" if asked["job"] else " (nothing was started)"
    typer.echo(f"{asked['runs']} runs, {_cost(asked)}{started}")


def _cost(asked: Mapping[str, Any]) -> str:
    known = f"about ${asked['forecast_usd']:.2f}" if asked["forecast_usd"] else ""
    if not asked["unpriced"]:
        return known or "at no cost"
    unknown = f"what {', '.join(asked['unpriced'])} would cost is not known (its model has no price)"
    return f"{known}; {unknown}" if known else unknown


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
