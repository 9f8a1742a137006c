from __future__ import annotations

import random
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.models.table import open_model
from roadworthy.backends.telemetry.memory.store import MemoryTelemetryStore
from roadworthy.contracts.telemetry import TelemetryBatch
from roadworthy.domain.run import RERUN_OF, Outcome, Run
from roadworthy.features.judge.cluster_notes import how_clustered
from roadworthy.features.judge.clusters import ClusteringFailed, Vectors, clusters_of
from roadworthy.features.judge.embedding import Embedder, EmbeddingSettings
from roadworthy.features.judge.judge_book import JudgeBook, NamedEndpoint
from roadworthy.flows.cluster_failures import FailureClusters
from roadworthy.kit.sealing import Sealer
from tests.unit.judge import model_server as acts
from tests.unit.judge.model_server import serving
from tests.unit.judge.test_embedding import embed


def a_run(number: int, text: str) -> Run:
    now = time.time_ns()
    return Run(
        project="shop",
        id=f"{number:032x}",
        sort_ns=now,
        started_ns=now,
        agent="clerk",
        outcome=Outcome.FAILURE,
        input=text,
    )


REFUNDS = [f"the refund for order {n} was never paid back to my card" for n in range(6)]
FLIGHTS = [f"my flight booking to city {n} has a wrong date for the passenger" for n in range(5)]


def test_texts_about_the_same_thing_are_one_cluster_and_strangers_are_in_none() -> None:
    texts = {f"r{n}": text for n, text in enumerate(REFUNDS)} | {f"f{n}": t for n, t in enumerate(FLIGHTS)}
    named = clusters_of(texts | {"x": "hello", "y": "how do roses grow in winter", "z": "\x00 🚚 " * 50})
    assert len({named[f"r{n}"] for n in range(6)}) == len({named[f"f{n}"] for n in range(5)}) == 1
    assert named["r0"] != named["f0"] and "refund" in named["r0"] and "passenger" in named["f0"]
    assert not named.keys() & {"x", "y", "z"}


def test_too_few_texts_and_texts_without_words_are_no_cluster() -> None:
    assert clusters_of({"a": "one two three", "b": "one two three"}) == {}
    assert clusters_of({str(n): "12 34" for n in range(9)}) == {}


class Room:
    def __init__(self, path: Path) -> None:
        self.store = MemoryTelemetryStore()
        self.metadata = SqliteMetadataStore(path)
        self.told: list[str] = []
        self.named: dict[str, str] | None = {}
        self.judges = JudgeBook(
            self.metadata,
            seal=Sealer(path.with_name("key")),
            open_model=open_model,
            price_of=lambda _: lambda _model, _read, _written: None,
            mask=str,
        )
        self.embedder = Embedder(self.metadata, judges=self.judges)
        self.vectors: Vectors | None = None
        self.clusters = self.made()

    def made(self) -> FailureClusters:
        return FailureClusters(
            self.store, self.metadata, again=self._again, embedder=self.embedder, cluster=self._cluster
        )

    def _again(self, project: str, run_ids: Sequence[str]) -> None:
        self.told += run_ids

    def embed_with(self, url: str) -> None:
        endpoint = NamedEndpoint(
            project="shop", id="e", name="e", base_url=url, model="small", allow_private=True
        )
        self.judges.save_endpoint(endpoint, api_key=None)
        self.embedder.save("shop", EmbeddingSettings(endpoint="e", budget_usd_per_day=None))

    def _cluster(self, texts: Mapping[str, str], vectors: Vectors | None = None) -> dict[str, str]:
        self.vectors = vectors
        if self.named is None:
            raise ClusteringFailed("away")
        return {run_id: name for run_id, name in self.named.items() if run_id in texts}

    def write(self, runs: Sequence[Run]) -> None:
        self.store.write(TelemetryBatch(token=str(time.time_ns()), runs=runs))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "m.db")
    yield made
    made.metadata.close()


def test_runs_get_their_cluster_once_and_keep_its_name(room: Room) -> None:
    runs = [a_run(n, text) for n, text in enumerate(REFUNDS)]
    room.write(runs)
    room.named = {run.id: "refund, paid" for run in runs}
    assert room.clusters.refresh() == 6
    assert (sorted(room.told), room.clusters.refresh()) == ([run.id for run in runs], 0)
    late = a_run(90, REFUNDS[0])
    room.write([late])
    room.named = {run.id: "card, refund" for run in [*runs, late]}
    assert room.clusters.refresh() == 1
    assert set(room.clusters.of("shop").values()) == {"refund, paid"}
    assert room.made().of("shop") == room.clusters.of("shop")


def test_reruns_are_in_no_cluster(room: Room) -> None:
    runs = [a_run(n, text) for n, text in enumerate(REFUNDS)]
    rerun = a_run(90, REFUNDS[0])
    rerun.attributes = {RERUN_OF: runs[0].id}
    room.write([*runs, rerun])
    room.named = {run.id: "refund, paid" for run in [*runs, rerun]}
    room.clusters.refresh()
    assert set(room.clusters.of("shop")) == {run.id for run in runs}


def test_runs_that_say_why_they_failed_are_left_alone(room: Room) -> None:
    runs = [a_run(n, text) for n, text in enumerate(REFUNDS)]
    for run in runs[:4]:
        run.detectors = ("false_success_claim",)
    room.write(runs)
    assert room.clusters.refresh() == 0


def test_where_clustering_fails_what_was_known_stays(room: Room) -> None:
    room.write([a_run(n, text) for n, text in enumerate(REFUNDS)])
    room.named = None
    assert room.clusters.refresh() == 0
    assert room.clusters.of("shop") == {}


def test_vectors_put_together_what_shares_no_word() -> None:
    rng = random.Random(7)
    texts = {f"a{n}": f"{word} asked for" for n, word in enumerate(("car", "lorry", "auto", "van", "truck"))}
    texts |= {f"b{n}": f"{word} wilted" for n, word in enumerate(("rose", "tulip", "daisy", "lily"))}
    texts["x"] = "something else"

    def vector(*parts: float) -> array[float]:
        # As models give them: all of them point much the same way.
        return array("f", [5.0, *(part + rng.gauss(0, 0.02) for part in parts)])

    vectors = {key: vector(1, 0, 0) if key[0] == "a" else vector(0, 1, 0) for key in texts}
    vectors["x"] = vector(-1, -1, 3)
    named = clusters_of(texts, vectors)
    assert len({named[f"a{n}"] for n in range(5)}) == len({named[f"b{n}"] for n in range(4)}) == 1
    assert named["a0"] != named["b0"] and "wilted" in named["b0"]
    assert "x" not in named


def test_with_an_endpoint_clusters_go_by_its_vectors(room: Room) -> None:
    runs = [a_run(n, text) for n, text in enumerate(REFUNDS)]
    room.write(runs)
    room.named = {run.id: "refund" for run in runs}
    with serving(embed) as script:
        room.embed_with(script.openai)
        assert room.clusters.refresh() == 6
        assert room.vectors is not None and room.vectors.keys() == {run.id for run in runs}
        assert room.clusters.refresh() == 0 and len(script.seen) == 1
    how = how_clustered(room.metadata, "shop")
    assert how is not None
    assert (how.model, how.runs, how.clusters, how.fallen_back) == ("small", 6, 1, "")


def test_while_the_endpoint_is_down_words_are_gone_by_and_it_is_asked_again(room: Room) -> None:
    runs = [a_run(n, text) for n, text in enumerate(REFUNDS)]
    room.write(runs)
    room.named = {run.id: "refund" for run in runs}
    with serving(acts.answer(403, {"error": "no"}), embed) as script:
        room.embed_with(script.openai)
        assert room.clusters.refresh() == 6
        how = how_clustered(room.metadata, "shop")
        assert room.vectors is None and how is not None
        assert how.model == "" and "denied" in how.fallen_back
        room.clusters.refresh()
    assert room.vectors is not None
    again = how_clustered(room.metadata, "shop")
    assert again is not None and (again.model, again.fallen_back) == ("small", "")
