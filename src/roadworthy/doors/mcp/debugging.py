"""What a coding agent is told of why a run failed, and how it is executed again.

The tools read. Executing a run again needs the agent's own program, which is where the coding agent is and
not here: they give the command, with what stands in its way, and what earlier inquiries found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from roadworthy.doors.mcp.shortening import lean, shorten

_KEPT = ("id", "kind", "state", "finding", "created_at", "good_run")
_OF_FINDING = ("state", "outcome", "step", "confidence", "sentences")


def why_in_words(why: Mapping[str, Any], ranked: Mapping[str, Any]) -> list[str]:
    """The strongest first; each line stands by itself."""
    if why["grounds"] == "bisect":
        return [f"Proved by inquiry {why['inquiry_id']}. {why['sure']}", *why["sentences"]]
    if why["grounds"] == "nothing":
        return ["Nothing to suspect.", *why["notes"]]
    first = f"Step {why['step']} ({why['kind']} {why['name'] or '?'}) is the most suspicious: "
    lines = [f"{first}{why['confidence']:.0%} of the suspicion.", why["sure"]]
    lines += [one["text"] for one in why["reasons"]]
    lines += [
        f"Then step {one['step']} ({one['name']}), {one['share']:.0%}: "
        + (" ".join(reason["text"] for reason in one["reasons"][:2]) or "no evidence in words")
        for one in ranked["items"][1:3]
    ]
    return [*lines, *why["notes"], f"To prove it: {why['prove']}"]


def plan_of(
    kind: str, run_id: str, tape: Mapping[str, Any], inquiries: Sequence[Mapping[str, Any]], *, good: str = ""
) -> dict[str, Any]:
    """The command that executes the run again, what stands in its way, and earlier inquiries."""
    steps = tape["steps"]
    holes = [f"step {one['step']}: {one['hole']}" for one in steps if one.get("hole")]
    ways = []
    if not steps:
        ways.append("No call of this run went through the gateway: there is nothing to answer it from.")
    if holes:
        ways.append(f"Recordings have holes ({'; '.join(holes[:5])}).")
    entry = tape.get("entry")
    command = f"roadworthy {kind} {run_id}"
    if kind == "bisect":
        command += f" --good {good}" if good else " --check contains:EXPECTED"
        if not good:
            ways.append(
                "Say what a right answer is (--check), or which run of the same task is good (--good)."
            )
    if not entry:
        command += " --command 'HOW THE AGENT IS STARTED {input}'"
        ways.append("Nobody registered how the agent is started: say it with --command, --callable or --url.")
    told: dict[str, Any] = shorten(
        {
            "run_id": run_id,
            "command": command,
            "where": "On the machine where the agent's program is; the server starts no programs.",
            "in_the_way": ways,
            "recorded_steps": len(steps),
            "entry_point": lean(entry) if entry else None,
            "earlier": [_found(one) for one in inquiries if one["kind"] == kind][:5],
        }
    )
    return told


def _found(inquiry: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = lean({name: inquiry.get(name) for name in _KEPT})
    finding = told.get("finding")
    if finding:
        told["finding"] = {name: finding[name] for name in _OF_FINDING if name in finding}
    return told
