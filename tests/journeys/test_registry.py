"""From an agent nobody owns to somebody who is told about it, through the real product."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import product
from tests.journeys import traffic
from tests.product import Product, wait_until

pytestmark = pytest.mark.slow

CATALOGUE = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: support
  annotations: {roadworthy/tier: "1", roadworthy/owner: "user:ann"}
  links: [{url: "https://wiki.example.org/support", title: Runbook}]
spec: {type: ai-agent, lifecycle: production, owner: "group:default/payments"}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments}
spec: {members: [ann, bob]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {profile: {email: ann@example.org}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob}
spec: {profile: {email: bob@example.org}}
"""


def command(server: Product, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ROADWORTHY_")}
    return subprocess.run(
        [str(server.executable), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean, "ROADWORTHY_SERVER": server.url},
        check=False,
    )


def put(server: Product, path: str, body: dict[str, Any]) -> Any:
    answer = product.http(
        f"{server.url}/api/v1{path}",
        method="PUT",
        body=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status == 200, answer.body
    return answer.json()


def told(server: Product, agent: str) -> list[str]:
    """Who is told first, next ..."""
    levels = server.json(f"/api/v1/agents/{agent}/on-call")["levels"]
    return [" ".join(one["person"] or one["channel"] for one in level["responders"]) for level in levels]


def test_an_agent_in_traffic_gets_an_owner_from_a_catalogue_and_a_person_on_call(
    server: Product, tmp_path: Path
) -> None:
    settings = {"host": "mail.example.org", "from": "r@example.org"}
    post = {"name": "Post", "kind": "email", "settings": settings}
    answer = product.http(
        f"{server.url}/api/v1/channels",
        method="POST",
        body=json.dumps(post).encode(),
        headers={"content-type": "application/json"},
    )
    assert answer.status == 201, answer.body
    task = traffic.task("Refund order 17", agent="support")
    assert server.send(traffic.body(task)).status == 200

    def seen() -> bool:
        agents = server.json("/api/v1/registry/agents")["items"]
        return [(one["name"], one["stage"]) for one in agents] == [("support", "discovered")]

    wait_until(seen, seconds=30, what="the agent found in traffic")
    assert told(server, "support") == []

    file = tmp_path / "catalog-info.yaml"
    file.write_text(CATALOGUE)
    shown = command(server, "agents", "import", str(file))
    assert shown.returncode == 0 and "added agent support" in shown.stdout
    assert server.json("/api/v1/registry/agents/support")["registered"] is False
    assert (
        "4 changes, 0 unchanged, 0 faults: done"
        in command(server, "agents", "import", str(file), "--apply").stdout
    )
    assert (
        command(server, "oncall", "rotation", "primary", "bob", "ann", "--starts-on", "2020-01-06").returncode
        == 0
    )
    assert command(server, "teams", "set", "payments", "--schedule", "primary").returncode == 0

    agent = server.json("/api/v1/registry/agents/support")
    assert (agent["team"], agent["owner"], agent["tier"], agent["stage"]) == (
        "payments",
        "ann",
        "1",
        "production",
    )
    assert (agent["runbook"], agent["effective_schedule"]) == ("https://wiki.example.org/support", "primary")
    assert agent["seen"]["runs"] == 1
    assert agent["lacks"] == ["objective", "proof"]
    on_call = server.json("/api/v1/schedules/primary")["now"]["person"]
    assert told(server, "support") == [on_call, "ann", "ann bob"]

    # Who is on call leaves; the other takes over at once, and a kill -9 forgets nothing of it.
    other = {"ann": "bob", "bob": "ann"}[on_call]
    assert command(server, "teams", "person", on_call, "--left", "now").returncode == 0
    server.kill()
    server.start()
    assert told(server, "support")[0] == other
    warnings = server.json("/api/v1/schedules/primary")["warnings"]
    assert len(warnings) == 1 and warnings[0].startswith(f"{on_call} left on ")
    changes = server.json("/api/v1/registry/history?kind=agent&name=support")["items"]
    assert [(one["action"], one["source"]) for one in changes] == [("added", "backstage")]


def test_where_nobody_is_left_the_gap_is_said_everywhere(server: Product) -> None:
    put(server, "/contacts/eve", {"email": "eve@example.org"})
    put(
        server,
        "/schedules/nights",
        {
            "time_zone": "Europe/Berlin",
            "layers": [
                {
                    "name": "all but Sunday night",
                    "people": ["eve"],
                    "starts_on": "2026-01-05",
                    "windows": [
                        {
                            "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
                            "start": "00:00",
                            "end": "24:00",
                        },
                        {"days": ["sunday"], "start": "00:00", "end": "02:00"},
                        {"days": ["sunday"], "start": "04:00", "end": "24:00"},
                    ],
                }
            ],
        },
    )
    put(server, "/registry/agents/night-bot", {"schedule": "nights"})
    gap = "2026-03-29T01:00:00Z"  # Sunday, 03:00: the hour from 02:00 on does not exist
    on_call = server.json(f"/api/v1/agents/night-bot/on-call?at={gap}")
    assert on_call["levels"] == []
    assert "the schedule 'nights' has nobody on Sunday 2026-03-29 03:00 to 04:00" in on_call["gap"]
    span = ("--from", "2026-03-28T00:00:00Z", "--to", "2026-03-30T00:00:00Z")
    checked = command(server, "oncall", "shifts", "nights", "--gaps", *span)
    assert checked.returncode == 1
    assert checked.stdout == "Sun 2026-03-29 03:00 CEST\tSun 2026-03-29 04:00 CEST\tNOBODY\t\n"
