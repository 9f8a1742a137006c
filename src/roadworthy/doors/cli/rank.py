"""rank: which step of a failed run to look at, without executing it again; and asking its models again."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from roadworthy.doors.cli.asking import asking
from roadworthy.doors.cli.client import Client, fail
from roadworthy.doors.cli.listing import printable, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

_POLL_S = 1.0


def rank(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")],
    resample: Annotated[
        int,
        typer.Option(
            min=0, max=50, help="Ask its models again so many times at each step first. Costs money."
        ),
    ] = 0,
    calls: Annotated[int, typer.Option(min=0, help="Calls at most, of --resample.")] = 60,
    usd: Annotated[float, typer.Option(min=0, help="USD at most, of --resample.")] = 1.0,
    judge: Annotated[
        bool, typer.Option(help="Ask the project's judge for its opinion, with --resample.")
    ] = True,
    limit: Annotated[int, typer.Option(min=1, max=100, help="Steps to show.")] = 5,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Rank the steps of a run by suspicion, with the evidence."""
    with asking(server=server, key=key, project=project) as client:
        asked, stopped = None, threading.Event()
        if resample:
            body = {"times": resample, "most_calls": calls, "most_usd": usd, "ask_judge": judge}
            asked = _resampled(client, run_id, body, stopped=stopped)
        found = client.get(f"/runs/{run_id}/suspicious-steps")
        why = client.get(f"/runs/{run_id}/why")
    if as_json:
        say_json({**found, "resampling": asked, "why": why})
    else:
        for line in (*_lines(found, why, limit=limit), *(_asked_lines(asked) if asked else ())):
            typer.echo(printable(line))
    if stopped.is_set():
        raise fail("stopped; no more is asked, and what was found stays", code=130)


def _resampled(
    client: Client, run_id: str, body: Mapping[str, Any], *, stopped: threading.Event
) -> Mapping[str, Any]:
    """Waits until it is over. Interrupted, it is cancelled and `stopped` set; what was found stays."""
    from roadworthy.doors.cli.progress import Beat, ProgressLine

    found: Mapping[str, Any] = client.send("POST", f"/runs/{run_id}/resample", body=body)
    path = f"/runs/{found['run_id']}/resample"
    progress = ProgressLine("calls")
    try:
        while found["state"] == "running":
            progress(
                Beat(
                    done=found["done"],
                    planned=found["planned"],
                    running=0,
                    cost=f"{found['cost_usd']:.4f} of {body['most_usd']:g} USD",
                    trying=f"each step {body['times']} times",
                )
            )
            time.sleep(_POLL_S)
            found = client.get(path)
    except KeyboardInterrupt:
        found = client.send("POST", f"{path}/cancel")
        stopped.set()
    finally:
        progress.end()
    return found


def _lines(found: Mapping[str, Any], why: Mapping[str, Any], *, limit: int) -> list[str]:
    lines = []
    if why["grounds"] == "bisect":
        lines += [f"Proved by inquiry {why['inquiry_id']}:", *(f"  {one}" for one in why["sentences"]), ""]
    for place, one in enumerate(found["items"][:limit], 1):
        what = "returned by" if one["doer"] == "result" else "decided by"
        step = one["recorded_step"] or one["step"]
        lines.append(f"{place}. step {step} ({what} {one['name']}), {one['share']:.0%} of the suspicion")
        lines += [f"     {reason['text']}" for reason in one["reasons"]]
        if one["excerpt"]:
            lines.append(f"     “{one['excerpt'][:160]}”")
        if one["span_id"]:
            lines.append(f"     span {one['span_id']}")
    lines.append(found["sure"])
    lines += [f"Note: {one}" for one in found["notes"]]
    if found["items"] and why["grounds"] != "bisect":
        lines.append(f"To prove it: {found['prove']}")
    return lines


def _asked_lines(asked: Mapping[str, Any]) -> list[str]:
    lines = [
        f"Resampling: {asked['state'].replace('_', ' ')}, {asked['done']} calls, {asked['cost_usd']:.4f} USD"
    ]
    for one in asked["items"]:
        if one["failure"] is None:
            said = one["note"] or "no answer"
        else:
            said = f"{one['agreed']} of {one['asked']} as recorded; failure {one['failure']:.0%} "
            said += f"({one['low']:.0%} to {one['high']:.0%})"
            said += f", else {one['other']}" if one["other"] else ""
        lines.append(f"  call {one['step']}: {said}")
    if asked["opinion"]:
        of = f"step {asked['opinion']['step']}" if asked["opinion"]["step"] else "no step"
        lines.append(f"  {asked['opinion']['endpoint']} suspects {of}: {asked['opinion']['reason']}")
    lines += [f"Note: {one}" for one in asked["notes"]]
    return lines
