"""The machine a figure was taken on, and what a server and all its children cost it (Linux, /proc)."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def describe() -> dict[str, object]:
    """Said beside each figure: ratios travel between machines, figures do not."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) * 1024
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """`memory` is bytes in RAM, shared pages divided among those who share them (PSS)."""

    cpu_seconds: float
    memory: int


def tree(pid: int) -> list[int]:
    """The process and all that descend from it and still run."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, open_ends = [], [pid]
    while open_ends:
        current = open_ends.pop()
        found.append(current)
        open_ends += children.get(current, [])
    return found


def cost(pid: int) -> Cost:
    """Of a process tree, so far. CPU of children that ended is counted with their parents."""
    ticks, memory = 0, 0
    for each in tree(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
        memory += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
    return Cost(cpu_seconds=ticks / TICKS, memory=memory)


def folder_bytes(folder: Path) -> int:
    """Bytes on disk below a folder, holes not counted."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_blocks * 512  # noqa: PTH118 - hot on many files
            except OSError:
                continue
    return total


def cpu_ms(pids: Iterable[int]) -> float:
    """CPU the processes have taken, all threads, those that ended included: their clocks in ns, as ticks of
    10 ms would hide what a call costs (the clock's number is made of a pid as by clock_getcpuclockid(3))."""
    return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in pids) / 1e6
