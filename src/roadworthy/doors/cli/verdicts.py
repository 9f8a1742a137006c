"""outcome, scores: how runs went, and who says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from roadworthy.doors.cli.client import Client, Failed, fail
from roadworthy.doors.cli.listing import one_line, say_json
from roadworthy.doors.cli.options import DEFAULT_SERVER, Json, Key, Project, Server

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
    mode: Annotated[
        str, typer.Option(help="How it failed, such as mast-3.1 or ungrounded: GET /api/v1/failure-modes.")
    ] = "",
    author: Annotated[str, typer.Option(help="Who says so; default: the key's name.")] = "",
    server: Server = DEFAULT_SERVER,
    key: Key = None,
    project: Project = None,
) -> None:
    """Say whether a run did its job."""
    client = Client(server=server, key=key, project=project)
    body = {"outcome": said, "reason": reason, "source": source, "author": author, "mode": mode}
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
    if as_json:
        for score in verdict["scores"]:
            say_json(score)
        return
    for line in _verdict_lines(verdict):
        typer.echo(line)


def _verdict_lines(verdict: Mapping[str, Any]) -> list[str]:
    why = f" ({one_line(verdict['outcome_reason'])})" if verdict["outcome_reason"] else ""
    who = f", says {verdict['outcome_source']}" if verdict["outcome_source"] else ""
    lines = [f"outcome {verdict['outcome']}{who}{why}"]
    if verdict["p_failure"] is not None:
        lines.append(f"p(failure) {verdict['p_failure']:.2f}, {_calibration(verdict['calibration'])}")
    if not verdict["judged"]:
        lines.append("not judged yet")
    for said in verdict["said"]:
        reason = f": {one_line(said['reason'])}" if said["reason"] else ""
        lines.append(f"said\t{said['at']}\t{said['source']}{_author(said)}\t{said['outcome']}{reason}")
    for finding in verdict["findings"]:
        mode = f" [{finding['mode_name']}]" if finding["mode_name"] else ""
        lines.append(f"found\t{finding['detector']}{mode}\t{one_line(finding['reason'])}")
    for word in verdict["modes"]:
        if word["source"] != "detector":
            lines.append(f"mode\t{word['mode']} {word['mode_name'] or ''}\t{word['source']}{_author(word)}")
    return [*lines, *(_score_line(score) for score in verdict["scores"])]


def _score_line(score: Mapping[str, Any]) -> str:
    value = "" if score["value"] is None else f"{score['value']:g}"
    said = " ".join(one for one in (value, one_line(score["label"])) if one)
    who = " ".join(one for one in (score["source"], one_line(score["evaluator_version"])) if one)
    step = f" of step {score['span_id']}" if score["span_id"] else ""
    why = one_line(score["explanation"])
    return f"score\t{one_line(score['name'])}{step}\t{said}\t{who}{_author(score)}\t{why}"


def _author(word: Mapping[str, Any]) -> str:
    return f" ({one_line(word['author'])})" if word["author"] else ""


def _calibration(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "its calibration is unknown"
    return (
        f"calibrated on {found['n']} labelled runs ({found['failures']} failed): "
        f"off by {found['ece']:.2f} on average, AUC {found['auc']:.2f}"
    )
