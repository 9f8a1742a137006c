"""No p(failure) without how well it has held."""

from __future__ import annotations

from dataclasses import replace

from roadworthy.features.judge.failure_model.model import prior
from tests.unit.doors.rest.desk import Desk

PATH = "/api/v1/failure-models"


def test_an_agent_nobody_labelled_has_the_prior_with_its_calibration(desk: Desk) -> None:
    (one,) = desk.client.get(PATH, params={"agent": "clerk"}).json()["items"]
    assert (one["agent"], one["fitted"], one["fitted_at"], one["label"]) == (
        "clerk",
        "prior",
        None,
        prior().label,
    )
    assert {kind["kind"] for kind in one["kinds"]} == {kind.value for kind in prior().parts}
    for kind in one["kinds"]:
        held = kind["calibration"]
        assert held["n"] == sum(each["n"] for each in held["bins"]) > 0
        assert 0 < held["failures"] < held["n"]
        assert 0 < held["brier"] < 0.25 and 0 <= held["ece"] < 0.25


def test_an_agent_with_labels_has_weights_of_its_own_and_others_keep_the_prior(desk: Desk) -> None:
    desk.judge.models.save("default", "clerk", replace(prior(), label="own-1"))
    clerk, baker = desk.client.get(PATH, params={"agent": ["clerk", "baker"]}).json()["items"]
    assert (clerk["label"], clerk["fitted"], clerk["fitted_at"] is not None) == ("own-1", "own", True)
    assert (baker["agent"], baker["fitted"]) == ("baker", "prior")


def test_without_an_agent_it_is_the_prior(desk: Desk) -> None:
    (one,) = desk.client.get(PATH).json()["items"]
    assert (one["agent"], one["fitted"]) == ("", "prior")
