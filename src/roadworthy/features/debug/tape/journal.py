"""Plans of reruns as files, and what became of their calls beside them: docs/reference/replay.md.

The core writes a plan, the gateway reads it at the first call of the rerun and adds a line to its journal for
each call, the core reads those. Nothing else passes between the two.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.plan import After, Change, ChangeKind, Plan
from roadworthy.features.debug.tape.asked import How

FOLDER = "replays"
"""In the data folder."""
VERSION = 1
_MOST_DIFF = 16_384
_MOST_NOTE = 2_000


class BadPlan(ValueError):  # noqa: N818 (a condition)
    """There is no such plan, or it cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """The exchanges by id that the tapes are made of; `good_ids` of the good run, if there is one."""

    plan: Plan
    tape_ids: tuple[str, ...]
    good_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One call of a rerun."""

    at_ns: int
    step: int | None
    how: How
    kind: ExchangeKind
    target: str
    """As the agent named it: the model, the tool."""
    exchange_id: str = ""
    """Of the exchange that was recorded of this call."""
    note: str = ""
    diff: str = ""
    diverged_at: int | None = None
    """Where the rerun has left its recording by then; None while it has not."""


class PlanFolder:
    """`path` is `DATA/replays`. Plans have one writer, journals another."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, plan: Plan, tape_ids: Sequence[str], good_ids: Sequence[str] = ()) -> None:
        """Whole or not at all, and with an empty journal. Raises OSError."""
        file = self._file(plan.project, plan.inquiry, plan.number, plan.attempt, "plan")
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.with_suffix(".journal").unlink(missing_ok=True)
        told = {
            "version": VERSION,
            "plan": asdict(plan),
            "tape_ids": list(tape_ids),
            "good_ids": list(good_ids),
        }
        part = file.with_suffix(".part")
        part.write_bytes(orjson.dumps(told))
        part.replace(file)

    def read(self, project: str, inquiry: str, *, number: int, attempt: int) -> StoredPlan:
        """Raises BadPlan."""
        file = self._file(project, inquiry, number, attempt, "plan")
        try:
            told: dict[str, Any] = orjson.loads(file.read_bytes())
            if told.get("version") != VERSION:
                raise BadPlan(f"version: {told.get('version')!r}; this Roadworthy reads {VERSION}")
            return StoredPlan(
                plan=_plan(told["plan"]),
                tape_ids=tuple(told["tape_ids"]),
                good_ids=tuple(told["good_ids"]),
            )
        except FileNotFoundError:
            raise BadPlan("there is no plan of this rerun any more: it is over, or was deleted") from None
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as odd:
            raise BadPlan(f"the plan of this rerun cannot be read: {odd}") from None

    def begin(self, plan: Plan, boot: str) -> bool:
        """Whether the rerun is answered by this boot of the gateway: the first that says so. Its journal says
        who that was. Raises OSError."""
        file = self._journal(plan)
        try:
            with file.open("xb") as out:
                out.write(orjson.dumps({"begun": boot}) + b"\n")
        except FileExistsError:
            return self._begun(file) == boot
        return True

    def append(self, plan: Plan, line: JournalLine) -> None:
        """Raises OSError."""
        told = asdict(line) | {"note": line.note[:_MOST_NOTE], "diff": line.diff[:_MOST_DIFF]}
        with self._journal(plan).open("ab") as out:
            out.write(orjson.dumps(told) + b"\n")

    def lines(self, plan: Plan) -> list[JournalLine]:
        """In the order of the calls. What was being written when a gateway died is passed over."""
        try:
            data = self._journal(plan).read_bytes()
        except OSError:
            return []
        lines: list[JournalLine] = []
        for raw in data.split(b"\n"):
            with contextlib.suppress(orjson.JSONDecodeError, TypeError, ValueError, KeyError):
                told = orjson.loads(raw)
                if "how" in told:
                    kinds = {"how": How(told["how"]), "kind": ExchangeKind(told["kind"])}
                    lines.append(JournalLine(**{**told, **kinds}))
        return lines

    def remove(self, project: str, inquiry: str) -> None:
        """All plans and journals of an inquiry."""
        shutil.rmtree(self._folder(project, inquiry), ignore_errors=True)

    def remove_project(self, project: str) -> None:
        """Those of all its inquiries."""
        shutil.rmtree(self._path / _named(project), ignore_errors=True)

    def _begun(self, file: Path) -> str:
        try:
            first = orjson.loads(file.read_bytes().partition(b"\n")[0])
            return str(first.get("begun", "")) if isinstance(first, dict) else ""
        except (OSError, orjson.JSONDecodeError):
            return ""

    def _journal(self, plan: Plan) -> Path:
        return self._file(plan.project, plan.inquiry, plan.number, plan.attempt, "journal")

    def _file(self, project: str, inquiry: str, number: int, attempt: int, suffix: str) -> Path:
        return self._folder(project, inquiry) / f"{number}-{attempt}.{suffix}"

    def _folder(self, project: str, inquiry: str) -> Path:
        return self._path / _named(project) / _named(inquiry)


def _named(text: str) -> str:
    """A name of one folder, whatever it holds."""
    return quote(text, safe="").replace(".", "%2E") or "%"


def _plan(told: dict[str, Any]) -> Plan:
    changes = tuple(Change(**{**one, "kind": ChangeKind(one["kind"])}) for one in told["changes"])
    return Plan(
        **{
            **told,
            "changes": changes,
            "after": After(told["after"]),
            "live_tools": tuple(told["live_tools"]),
        }
    )
