"""Planted mistakes searched for as a person does: `roadworthy record`, then `roadworthy bisect`.

The agent is a process (`scripted_agent.py`), its model and its order system are on loopback behind the
gateway. Everything between is the product.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.bisect_in_process import Searched, fixes, truth_of
from benchmarks.scripted_servers import NUMBERS_OF_A_CASE, ScriptedServer, scripted
from benchmarks.scripted_world import LARGE, Case, World
from benchmarks.servers import REPO, NotMeasured, Roadworthy
from roadworthy.features.debug.bisect.finding import finding_of

AGENT = f"{sys.executable} -P {REPO / 'benchmarks' / 'scripted_agent.py'}"
"""-P: beside the agent lies a module that is called as one of the standard library is."""
_COMMAND = str(Path(sys.executable).parent / "roadworthy")
_CONNECTOR = {
    "kind": "http",
    "allow_private": True,
    "settings": {
        "read_only": False,
        "operations": {
            "find": {
                "method": "GET",
                "path": "/orders/{order}",
                "arguments": {"order": {"type": "integer"}},
            },
            "find_archived": {
                "method": "GET",
                "path": "/archive/{order}",
                "arguments": {"order": {"type": "integer"}},
            },
            "submit": {
                "method": "POST",
                "path": "/totals",
                "body": {"total": "{total}"},
                "arguments": {"total": {"type": "integer"}},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Bench:
    product: Roadworthy
    servers: ScriptedServer

    def search(
        self, case: Case, *, good: bool, slips: float, rnd: random.Random, at_once: int = 1
    ) -> Searched:
        """NotMeasured where it does not get so far."""
        self.servers.plant(case, World(case=case, rnd=rnd))
        run_id = self.recorded(case)
        arguments = ["bisect", run_id, f"--check=number:{case.total}", f"--command={AGENT}", f"-j{at_once}"]
        arguments.append("--budget-reruns=80")
        if good:
            self.servers.plant(case, World(case=case, planted=False, rnd=rnd))
            arguments.append(f"--good={self.recorded(case)}")
        else:
            arguments += [f"--model={LARGE}", "--live", "--live-tools=orders.*"]
            arguments += [f"--fix={one.step}={one.text}" for one in fixes(case)]
        world = World(case=case, tools_fail=False, slips=slips, rnd=rnd)
        self.servers.plant(case, world)
        began = time.monotonic()
        said = self.said(*arguments)
        # Doors say which kind of finding it is; what is kept does not.
        told = {name: value for name, value in said["finding"].items() if name != "kind"}
        finding = finding_of(json.dumps(told))
        return Searched(
            case=case,
            finding=finding,
            truth=truth_of(case, good=good),
            reruns=finding.reruns,
            calls=world.asked + world.called,
            seconds=time.monotonic() - began,
        )

    def recorded(self, case: Case) -> str:
        """Id of the run."""
        return str(self.said("record", "clerk", f"--input={case.task}", f"--command={AGENT}")["run"])

    def said(self, *arguments: str) -> Any:
        """The JSON that the command says."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("ROADWORTHY_", "OTEL_", "OPENAI_"))}
        server = f"http://127.0.0.1:{self.product.web_port}"
        done = subprocess.run(
            [_COMMAND, *arguments, "--json", f"--server={server}"],
            capture_output=True,
            text=True,
            timeout=600,
            env=clean,
            check=False,
        )
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            raise NotMeasured(f"{arguments[0]} ended with {done.returncode}: {done.stderr[-500:]}") from None


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    product = Roadworthy(folder=folder)
    with scripted() as servers:
        try:
            product.start()
            _set_up(product.api, servers.url)
            yield Bench(product, servers)
        finally:
            product.stop()


def numbered(case: Case, number: int) -> Case:
    """The same with orders that are its own."""
    orders = tuple(one % NUMBERS_OF_A_CASE + number * NUMBERS_OF_A_CASE for one in case.orders)
    return replace(case, orders=orders)


def _set_up(api: str, upstream: str) -> None:
    provider = {"name": "scripted", "bases": {"openai": f"{upstream}/v1"}, "key": "sk-real"}
    send("POST", f"{api}/gateway/providers", {**provider, "allow_private": True})
    send(
        "POST",
        f"{api}/gateway/routes",
        {"name": "clerk", "models": ["clerk*"], "targets": [{"provider": "scripted"}]},
    )
    settings = {**_CONNECTOR["settings"], "url": upstream}  # type: ignore[dict-item]
    send("PUT", f"{api}/connectors/orders", {**_CONNECTOR, "settings": settings})
    send("POST", f"{api}/tool-grants", {"agent": "clerk", "pattern": "orders.*"})


def send(method: str, url: str, body: Any) -> Any:
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"content-type": "application/json"}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as refused:
        raise NotMeasured(f"{url}: {refused.code} {refused.read()[:500]!r}") from None
