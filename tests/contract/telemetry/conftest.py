"""Every test of this folder that asks for `store` runs once for each backend.

One store serves a whole module, because an engine takes half a second to open; tests are kept apart by
projects, as tenants are.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from roadworthy.backends.telemetry.chdb.store import ChdbTelemetryStore
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryStore


@pytest.fixture(scope="module", params=["memory", "chdb"])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TelemetryStore]:
    opened: TelemetryStore
    if request.param == "memory":
        opened = MemoryTelemetryStore()
    else:
        opened = ChdbTelemetryStore(tmp_path_factory.mktemp("telemetry"))
    yield opened
    opened.close()


@pytest.fixture
def project() -> str:
    return f"project-{uuid.uuid4().hex[:8]}"
