"""Haystack tells a tracer of its own what it does; this one records it as OpenTelemetry spans.

Source: haystack/tracing/tracer.py (`Tracer`, `Span`; duck-typed, so that nothing is imported before Haystack
is). What was written for Haystack elsewhere wraps the components that are imported at that moment, so it sees
no model calls when it comes first, and never those of an agent outside of a pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from roadworthy.sdk import faults

Coerce = Callable[[Any], bool | str | int | float]


class HaystackSpan:
    def __init__(self, span: trace.Span, coerce: Coerce, *, content: bool) -> None:
        self._span = span
        self._coerce = coerce
        self._content = content

    def set_tag(self, key: str, value: Any) -> None:
        try:
            self._span.set_attribute(key, self._coerce(value))
        except Exception as error:  # noqa: BLE001 (telemetry never breaks its host)
            faults.absorb("recording a tag of Haystack", error)

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        for key, value in tags.items():
            self.set_tag(key, value)

    def set_content_tag(self, key: str, value: Any) -> None:
        """Prompts, arguments and answers."""
        if self._content:
            self.set_tag(key, value)

    def raw_span(self) -> trace.Span:
        return self._span

    def get_correlation_data_for_logs(self) -> dict[str, Any]:
        return {}


class HaystackTracer:
    def __init__(self, provider: TracerProvider, coerce: Coerce, *, content: bool) -> None:
        self._tracer = provider.get_tracer("haystack")
        self._coerce = coerce
        self._content = content

    @contextmanager
    def trace(
        self, operation_name: str, tags: Mapping[str, Any] | None = None, parent_span: Any = None
    ) -> Iterator[HaystackSpan]:
        # Tools run in threads side by side: there the parent is named, not current.
        parent = parent_span.raw_span() if isinstance(parent_span, HaystackSpan) else None
        context = trace.set_span_in_context(parent) if parent is not None else None
        with self._tracer.start_as_current_span(operation_name, context=context) as raw:
            span = HaystackSpan(raw, self._coerce, content=self._content)
            span.set_tags(tags or {})
            yield span

    def current_span(self) -> HaystackSpan | None:
        current = trace.get_current_span()
        if not current.get_span_context().is_valid:
            return None
        return HaystackSpan(current, self._coerce, content=self._content)


def switch_on(provider: TracerProvider, content: bool) -> None:  # noqa: FBT001 (the shape of SWITCHES)
    tracing = import_module("haystack.tracing")
    if tracing.is_tracing_enabled():
        return  # the host was there first
    coerce = import_module("haystack.tracing.utils").coerce_tag_value
    tracing.enable_tracing(HaystackTracer(provider, coerce, content=content))
