"""Builds with a date that no price list knows yet cost what their model costs."""

from __future__ import annotations

import pytest

from roadworthy.domain.span import Span, SpanFlag, SpanKind
from roadworthy.features.ingest.batch import price_span
from roadworthy.features.ingest.price import Pricer

PRICER = Pricer(lambda _: ())


def call(*, asked: str = "", answered: str = "", provider: str = "openai", **fields: object) -> Span:
    return Span(
        project="default",
        trace_id="1" * 32,
        span_id="1" * 16,
        kind=SpanKind.LLM,
        provider=provider,
        model_asked=asked,
        model_answered=answered,
        start_ns=1_790_000_000_000_000_000,
        input_tokens=1_000_000,
        output_tokens=0,
        **fields,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("gpt-4o-mini", "gpt-4o-mini"),
        ("gpt-4o-mini", "gpt-4o-mini-2031-07-18"),
        ("", "gpt-4o-mini-2031-07-18"),
        ("", "gpt-4o-mini-20310718"),
        ("gpt-4o-mini-2031-07-18", ""),
    ],
)
def test_a_dated_build_costs_what_its_model_costs(asked: str, answered: str) -> None:
    assert price_span(call(asked=asked, answered=answered), pricer=PRICER) == pytest.approx(0.15)


def test_what_no_list_knows_costs_what_the_sender_said() -> None:
    assert price_span(call(answered="our-own-7b", provider=""), pricer=PRICER) is None
    assert price_span(call(answered="our-own-7b", provider="", cost_usd=0.5), pricer=PRICER) == 0.5


def test_totals_of_children_cost_nothing_of_their_own() -> None:
    assert price_span(call(asked="gpt-4o-mini", flags=(SpanFlag.AGGREGATE,)), pricer=PRICER) is None
