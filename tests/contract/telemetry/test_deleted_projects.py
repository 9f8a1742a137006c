"""A deleted project leaves no runs, wherever the process was killed; one of the same id begins with none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.telemetry import RunQuery, TelemetryBatch, TelemetryStore
from roadworthy.domain.project import Project
from roadworthy.domain.run import Run
from roadworthy.domain.score import Score
from roadworthy.features.observe.deleted_projects import SWEPT_FOR_NS, DeletedProjects

NOW = 1_790_000_000 * 10**9


class Killed(Exception):
    """The process ended here."""


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[MetadataStore]:
    store = SqliteMetadataStore(tmp_path / "m.db")
    for name in ("shop", "other"):
        store.save_project(Project(id=name, name=name, created_ns=NOW))
    yield store
    store.close()


def fill(store: TelemetryStore, *projects: str, token: str = "t") -> None:
    for project in projects:
        run = Run(
            project=project, id=token * 32, trace_ids=(token * 32,), sort_ns=NOW, started_ns=NOW, agent="a"
        )
        score = Score(project=project, run_id=run.id, name="helpful", value=1.0, source="api", at_ns=NOW)
        store.write(TelemetryBatch(token=f"{token}{project}", runs=[run], scores=[score]))


def runs(store: TelemetryStore, project: str) -> int:
    return len(store.runs(project, RunQuery()))


def test_its_runs_go_and_nobody_elses(store: TelemetryStore, metadata: MetadataStore) -> None:
    fill(store, "shop", "other")
    deleted = DeletedProjects(metadata, store, clock=lambda: NOW)

    assert deleted.delete("shop")
    assert not deleted.delete("never there")

    assert (runs(store, "shop"), runs(store, "other")) == (0, 1)
    assert list(store.each_score("shop")) == []
    assert metadata.project("shop") is None


@pytest.mark.parametrize("where", ["before the project went", "before its runs went"])
def test_killed_in_between_it_is_finished_or_was_not_begun(
    store: TelemetryStore, metadata: MetadataStore, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    fill(store, "shop", "other")
    deleted = DeletedProjects(metadata, store, clock=lambda: NOW)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        if where == "before the project went":
            dying.setattr(metadata, "delete_project", killed)
        else:
            dying.setattr(deleted, "_forget", killed)
        deleted.delete("shop")

    there = metadata.project("shop") is not None
    DeletedProjects(metadata, store, clock=lambda: NOW).sweep()
    assert there is (where == "before the project went")
    assert runs(store, "shop") == (1 if there else 0)
    assert runs(store, "other") == 1
    # Nothing is left to be done to a project that is there.
    DeletedProjects(metadata, store, clock=lambda: NOW + 2 * SWEPT_FOR_NS).sweep()
    assert runs(store, "shop") == (1 if there else 0)


def test_what_was_on_its_way_goes_too_and_one_of_the_same_id_begins_with_nothing(
    store: TelemetryStore, metadata: MetadataStore
) -> None:
    now, forgotten = [NOW], list[str]()
    deleted = DeletedProjects(metadata, store, forget=forgotten.append, clock=lambda: now[0])
    fill(store, "shop")
    deleted.delete("shop")
    fill(store, "shop", token="u")
    assert deleted.sweep() == 1
    assert runs(store, "shop") == 0

    fill(store, "shop", token="v")
    deleted.make_room("shop")
    metadata.save_project(Project(id="shop", name="again", created_ns=NOW))
    assert runs(store, "shop") == 0
    assert forgotten == ["shop"] * 3
    fill(store, "shop", token="w")
    now[0] += 2 * SWEPT_FOR_NS
    assert deleted.sweep() == 0
    assert runs(store, "shop") == 1


def test_projects_that_nobody_deleted_are_never_dropped(
    store: TelemetryStore, metadata: MetadataStore
) -> None:
    fill(store, "lost")

    DeletedProjects(metadata, store, clock=lambda: NOW).sweep()

    assert runs(store, "lost") == 1
