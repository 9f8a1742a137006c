"""What a coding agent is told of why a run failed, and of executing it again.

That needs the agent's own program. An endpoint is asked by the server; what is started by a command, by a
runner beside it, or by the coding agent itself with the command that it is told.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a run would be executed again."""

    kind: str
    run_id: str
    command: str
    in_the_way: tuple[str, ...]
    startable: bool
    """From here: something can answer it, and it is registered how the agent is started."""
    by_server: bool
    running: str
    """Id of an inquiry of that kind about that run that is not over; "" for none."""
    recorded_steps: int
    entry: Mapping[str, Any] | None
    earlier: Sequence[Mapping[str, Any]]

    def told(self, *more: str) -> dict[str, Any]:
        """To a coding agent, with what else stands in its way."""
        told: dict[str, Any] = shorten(
            {
                "run_id": self.run_id,
                "started": False,
                "command": self.command,
                "where": "On the machine where the agent's program is; the server starts no programs.",
                "in_the_way": [*self.in_the_way, *more],
                "recorded_steps": self.recorded_steps,
                "entry_point": lean(self.entry) if self.entry else None,
                "earlier": [_found(one) for one in self.earlier][:5],
            }
        )
        return told


def plan_of(
    kind: str,
    run_id: str,
    tape: Mapping[str, Any],
    inquiries: Sequence[Mapping[str, Any]],
    *,
    good: str = "",
    check: str = "",
) -> Plan:
    """From the run's tape and the inquiries of that kind about it."""
    steps, entry = tape["steps"], tape.get("entry")
    holes = [f"step {one['step']}: {one['hole']}" for one in steps if one.get("hole")]
    command = f"roadworthy {kind} {run_id}"
    ways, missing = [], []
    if not steps:
        missing.append("No call of this run went through the gateway: there is nothing to answer it from.")
    if holes:
        ways.append(f"Recordings have holes ({'; '.join(holes[:5])}).")
    if kind == "bisect":
        command += f" --good {good}" if good else ""
        command += f" --check {shlex.quote(check)}" if check else "" if good else " --check contains:EXPECTED"
        if not good and not check:
            missing.append(
                "Say what a right answer is (check), or which run of the same task is good (good_run_id)."
            )
    if not entry:
        command += " --command 'HOW THE AGENT IS STARTED {input}'"
        missing.append(
            "Nobody registered how the agent is started: say it with --command, --callable or --url; "
            "--save registers it."
        )
    return Plan(
        kind=kind,
        run_id=run_id,
        command=command,
        in_the_way=(*missing, *ways),
        startable=not missing,
        by_server=bool(entry and entry["via"] == "url"),
        running=next((str(one["id"]) for one in inquiries if one["state"] == "running"), ""),
        recorded_steps=len(steps),
        entry=entry,
        earlier=inquiries,
    )


def how_it_stands(inquiry: Mapping[str, Any]) -> dict[str, Any]:
    """An inquiry that was started, over or not."""
    told: dict[str, Any] = {
        "started": True,
        "inquiry_id": inquiry["id"],
        **_found(inquiry),
        "progress": inquiry["progress"],
        "spent": inquiry["spent"],
        "doubts": inquiry["doubts"],
    }
    told.pop("id")
    if inquiry["state"] == "running":
        runner = f"roadworthy runner --agent {shlex.quote(inquiry['agent'])}"
        if inquiry["server_runs"]:
            who = "The server asks the agent's endpoint."
        elif inquiry["progress"]["done"]:
            who = "A runner is at it."
        else:
            who = f"It waits for a runner beside the agent's program: `{runner}`."
        told["next"] = f"{who} Call this again with inquiry_id."
    shortened: dict[str, Any] = shorten(told)
    return shortened


def _found(inquiry: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = lean({name: inquiry.get(name) for name in _KEPT})
    finding = told.get("finding")
    if finding:
        told["finding"] = {name: finding[name] for name in _OF_FINDING if name in finding}
    return told
