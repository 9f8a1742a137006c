"""Model judges as the core asks them: a scripted endpoint on loopback, real records, a store in memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.metadata import Record
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.judge.embedding import Embedder, EmbeddingSettings
from roadworthy.features.judge.evaluator_book import EvaluatorBook, NamedEvaluator
from roadworthy.features.judge.judge_book import JUDGE, JudgeBook, NamedEndpoint, NamedJudge
from roadworthy.features.judge.judges.judge import JudgeInvalid
from roadworthy.features.judge.judges.rubric import Label, RubricInvalid
from roadworthy.features.judge.transcript import Transcript
from roadworthy.flows.judge_with_models import PENDING, ModelJudging
from roadworthy.kit.sealing import Sealer
from tests.unit.judge.model_server import Script, answer, chat, serving, verdict
from tests.unit.judge.test_embedding import embed

GOOD = chat(verdict("correct", "all is well"))
AWAY = answer(500, {})


def a_run(number: int, **values: object) -> Run:
    now = time.time_ns()
    return Run(
        project="shop",
        id=f"{number:032x}",
        sort_ns=now,
        started_ns=now,
        ended_ns=now,
        trace_ids=(f"{number:032x}",),
        agent="clerk",
        input="where is my order?",
        final_answer="It is on its way.",
        **values,  # type: ignore[arg-type]
    )


class Room:
    def __init__(self, folder: Path, script: Script) -> None:
        self.folder = folder
        self.store = MemoryTelemetryStore()
        self.metadata = SqliteMetadataStore(folder / "m.db")
        self.told: list[str] = []
        self.again: list[str] = []
        self.book = JudgeBook(
            self.metadata,
            seal=Sealer(folder / "secret.key"),
            open_model=open_model,
            price_of=lambda _: lambda _model, read, written: (read + written) / 1e6,
            mask=lambda text: text.replace("sk-very-secret", "***"),
        )
        endpoint = NamedEndpoint(
            project="shop", id="e", name="local", base_url=script.openai, model="m", allow_private=True
        )
        self.book.save_endpoint(endpoint, api_key="sk-very-secret")
        self.evaluators = EvaluatorBook(self.metadata)
        self.embedder = Embedder(self.metadata, judges=self.book)

    def judge(self, **values: object) -> NamedJudge:
        fields = {"id": "j", "name": "right", "endpoint": "e", "rubric": "correctness", "sample_rate": 1.0}
        return self.book.save_judge(NamedJudge(project="shop", **(fields | values)))  # type: ignore[arg-type]

    def judging(self) -> ModelJudging:
        return ModelJudging(
            self.store,
            self.metadata,
            book=self.book,
            evaluators=self.evaluators,
            embedder=self.embedder,
            steps_of=lambda _: [],
            publish=lambda _, ids: self.told.extend(ids),
            again=lambda _, ids: self.again.extend(ids),
            again_seconds=0.2,
        )

    @contextmanager
    def asking(self) -> Iterator[ModelJudging]:
        judging = self.judging()
        judging.start()
        try:
            yield judging
        finally:
            judging.stop(timeout=10)

    def write(self, *runs: Run) -> Sequence[Run]:
        self.store.write(TelemetryBatch(token=str(time.time_ns()), runs=runs))
        return runs

    def scores(self, run: Run) -> list[Score]:
        return self.store.scores("shop", run.id)

    def pending(self) -> int:
        return len(self.metadata.records("shop", PENDING))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert holds()


@pytest.fixture
def script() -> Iterator[Script]:
    with serving(GOOD) as script:
        yield script


@pytest.fixture
def room(tmp_path: Path, script: Script) -> Iterator[Room]:
    made = Room(tmp_path, script)
    yield made
    made.metadata.close()


def test_a_drawn_run_is_judged_and_its_score_says_by_whom_and_how_drawn(room: Room, script: Script) -> None:
    room.judge()
    (run,) = room.write(a_run(1))
    with room.asking() as judging:
        judging.on_judged([run])
        until(lambda: room.pending() == 0)
    (score,) = room.scores(run)
    assert (score.name, score.value, score.label, score.source) == ("right", 1.0, "correct", "judge")
    assert (score.sampled, score.explanation, room.told) == (1.0, "all is well", [run.id])
    assert score.cost_usd is not None and score.cost_usd > 0
    assert script.seen[0].headers["authorization"] == "Bearer sk-very-secret"


def test_what_a_detector_points_at_is_judged_and_feeds_no_monitor(room: Room) -> None:
    room.judge(sample_rate=0.0, triggers=("loop",))
    quiet, looping = room.write(a_run(1), a_run(2, detectors=("loop",)))
    with room.asking() as judging:
        judging.on_judged([quiet, looping])
        until(lambda: bool(room.scores(looping)))
    assert (room.scores(quiet), room.scores(looping)[0].sampled) == ([], None)


def test_what_was_to_be_asked_when_the_process_ended_is_asked_after_it(room: Room) -> None:
    room.judge()
    (run,) = room.write(a_run(1))
    # A process that noted the question and was killed before it asked.
    dead = ModelJudging(
        room.store,
        room.metadata,
        book=room.book,
        evaluators=room.evaluators,
        embedder=room.embedder,
        steps_of=lambda _: [],
        publish=lambda _p, _i: None,
        again=lambda _p, _i: None,
    )
    dead.on_judged([run])
    assert (room.pending(), room.scores(run)) == (1, [])
    with room.asking():
        until(lambda: room.pending() == 0)
    assert len(room.scores(run)) == 1


def test_asked_twice_it_is_one_score(room: Room) -> None:
    judge = room.judge()
    (run,) = room.write(a_run(1))
    with room.asking() as judging:
        judging.on_judged([run])
        until(lambda: room.pending() == 0)
        judging.ask([run], judge.id)
        until(lambda: judging.answered == 2)
    assert len(room.scores(run)) == 1


def test_an_endpoint_that_is_away_is_asked_again_later(tmp_path: Path) -> None:
    with serving(AWAY, AWAY, AWAY, GOOD) as script:
        room = Room(tmp_path, script)
        room.judge()
        (run,) = room.write(a_run(1))
        with room.asking() as judging:
            judging.on_judged([run])
            until(lambda: bool(room.scores(run)))
        assert room.scores(run)[0].label == "correct"
        room.metadata.close()


def test_without_budget_nothing_is_asked_and_nothing_is_lost(room: Room, script: Script) -> None:
    judge = room.judge(budget_usd_per_day=0.0)
    (run,) = room.write(a_run(1))
    with room.asking() as judging:
        judging.on_judged([run])
        until(lambda: judging.asked >= 2)
        assert (script.seen, room.scores(run), room.pending()) == ([], [], 1)
        room.book.save_judge(replace(judge, budget_usd_per_day=1.0))
        until(lambda: bool(room.scores(run)))
    assert 0 < room.book.spent_today(judge) < 0.01


def test_a_judge_that_is_deleted_is_asked_no_more(room: Room) -> None:
    room.judge()
    (run,) = room.write(a_run(1))
    with room.asking() as judging:
        room.book.delete_judge("shop", "j")
        judging.on_judged([run])
        time.sleep(0.2)
    assert (room.scores(run), room.pending()) == ([], 0)


def test_keys_are_sealed_where_they_are_kept(room: Room) -> None:
    kept = room.metadata.records("shop", "model-endpoint")[0].body
    assert "sk-very-secret" not in kept
    assert b"sk-very-secret" not in (room.folder / "m.db").read_bytes()
    assert (room.folder / "secret.key").stat().st_mode & 0o777 == 0o600
    endpoint = room.book.endpoint("shop", "e")
    assert endpoint is not None and "sk-very-secret" not in repr(endpoint)
    (room.folder / "secret.key").unlink()
    other = JudgeBook(
        room.metadata,
        seal=Sealer(room.folder / "secret.key"),
        open_model=open_model,
        price_of=lambda _: lambda _m, _r, _w: None,
        mask=str,
    )
    with pytest.raises(Exception, match="enter the secret again"):
        other.made(room.judge())


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"endpoint": "nobody"}, "endpoint"),
        ({"rubric": "magic"}, "rubric"),
        ({"rubric": "", "template": "Is {answer} good?", "labels": ()}, "labels"),
        ({"rubric": "", "template": "Is {secret} good?"}, "template"),
        ({"sample_rate": 2.0}, "sample_rate"),
        ({"budget_usd_per_day": -1.0}, "budget_usd_per_day"),
    ],
)
def test_a_judge_that_cannot_be_names_its_field(room: Room, values: dict[str, object], field: str) -> None:
    with pytest.raises((JudgeInvalid, RubricInvalid)) as refused:
        room.judge(**values)
    assert getattr(refused.value, "field", None) == field


def test_an_own_rubric_gets_a_new_version_when_it_changes(room: Room) -> None:
    labels = (
        Label(name="good", value=1.0, meaning="it is"),
        Label(name="bad", value=0.0, meaning="it is not"),
    )
    own = room.judge(rubric="", template="Is {answer} good?", labels=labels)
    assert room.judge(rubric="", template="Is {answer} good?", labels=labels).version == own.version
    assert room.judge(rubric="", template="Is {answer} fine?", labels=labels).version == own.version + 1
    named = (labels[0], replace(labels[1], mode="mast-3.2"))
    assert room.judge(rubric="", template="Is {answer} fine?", labels=named).version == own.version + 2
    with pytest.raises(RubricInvalid, match="id of a failure mode"):
        room.judge(rubric="", template="Is {answer} fine?", labels=(labels[0], replace(labels[1], mode="x")))
    with pytest.raises(JudgeInvalid, match="no judge asks"):
        room.book.delete_endpoint("shop", "e")


def test_labels_kept_before_they_could_name_a_failure_mode_are_read(room: Room) -> None:
    own = {"id": "old", "name": "old", "endpoint": "e", "template": "Is {answer} good?"}
    body = orjson.dumps({"project": "shop", **own, "labels": [["good", 1.0, "yes"], ["bad", None, "no"]]})
    record = Record(project="shop", kind=JUDGE, id="old", body=body.decode(), updated_ns=1)
    room.metadata.save_records([record])
    (read,) = room.book.judges("shop")
    assert [(one.name, one.value, one.meaning, one.mode) for one in read.labels] == [
        ("good", 1.0, "yes", ""),
        ("bad", None, "no", ""),
    ]


def test_a_judge_of_conversations_sees_the_session_up_to_the_run(room: Room, script: Script) -> None:
    room.judge(rubric="conversation")
    turns = [replace(a_run(n), session_id="s", input=f"turn {n}") for n in (1, 2, 3)]
    stranger = replace(a_run(4), session_id="t", input="turn 4")
    room.write(*turns, stranger)
    with room.asking() as judging:
        judging.on_judged([turns[1]])
        until(lambda: room.pending() == 0)
    shown = str(script.seen[0].body)
    assert shown.index("turn 1") < shown.index("turn 2")
    assert "turn 3" not in shown and "turn 4" not in shown


def meaning(room: Room, **values: object) -> NamedEvaluator:
    fields: dict[str, object] = {
        "id": "near",
        "name": "near",
        "kind": "similarity",
        "config": {"expected": "a car", "by": "embedding"},
    }
    return room.evaluators.save(NamedEvaluator(project="shop", **(fields | values)))  # type: ignore[arg-type]


def test_an_evaluator_that_asks_an_endpoint_is_waited_for_by_nobody(tmp_path: Path) -> None:
    with serving(embed) as script:
        room = Room(tmp_path, script)
        room.embedder.save("shop", EmbeddingSettings(endpoint="e", budget_usd_per_day=None))
        meaning(room)
        near, other = room.write(
            replace(a_run(1), final_answer="an auto"), replace(a_run(2), final_answer="a rose")
        )
        assert room.evaluators.scores(Transcript(near, ())) == []
        with room.asking() as judging:
            judging.on_judged([near, other])
            until(lambda: room.pending() == 0)
        (score,) = room.scores(near)
        assert (score.name, score.source, score.sampled) == ("near", "evaluator", 1.0)
        assert score.value == pytest.approx(1.0) and score.evaluator_version.endswith("/m")
        assert (room.scores(other)[0].value or 0) < 0.2
        room.metadata.close()


def test_one_that_is_off_is_asked_by_name_only(room: Room) -> None:
    meaning(room, enabled=False)
    (run,) = room.write(replace(a_run(1), final_answer="a car"))
    with room.asking() as judging:
        judging.on_judged([run])
        judging.ask_evaluators([run], only=None)
        assert room.pending() == 0
        judging.ask_evaluators([run], only=frozenset({"near"}))
        until(lambda: bool(room.scores(run)))
    (score,) = room.scores(run)
    # No endpoint is set up for embedding: by words, and it says so.
    assert score.value == pytest.approx(1.0) and "no embedding endpoint" in score.explanation


def test_what_is_asked_while_it_starts_is_asked_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = room.judge()
    (run,) = room.write(a_run(1))
    judging = room.judging()
    save = room.metadata.save_records

    def slow(records: Sequence[Record]) -> None:
        """It is on record, and found there by the start, before whoever asked is done."""
        save(records)
        monkeypatch.undo()
        judging.start()
        time.sleep(1.0)

    monkeypatch.setattr(room.metadata, "save_records", slow)
    try:
        judging.ask([run], judge.id)
        until(lambda: judging.answered > 0 and judging.waiting == 0 and room.pending() == 0)
        assert judging.asked == 1
    finally:
        judging.stop(timeout=10)


def test_a_judge_that_names_a_failure_mode_has_the_run_judged_again_until_it_stands_there(
    room: Room, script: Script
) -> None:
    script.acts = [chat(verdict("did not check", "nobody looked"))]
    judge = room.judge(rubric="failure-mode")
    fresh, known, cleared = room.write(a_run(1), a_run(2, modes=("mast-3.2",)), a_run(3, modes=("mast-1.1",)))
    with room.asking() as judging:
        judging.ask([fresh, known, cleared], judge.id)
        until(lambda: judging.answered == 3)
        until(lambda: room.pending() == 0)
    assert [one.mode for run in (fresh, known) for one in room.scores(run)] == ["mast-3.2", "mast-3.2"]
    assert sorted(room.again) == [fresh.id, cleared.id]


def test_a_judge_whose_rubric_names_no_mode_has_no_run_judged_again(room: Room) -> None:
    judge = room.judge()
    (run,) = room.write(a_run(1, modes=("mast-3.2",)))
    with room.asking() as judging:
        judging.ask([run], judge.id)
        until(lambda: judging.answered == 1)
    assert room.again == []
