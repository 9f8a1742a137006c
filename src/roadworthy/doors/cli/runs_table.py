"""A list of runs: in columns that fit a terminal, or for a pipe as tab-separated lines with whole values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from roadworthy.doors.cli.listing import one_line
from roadworthy.doors.cli.show import OUTCOMES, UNKNOWN, count, duration, local, money, status

Row = Mapping[str, Any]
_GAP = 2
_INDENT = "  "
_AGENT_AT_LEAST = 10
_AGENT_AT_MOST = 32
_ANSWER_AT_LEAST = 40
_HEADS = ("started", "status", "outcome", "agent", "took", "model", "tools", "tokens", "cost")
_RIGHT = frozenset({"took", "model", "tools", "tokens", "cost"})
_GIVEN_UP = ("tokens", "model", "outcome", "took", "cost", "tools")
"""What a narrow terminal does without, in this order."""
_MOST_TEXT = 2_000
"""Characters of an answer that are laid out at all: no terminal is wider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Columns and their widths in cells; `wide`: id and answer stand in the same line as the rest."""

    widths: dict[str, int]
    wide: bool
    id_width: int
    width: int


def terminal_lines(runs: Iterable[Row], *, width: int) -> list[Text]:
    """A head and the runs, none wider than `width` unless an id is: ids are never cut. Where all does not fit
    in one line, id and answer follow in a second one."""
    rows = [(_cells(run), Text(run["id"]), _answer(run)) for run in runs]
    layout = _lay_out([cells for cells, _, _ in rows], ids=[ident for _, ident, _ in rows], width=width)
    head = _line({name: Text(name) for name in _HEADS}, layout)
    if layout.wide:
        head.append(" " * _GAP + "id".ljust(layout.id_width) + " " * _GAP + "answer or error")
    head.rstrip()
    head.stylize("bold")
    lines = [head]
    for cells, ident, answer in rows:
        line = _line(cells, layout)
        if layout.wide:
            ident.pad_right(layout.id_width - ident.cell_len)
            tail = Text(" " * _GAP).append_text(ident)
        else:
            line.rstrip()
            lines.append(line)
            line, tail = Text(), Text(_INDENT).append_text(ident)
        line.append_text(tail)
        room = width - line.cell_len - _GAP
        if answer.plain and room > 0:
            answer.truncate(room, overflow="ellipsis")
            line.append(" " * _GAP).append_text(answer)
        line.rstrip()
        lines.append(line)
    return lines


def piped_lines(runs: Iterable[Row]) -> Iterable[str]:
    """A head and one line a run, values whole and apart by tabs: for `cut`, `awk`, a spreadsheet."""
    yield "\t".join((*_HEADS, "id", "answer or error"))
    for run in runs:
        cells = [cell.plain for cell in _cells(run, started=run["started_at"]).values()]
        yield "\t".join((*cells, run["id"], one_line(run["error"] or run["final_answer"])))


def _cells(run: Row, *, started: str | None = None) -> dict[str, Text]:
    # Text, not str: what an agent wrote must not be read as markup.
    outcome, style = OUTCOMES.get(run["outcome"], (run["outcome"], ""))
    failed = f" ({run['failed_tool_calls']} failed)" if run["failed_tool_calls"] else ""
    known = [tokens for tokens in (run["input_tokens"], run["output_tokens"]) if tokens is not None]
    return {
        "started": Text(started or local(run["started_at"])),
        "status": status(run),
        "outcome": Text(outcome, style=style),
        "agent": Text(one_line(run["agent"]) or UNKNOWN),
        "took": Text(duration(run["duration_ms"])),
        "model": Text(str(run["model_calls"])),
        "tools": Text(f"{run['tool_calls']}{failed}"),
        "tokens": Text(count(sum(known)) if known else UNKNOWN),
        "cost": Text(money(run["cost_usd"])),
    }


def _answer(run: Row) -> Text:
    text = one_line(run["error"] or run["final_answer"], width=_MOST_TEXT)
    return Text(text, style="red" if run["error"] else "")


def _lay_out(rows: Sequence[Mapping[str, Text]], *, ids: Sequence[Text], width: int) -> _Layout:
    widths = {name: max((len(name), *(row[name].cell_len for row in rows))) for name in _HEADS}
    widths["agent"] = min(widths["agent"], _AGENT_AT_MOST)
    id_width = max((ident.cell_len for ident in ids), default=2)
    wide = _total(widths) + _GAP + id_width + _GAP + _ANSWER_AT_LEAST <= width
    if not wide:
        agent = widths["agent"]
        widths["agent"] = min(agent, _AGENT_AT_LEAST)
        for name in _GIVEN_UP:
            if _total(widths) > width:
                del widths[name]
        widths["agent"] = max(1, min(agent, widths["agent"] + width - _total(widths)))
    return _Layout(widths=widths, wide=wide, id_width=id_width, width=width)


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)


def _line(cells: Mapping[str, Text], layout: _Layout) -> Text:
    line = Text()
    for name, width in layout.widths.items():
        cell = cells[name].copy()
        cell.truncate(width, overflow="ellipsis")
        blank = " " * (width - cell.cell_len)
        if line:
            line.append(" " * _GAP)
        if name in _RIGHT:
            line.append(blank).append_text(cell)
        else:
            line.append_text(cell).append(blank)
    return line
