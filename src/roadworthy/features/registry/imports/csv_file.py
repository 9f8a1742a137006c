"""Agents as a table: read, and written so that it can be read again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from roadworthy.domain.agent import TIERS, Agent, Link, Stage
from roadworthy.features.registry.imports.people import KnownNames
from roadworthy.features.registry.imports.wish import MOST_WISHES, Draft, ImportOptions, Wish
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.snapshot import Snapshot

COLUMNS = (
    "agent",
    "description",
    "team",
    "owner",
    "owner_email",
    "schedule",
    "policy",
    "runbook",
    "objectives",
    "tier",
    "stage",
    "links",
)
CLEAR = "-"
"""A cell that takes away what is there; an empty one leaves it."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula (OWASP, CSV injection)."""
_STAGES = tuple(stage.value for stage in Stage if stage is not Stage.DISCOVERED)
_SPACES = re.compile(r"[;\s]+")


def read_csv(text: str, names: KnownNames, options: ImportOptions) -> Draft:
    """A header line of COLUMNS in any order, `agent` needed; cells divided by comma, semicolon or tab."""
    del options
    draft = Draft()
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    divider = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    try:
        header = [cell.strip().casefold() for cell in next(rows, [])]
        if not _check_header(header, draft):
            return draft
        lines: dict[str, int] = {}
        line = rows.line_num + 1
        for row in rows:
            if any(cell.strip() for cell in row):
                _read_row(header, row, line=line, lines=lines, names=names, draft=draft)
            if len(lines) > MOST_WISHES:
                draft.refuse(f"line {line}", field="", expected=f"at most {MOST_WISHES} agents")
                break
            line = rows.line_num + 1
    except csv.Error as fault:
        draft.refuse(f"line {rows.line_num}", field="", expected=f"cells as RFC 4180 has them; {fault}")
    return draft


def _check_header(header: Sequence[str], draft: Draft) -> bool:
    for place, name in enumerate(header):
        if name not in COLUMNS:
            draft.refuse(
                "line 1", field=name or f"column {place + 1}", expected=f"one of {', '.join(COLUMNS)}"
            )
        elif name in header[:place]:
            draft.refuse("line 1", field=name, expected="each column once")
    if "agent" not in header:
        draft.refuse("line 1", field="agent", expected="a column of this name")
    return not draft.faults


def _read_row(
    header: Sequence[str],
    row: Sequence[str],
    *,
    line: int,
    lines: dict[str, int],
    names: KnownNames,
    draft: Draft,
) -> None:
    where = f"line {line}"
    if len(row) > len(header):
        draft.refuse(where, field=f"column {len(header) + 1}", expected=f"at most {len(header)} cells")
        return
    cells = {name: _plain(cell) for name, cell in zip(header, row, strict=False) if cell.strip()}
    agent = cells.pop("agent", "")
    if not agent:
        draft.refuse(where, field="agent", expected="the name of an agent")
        return
    if agent in lines:
        draft.refuse(
            where, field="agent", expected=f"each agent once; {agent!r} is on line {lines[agent]} too"
        )
        return
    lines[agent] = line
    fields = dict(_fields(cells, where=where, draft=draft))
    draft.wishes += _mentioned(fields, cells, where=where, names=names)
    draft.wishes.append(Wish(kind=Kind.AGENT, name=agent, fields=fields, where=where))


def _fields(cells: Mapping[str, str], *, where: str, draft: Draft) -> Iterator[tuple[str, Any]]:
    for name in ("description", "team", "owner", "schedule", "policy", "runbook"):
        if name in cells:
            yield name, "" if cells[name] == CLEAR else cells[name]
    if "objectives" in cells:
        yield "objectives", () if cells["objectives"] == CLEAR else tuple(_SPACES.split(cells["objectives"]))
    if "links" in cells:
        yield "links", () if cells["links"] == CLEAR else tuple(_links(cells["links"]))
    if "tier" in cells:
        tier = "" if cells["tier"] == CLEAR else cells["tier"].casefold().removeprefix("tier").strip(" -_")
        if tier and tier not in TIERS:
            draft.refuse(
                where, field="tier", expected=f"one of {', '.join(TIERS)}, not {cells['tier'][:40]!r}"
            )
        else:
            yield "tier", tier
    if "stage" in cells:
        stage = cells["stage"].casefold()
        if stage not in _STAGES:
            draft.refuse(where, field="stage", expected=f"one of {', '.join(_STAGES)}, not {stage[:40]!r}")
        else:
            yield "stage", Stage(stage)


def _mentioned(
    fields: dict[str, Any], cells: Mapping[str, str], *, where: str, names: KnownNames
) -> Iterator[Wish]:
    """The team and the person a row names, and their names as they are registered."""
    if fields.get("team"):
        fields["team"] = names.team(fields["team"])
        yield Wish(kind=Kind.TEAM, name=fields["team"], where=where, mentioned=True)
    if fields.get("owner"):
        said = fields["owner"]
        fields["owner"] = names.contact(said)
        email = cells.get("owner_email", "") or (said if "@" in said else "")
        yield Wish(
            kind=Kind.CONTACT, name=fields["owner"], fields={"email": email}, where=where, mentioned=True
        )


def _links(text: str) -> Iterator[Link]:
    """One a line: the address, then its title."""
    for line in text.splitlines():
        if line.strip():
            url, _, title = line.strip().partition(" ")
            yield Link(title=title.strip(), url=url)


def _plain(cell: str) -> str:
    """Without what was put before it so that a spreadsheet takes it for text."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def write_csv(agents: Iterable[Agent], *, snapshot: Snapshot) -> str:
    """All columns, by name; what it holds changes nothing when it is read again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for agent in agents:
        owner = snapshot.contacts.get(agent.owner)
        cells = (
            agent.name,
            agent.description,
            agent.team,
            agent.owner,
            owner.email if owner else "",
            agent.schedule,
            agent.policy,
            agent.runbook,
            " ".join(agent.objectives),
            agent.tier,
            agent.stage.value,
            "\n".join(f"{link.url} {link.title}".strip() for link in agent.links),
        )
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue()
