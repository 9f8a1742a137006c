"""Builds with a date that no price list knows yet cost what their model costs."""

from __future__ import annotations

import pytest

from roadworthy.domain.span import Span, SpanFlag, SpanKind
from roadworthy.features.ingest.batch import price_span
from roadworthy.features.ingest.price import Pricer
from roadworthy.features.ingest.said_cost import said_cost

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
    said = call(answered="our-own-7b", provider="", attributes={"llm.cost.total": "0.5"})
    assert price_span(said, pricer=PRICER) == 0.5
    priced_before = call(answered="our-own-7b", provider="", cost_usd=7.0)
    assert price_span(priced_before, pricer=PRICER) is None, "a price that holds no more is no cost"


@pytest.mark.parametrize(
    ("attributes", "cost"),
    [
        ({"llm.cost.total": "0.000057"}, 0.000057),
        ({"llm.cost.prompt": "0.25", "llm.cost.completion": "0.5"}, 0.75),
        ({"gen_ai.cost.total_cost": "0.25", "gen_ai.cost.input_cost": "0.2"}, 0.25),
        ({"gen_ai.usage.cost": "0.25"}, 0.25),
        ({"gen_ai.usage.input_cost": "0.25", "gen_ai.usage.output_cost": "0.5"}, 0.75),
        ({"operation.cost": "0.25"}, 0.25),
        ({"langfuse.observation.cost_details": '{"input": 0.1, "output": 0.2, "total": 0.3}'}, 0.3),
        ({"mlflow.llm.cost": '{"input_cost": 0.1, "output_cost": 0.2, "total_cost": 0.3}'}, 0.3),
        ({"langfuse.observation.cost_details": '{"input": 0, "output": 0, "total": 0}'}, None),
        ({"llm.cost.total": "0.0", "operation.cost": "0.5"}, 0.5),
        ({"operation.cost": "free"}, None),
        ({"operation.cost": "nan"}, None),
        ({"operation.cost": "-1"}, None),
        ({"mlflow.llm.cost": "[1]"}, None),
        ({"mlflow.llm.cost": '{"total_cost": true}'}, None),
        ({"mlflow.llm.cost": "{"}, None),
        ({}, None),
    ],
)
def test_the_senders_own_cost(attributes: dict[str, str], cost: float | None) -> None:
    assert said_cost(attributes) == cost


def test_totals_of_children_cost_nothing_of_their_own() -> None:
    assert price_span(call(asked="gpt-4o-mini", flags=(SpanFlag.AGGREGATE,)), pricer=PRICER) is None
