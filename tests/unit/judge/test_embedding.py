"""Vectors from an endpoint: asked once, paid from a budget, and words instead where there are none."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.contracts.models import Shape
from roadworthy.features.judge.embedding import Embedder, EmbeddingSettings, NoVectors, cosine
from roadworthy.features.judge.evaluators.table import ready
from roadworthy.features.judge.judge_book import JudgeBook, NamedEndpoint
from roadworthy.features.judge.judges.judge import JudgeInvalid
from roadworthy.features.judge.similarity_by_embedding import compared, needs_embedding
from roadworthy.kit.sealing import Sealer
from tests.unit.judge import model_server as acts
from tests.unit.judge.model_server import Handler, Script, serving
from tests.unit.judge.runs import transcript

PROJECT = "p"
"""That of `runs.transcript`."""
VEHICLES = ("car", "auto", "lorry")


def embed(handler: Handler) -> None:
    """Texts about vehicles point one way, all others another."""
    texts = handler.body["input"]
    rows = [
        {"index": n, "embedding": [3.0, 0.1] if any(word in text for word in VEHICLES) else [0.1, 3.0]}
        for n, text in enumerate(texts)
    ]
    # Servers may answer in another order.
    handler.send(200, json.dumps({"data": rows[::-1]}).encode())


class Desk:
    def __init__(self, folder: Path, script: Script) -> None:
        self.metadata = SqliteMetadataStore(folder / "m.db")
        self.judges = JudgeBook(
            self.metadata,
            seal=Sealer(folder / "key"),
            open_model=open_model,
            price_of=lambda _: lambda _model, _read, _written: None,
            mask=str,
        )
        self.save(
            NamedEndpoint(
                project=PROJECT, id="e", name="e", base_url=script.openai, model="small", allow_private=True
            )
        )
        self.embedder = Embedder(self.metadata, judges=self.judges)

    def save(self, endpoint: NamedEndpoint, *, key: str | None = None) -> None:
        self.judges.save_endpoint(endpoint, api_key=key)

    def choose(self, **values: Any) -> None:
        self.embedder.save(
            PROJECT, EmbeddingSettings(**{"endpoint": "e", "budget_usd_per_day": None, **values})
        )

    def vectors(self, *texts: str) -> list[list[float]]:
        return [list(one) for one in asyncio.run(self.embedder.vectors(PROJECT, texts))]


@pytest.fixture
def script() -> Iterator[Script]:
    with serving(embed) as script:
        yield script


@pytest.fixture
def desk(tmp_path: Path, script: Script) -> Iterator[Desk]:
    made = Desk(tmp_path, script)
    yield made
    made.metadata.close()


def test_vectors_have_length_one_and_a_text_is_asked_about_once(desk: Desk, script: Script) -> None:
    desk.choose()
    first = desk.vectors("a car", "a rose", "a car")
    assert [math.hypot(*one) for one in first] == pytest.approx([1.0] * 3)
    assert first[0] == first[2] != first[1]
    assert script.seen[0].body["input"] == ["a car", "a rose"]
    desk.vectors("a rose", "an auto")
    assert script.seen[1].body["input"] == ["an auto"]


def test_the_key_is_sent_and_what_it_cost_is_written_down(desk: Desk, script: Script) -> None:
    priced = NamedEndpoint(
        project=PROJECT,
        id="e",
        name="e",
        base_url=script.openai,
        model="small",
        allow_private=True,
        input_usd_per_mtok=3e6,
        output_usd_per_mtok=0.0,
    )
    desk.save(priced, key="sk-secret")
    desk.choose(budget_usd_per_day=7.0)
    desk.vectors("abcdef")
    assert script.seen[0].headers["authorization"] == "Bearer sk-secret"
    assert desk.embedder.spent_today(PROJECT) == pytest.approx(6.0)
    with pytest.raises(NoVectors, match="budget for embedding is used up"):
        desk.vectors("ghi")
    # What is remembered costs nothing.
    assert desk.vectors("abcdef")
    assert len(script.seen) == 1


def test_without_an_endpoint_a_price_or_an_address_that_may_be_had_there_are_none(
    desk: Desk, script: Script
) -> None:
    with pytest.raises(NoVectors, match="no embedding endpoint"):
        desk.vectors("x")
    desk.choose(budget_usd_per_day=1.0)
    with pytest.raises(NoVectors, match="no price is known"):
        desk.vectors("x")
    public = f"https://localhost:{script.port}/v1"
    desk.save(NamedEndpoint(project=PROJECT, id="e", name="e", base_url=public, model="small"))
    desk.choose()
    with pytest.raises(NoVectors, match="address"):
        desk.vectors("x")
    assert script.seen == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (acts.answer(401, {"error": "who?"}), "denied"),
        (acts.answer(200, {"data": []}), "nonsense"),
        (acts.answer(200, {"data": [{"index": 0, "embedding": [0.0, 0.0]}]}), "without a direction"),
        (acts.answer(200, {"data": [{"index": 0, "embedding": ["x"]}]}), "nonsense"),
        (acts.raw(200, b"not json"), "nonsense"),
        (acts.raw(200, b'{"data": [{"index": 0, "embedding": [1e999, 1.0]}]}'), "failed"),
    ],
)
def test_what_an_endpoint_does_wrong_is_no_vector(tmp_path: Path, act: acts.Act, said: str) -> None:
    with serving(act) as script:
        desk = Desk(tmp_path, script)
        desk.choose()
        with pytest.raises(NoVectors, match=said):
            desk.vectors("x")
        desk.metadata.close()


def test_settings_name_an_endpoint_that_can(desk: Desk, script: Script) -> None:
    for endpoint, shape in (("nobody", None), ("claude", Shape.ANTHROPIC)):
        if shape:
            desk.save(
                NamedEndpoint(
                    project=PROJECT,
                    id=endpoint,
                    name="c",
                    base_url=script.anthropic,
                    model="c",
                    shape=shape,
                    allow_private=True,
                )
            )
        with pytest.raises(JudgeInvalid, match="endpoint"):
            desk.choose(endpoint=endpoint)
    with pytest.raises(JudgeInvalid, match="budget"):
        desk.choose(budget_usd_per_day=-1.0)
    assert desk.embedder.settings(PROJECT) == EmbeddingSettings()
    desk.choose()
    again = Embedder(desk.metadata, judges=desk.judges)
    assert (again.settings(PROJECT).endpoint, again.model_name(PROJECT), again.model_name("other")) == (
        "e",
        "small",
        "",
    )


def test_similar_meaning_by_vectors_knows_synonyms_and_says_how_it_was_done(desk: Desk) -> None:
    desk.choose()
    made = ready("similarity", {"expected": "a car", "by": "embedding", "threshold": 0.9})
    assert needs_embedding(made) and not needs_embedding(ready("similarity", {"expected": "a car"}))
    near = asyncio.run(compared(transcript("an auto"), made, embedder=desk.embedder))
    away = asyncio.run(compared(transcript("a rose"), made, embedder=desk.embedder))
    assert near.verdict.value == pytest.approx(1.0) and near.verdict.label == "pass"
    assert away.verdict.value is not None and away.verdict.value < 0.2 and away.verdict.label == "fail"
    assert near.version == f"{made.version}/small" and "vectors of small" in near.verdict.explanation
    none = asyncio.run(compared(transcript(""), made, embedder=desk.embedder))
    assert (none.verdict.value, none.verdict.label) == (None, "unknown")


def test_where_the_endpoint_is_down_words_are_gone_by_and_it_is_said(tmp_path: Path) -> None:
    with serving(acts.answer(400, {"error": "no such model"})) as script:
        desk = Desk(tmp_path, script)
        desk.choose()
        made = ready("similarity", {"expected": "a car", "by": "embedding"})
        told = asyncio.run(compared(transcript("a car"), made, embedder=desk.embedder))
        desk.metadata.close()
    assert told.verdict.value == pytest.approx(1.0)
    assert told.verdict.explanation.startswith("by words, because the embedding endpoint failed (refused)")
    assert told.version == f"{made.version}/words"


def test_cosine_of_vectors() -> None:
    assert cosine([1.0, 0.0], [0.6, 0.8]) == pytest.approx(0.6)
