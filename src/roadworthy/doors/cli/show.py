"""Runs, steps and hits as text for a terminal. Unknown is "–", never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from roadworthy.doors.cli.listing import one_line

Row = Mapping[str, Any]
_MARKS = {"ok": ("✓", "green"), "error": ("✗", "red"), "running": ("…", "yellow")}
OUTCOMES = {"success": ("success", "green"), "failure": ("failure", "red"), "unknown": ("–", "dim")}
UNKNOWN = "–"
_MOST_SHOWN = 2_000
"""Characters of one text that a terminal is filled with."""
_NO_WIDTH = 1_000_000
_TEXTS = (("asked", "input", ""), ("answer", "final_answer", ""), ("error", "error", "red"))


def duration(ms: float | None) -> str:
    if ms is None:
        return UNKNOWN
    if ms < 1000:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def money(usd: float | None) -> str:
    """Enough digits to be non-zero."""
    if usd is None:
        return UNKNOWN
    if usd == 0:
        return "$0"
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.2g}" if usd >= 0.0001 else f"${usd:.1e}"


def count(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def local(moment: str) -> str:
    at = datetime.fromisoformat(moment).astimezone()
    now = datetime.now(UTC).astimezone()
    return at.strftime("%H:%M:%S") if at.date() == now.date() else at.strftime("%Y-%m-%d %H:%M:%S")


def status(run: Row) -> Text:
    mark, style = _MARKS.get(run["status"], ("?", ""))
    return Text(f"{mark} {run['status']}", style=style)


def run_head(run: Row, *, whole: bool) -> Text:
    """`whole`: long texts are not cut."""
    head = Text()
    head.append_text(status(run))
    head.append(f"  {one_line(run['agent'] or run['name']) or 'unnamed agent'}", style="bold")
    if run["release"]:
        head.append(f"  release {one_line(run['release'])}")
    head.append(f"\n{run['id']}  started {local(run['started_at'])}, took {duration(run['duration_ms'])}\n")
    head.append(
        f"outcome {run['outcome']}"
        + (f" ({one_line(run['outcome_reason'])})" if run["outcome_reason"] else "")
        + f" · {run['model_calls']} model calls · {run['tool_calls']} tool calls"
        + (f", {run['failed_tool_calls']} failed" if run["failed_tool_calls"] else "")
        + f" · {count(run['input_tokens'])} tokens in, {count(run['output_tokens'])} out"
        + f" · {money(run['cost_usd'])}\n"
    )
    for label, key, style in _TEXTS:
        if run[key]:
            head.append(f"{label:7}", style="dim")
            head.append(f"{one_line(run[key], width=None if whole else _MOST_SHOWN)}\n", style=style)
    if not run["complete"]:
        head.append(
            f"incomplete: {run['missing_parents']} missing parents, {run['unended_spans']} unended spans\n",
            style="yellow",
        )
    return head


def step_tree(spans: Iterable[Row], *, whole: bool) -> Tree:
    """Steps below their parents, by start; one whose parent is not there, or that is its own ancestor, stands
    at the top. `whole`: names and errors are not cut."""
    items = list(spans)
    known = {span["span_id"] for span in items}
    children: dict[str | None, list[Row]] = {}
    for span in items:
        parent = span["parent_id"] if span["parent_id"] in known else None
        children.setdefault(parent, []).append(span)
    root = Tree("steps", guide_style="dim")
    drawn: set[str] = set()
    pending = [(root, span) for span in reversed(children.get(None, []))]
    for start in [None, *items]:
        if start is not None and start["span_id"] not in drawn:
            pending.append((root, start))
        while pending:
            node, span = pending.pop()
            if span["span_id"] in drawn:
                continue
            drawn.add(span["span_id"])
            branch = node.add(_step(span, whole=whole))
            pending.extend((branch, child) for child in reversed(children.get(span["span_id"], [])))
    return root


def _step(span: Row, *, whole: bool) -> Text:
    line = Text()
    line.append(f"{span['kind']:9}", style="cyan")
    line.append(one_line(span["tool_name"] or span["name"], width=None if whole else 80))
    line.append(f"  {duration(span['duration_ms'])}", style="dim")
    if span["model"]:
        line.append(f"  {one_line(span['model'])}", style="dim")
    if span["input_tokens"] is not None or span["output_tokens"] is not None:
        line.append(f"  {count(span['input_tokens'])}→{count(span['output_tokens'])} tokens", style="dim")
    if span["merged_into"]:
        line.append("  same call as another step", style="dim")
    for flag in span["flags"]:
        line.append(f"  {flag}", style="yellow")
    if span["status"] == "error":
        error = one_line(span["error"] or span["error_type"] or "error", width=None if whole else 120)
        line.append(f"  ✗ {error}", style="red")
    return line


def calls(exchanges: Iterable[Row]) -> Text:
    """A run's calls through the gateway, a line each."""
    lines = Text("through the gateway\n", style="bold")
    for call in exchanges:
        failure = call["failure"]
        lines.append(f"  {local(call['started_at'])}  {call['target']}  {duration(call['elapsed_ms'])}  ")
        lines.append(failure["what"] if failure else call["ending"], style="red" if failure else "")
        lines.append("" if call["recorded"] else "  not recorded", style="dim")
        lines.append(f"  {call['id']}\n", style="dim")
    return lines


def hit_lines(hit: Row) -> Text:
    span = hit["span"]
    lines = Text(f"{local(span['started_at'])}  {hit['run_id'] or 'no run yet'}  ")
    lines.append(span["kind"], style="cyan").append(f" {one_line(span['tool_name'] or span['name'])}\n    ")
    return lines.append(one_line(hit["excerpt"]))


def piped_hit(hit: Row) -> str:
    span = hit["span"]
    name = one_line(span["tool_name"] or span["name"])
    values = (span["started_at"], hit["run_id"] or UNKNOWN, span["kind"], name, one_line(hit["excerpt"]))
    return "\t".join(values)


def print_ended(run: Row) -> None:
    """A run in one line, as it ended: cut to the terminal's width, whole in a pipe."""
    out = console()
    said = one_line(run["error"] or run["final_answer"])
    values = (
        one_line(run["agent"]) or UNKNOWN,
        duration(run["duration_ms"]),
        money(run["cost_usd"]),
        run["id"],
        said,
    )
    line = status(run)
    if out.is_terminal:
        line.append("  " + "  ".join((local(run["started_at"]), *values)), style="default")
        out.print(line, no_wrap=True, overflow="ellipsis")
    else:
        typer.echo("\t".join((line.plain, run["started_at"], *values)))


def console() -> Console:
    return Console(highlight=False)


def print_whole(out: Console, lines: Iterable[Text | Tree]) -> None:
    """Without wrapping at, or cutting to, any width: for pipes and files."""
    for line in lines:
        out.print(line, width=_NO_WIDTH, soft_wrap=True)
