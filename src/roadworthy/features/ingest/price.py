"""What a model call cost, in USD: a project's own prices first, else the list prices of genai-prices.

The list is the one installed (a pinned package), never fetched. Units: USD per million tokens, as there.
Source of the rules: https://github.com/pydantic/genai-prices (a tier applies to all tokens of the call).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelInfo, ModelPrice, TieredPrices, TimeOfDateConstraint

from roadworthy.contracts.metadata import PriceOverride

MTOK = 1_000_000
DAY_NS = 86_400_000_000_000
CACHE_LIMIT = 20_000
"""Entries kept; hostile traffic makes up model names without end."""
PROVIDERS = {"azure.ai.openai": "azure", "azure.ai.inference": "azure"}
"""OpenTelemetry's names that the list would take for somebody else."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_DAY = 2_932_896
"""31 December 9999."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """USD per million tokens (`request` per call); None where no price is known."""

    input: float | None
    output: float | None
    cache_read: float | None
    cache_write: float | None
    reasoning: float | None
    request: float = 0.0


@dataclass(slots=True, kw_only=True)
class _Prices:
    """What holds for one model on one day. `tiers` are (above so many input tokens, rates), highest first."""

    base: Rates | None
    tiers: tuple[tuple[int, Rates], ...] = ()
    by_the_hour: ModelInfo | None = None
    """Prices change during the day (DeepSeek): ask for each call."""


@dataclass(slots=True)
class _Project:
    overrides: Sequence[PriceOverride]
    prices: dict[tuple[str, str, int], _Prices] = field(default_factory=dict)


class Pricer:
    """Prices calls; safe to share between threads (a race only resolves a price twice).

    `overrides_of` is asked on each call and must be cheap: as long as it returns the same object, what was
    resolved for the project is kept.
    """

    def __init__(self, overrides_of: Callable[[str], Sequence[PriceOverride]]) -> None:
        self._overrides_of = overrides_of
        self._projects: dict[str, _Project] = {}

    def cost(
        self,
        *,
        project: str,
        provider: str,
        model: str,
        at_ns: int,
        input_tokens: int | None,
        output_tokens: int | None,
        cache_read: int | None = None,
        cache_write: int | None = None,
        reasoning: int | None = None,
    ) -> float | None:
        """USD of one call; None where the model, or a token count it is paid by, is unknown: never 0 for it.

        Input tokens include cached ones, output tokens include reasoning ones. Cached tokens without a price
        of their own cost what input tokens cost, reasoning tokens what output tokens cost.
        """
        if not model or input_tokens is None:
            return None
        overrides = self._overrides_of(project)
        known = self._projects.get(project)
        if known is None or known.overrides is not overrides:
            known = self._forget(project, overrides)
        key = (provider, model, at_ns // DAY_NS)
        prices = known.prices.get(key)
        if prices is None:
            prices = _resolve(overrides, provider=provider, model=model, day=at_ns // DAY_NS)
            if len(known.prices) >= CACHE_LIMIT:
                known.prices.clear()
            known.prices[key] = prices
        if prices.by_the_hour is not None:
            prices = _listed(prices.by_the_hour, at=_moment(at_ns))
        rates = prices.base
        for above, tier in prices.tiers:
            if input_tokens > above:
                rates = tier
                break
        return (
            None
            if rates is None
            else _cost(rates, input_tokens, output_tokens, cache_read, cache_write, reasoning)
        )

    def _forget(self, project: str, overrides: Sequence[PriceOverride]) -> _Project:
        if len(self._projects) >= CACHE_LIMIT:
            self._projects.clear()
        known = self._projects[project] = _Project(overrides)
        return known


def _cost(
    rates: Rates,
    input_tokens: int,
    output_tokens: int | None,
    cache_read: int | None,
    cache_write: int | None,
    reasoning: int | None,
) -> float | None:
    base, out = rates.input, rates.output
    total = 0.0
    if base is not None:
        plain = input_tokens
        if cache_read:
            plain -= cache_read
            total += cache_read * (base if rates.cache_read is None else rates.cache_read)
        if cache_write:
            plain -= cache_write
            total += cache_write * (base if rates.cache_write is None else rates.cache_write)
        if plain > 0:  # a sender that leaves cached tokens out of its input tokens
            total += plain * base
    if out:
        if output_tokens is None:
            return None
        if reasoning and rates.reasoning is not None:
            thought = min(reasoning, output_tokens)
            total += thought * rates.reasoning + (output_tokens - thought) * out
        else:
            total += output_tokens * out
    return total / MTOK + rates.request


def _resolve(overrides: Sequence[PriceOverride], *, provider: str, model: str, day: int) -> _Prices:
    found = _LIST.find(provider, model)
    start_of_day = _moment(day * DAY_NS)
    listed = _Prices(base=None) if found is None else _listed(found, at=start_of_day)
    own = _own_tiers(overrides, model=model.lower(), day=start_of_day.date().isoformat())
    if own:
        rates = [(price.above_input_tokens, _own_rates(price, listed.base)) for price in own]
        base = next((rate for above, rate in rates if above == 0), listed.base)
        return _Prices(base=base, tiers=tuple(sorted((r for r in rates if r[0] > 0), key=lambda r: -r[0])))
    if found is not None and _changes_by_the_hour(found):
        return _Prices(base=None, by_the_hour=found)
    return listed


def _own_tiers(overrides: Sequence[PriceOverride], *, model: str, day: str) -> list[PriceOverride]:
    """The project's prices for the model on the day, one a tier. An exact name beats the longest prefix."""
    active = [price for price in overrides if price.from_day <= day and _matches(price.model.lower(), model)]
    if not active:
        return []
    best = max((not price.model.endswith("*"), len(price.model)) for price in active)
    newest: dict[int, PriceOverride] = {}
    for price in sorted(active, key=lambda price: price.from_day):
        if (not price.model.endswith("*"), len(price.model)) == best:
            newest[price.above_input_tokens] = price
    return list(newest.values())


def _matches(pattern: str, model: str) -> bool:
    return model.startswith(pattern[:-1]) if pattern.endswith("*") else model == pattern


def _own_rates(price: PriceOverride, listed: Rates | None) -> Rates:
    def own(value: float | None, fallback: float | None) -> float | None:
        return fallback if value is None else value

    return Rates(
        input=price.input_usd_per_mtok,
        output=price.output_usd_per_mtok,
        cache_read=own(price.cache_read_usd_per_mtok, listed.cache_read if listed else None),
        cache_write=own(price.cache_write_usd_per_mtok, listed.cache_write if listed else None),
        reasoning=price.reasoning_usd_per_mtok,
    )


class _PriceList:
    """Lookups in the installed list. Its own caches never forget, so it is begun anew now and then."""

    def __init__(self) -> None:
        self._asked = 0
        self._snapshot = DataSnapshot(providers=providers, from_auto_update=False)

    def find(self, provider: str, model: str) -> ModelInfo | None:
        """The entry of a model; the provider is a hint, as senders name it freely (a gateway, a class)."""
        self._asked += 1
        if self._asked % CACHE_LIMIT == 0:
            self._snapshot = DataSnapshot(providers=providers, from_auto_update=False)
        name = provider.strip().lower()
        tries = [(PROVIDERS.get(name, name) or None, model), (None, model)]
        if "/" in model:  # LiteLLM and OpenRouter write "openai/gpt-4o", Vertex a whole path
            tries += [(model.partition("/")[0], model.partition("/")[2]), (None, model.rpartition("/")[2])]
        for hint, reference in tries:
            try:
                return self._snapshot.find_provider_model(reference, None, hint, None)[1]
            except LookupError:
                continue
        return None


_LIST = _PriceList()


def _listed(model: ModelInfo, *, at: datetime) -> _Prices:
    price = model.get_prices(at)
    tiered = [value for value in vars(price).values() if isinstance(value, TieredPrices)]
    starts = {tier.start for value in tiered for tier in value.tiers}
    tiers = tuple((start, rates) for start in sorted(starts, reverse=True) if (rates := _rates(price, start)))
    return _Prices(base=_rates(price, 0), tiers=tiers)


def _rates(price: ModelPrice, above: int) -> Rates | None:
    """The prices of a call with more than `above` input tokens; None where tokens have no price."""

    def usd(key: str) -> float | None:
        value = getattr(price, key)
        if isinstance(value, TieredPrices):
            started = [tier.price for tier in value.tiers if tier.start <= above]
            value = started[-1] if above and started else value.base
        return float(value) if isinstance(value, Decimal) else None

    if usd("input_mtok") is None and usd("output_mtok") is None:
        return None
    return Rates(
        input=usd("input_mtok"),
        output=usd("output_mtok"),
        cache_read=usd("cache_read_mtok"),
        cache_write=usd("cache_write_mtok"),
        reasoning=usd("output_reasoning_mtok"),
        request=(usd("requests_kcount") or 0.0) / 1000,
    )


def _changes_by_the_hour(model: ModelInfo) -> bool:
    return isinstance(model.prices, list) and any(
        isinstance(price.constraint, TimeOfDateConstraint) for price in model.prices
    )


def _moment(at_ns: int) -> datetime:
    """The time in UTC; clocks off by centuries are moved to the nearest one that can be written."""
    days, rest = divmod(at_ns, DAY_NS)
    return _EPOCH + timedelta(days=min(max(days, 0), _LAST_DAY), microseconds=rest // 1000)
