"""The state of a project's monitors as parts of bytes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import orjson

from roadworthy.features.watch.monitors.agent_state import AgentState
from roadworthy.features.watch.monitors.alarming import Looking
from roadworthy.features.watch.monitors.project_watch import ProjectWatch
from roadworthy.features.watch.monitors.watched import Watched

_MONITOR, _AGENT, _HOT, _SLOW, LANES = "monitor/", "agent/", "hot/", "slow/", "lanes"


def changed_parts(watch: ProjectWatch) -> dict[str, bytes | None]:
    """What is another than was kept last; the changes count as kept from here on."""
    parts: dict[str, bytes | None] = {}
    for monitor_id in watch.effects.monitors:
        watched = watch.monitors.get(monitor_id)
        parts[_MONITOR + monitor_id] = watched.to_json() if watched is not None else None
    for name in watch.effects.agents:
        parts[_AGENT + _short(name)] = watch.agents[name].to_json()
    for number in sorted(watch.bank.changed):
        parts[f"{_HOT}{number}"] = watch.bank.chunk(number)
    for number in sorted(watch.bank.changed_slow):
        parts[f"{_SLOW}{number}"] = watch.bank.slow_chunk(number)
    return parts


def restored(
    project: str, parts: Mapping[str, bytes], *, looking: Looking, automatic: bool = True
) -> ProjectWatch:
    """ValueError where a part is damaged or of a later version."""
    watch = ProjectWatch(project, looking=looking, automatic=automatic)
    watched = [Watched.from_json(body) for name, body in parts.items() if name.startswith(_MONITOR)]
    # In the order of their making: results go through the monitors of an agent in it.
    for one in sorted(watched, key=lambda each: (each.monitor.created_ns, each.slot, each.monitor.id)):
        watch.enter(one)
    watch.free_slots()
    for name, body in parts.items():
        if name.startswith(_AGENT):
            agent = AgentState.from_json(body)
            watch.agents[agent.agent] = agent
    for name, body in parts.items():
        if name.startswith(_HOT):
            number = name.removeprefix(_HOT)
            watch.bank.load(int(number), kept=body, slow=parts[_SLOW + number])
    watch.bank.changed.clear()
    watch.bank.changed_slow.clear()
    return watch


def lanes_to_bytes(lanes: Mapping[float, tuple[int, int]]) -> bytes:
    return orjson.dumps(
        [[maturity, position, reached] for maturity, (position, reached) in sorted(lanes.items())]
    )


def lanes_from_bytes(body: bytes | None) -> dict[float, tuple[int, int]]:
    return {maturity: (position, reached) for maturity, position, reached in orjson.loads(body or b"[]")}


def _short(name: str) -> str:
    return blake2b(name.encode(errors="replace"), digest_size=12).hexdigest()
