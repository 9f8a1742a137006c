"""A run's models asked again through the whole product: the command line, the job, the gateway, the model."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.test_inquiries import SLIP, World, world
from tests.product import wait_until

__all__ = ["world"]
pytestmark = pytest.mark.slow
TIMES = 3


def test_the_slip_is_the_step_that_the_model_does_not_repeat(world: World) -> None:
    run = world.recorded(slip=SLIP)
    before = world.model.asked
    told = world.run("rank", run, "--resample", str(TIMES))
    asked = told["resampling"]
    assert asked["state"] == "done", asked
    steps = {one["step"]: one for one in asked["items"]}
    assert steps[SLIP]["failure"] == 1.0 and steps[SLIP]["agreed"] == 0
    assert all(one["failure"] == 0.0 for step, one in steps.items() if step != SLIP)
    assert world.model.asked - before == TIMES * len(steps), "each asked so often, and no more"
    assert told["items"] and told["sure"]
    _marked(world, asked["id"], calls=TIMES * len(steps))
    _key_is_gone(world, asked["id"])


def _marked(world: World, resampling: str, *, calls: int) -> None:
    """Its calls are recorded as of an inquiry: contracts, alarms and monitors keep out of them."""

    def found() -> list[dict[str, Any]]:
        page = world.server.json(f"/api/v1/exchanges?drill={resampling}&limit=500")
        return [one for one in page["items"] if one["drill"] == resampling]

    wait_until(lambda: len(found()) == calls, seconds=20, what="the exchanges of the resampling")


def _key_is_gone(world: World, resampling: str) -> None:
    page = world.server.json("/api/v1/gateway/keys")
    (key,) = [one for one in page["items"] if one["name"] == f"resampling {resampling}"]
    assert key["revoked_at"] is not None
