"""outcome, scores, issues: how runs went, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.options import DEFAULT_SERVER, From, Json, Key, Limit, Project, Server

RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")]


def outcome(
    run_id: RunId,
    said: Annotated[
        Literal["success", "failure", "unknown"],
        typer.Argument(
            metavar="OUTCOME", help="success, failure or unknown; unknown takes back what you said before."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why, in a few words.")] = "",
    source: Annotated[
        Literal["api", "reviewer", "business", "evaluator", "judge", "user"] | None,
        typer.Option(help="Whose word it is; default: api, reviewer for people who log in."),
    ] = None,
    author: Annotated[str, typer.Option(help="Who says so; default: the key's name.")] = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say whether a run did its job."""
    client = Client(server=server, key=key, project=project)
    body = {"outcome": said, "reason": reason, "source": source, "author": author}
    try:
        written = client.send("POST", f"/runs/{run_id}/outcome", body=body)
        verdict = client.get(f"/runs/{written['run_id']}/verdict")
    except Failed as error:
        raise fail(str(error)) from None
    typer.echo(f"{written['run_id']}: {written['source']} says {said}")
    if verdict["outcome_source"] != written["source"] and verdict["outcome_source"]:
        typer.echo(f"the run counts as {verdict['outcome']}: {verdict['outcome_source']} counts first")


def scores(
    run_id: RunId,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Show how a run was judged: outcome, findings of detectors, scores."""
    client = Client(server=server, key=key, project=project)
    try:
        verdict = client.get(f"/runs/{run_id}/verdict")
    except Failed as error:
        raise fail(str(error)) from None
    from roadworthy.doors.cli import show

    if as_json:
        for score in verdict["scores"]:
            show.as_json(score)
        return
    for line in _verdict_lines(verdict):
        typer.echo(line)


def _verdict_lines(verdict: Mapping[str, Any]) -> list[str]:
    why = f" ({verdict['outcome_reason']})" if verdict["outcome_reason"] else ""
    who = f", says {verdict['outcome_source']}" if verdict["outcome_source"] else ""
    lines = [f"outcome {verdict['outcome']}{who}{why}"]
    if verdict["p_failure"] is not None:
        lines.append(f"p(failure) {verdict['p_failure']:.2f}")
    if not verdict["judged"]:
        lines.append("not judged yet")
    for said in verdict["said"]:
        reason = f": {said['reason']}" if said["reason"] else ""
        author = f" ({said['author']})" if said["author"] else ""
        lines.append(f"said\t{said['at']}\t{said['source']}{author}\t{said['outcome']}{reason}")
    for finding in verdict["findings"]:
        mode = f" [{finding['mode_name']}]" if finding["mode_name"] else ""
        lines.append(f"found\t{finding['detector']}{mode}\t{finding['reason']}")
    for score in verdict["scores"]:
        value = "" if score["value"] is None else f"{score['value']:g}"
        said = " ".join(one for one in (value, score["label"]) if one)
        who = " ".join(one for one in (score["source"], score["evaluator_version"]) if one)
        lines.append(f"score\t{score['name']}\t{said}\t{who}\t{_flat(score['explanation'])}")
    return lines


def issues(
    issue_id: Annotated[str | None, typer.Argument(metavar="ID", help="One issue, whole.")] = None,
    state: Annotated[
        list[str] | None,
        typer.Option(help="open, muted, resolved, regressed; repeatable; default: open and regressed."),
    ] = None,
    agent: Annotated[str, typer.Option(help="Of this agent.")] = "",
    from_: From = None,
    limit: Limit = 20,
    as_json: Json = False,
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """List failing runs, grouped; last seen first."""
    client = Client(server=server, key=key, project=project)
    try:
        if issue_id:
            found = [client.get(f"/issues/{issue_id}", {"from": from_})]
        else:
            asked = {"state": state or None, "agent": agent or None, "from": from_}
            found = list(client.pages("/issues", asked, limit=min(limit, 500)))
    except Failed as error:
        raise fail(str(error)) from None
    from roadworthy.doors.cli import show

    for issue in found:
        if as_json:
            show.as_json(issue)
        else:
            typer.echo("\t".join(_issue(issue)))
            for run_id in issue["representative_run_ids"]:
                typer.echo(f"  roadworthy run {run_id}")
    if not found:
        typer.echo("No issues.")


def _issue(issue: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        issue["id"],
        issue["state"],
        f"{issue['runs']} runs",
        issue["agent"] or "–",
        _flat(issue["title"]),
        f"last {issue['last_seen'] or '–'}",
    )


def _flat(text: str | None) -> str:
    return " ".join((text or "").split())
