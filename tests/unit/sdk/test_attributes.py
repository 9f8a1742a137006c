"""Attributes are the same whichever way they are written, and limits of the host are kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace import TracerProvider

import roadworthy
from roadworthy.sdk.attributes import can_write_directly
from roadworthy.sdk.tracer import state
from tests.unit.sdk.collector import Collector

Start = Callable[..., None]


@roadworthy.tool
def look_up(order_id: str) -> dict[str, str]:
    return {"id": order_id}


def test_this_opentelemetry_can_be_written_to_directly() -> None:
    """Where this fails after an update, calls are dearer but right (`roadworthy.sdk.attributes`)."""
    assert can_write_directly(TracerProvider(shutdown_on_exit=False))


@pytest.mark.parametrize("ours", [True, False])
def test_both_ways_write_the_same(
    ours: bool, collector: Collector, start: Start, request: pytest.FixtureRequest
) -> None:
    if not ours:
        request.getfixturevalue("own_provider")
    start()
    assert state.direct is ours
    look_up("A-17")
    roadworthy.flush()
    assert collector.named("execute_tool look_up").attributes == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "look_up",
        "gen_ai.tool.call.arguments": '{"order_id": "A-17"}',
        "gen_ai.tool.call.result": '{"id": "A-17"}',
    }


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "3"), ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5")],
)
def test_limits_of_the_host_are_kept(
    variable: str, value: str, collector: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    start()
    look_up("A-17")
    roadworthy.flush()
    (span,) = collector.spans
    assert len(span.attributes) <= 4
    assert len(span.attributes) == 3 or max(len(text) for text in span.attributes.values()) == 5


def test_what_is_not_sampled_costs_nothing_and_breaks_nothing(
    collector: Collector, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    start()
    assert look_up("A-17") == {"id": "A-17"}
    with roadworthy.agent("block") as step:
        step.output("x")
        roadworthy.outcome("success")
    roadworthy.flush()
    assert collector.requests == []
