"""Which route answers: the most specific one."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.domain.model_route import ModelRoute, RouteTarget
from roadworthy.features.gateway.snapshot.route_table import RouteTable, answers_to


def route(name: str, **more: Any) -> ModelRoute:
    told = {"id": f"{name}{more}", "targets": (RouteTarget(provider="p", model="m"),), **more}
    return ModelRoute(project="default", name=name, **told)


@settings(max_examples=400, deadline=None)
@given(st.text("ab*", max_size=7), st.text("ab\n", max_size=9))
def test_a_star_is_any_text(pattern: str, text: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL)
    assert answers_to(pattern, text) is bool(expected)


def test_no_pattern_takes_long() -> None:
    assert not answers_to("*a" * 100 + "b", "a" * 300)


def test_release_before_agent_before_everybody_before_name_before_pattern() -> None:
    everybody = route("planner")
    agents = route("planner", agent="support")
    releases = route("planner", agent="support", release="2")
    wide = route("any", models=("*",))
    narrow = route("gpt", models=("gpt-*", "gpt-5*"))
    own = route("own", agent="support", models=("gpt-*",))
    off = route("off", enabled=False)
    table = RouteTable([everybody, agents, releases, wide, narrow, own, off])

    def found(asked: str, *, agent: str = "sales", release: str = "") -> ModelRoute | None:
        return table.resolve(asked, agent=agent, release=release)

    assert found("planner") is everybody
    assert found("planner", agent="support") is agents
    assert found("planner", agent="support", release="1") is agents
    assert found("planner", agent="support", release="2") is releases
    assert found("gpt-5-mini") is narrow
    assert found("gpt-5-mini", agent="support") is own
    assert found("claude") is wide
    assert found("off") is wide
    assert [one.name for one in table.visible_to(agent="sales", release="")] == ["any", "gpt", "planner"]
    assert RouteTable([everybody]).resolve("claude", agent="x", release="") is None


def test_names_without_end_do_not_fill_memory() -> None:
    table = RouteTable([route("any", models=("*",))])
    for number in range(5_000):
        table.resolve(f"m{number}", agent="a", release="")
    assert len(table._found) <= 4_096
