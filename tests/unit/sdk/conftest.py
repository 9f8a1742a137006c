"""A collector on loopback, and an SDK that starts afresh for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.util._once import Once

import roadworthy
from roadworthy.sdk import faults, imports, scope
from tests.unit.sdk.collector import Collector, running_collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """OpenTelemetry's global provider can be set once a process; tests need one each."""
    monkeypatch.setenv("ROADWORTHY_STRICT", "1")
    for name in ("OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    _forget_provider()
    token = scope.last_agent.set(None)
    yield
    scope.last_agent.reset(token)
    roadworthy.shutdown()
    imports.forget_waiting()
    faults.forget()
    _forget_provider()


def _forget_provider() -> None:
    trace._TRACER_PROVIDER = None
    trace._TRACER_PROVIDER_SET_ONCE = Once()


@pytest.fixture
def start(collector: Collector) -> Callable[..., None]:
    """`roadworthy.init` towards the collector, with nothing instrumented unless asked."""

    def init(**options: Any) -> None:
        roadworthy.init(**{"endpoint": collector.url, "agent": "desk", "instrument": False, **options})

    return init


@pytest.fixture
def own_provider() -> TracerProvider:
    """A provider the host has set up before us."""
    provider = TracerProvider(shutdown_on_exit=False)
    trace.set_tracer_provider(provider)
    return provider
