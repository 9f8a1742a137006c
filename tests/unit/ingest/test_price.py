"""What calls cost, by figures worked out by hand and by the price list itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.data import providers
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices, TimeOfDateConstraint

from roadworthy.contracts.metadata import PriceOverride
from roadworthy.features.ingest.price import Pricer

MTOK = 1_000_000


def at(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000_000


def cost(overrides: Sequence[PriceOverride] = (), /, **call: Any) -> float | None:
    usual: dict[str, Any] = {
        "project": "p",
        "provider": "openai",
        "model": "gpt-4o",
        "at_ns": at("2026-11-22"),
        "input_tokens": 1_000,
        "output_tokens": 100,
    }
    return Pricer(lambda _: overrides).cost(**(usual | call))


def own(model: str = "gpt-4o", from_day: str = "2026-01-01", **prices: float) -> PriceOverride:
    usual = {"input_usd_per_mtok": 10.0, "output_usd_per_mtok": 20.0}
    return PriceOverride(project="p", model=model, from_day=from_day, **(usual | prices))  # type: ignore[arg-type]


# gpt-4o: 2.50 in, 1.25 cached, 10.00 out, in USD per million tokens.
@pytest.mark.parametrize(
    ("call", "usd"),
    [
        ({}, 0.0025 + 0.001),
        ({"cache_read": 400}, 600 * 2.5e-6 + 400 * 1.25e-6 + 100 * 10e-6),
        ({"cache_read": 1_000, "output_tokens": 0}, 0.00125),
        ({"reasoning": 50}, 0.0035),
        ({"cache_read": 5_000}, 5_000 * 1.25e-6 + 0.001),
        ({"model": "gpt-4o-mini-2024-07-18"}, 0.00015 + 0.00006),
        ({"provider": "azure.ai.openai"}, 0.0035),
        ({"provider": "LiteLLMModel", "model": "openai/gpt-4o"}, 0.0035),
        ({"provider": ""}, 0.0035),
        ({"provider": "a gateway of our own"}, 0.0035),
    ],
)
def test_list_prices(call: dict[str, Any], usd: float) -> None:
    assert cost(**call) == pytest.approx(usd)


@pytest.mark.parametrize(
    "call",
    [
        {"model": "our-own-model"},
        {"model": ""},
        {"input_tokens": None},
        {"output_tokens": None},
        {"model": "/" * 10_000},
        {"provider": "x" * 10_000, "model": "y/z"},
    ],
)
def test_unknown_is_none_and_never_nought(call: dict[str, Any]) -> None:
    assert cost(**call) is None


def test_embeddings_have_no_output_to_pay() -> None:
    usd = cost(model="text-embedding-3-small", input_tokens=MTOK, output_tokens=None)
    assert usd == pytest.approx(0.02)


@pytest.mark.parametrize("at_ns", [-1, 0, 2**63 - 1])
def test_clocks_that_are_off_still_get_a_price(at_ns: int) -> None:
    assert cost(at_ns=at_ns) is not None


def listed(provider: str, model: str) -> ModelInfo:
    (found,) = (m for p in providers if p.id == provider for m in p.models if m.id == model)
    return found


TOKEN_PRICES = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok"}
EXTRAS = {"web_searches_kcount", "storage_searches_kcount"}


def only_tokens(price: ModelPrice) -> bool:
    """Whether the list prices it by text tokens alone (audio, pages and reasoning are tested by hand)."""
    keys = {key for key, value in vars(price).items() if value is not None}
    return keys <= TOKEN_PRICES | EXTRAS and {"input_mtok", "output_mtok", "cache_read_mtok"} <= keys


@pytest.mark.parametrize("tokens", [1_000, 150_000, 250_000, 1_200_000])
@pytest.mark.parametrize("provider", ["openai", "anthropic", "google", "x-ai", "deepseek", "mistral"])
def test_prices_equal_the_list_s_own_arithmetic(provider: str, tokens: int) -> None:
    """With tiers, dates and hours: genai-prices works with exact decimals, one call at a time."""
    moment = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    compared = 0
    for model in next(p for p in providers if p.id == provider).models:
        if not (model.is_match(model.id) and only_tokens(model.get_prices(moment))):
            continue
        usage = Usage(input_tokens=tokens, output_tokens=1_000, cache_read_tokens=tokens // 4)
        theirs = model.get_prices(moment).calc_price(usage)["total_price"]
        ours = cost(
            provider=provider,
            model=model.id,
            at_ns=int(moment.timestamp()) * 1_000_000_000,
            input_tokens=tokens,
            output_tokens=1_000,
            cache_read=tokens // 4,
        )
        assert ours == pytest.approx(float(theirs)), model.id
        compared += 1
    assert compared >= 1


def test_a_tier_applies_to_all_tokens_once_it_is_crossed() -> None:
    model = listed("google", "gemini-2.5-pro")
    price = model.get_prices(datetime(2026, 11, 22, tzinfo=UTC)).input_mtok
    assert isinstance(price, TieredPrices)
    start, above = price.tiers[0].start, price.tiers[0].price
    call = {"provider": "google", "model": model.id, "output_tokens": 0}
    assert cost(**call, input_tokens=start) == pytest.approx(float(price.base * start / MTOK))
    assert cost(**call, input_tokens=start + 1) == pytest.approx(float(above * (start + 1) / MTOK))


def test_prices_that_change_with_the_hour_do() -> None:
    model = listed("deepseek", "deepseek-chat")
    assert isinstance(model.prices, list)
    assert any(isinstance(price.constraint, TimeOfDateConstraint) for price in model.prices)
    call = {"provider": "deepseek", "model": model.id, "input_tokens": MTOK, "output_tokens": 0}
    pricer = Pricer(lambda _: ())
    day = at("2026-11-22")
    hours = {
        pricer.cost(project="p", at_ns=day + hour * 3_600_000_000_000, **call)  # type: ignore[arg-type]
        for hour in range(24)
    }
    assert len(hours) == 2


def test_a_project_s_own_price_beats_the_list_from_its_day_on() -> None:
    prices = [own(from_day="2026-03-01"), own(from_day="2026-06-01", input_usd_per_mtok=5.0)]
    assert cost(prices, at_ns=at("2026-02-28")) == pytest.approx(0.0035)
    assert cost(prices, at_ns=at("2026-03-01")) == pytest.approx(1_000 * 10e-6 + 100 * 20e-6)
    assert cost(prices, at_ns=at("2026-05-31")) == pytest.approx(1_000 * 10e-6 + 100 * 20e-6)
    assert cost(prices, at_ns=at("2026-06-01")) == pytest.approx(1_000 * 5e-6 + 100 * 20e-6)


def test_cached_and_reasoning_tokens_of_an_own_price() -> None:
    prices = [
        own(cache_read_usd_per_mtok=1.0, cache_write_usd_per_mtok=12.0, reasoning_usd_per_mtok=40.0),
    ]
    usd = cost(prices, cache_read=300, cache_write=200, reasoning=25)
    assert usd == pytest.approx(500 * 10e-6 + 300 * 1e-6 + 200 * 12e-6 + 75 * 20e-6 + 25 * 40e-6)


def test_cached_tokens_without_an_own_price_cost_what_the_list_says() -> None:
    assert cost([own()], cache_read=400) == pytest.approx(600 * 10e-6 + 400 * 1.25e-6 + 100 * 20e-6)
    assert cost([own(model="ours")], model="ours", cache_read=400) == pytest.approx(0.01 + 0.002)


def test_wildcards_and_exact_names() -> None:
    prices = [
        own("ours-*", input_usd_per_mtok=1.0),
        own("ours-large-*", input_usd_per_mtok=2.0),
        own("ours-large-2", input_usd_per_mtok=3.0),
        own("*", input_usd_per_mtok=9.0),
    ]
    call = {"input_tokens": MTOK, "output_tokens": 0}
    assert cost(prices, model="ours-small", **call) == pytest.approx(1.0)
    assert cost(prices, model="OURS-large-1", **call) == pytest.approx(2.0)
    assert cost(prices, model="ours-large-2", **call) == pytest.approx(3.0)
    assert cost(prices, model="theirs", **call) == pytest.approx(9.0)


def test_own_prices_in_tiers() -> None:
    prices = [own("ours"), own("ours", input_usd_per_mtok=30.0, above_input_tokens=100_000)]
    call = {"model": "ours", "output_tokens": 0}
    assert cost(prices, input_tokens=100_000, **call) == pytest.approx(1.0)
    assert cost(prices, input_tokens=100_001, **call) == pytest.approx(3.00003)


def test_a_changed_price_counts_from_the_next_call_on() -> None:
    prices: list[Sequence[PriceOverride]] = [(own(),)]
    pricer = Pricer(lambda _: prices[-1])

    def price() -> float | None:
        return pricer.cost(
            project="p",
            provider="openai",
            model="gpt-4o",
            at_ns=at("2026-11-22"),
            input_tokens=MTOK,
            output_tokens=0,
        )

    assert price() == pytest.approx(10.0)
    prices.append((own(input_usd_per_mtok=7.0),))
    assert price() == pytest.approx(7.0)


def test_projects_do_not_share_their_prices() -> None:
    pricer = Pricer(lambda project: (own(),) if project == "a" else ())
    call = {"provider": "", "model": "gpt-4o", "at_ns": at("2026-11-22"), "input_tokens": MTOK}
    assert pricer.cost(project="a", output_tokens=0, **call) == pytest.approx(10.0)  # type: ignore[arg-type]
    assert pricer.cost(project="b", output_tokens=0, **call) == pytest.approx(2.5)  # type: ignore[arg-type]


def test_reasoning_tokens_the_list_prices_apart() -> None:
    apart = [
        (provider.id, model)
        for provider in providers
        for model in provider.models
        if isinstance(model.prices, ModelPrice) and model.prices.output_reasoning_mtok is not None
    ]
    assert apart
    for provider_id, model in apart:
        prices = model.prices
        assert isinstance(prices, ModelPrice)
        reasoning, output, base = prices.output_reasoning_mtok, prices.output_mtok, prices.input_mtok
        assert isinstance(reasoning, Decimal)
        assert isinstance(output, Decimal)
        assert isinstance(base, Decimal)
        usd = cost(provider=provider_id, model=model.id, input_tokens=0, output_tokens=1_000, reasoning=400)
        assert usd == pytest.approx(float(output * 600 + reasoning * 400) / MTOK)
