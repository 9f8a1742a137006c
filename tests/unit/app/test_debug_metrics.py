"""What Prometheus is told of reruns: each one once, whatever happened to it in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from roadworthy.app.debug_metrics import DebugCollector
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.cases.making import CaseDraft
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.debug.inquiry import EntryPoint
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import JournalLine
from tests.unit.debug.reruns import Workshop, workshop

TOO_LONG_S = 181.0
"""The agent's time, and a minute."""


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[SqliteMetadataStore]:
    store = SqliteMetadataStore(tmp_path / "roadworthy.db")
    yield store
    store.close()


@pytest.fixture
def shop(metadata: SqliteMetadataStore, tmp_path: Path) -> Workshop:
    return workshop(metadata, tmp_path)


@pytest.fixture
def cases(metadata: SqliteMetadataStore, tmp_path: Path, shop: Workshop) -> CaseService:
    return CaseService(metadata, tmp_path / "cases", tape_of=shop.tapes.tape)


@pytest.fixture
def told(
    metadata: SqliteMetadataStore, shop: Workshop, cases: CaseService
) -> Callable[[str], dict[str, float]]:
    """(name) → values by labels, as they are scraped; zeros are left out."""
    registry = CollectorRegistry()
    registry.register(DebugCollector(metadata, inquiries=shop.service, cases=cases))

    def scraped(name: str) -> dict[str, float]:
        lines = generate_latest(registry).decode().splitlines()
        samples = [one.rsplit(" ", 1) for one in lines if one.startswith((f"{name} ", f"{name}{{"))]
        assert samples or f"# TYPE {name.removesuffix('_total')}" in "\n".join(lines), name
        values = {one.removeprefix(name): float(value) for one, value in samples}
        return {labels: value for labels, value in values.items() if value}

    return scraped


def test_inquiries_and_their_reruns_are_counted(
    shop: Workshop, told: Callable[[str], dict[str, float]]
) -> None:
    assert told("roadworthy_inquiries") == {} and told("roadworthy_reruns_total") == {}
    replay = shop.service.start(shop.draft(repeats=2))
    assert told("roadworthy_inquiries") == {'{kind="replay",state="running"}': 1}
    shop.run(replay.id, most=2)
    bisect = shop.bisect()
    over = shop.run(bisect.id)
    waiting = shop.bisect()
    assert told("roadworthy_inquiries") == {
        '{kind="replay",state="done"}': 1,
        '{kind="bisect",state="done"}': 1,
        '{kind="bisect",state="running"}': 1,
    }
    reruns = shop.service.reruns("default", over.id)
    results = told("roadworthy_reruns_total")
    assert results['{kind="replay",result="identical"}'] == 2
    for said, passed in (("passed", True), ("failed", False)):
        made = sum(one.passed is passed for one in reruns)
        assert results[f'{{kind="bisect",result="{said}"}}'] == made > 0
    assert sum(results.values()) == 2 + len(reruns)
    assert told("roadworthy_reruns_handed_out_total") == {
        '{kind="replay"}': 2,
        '{kind="bisect"}': len(reruns),
    }
    assert told("roadworthy_reruns_taken_back_total") == {}
    shop.service.delete("default", waiting.id)
    assert '{kind="bisect",state="running"}' not in told("roadworthy_inquiries")


def test_what_nobody_tells_of_is_taken_back_and_given_up_in_the_end(
    shop: Workshop, told: Callable[[str], dict[str, float]]
) -> None:
    inquiry = shop.service.start(shop.draft())
    for _ in range(3):
        assert len(shop.service.take("default", inquiry.id, most=1)) == 1
        shop.clock.pass_s(TOO_LONG_S)
    shop.service.one("default", inquiry.id)
    shop.service.one("default", inquiry.id)
    assert told("roadworthy_reruns_handed_out_total") == {'{kind="replay"}': 3}
    assert told("roadworthy_reruns_taken_back_total") == {'{kind="replay",why="silent"}': 3}
    assert told("roadworthy_reruns_total") == {'{kind="replay",result="cannot_tell"}': 1}


def test_what_is_lost_with_its_gateway_is_taken_back(
    shop: Workshop, told: Callable[[str], dict[str, float]]
) -> None:
    inquiry = shop.service.start(shop.draft())
    start = shop.service.take("default", inquiry.id, most=1)[0]
    plan = shop.plans.read("default", inquiry.id, number=1, attempt=1).plan
    lost = JournalLine(at_ns=1, step=None, how=How.LOST, kind=ExchangeKind.MODEL, target="planner")
    shop.plans.append(plan, lost)
    shop.tell(start, "")
    assert told("roadworthy_reruns_taken_back_total") == {'{kind="replay",why="gateway_died"}': 1}
    assert told("roadworthy_reruns_total") == {}
    shop.run(inquiry.id)
    assert told("roadworthy_reruns_total") == {'{kind="replay",result="identical"}': 1}


def test_cases_that_are_kept_are_counted(cases: CaseService, told: Callable[[str], dict[str, float]]) -> None:
    draft = CaseDraft(expected="42", entry=EntryPoint(command="python agent.py"))
    made = cases.add("default", "bad", draft)
    assert told("roadworthy_cases") == {"": 1}
    cases.delete("default", made.id)
    assert told("roadworthy_cases") == {}
