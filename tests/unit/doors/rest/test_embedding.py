"""Choosing an embedding endpoint, trying it, and what is said of the clusters it made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from roadworthy.features.judge.cluster_notes import HowClustered, note
from tests.unit.doors.rest.desk import Desk
from tests.unit.judge.model_server import Script, serving
from tests.unit.judge.test_embedding import embed

PATH = "/api/v1/embedding"


@pytest.fixture
def script() -> Iterator[Script]:
    with serving(embed) as script:
        yield script


def endpoint(desk: Desk, script: Script) -> str:
    body = {"name": "near", "base_url": script.openai, "model": "small", "allow_private": True}
    return str(desk.client.post("/api/v1/model-endpoints", json=body).json()["id"])


def test_words_are_gone_by_until_an_endpoint_is_chosen(desk: Desk, script: Script) -> None:
    told = desk.client.get(PATH).json()
    assert (told["endpoint"], told["model"], told["clustered"]) == (None, None, None)
    tried = desk.client.post(f"{PATH}/try", json={"one": "a car", "other": "an auto"}).json()
    assert tried["cosine"] is None and "no embedding endpoint" in tried["error"]
    chosen = endpoint(desk, script)
    told = desk.client.put(PATH, json={"endpoint": chosen, "budget_usd_per_day": 2}).json()
    assert (told["endpoint"], told["model"], told["budget_usd_per_day"]) == (chosen, "small", 2.0)
    tried = desk.client.post(f"{PATH}/try", json={"one": "a car", "other": "an auto"}).json()
    assert (tried["cosine"], tried["dimensions"], tried["error"]) == (pytest.approx(1.0), 2, None)
    assert desk.client.get(PATH).json()["spent_today_usd"] > 0


def test_an_endpoint_that_gives_vectors_is_not_deleted_and_a_stranger_not_chosen(
    desk: Desk, script: Script
) -> None:
    refused = desk.client.put(PATH, json={"endpoint": "nobody"})
    assert (refused.status_code, "body.endpoint" in refused.text) == (400, True)
    chosen = endpoint(desk, script)
    desk.client.put(PATH, json={"endpoint": chosen})
    assert desk.client.delete(f"/api/v1/model-endpoints/{chosen}").json()["code"] == "in_use"
    assert desk.client.put(PATH, json={}).json()["endpoint"] is None
    assert desk.client.delete(f"/api/v1/model-endpoints/{chosen}").status_code == 204


def test_it_says_how_the_clusters_were_made(desk: Desk) -> None:
    note(desk.metadata, "default", HowClustered(runs=9, clusters=2, fallen_back="the endpoint is down"))
    told = desk.client.get(PATH).json()["clustered"]
    assert (told["runs"], told["clusters"], told["model"]) == (9, 2, None)
    assert told["fallen_back"] == "the endpoint is down"


def test_an_evaluator_that_goes_by_vectors_is_tried_on_runs(desk: Desk, script: Script) -> None:
    desk.write(1)
    desk.client.put(PATH, json={"endpoint": endpoint(desk, script)})
    body = {"name": "near", "kind": "similarity", "config": {"expected": "answer 1", "by": "embedding"}}
    (tried,) = desk.client.post("/api/v1/evaluators/try", json=body).json()["items"]
    assert (tried["value"], "vectors of small" in tried["explanation"]) == (pytest.approx(1.0), True)
