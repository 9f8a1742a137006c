"""Kill -9 anywhere between an alarm and its notification: one incident, told at least once, known again."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.records import read_record
from roadworthy.domain.incident import Incident, IncidentState
from roadworthy.domain.notification import DeliveryState
from roadworthy.features.watch.incidents.shelf import INCIDENT
from roadworthy.features.watch.notifying.outbox import Outbox
from tests.contract.notifiers.receivers import http_receiver

REPO = Path(__file__).resolve().parents[4]
ALARMS = 40


def _start(folder: Path, url: str) -> subprocess.Popen[str]:
    module = "tests.unit.watch.notifying.teller_process"
    return subprocess.Popen(
        [sys.executable, "-m", module, str(folder), url, str(ALARMS)],
        cwd=REPO,
        stdout=subprocess.PIPE,
        text=True,
    )


def _done(process: subprocess.Popen[str], done: threading.Event) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "done":
            done.set()
            return


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_random_points_everything_is_told_and_nothing_twice_under_another_name(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    done = threading.Event()
    with http_receiver("pagerduty") as receiver:
        for attempt in range(12):
            process = _start(tmp_path, receiver.values["url"])
            reader = threading.Thread(target=_done, args=(process, done), daemon=True)
            reader.start()
            # Starting takes about a second; what matters happens after it.
            done.wait(1.0 + chance.random() * 1.2 if attempt < 6 else 60)
            process.kill()
            process.wait()
            if done.is_set():
                break
        assert done.is_set(), "it gets through in the end"
        time.sleep(0.1)
    metadata = SqliteMetadataStore(tmp_path / "roadworthy.db")
    incidents = [read_record(Incident, one) for one in metadata.records("default", INCIDENT)]
    log = Outbox(metadata).log("default")
    metadata.close()
    assert sorted(one.agents[0] for one in incidents) == sorted(f"agent-{n}" for n in range(ALARMS))
    assert [one.number for one in sorted(incidents, key=lambda one: one.number)] == list(range(1, ALARMS + 1))
    assert all(one.state is not DeliveryState.PENDING for one in log)
    told = {one.key for one in receiver.taken}
    assert told == {f"roadworthy-default-{one.id}" for one in incidents}, "each is told, by its own key"
    over = {one.key for one in receiver.taken if one.over}
    closed = {f"roadworthy-default-{one.id}" for one in incidents if one.state is IncidentState.RESOLVED}
    assert over == closed
    for key in told:
        last = [one for one in receiver.taken if one.key == key][-1]
        assert last.over is (key in closed), "the last word is the right one"
        triggers = {one.identity for one in receiver.taken if one.key == key and not one.over}
        assert len(triggers) <= 1, "what is sent again carries the same id"
