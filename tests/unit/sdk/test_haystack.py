"""What Haystack tells its tracer becomes spans. The package is laid out as that of Haystack 3."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import roadworthy
from tests.unit.sdk.collector import Collector

Start = Callable[..., None]

TRACING = """
actual_tracer = None
def is_tracing_enabled():
    return actual_tracer is not None
def enable_tracing(provided_tracer):
    global actual_tracer
    actual_tracer = provided_tracer
"""
UTILS = """
import json
def coerce_tag_value(value):
    return value if isinstance(value, (bool, str, int, float)) else json.dumps(value)
"""


@pytest.fixture
def tracing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: Start) -> Iterator[Callable[..., Any]]:
    """Starts the SDK, imports Haystack, and gives the tracer that Haystack then has."""
    package = tmp_path / "haystack" / "tracing"
    package.mkdir(parents=True)
    (tmp_path / "haystack" / "__init__.py").write_text("")
    (package / "__init__.py").write_text(TRACING)
    (package / "utils.py").write_text(UTILS)
    monkeypatch.syspath_prepend(str(tmp_path))

    def begin(**options: Any) -> Any:
        start(instrument=["haystack"], **options)
        import_module("haystack")
        return import_module("haystack.tracing").actual_tracer

    yield begin
    for name in ("haystack.tracing.utils", "haystack.tracing", "haystack"):
        sys.modules.pop(name, None)


def test_steps_become_spans_and_tools_in_threads_have_their_parent(
    tracing: Callable[..., Any], collector: Collector
) -> None:
    tracer = tracing()
    with tracer.trace("haystack.agent.run", tags={"haystack.agent.max_steps": 5}) as agent:
        assert tracer.current_span().raw_span() is agent.raw_span()

        def call() -> None:
            with tracer.trace("haystack.agent.step.tool", parent_span=agent) as tool:
                tool.set_content_tag("haystack.agent.step.tool.input", {"order": "A-17"})

        worker = threading.Thread(target=call)
        worker.start()
        worker.join()
    assert tracer.current_span() is None
    roadworthy.flush()
    spans = {span.name: span for span in collector.spans}
    outer, inner = spans["haystack.agent.run"], spans["haystack.agent.step.tool"]
    assert inner.parent_id == outer.span_id
    assert outer.attributes["haystack.agent.max_steps"] == 5
    assert inner.attributes["haystack.agent.step.tool.input"] == '{"order": "A-17"}'


def test_content_stays_where_it_is_not_wanted(tracing: Callable[..., Any], collector: Collector) -> None:
    with tracing(content=False).trace("haystack.agent.run") as agent:
        agent.set_content_tag("haystack.agent.input", "my name is Mia")
    roadworthy.flush()
    assert "Mia" not in str(collector.spans)


def test_what_a_step_raises_reaches_the_host(tracing: Callable[..., Any], collector: Collector) -> None:
    tracer = tracing()
    with pytest.raises(ValueError, match="no order"), tracer.trace("haystack.agent.step.llm"):
        raise ValueError("no order C-99")
    roadworthy.flush()
    assert [span.status for span in collector.spans] == [2]


def test_a_tracer_of_the_hosts_own_stays(tracing: Callable[..., Any]) -> None:
    first = import_module("haystack.tracing")
    first.enable_tracing("the host's")
    assert tracing() == "the host's"
