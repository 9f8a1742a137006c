"""A disk that runs full under the whole product.

It says 503, recovers by itself, and keeps all that it acknowledged.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import product
from tests.journeys import traffic
from tests.product import Product, wait_until

MIB = 1 << 20
DISK_BYTES = 400 * MIB
KEPT_FREE_BYTES = 100 * MIB

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a disk of its own cannot be mounted here (needs root): {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave_free(disk: Path, count: int) -> None:
    """Fill the disk with a file until so many bytes are free; what it held before is given back first."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while free_bytes(disk) > count:
            file.write(bytes(256 << 10))


def free_bytes(disk: Path) -> int:
    usage = os.statvfs(disk)
    return usage.f_bavail * usage.f_frsize


def test_a_disk_that_runs_full_and_gets_room_again(disk: Path, tmp_path: Path) -> None:
    environment = {"ROADWORTHY_MIN_FREE_BYTES": str(KEPT_FREE_BYTES)}
    on_disk = product.product_in(tmp_path, environment=environment)
    on_disk.data = disk / "data"
    acknowledged: set[str] = set()

    def send(server: Product) -> int:
        task = traffic.task("Is there room?")
        answer = server.send(traffic.body(task))
        if answer.status == 200:
            acknowledged.add(task.id)
        else:
            assert "retry-after" in {name.lower() for name in answer.headers}
        return answer.status

    with product.running(on_disk) as server:
        for _ in range(20):
            assert send(server) == 200

        # Less than what is kept for the stores, then nothing at all.
        for left in (KEPT_FREE_BYTES - 20 * MIB, 0):
            leave_free(disk, left)
            wait_until(lambda: send(server) == 503, seconds=10, what="a refusal on a full disk")
            time.sleep(1)
            leave_free(disk, DISK_BYTES)
            wait_until(lambda: send(server) == 200, seconds=30, what="accepting again when there is room")

        wait_until(
            lambda: {run["id"] for run in server.all_runs()} == acknowledged,
            seconds=60,
            what="every acknowledged run, and no other",
        )
