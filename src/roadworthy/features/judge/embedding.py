"""Vectors of texts from an embedding endpoint that the project chose: any that speaks as OpenAI's does.

The endpoint is one of those that judges ask: the same rules on addresses, the same sealed key, the same time
limits. Where there is no vector to be had, `NoVectors` says why, and who asked goes by words instead.
"""

from __future__ import annotations

import hashlib
import math
import threading
import time
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

import orjson

from roadworthy.contracts.metadata import MetadataStore, Record
from roadworthy.contracts.models import Model, ModelFailed, Shape
from roadworthy.features.judge.judge_book import JudgeBook, NamedEndpoint
from roadworthy.features.judge.judges.budget import Budget
from roadworthy.features.judge.judges.judge import JudgeInvalid
from roadworthy.features.judge.judges.material import cut_middle, storable
from roadworthy.kit.kept import Kept
from roadworthy.kit.sealing import CannotOpen

KIND = "embedding"
LEDGER = "embedding"
"""What embedding costs a day is written down under this id, beside what judges cost."""
CHARACTERS = 24_000
"""Of each text: embedding models read no more than some 8,000 tokens."""
MAX_BYTES = 32_000_000
"""Of one answer: 96 vectors of 4,096 numbers, written out."""
_BYTES_PER_TOKEN = 3.0
_FLOATS_KEPT = 4_000_000
_ID = "settings"


class NoVectors(Exception):  # noqa: N818 (a condition: the caller goes by words)
    """Why, in words for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingSettings:
    """`endpoint` is the id of a model endpoint, "" for none: texts are then compared by their words."""

    endpoint: str = ""
    budget_usd_per_day: float | None = 1.0
    """None for no limit."""


class Embedder:
    """Safe to call from several threads and event loops. Texts that were embedded before are not paid for
    again while they are remembered (some thousands)."""

    def __init__(self, metadata: MetadataStore, *, judges: JudgeBook) -> None:
        self._metadata = metadata
        self._judges = judges
        self._settings: Kept[str, EmbeddingSettings] = Kept(self._read, counter=metadata.change_counter)
        self._lock = threading.Lock()  # protects all below
        self._kept: OrderedDict[tuple[str, bytes], array[float]] = OrderedDict()
        self._floats = 0
        self._budgets: dict[tuple[str, float | None], Budget] = {}

    def settings(self, project: str) -> EmbeddingSettings:
        return self._settings.of(project)

    def save(self, project: str, settings: EmbeddingSettings) -> None:
        """Durable on return. Raises JudgeInvalid, which names the field."""
        if settings.endpoint:
            endpoint = self._judges.endpoint(project, settings.endpoint)
            if endpoint is None:
                raise JudgeInvalid("endpoint", expected="the id of a model endpoint of the project, or none")
            if endpoint.shape is not Shape.OPENAI:
                raise JudgeInvalid(
                    "endpoint", expected="one of OpenAI's shape: Anthropic's has no embeddings"
                )
        if settings.budget_usd_per_day is not None and settings.budget_usd_per_day < 0:
            raise JudgeInvalid("budget_usd_per_day", expected="0 or more, or none")
        body = orjson.dumps(asdict(settings)).decode()
        record = Record(project=project, kind=KIND, id=_ID, body=body, updated_ns=time.time_ns())
        self._metadata.save_records([record])
        self._settings.forget()

    def model_name(self, project: str) -> str:
        """Of the endpoint chosen; "" for none."""
        endpoint = self._endpoint(project)
        return endpoint.model if endpoint else ""

    def spent_today(self, project: str) -> float:
        """USD, counted from above: endpoints do not say what an embedding cost."""
        return self._judges.spent_today_by(project, LEDGER)

    async def vectors(self, project: str, texts: Sequence[str]) -> list[array[float]]:
        """One a text, of length 1, in their order. Raises NoVectors, and nothing of the endpoint's making."""
        endpoint = self._endpoint(project)
        if endpoint is None:
            raise NoVectors("no embedding endpoint is set up")
        shown = [storable(cut_middle(text, limit=CHARACTERS)) or " " for text in texts]
        keys = [_key(endpoint, text) for text in shown]
        known = self._remembered(keys)
        missing = {key: text for key, text in zip(keys, shown, strict=True) if key not in known}
        if missing:
            fresh = await self._asked(endpoint, list(missing.values()))
            known |= dict(zip(missing, fresh, strict=True))
            self._remember(known)
        found = [known[key] for key in keys]
        if len({len(one) for one in found}) > 1:
            raise NoVectors("the embedding endpoint gave vectors of different length")
        return found

    async def _asked(self, endpoint: NamedEndpoint, texts: Sequence[str]) -> list[array[float]]:
        tokens = math.ceil(sum(len(text.encode()) for text in texts) / _BYTES_PER_TOKEN)
        cost = self._judges.price(endpoint)(endpoint.model, tokens, 0)
        budget = self._budget(endpoint.project)
        if cost is None and budget.limit_usd is not None:
            raise NoVectors(f"no price is known for {endpoint.model!r}, and a budget is set")
        held = budget.hold(cost or 0.0)
        if held is None:
            raise NoVectors("today's budget for embedding is used up")
        spent = held.usd
        try:
            return [_normal(one) for one in await self._opened(endpoint).embed(texts)]
        except ModelFailed as failed:
            spent = held.usd if failed.may_cost else 0.0
            raise NoVectors(f"the embedding endpoint failed ({failed.trouble}): {failed}") from None
        except CannotOpen as fault:
            spent = 0.0
            raise NoVectors(f"the key of the embedding endpoint is {fault}") from None
        finally:
            budget.settle(held, usd=spent)

    def _opened(self, endpoint: NamedEndpoint) -> Model:
        return self._judges.opened(endpoint, max_bytes=MAX_BYTES)

    def _endpoint(self, project: str) -> NamedEndpoint | None:
        chosen = self.settings(project).endpoint
        return self._judges.endpoint(project, chosen) if chosen else None

    def _budget(self, project: str) -> Budget:
        limit = self.settings(project).budget_usd_per_day
        with self._lock:
            return self._budgets.setdefault(
                (project, limit),
                Budget(limit, ledger=self._judges.ledger(project, LEDGER), now_ns=time.time_ns),
            )

    def _remembered(self, keys: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], array[float]]:
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
            return found

    def _remember(self, vectors: dict[tuple[str, bytes], array[float]]) -> None:
        with self._lock:
            for key, vector in vectors.items():
                if key not in self._kept:
                    self._kept[key] = vector
                    self._floats += len(vector)
            while self._floats > _FLOATS_KEPT:
                self._floats -= len(self._kept.popitem(last=False)[1])

    def _read(self, project: str) -> EmbeddingSettings:
        record = self._metadata.record(project, KIND, _ID)
        if record is None:
            return EmbeddingSettings()
        return EmbeddingSettings(**{k: v for k, v in orjson.loads(record.body).items() if k in _FIELDS})


_FIELDS = frozenset(one.name for one in fields(EmbeddingSettings))


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """Of two vectors of length 1."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _normal(vector: Sequence[float]) -> array[float]:
    length = math.hypot(*vector)
    if not length or not math.isfinite(length):
        raise NoVectors("the embedding endpoint gave a vector without a direction")
    return array("f", [value / length for value in vector])


def _key(endpoint: NamedEndpoint, text: str) -> tuple[str, bytes]:
    return f"{endpoint.project}/{endpoint.id}/{endpoint.updated_ns}", hashlib.sha256(text.encode()).digest()
