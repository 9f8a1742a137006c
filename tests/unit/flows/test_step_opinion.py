"""A judge's model asked which step it suspects, over a real socket; and what hints come of being asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.domain.run import Run
from roadworthy.features.debug.ranking.suspects import Reason, Suspect, Told
from roadworthy.features.debug.ranking.told import Doer, ToldRun, ToldStep
from roadworthy.features.debug.resampling import Decision, Sample, agreement
from roadworthy.features.debug.resampling_book import Opinion, Resampling
from roadworthy.features.judge.judge_book import JudgeBook, NamedEndpoint
from roadworthy.flows.asked_again_hints import hints_of
from roadworthy.flows.rank_steps import RankedRun
from roadworthy.flows.step_opinion import PAYER, StepOpinion, material, read_opinion
from roadworthy.kit.sealing import Sealer
from tests.unit.judge.model_server import Script, chat, serving

RANKED = RankedRun(
    run=Run(project="p", id="r1", sort_ns=1, input="Refund 12.50", final_answer="Done"),
    suspects=tuple(
        Suspect(
            step=step,
            ref=f"span{step}",
            name="agent",
            doer=Doer.AGENT,
            share=share,
            reasons=(Reason(by=Told.STEP, text="This step says that it assumes something."),),
            excerpt=f"words of step {step}",
        )
        for step, share in ((4, 0.6), (2, 0.4))
    ),
    sure="",
    prove="",
    compared_with=(),
    model="m",
    notes=(),
)
FOUND = Resampling(project="p", id="x", run_id="r1", agent="a", times=0, most_calls=0)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[JudgeBook]:
    metadata = SqliteMetadataStore(tmp_path / "roadworthy.db")
    yield JudgeBook(
        metadata,
        seal=Sealer(tmp_path / "secret.key"),
        open_model=open_model,
        price_of=lambda _project: lambda _model, _read, _written: None,
        mask=str,
    )
    metadata.close()


def _asked(book: JudgeBook, script: Script) -> Resampling:
    where = NamedEndpoint(
        project="p",
        id="e",
        name="Small",
        base_url=script.openai,
        model="small",
        allow_private=True,
        input_usd_per_mtok=1.0,
        output_usd_per_mtok=2.0,
    )
    book.save_endpoint(where, api_key=None)
    return _opinion(book)(FOUND)


def _opinion(book: JudgeBook) -> StepOpinion:
    mask = {"12.50": "[masked]"}
    return StepOpinion(
        book,
        ranked=lambda _project, _run: RANKED,
        mask=lambda one: one.replace(*next(iter(mask.items()))),
    )


def test_its_opinion_names_a_step_of_the_ranking_and_is_paid(book: JudgeBook) -> None:
    with serving(chat(json.dumps({"step": 2, "reason": "It assumes."}))) as script:
        opinion = _asked(book, script).opinion
    assert opinion is not None
    assert (opinion.endpoint, opinion.step, opinion.span_id) == ("Small", 2, "span2")
    assert opinion.reason == "It assumes."
    assert opinion.cost_usd and book.spent_today_by("p", PAYER) == pytest.approx(opinion.cost_usd)
    (seen,) = script.seen
    said = json.dumps(seen.body)
    assert "words of step 4" in said and "Refund [masked]" in said and "assumes something" in said


@pytest.mark.parametrize("answer", ["I think it was step two", '{"step": 99, "reason": ""}', "[]"])
def test_nonsense_is_no_opinion_and_says_why(book: JudgeBook, answer: str) -> None:
    with serving(chat(answer)) as script:
        opinion = _asked(book, script).opinion
    assert opinion is not None and opinion.step is None and opinion.reason
    assert len(script.seen) == 1, "it is asked once"


def test_an_endpoint_that_is_away_is_told(book: JudgeBook) -> None:
    with serving(lambda handler: handler.send(401, b"{}")) as script:
        opinion = _asked(book, script).opinion
    assert opinion is not None and opinion.step is None and "endpoint failed" in opinion.reason


def test_without_an_endpoint_nobody_is_asked(book: JudgeBook) -> None:
    assert _opinion(book)(FOUND) is FOUND


def test_what_it_is_shown_is_bounded_and_in_the_order_of_the_run() -> None:
    shown = material(RANKED)
    assert shown.index("Step 2") < shown.index("Step 4") and len(shown) <= 16_000


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ('So: {"step": 3, "reason": "x"}.', 3),
        ('{"step": 0, "reason": "none"}', None),
        ('{"step": "3"}', None),
    ],
)
def test_opinions_are_read_with_words_round_them(text: str, step: int | None) -> None:
    assert read_opinion(text)[0] == step


# --- hints ------------------------------------------------------------------------------------------------

TOLD = ToldRun(
    task="",
    steps=(
        ToldStep(name="a", text="one", ref="s1"),
        ToldStep(name="t", text="two", ref="s2", doer=Doer.RESULT),
        ToldStep(name="a", text="three", ref="s3"),
    ),
)


def _found(*said: str, opinion: Opinion | None = None) -> Resampling:
    samples = [Sample(step=1, decision=Decision(text=one)) for one in said]
    return Resampling(
        project="p",
        id="x",
        run_id="r",
        agent="a",
        times=5,
        most_calls=9,
        steps=(1,),
        spans={1: "s3"},
        found=(agreement(1, Decision(text="recorded"), samples),),
        opinion=opinion,
    )


def test_a_slip_raises_its_step_by_how_sure_it_is_and_steadiness_lowers_it_a_little() -> None:
    (sure,) = hints_of(_found(*["other"] * 9), TOLD)
    (less,) = hints_of(_found(*["other"] * 3), TOLD)
    (steady,) = hints_of(_found(*["recorded"] * 3), TOLD)
    assert sure.step == less.step == 2
    assert sure.amount > less.amount > 0 > steady.amount > -0.5
    assert "decided otherwise 9 times" in sure.text and "9 times other" in sure.text


def test_too_few_answers_and_no_resampling_hint_at_nothing() -> None:
    assert hints_of(_found("other", "other"), TOLD) == []
    assert hints_of(None, TOLD) == ()


def test_an_opinion_is_one_signal_among_the_others() -> None:
    opinion = Opinion(endpoint="Small", step=1, span_id="s1", reason="It guessed.")
    (hint,) = hints_of(_found(opinion=opinion), TOLD)
    assert (hint.step, hint.by) == (0, Told.JUDGE) and "It guessed." in hint.text
