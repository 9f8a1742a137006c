"""Whether a replay is the run again: calls matched and answers identical, and what a case costs.

Agents by the plain SDK, OpenAI Agents, LangGraph and Pydantic AI (those of the journeys) and the scripted one
are recorded by the product and replayed by it. A case's overhead is a case run offline, from the file to the
verdict, less the same agent run by itself against a model and tools on loopback, the time these took to
answer left out: all that a case adds counts, answering the calls included. The two take turns.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.bisect_end_to_end import AGENT, Bench, bench, numbered, send
from benchmarks.figures import SEED, Figure, Options, at_least, at_most, folder_of, median, quantile, run
from benchmarks.scripted_world import Case, Kind, World, case_of
from benchmarks.servers import REPO, NotMeasured, get_json
from examples.demo.model.server import running_model
from roadworthy.doors.gateway.offline import offline_gateway
from roadworthy.features.debug.cases.offline_run import How, run_file
from roadworthy.features.debug.cases.verdict import Outcome
from tests.fixtures.agents.sums.model import TASK, Sums
from tests.fixtures.agents.sums.tools import sums_server

_PYTHON = REPO / ".venv-demo" / "bin" / "python"
_FRAMEWORKS = ("plain", "openai_agents", "langgraph", "pydantic_ai")
_AGENTS = REPO / "tests" / "fixtures" / "agents" / "sums" / "by"
_SCRIPTED = {"quick": (12,), "full": (12, 23, 40)}
_STEPS = {"plain": 9, "openai_agents": 9, "langgraph": 5, "pydantic_ai": 5}
"""Calls of a run through the gateway; the last two have their tools within."""
_JOINED_SECONDS = 60.0
_CASES = {"quick": 5, "full": 40}
MUST_MS = 50.0


def measure(chosen: Options) -> list[Figure]:
    size = "quick" if chosen.quick else "full"
    rnd = random.Random(SEED)
    with folder_of(chosen, "replay") as folder, bench(folder / "product") as product:
        replayed = dict(_scripted(product, _SCRIPTED[size], rnd))
        missing = ""
        try:
            replayed |= dict(_frameworks(product))
        except NotMeasured as why:
            missing = str(why)
        cost = _case_cost(product, folder, _CASES[size], rnd)
    calls = {name: _share(one) for name, one in replayed.items()}
    matched = sum(one["reruns"][0]["matched"] for one in replayed.values())
    whole = sum(one["steps"] for one in replayed.values())
    same = [one["reruns"][0]["same"] is True for one in replayed.values()]
    return [
        Figure(
            what="calls of replayed runs that were answered from their recording",
            unit="%",
            ours=100 * matched / whole,
            must="100 %",
            met=at_least(100 * matched / whole, 100),
            beside=dict(calls),
            note=f"{matched} of {whole} calls of {len(replayed)} runs; {missing}".rstrip("; "),
        ),
        Figure(
            what="replayed runs that answered the same, to the byte",
            unit="%",
            ours=100 * sum(same) / len(same),
            must="100 %",
            met=at_least(100 * sum(same) / len(same), 100),
            note=missing,
        ),
        *cost,
    ]


def _share(one: dict[str, Any]) -> float:
    return 100 * float(one["reruns"][0]["matched"]) / float(one["steps"])


def _scripted(
    product: Bench, lengths: tuple[int, ...], rnd: random.Random
) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, steps in enumerate(lengths, 1):
        case = numbered(case_of(f"replay-{number}", Kind.CARRIED_WRONG, steps=steps, rnd=rnd), number)
        product.servers.plant(case, World(case=case, rnd=rnd))
        run_id = product.recorded(case)
        yield f"scripted, {steps} calls", product.said("replay", run_id, f"--command={AGENT}")


def _frameworks(product: Bench) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each with a run that went well and one whose model slipped. Raises NotMeasured."""
    made = subprocess.run([REPO / "examples/demo/install.sh"], capture_output=True, text=True, check=False)
    if made.returncode:
        raise NotMeasured(f"the frameworks could not be installed: {made.stderr[-200:]}")
    api, sums = product.product.api, Sums()
    with running_model(slow=False, script=sums) as model, sums_server() as tools:
        bases = {"openai": f"{model}/v1"}
        send("POST", f"{api}/gateway/providers", {"name": "sums", "bases": bases, "key": "sk-real"})
        route = {"name": "planner", "targets": [{"provider": "sums", "model": "planner"}]}
        send("POST", f"{api}/gateway/routes", route)
        connector = {"kind": "mcp", "settings": {"url": tools.url}, "allow_private": True}
        send("PUT", f"{api}/connectors/sums", connector)
        for name in _FRAMEWORKS:
            agent, command = f"sums-{name}", f"{_PYTHON} {_AGENTS / f'with_{name}.py'}"
            send("POST", f"{api}/tool-grants", {"agent": agent, "pattern": "sums.*"})
            for slip in (None, 1):
                sums.slip_at = slip
                started = (f"--command={command}", f"--folder={REPO}")
                run_id = product.said("record", agent, f"--input={TASK}", *started)["run"]
                _wait_until_joined(api, str(run_id), name)
                asked = tools.calls
                said = product.said("replay", str(run_id), *started)
                if tools.calls != asked:
                    raise NotMeasured(f"the replay of {name} called a tool")
                yield f"{name}{'' if slip is None else ', its model slipped'}", said


def _wait_until_joined(api: str, run_id: str, name: str) -> None:
    """Tool calls of a client that says nothing of its run are found to be this run's a little later."""
    ends = time.monotonic() + _JOINED_SECONDS
    while len(get_json(f"{api}/runs/{run_id}/exchanges")["items"]) != _STEPS[name]:
        if time.monotonic() > ends:
            raise NotMeasured(f"{name}: not {_STEPS[name]} calls recorded after {_JOINED_SECONDS:g} s")
        time.sleep(0.2)


def _case_cost(product: Bench, folder: Path, cases: int, rnd: random.Random) -> list[Figure]:
    found = []
    for number, steps in ((801, 12), (802, 40)):
        case = numbered(case_of(f"cost-{number}", Kind.WRONG_TOOL, steps=steps, rnd=rnd), number)
        product.servers.plant(case, World(case=case, planted=False, rnd=rnd))
        run_id = product.recorded(case)
        path = folder / f"{steps}.rwcase"
        product.said("case", "add", run_id, f"--command={AGENT}", f"--output={path}")
        offline, alone, told, cpu = list[float](), list[float](), list[float](), list[float]()
        for _ in range(cases):
            before = _cpu_ms()
            alone.append(_alone(product, case))
            between, began = _cpu_ms(), time.perf_counter()
            result = run_file(path, How(), offline=offline_gateway)
            offline.append((time.perf_counter() - began) * 1000)
            cpu.append(_cpu_ms() - between - (between - before))
            told.append(result.timing.overhead)
            if result.outcome is not Outcome.PASSED:
                raise NotMeasured(f"the case of {steps} steps: {result.verdict.why}")
        over = (median(offline) or 0.0) - (median(alone) or 0.0)
        found.append(
            Figure(
                what=f"an offline case of {steps} calls over the agent itself",
                unit="ms",
                ours=over,
                must=f"at most {MUST_MS:g} ms",
                met=at_most(over, MUST_MS),
                beside={
                    "the agent itself (median)": median(alone) or 0.0,
                    "the case (median)": median(offline) or 0.0,
                    "the case (p90)": quantile(offline, 0.9) or 0.0,
                    "what the case says of itself (median)": median(told) or 0.0,
                    "in CPU (median)": median(cpu) or 0.0,
                },
                note=f"{cases} times each, taking turns",
            )
        )
    return found


def _cpu_ms() -> float:
    """Of this process and of all that it started and saw end."""
    spent = os.times()
    return 1000 * (spent.user + spent.system + spent.children_user + spent.children_system)


def _alone(product: Bench, case: Case) -> float:
    """Milliseconds of the agent, its model and tools asked directly, less what these took to answer."""
    url, answering = product.servers.url, product.servers.answering_ms
    environment = {**os.environ, "ROADWORTHY_GATEWAY_URL": url, "OPENAI_API_KEY": "none"}
    began = time.perf_counter()
    done = subprocess.run(
        AGENT.split(), input=case.task, capture_output=True, text=True, env=environment, check=False
    )
    took = (time.perf_counter() - began) * 1000
    if str(case.total) not in done.stdout:
        raise NotMeasured(f"the agent alone: {done.stdout} {done.stderr[-300:]}")
    return took - (product.servers.answering_ms - answering)


if __name__ == "__main__":
    run(__doc__ or "", measure, seconds=0, rounds=1)
