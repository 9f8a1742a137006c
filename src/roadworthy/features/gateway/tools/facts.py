"""What the core has to know of tools: how systems describe them, and how often results are empty.

`DATA/gateway/tools.json`, replaced whole at most once a second. It outlives the gateway: evidence goes on
where it stood.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from roadworthy.domain.connector import Connector
from roadworthy.domain.tool_contract import ToolDeclaration
from roadworthy.features.gateway.contracts.empties import Empties

log = logging.getLogger(__name__)

EVERY_S = 1.0
MOST_DECLARATIONS = 6
"""Of one tool: also what was there for a moment only is seen."""
MOST_SYSTEMS = 2000


class ToolFacts:
    """For one event loop. What cannot be written is tried again with the next change."""

    def __init__(self, file: Path | None = None, *, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._file = file
        self._now_ns = now_ns
        self._systems: dict[tuple[str, str], dict[str, Any]] = {}
        self._empties: dict[tuple[str, str], Empties] = {}
        self._kept_empties: dict[str, dict[str, Any]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._dirty = False
        if file is not None:
            self._kept_empties = _read(file).get("empties", {})

    def seen(self, connector: Connector, tools: Mapping[str, ToolDeclaration]) -> None:
        """What a system listed now."""
        key = (connector.project, connector.name)
        if key not in self._systems and len(self._systems) >= MOST_SYSTEMS:
            return
        before = self._systems.get(key, {}).get("tools", {})
        listed: dict[str, list[dict[str, Any]]] = {}
        for name, declared in tools.items():
            earlier = before.get(name, [])
            if earlier and earlier[-1]["digest"] == declared.digest:
                listed[name] = earlier
            else:
                listed[name] = [*earlier, {"at_ns": self._now_ns(), **asdict(declared)}][-MOST_DECLARATIONS:]
        if listed == before and key in self._systems:
            return
        self._systems[key] = {"seen_ns": self._now_ns(), "tools": listed}
        self._changed()

    def result(self, project: str, target: str, *, allowed: float, empty: bool) -> Empties:
        """One result of `connector.tool`, of which a share of `allowed` may be empty."""
        key = (project, target)
        held = self._empties.get(key)
        if held is None or abs(held.allowed - Empties(allowed).allowed) > 1e-12:
            kept = self._kept_empties.pop(f"{project}:{target}", None)
            held = Empties.of_json(kept, allowed=allowed) if kept else Empties(allowed)
            self._empties[key] = held
        held.observe(empty=empty)
        self._changed()
        return held

    def as_json(self) -> bytes:
        return orjson.dumps(
            {
                "written_ns": self._now_ns(),
                "systems": [
                    {"project": project, "connector": connector, **said}
                    for (project, connector), said in self._systems.items()
                ],
                "empties": {
                    **self._kept_empties,
                    **{f"{key[0]}:{key[1]}": one.as_json() for key, one in self._empties.items()},
                },
            }
        )

    async def close(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
        await self.flush()

    async def flush(self) -> None:
        """What changed is written on return, as far as it can be."""
        if self._dirty and self._file is not None:
            self._dirty = False
            await asyncio.to_thread(_write, self._file, self.as_json())

    def _changed(self) -> None:
        self._dirty = True
        if self._file is not None and (self._writing is None or self._writing.done()):
            self._writing = asyncio.get_running_loop().create_task(self._write_soon(self._file))

    async def _write_soon(self, file: Path) -> None:
        while self._dirty:
            await asyncio.sleep(EVERY_S)
            self._dirty = False
            await asyncio.to_thread(_write, file, self.as_json())


def read_facts(file: Path) -> list[dict[str, Any]]:
    """What systems say of their tools, as the core reads it: project, connector, tools by name, each with
    every declaration since the gateway began, the newest last. Empty where there is none."""
    systems = _read(file).get("systems", [])
    return [one for one in systems if isinstance(one, dict)]


def _read(file: Path) -> dict[str, Any]:
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, data: bytes) -> None:
    draft = file.with_suffix(".new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
        draft.replace(file)
    except OSError as fault:
        log.warning("%s cannot be written: %s", file.name, fault)
