"""Several writers, history, and what an older or newer version wrote."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import Record
from roadworthy.domain.agent import Agent
from roadworthy.domain.escalation_policy import EscalationPolicy, PolicyLevel, Target, TargetKind
from roadworthy.features.registry.book import RegistryBook
from roadworthy.features.registry.faults import RegistryChanged, RegistryInvalid
from roadworthy.features.registry.history import CHANGES_KEPT, history_of
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.snapshot import Thing
from tests.unit.registry.making import PROJECT, contact, layer, override, schedule


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[SqliteMetadataStore]:
    opened = SqliteMetadataStore(tmp_path / "roadworthy.db")
    yield opened
    opened.close()


def test_of_many_writers_of_one_version_exactly_one_wins(metadata: SqliteMetadataStore) -> None:
    book = RegistryBook(metadata)
    read = book.save(Agent(project=PROJECT, name="a"), by="me")
    won: list[str] = []
    gate = threading.Barrier(8)

    def write(name: str) -> None:
        gate.wait()
        try:
            book.save(replace(read, description=name), by=name, expected_ns=read.updated_ns)
        except RegistryChanged:
            return
        won.append(name)

    threads = [threading.Thread(target=write, args=(f"writer-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert book.of(PROJECT).agents["a"].description == won[0]
    assert [one.by for one in history_of(metadata, PROJECT, kind=Kind.AGENT, name="a")] == [won[0], "me"]


def test_versions_rise_even_where_the_clock_stands(metadata: SqliteMetadataStore) -> None:
    book = RegistryBook(metadata, now_ns=lambda: 5)
    versions = [
        book.save(Agent(project=PROJECT, name="a", description=str(n)), by="me").updated_ns for n in range(3)
    ]
    assert versions == [5, 6, 7]


def test_of_a_save_of_many_all_or_none_is_kept(metadata: SqliteMetadataStore) -> None:
    book = RegistryBook(metadata)
    fine, wrong = Agent(project=PROJECT, name="a"), Agent(project=PROJECT, name="b", owner="nobody")
    with pytest.raises(RegistryInvalid) as refused:
        book.save_all([fine, wrong], by="me", source="hand")
    assert [one.field for one in refused.value.faults] == ["agent 'b'.owner"]
    assert book.of(PROJECT).agents == {}
    assert history_of(metadata, PROJECT, kind=Kind.AGENT, name="a") == []


def test_one_policy_is_the_default_and_the_history_of_the_other_says_so(
    metadata: SqliteMetadataStore,
) -> None:
    book = RegistryBook(metadata)
    level = PolicyLevel(targets=(Target(kind=TargetKind.CHANNEL, name="c"),))
    for name in ("one", "two"):
        policy = EscalationPolicy(project=PROJECT, name=name, levels=(level,), default=True)
        assert book.save(policy, by="me").default is True
    assert [one.default for one in book.of(PROJECT).policies.values()] == [False, True]
    last = history_of(metadata, PROJECT, kind=Kind.POLICY, name="one")[0]
    assert [(one.field, one.before, one.after) for one in last.fields] == [("default", True, False)]


def test_a_deleted_schedule_takes_its_overrides_and_leaves_its_history(metadata: SqliteMetadataStore) -> None:
    book = RegistryBook(metadata)
    together: list[Thing] = [contact("ann"), schedule(layer("ann"))]
    book.save_all(together, by="me", source="hand")
    book.save(override("ann", 1_000, 2_000), by="me")
    assert book.delete(PROJECT, Kind.SCHEDULE, "primary", by="you")
    assert (book.of(PROJECT).schedules, book.of(PROJECT).overrides) == ({}, {})
    gone = history_of(metadata, PROJECT, kind=Kind.SCHEDULE, name="primary")[0]
    assert (gone.action, gone.by) == ("deleted", "you")
    assert not book.delete(PROJECT, Kind.SCHEDULE, "primary", by="you")


def test_history_is_bounded_and_keeps_the_newest(metadata: SqliteMetadataStore) -> None:
    book = RegistryBook(metadata)
    for number in range(CHANGES_KEPT + 3):
        book.save(Agent(project=PROJECT, name="a", description=str(number)), by="me")
    changes = history_of(metadata, PROJECT, kind=Kind.AGENT, name="a")
    assert len(changes) == CHANGES_KEPT
    assert changes[0].fields[0].after == str(CHANGES_KEPT + 2)


def test_another_process_sees_a_change_and_projects_do_not_see_each_other(
    metadata: SqliteMetadataStore,
) -> None:
    writer, reader = RegistryBook(metadata), RegistryBook(metadata)
    writer.save(Agent(project=PROJECT, name="a"), by="me")
    assert list(reader.of(PROJECT).agents) == ["a"]
    assert reader.of("other").agents == {}


def test_a_record_that_cannot_be_read_hides_no_other_and_is_not_lost(metadata: SqliteMetadataStore) -> None:
    book = RegistryBook(metadata)
    book.save(Agent(project=PROJECT, name="a"), by="me")
    strange = '{"project": "default", "name": "b", "stage": "orbit", "colour": "red"}'
    newer = '{"project": "default", "name": "c", "stage": "pilot", "colour": "red"}'
    metadata.save_records(
        [
            Record(project=PROJECT, kind="registry-agent", id="b", body=strange, updated_ns=1),
            Record(project=PROJECT, kind="registry-agent", id="c", body=newer, updated_ns=1),
        ]
    )
    assert list(RegistryBook(metadata).of(PROJECT).agents) == ["a", "c"]
    record = metadata.record(PROJECT, "registry-agent", "b")
    assert record is not None and record.body == strange
