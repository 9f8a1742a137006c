"""What a call through the gateway costs: CPU, added latency, time to the first token, memory of open streams.

Every exchange is recorded. The upstream is a stub on the same machine; the gateways and a bare proxy take
turns with it (A B C A B C), so that what else runs here falls on all alike. CPU is that of the process of the
gateway, all its threads, from the kernel's own count.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from benchmarks.figures import Figure, Options, at_most, folder_of, median, quantile, run
from benchmarks.gateway_load import CallFailed, Held, call
from benchmarks.gateway_servers import Direct, Floor, Gateway, LiteLlm, OurGateway, Portkey
from benchmarks.machine import cpu_ms
from benchmarks.servers import NotMeasured, free_port

CONCURRENCIES = (1, 16, 64)
STREAMS = 1_000
_CALLS = {False: 600, True: 160}
"""Of one round, by whether they are streamed; ten times fewer of a gateway that is ten times slower."""
_MUST = {False: 0.5, True: 1.5}
_PORTKEY = {False: 1.4, True: 3.7}
_SETTLE_SECONDS = 0.5


@dataclass
class Seen:
    """Of one gateway in one setting, a value a round."""

    cpu_ms: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    calls_s: list[float] = field(default_factory=list)


def measure(options: Options) -> list[Figure]:
    seen: dict[tuple[str, bool, int], Seen] = {}
    missing: dict[str, str] = {}
    with folder_of(options, "gateway") as folder, _running(folder, options, missing) as gateways:
        for _ in range(options.rounds):
            for streamed in (False, True):
                for concurrency in CONCURRENCIES:
                    for gateway in gateways:
                        found = seen.setdefault((gateway.name, streamed, concurrency), Seen())
                        _one(gateway, found, streamed=streamed, concurrency=concurrency, quick=options.quick)
        idle, held = _memory(next(one for one in gateways if isinstance(one, OurGateway)), options)
        machines = {one.name: _pss(one.pids()) for one in gateways}
    return [*_figures(seen, missing), *_memory_figures(idle, held, machines)]


@contextmanager
def _running(folder: Path, options: Options, missing: dict[str, str]) -> Iterator[list[Gateway]]:
    upstream_port = free_port()

    def place(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    with ExitStack() as stack:
        every: list[Gateway] = [
            Direct(folder=place("direct"), upstream_port=upstream_port),
            Floor(folder=place("floor"), upstream_port=upstream_port),
            OurGateway(folder=place("roadworthy"), upstream_port=upstream_port),
        ]
        if options.peers:
            every.append(Portkey(folder=place("portkey"), upstream_port=upstream_port))
            every.append(LiteLlm(folder=place("litellm"), upstream_port=upstream_port))
        started = []
        for gateway in every:
            try:
                gateway.start()
                stack.callback(gateway.kill)
                for streamed in (False, True):  # warm
                    call(gateway.door, streamed=streamed, calls=20, concurrency=2)
            except (NotMeasured, CallFailed, OSError) as fault:
                if isinstance(gateway, Direct | OurGateway):
                    raise
                missing[gateway.name] = str(fault)[:200]
            else:
                started.append(gateway)
        yield started


def _one(gateway: Gateway, seen: Seen, *, streamed: bool, concurrency: int, quick: bool) -> None:
    calls = _CALLS[streamed] // (10 if isinstance(gateway, LiteLlm) else 1)
    calls = max(concurrency, calls // (5 if quick else 1))
    pids = gateway.pids()
    before = cpu_ms(pids)
    timed = call(gateway.door, streamed=streamed, calls=calls, concurrency=concurrency)
    time.sleep(_SETTLE_SECONDS)  # what is written behind the calls counts, too
    seen.cpu_ms.append((cpu_ms(pids) - before) / calls)
    seen.p50_ms.append(quantile(timed.whole, 0.5) or 0.0)
    seen.first_ms.append(quantile(timed.first, 0.5) or 0.0)
    seen.calls_s.append(calls / timed.seconds)


def _pss(pids: list[int]) -> float:
    """MiB."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def _memory(gateway: OurGateway, options: Options) -> tuple[float, list[float]]:
    """MiB idle, and then every few seconds with the streams open."""
    time.sleep(2)
    idle = _pss(gateway.pids())
    streams = 100 if options.quick else STREAMS

    async def hold() -> list[float]:
        held = Held(gateway.door)
        await held.open(streams)
        found = []
        for _ in range(3 if options.quick else 10):
            await asyncio.sleep(2)
            found.append(_pss(gateway.pids()))
        held.close()
        return found

    return idle, uvloop.run(hold())


def _figures(seen: dict[tuple[str, bool, int], Seen], missing: dict[str, str]) -> list[Figure]:
    figures = []
    names = list(dict.fromkeys(name for name, _, _ in seen))
    peers = [name for name in names if name != "Roadworthy"]
    for streamed in (False, True):
        kind = "streamed, 35 events" if streamed else "plain"
        for concurrency in CONCURRENCIES:
            key = streamed, concurrency
            ours = seen["Roadworthy", *key]
            cpu = median(ours.cpu_ms)
            beside: dict[str, float | str] = {
                name: median(seen[name, *key].cpu_ms) or 0.0 for name in peers if name != "direct"
            }
            figures.append(
                Figure(
                    what=f"CPU a call, {kind}, concurrency {concurrency}",
                    unit="ms",
                    ours=cpu,
                    rounds=ours.cpu_ms,
                    beside={**beside, **missing},
                    must=f"<= {_MUST[streamed]}, a tenth of LiteLLM's, not above Portkey's",
                    met=_cpu_met(cpu, beside, streamed=streamed),
                    note=f"{median(ours.calls_s):,.0f} calls/s",
                )
            )
        added = {name: _added(seen, name, streamed=streamed) for name in names if name != "direct"}
        figures.append(
            Figure(
                what=f"{'time to the first token' if streamed else 'p50'} added, {kind}, concurrency 1",
                unit="ms",
                ours=added.pop("Roadworthy"),
                beside={**added, **missing},
                must="<= 2",
                met=at_most(_added(seen, "Roadworthy", streamed=streamed), 2),
            )
        )
    return figures


def _cpu_met(cpu: float | None, beside: dict[str, float | str], *, streamed: bool) -> bool | None:
    if cpu is None:
        return None
    portkey, litellm = beside.get("Portkey", _PORTKEY[streamed]), beside.get("LiteLLM")
    met = cpu <= _MUST[streamed] and cpu <= float(portkey)
    return met and (litellm is None or cpu * 10 <= float(litellm))


def _added(seen: dict[tuple[str, bool, int], Seen], name: str, *, streamed: bool) -> float:
    through, direct = seen[name, streamed, 1], seen["direct", streamed, 1]
    pairs = (
        zip(through.first_ms, direct.first_ms, strict=True)
        if streamed
        else zip(through.p50_ms, direct.p50_ms, strict=True)
    )
    return median([ours - bare for ours, bare in pairs]) or 0.0


def _memory_figures(idle: float, held: list[float], machines: dict[str, float]) -> list[Figure]:
    grown = max(held) - min(held)
    return [
        Figure(
            what="memory of the gateway's process, idle after the load",
            unit="MiB",
            ours=idle,
            beside={name: value for name, value in machines.items() if name != "Roadworthy"},
            must="<= 100",
            met=at_most(idle, 100),
        ),
        Figure(
            what=f"memory with {STREAMS} streams open",
            unit="MiB",
            ours=max(held),
            rounds=held,
            must="<= 400, flat",
            met=max(held) <= 400 and grown <= 20,
            note=f"grew by {grown:.1f} MiB while they were open: {json.dumps([round(one) for one in held])}",
        ),
    ]


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0, rounds=3)
