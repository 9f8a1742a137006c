"""Cases kept: once each, by project, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import MetadataUnavailable, Record
from roadworthy.contracts.telemetry import StoreFull
from roadworthy.domain.project import Project
from roadworthy.features.debug.cases.file import decode
from roadworthy.features.debug.cases.making import CaseDraft, NoCase
from roadworthy.features.debug.cases.service import CaseService
from roadworthy.features.debug.inquiry import BadInquiry, EntryPoint
from roadworthy.features.debug.tape.tape import Tape
from tests.unit.debug.cases.tapes import an_order_tape

RUN = "a" * 32


@pytest.fixture
def metadata(tmp_path: Path) -> Iterator[SqliteMetadataStore]:
    store = SqliteMetadataStore(tmp_path / "roadworthy.db")
    store.save_project(Project(id="other", name="other", created_ns=1))
    yield store
    store.close()


def tape_of(_project: str, run_id: str) -> Tape | None:
    return an_order_tape() if run_id == RUN else None


def service(metadata: SqliteMetadataStore, folder: Path, *, free_floor: int = 0) -> CaseService:
    return CaseService(metadata, folder / "cases", tape_of=tape_of, free_floor=free_floor, now_ns=lambda: 7)


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder / "cases")) for path in (folder / "cases").glob("*/*"))


def test_a_case_is_kept_once_listed_read_and_deleted(metadata: SqliteMetadataStore, tmp_path: Path) -> None:
    cases = service(metadata, tmp_path)
    kept = cases.add("default", RUN, CaseDraft(expected="42"), by="ana")
    assert cases.add("default", RUN, CaseDraft(expected="42"), by="ben") == kept
    other = cases.add("default", RUN, CaseDraft(expected="43"))
    assert {one.id for one in cases.all("default")} == {kept.id, other.id}
    assert (kept.how, kept.expected, kept.recorded_passes, other.recorded_passes) == (
        "number",
        "42",
        True,
        False,
    )
    assert (kept.steps, kept.created_by, kept.size) == (3, "ana", len(cases.file("default", kept)))
    assert decode(cases.file("default", kept)).run_id == RUN
    assert cases.delete("default", kept.id) and not cases.delete("default", kept.id)
    assert files(tmp_path) == [f"p-default/{other.id}.case.jsonl"]


def test_projects_do_not_see_each_other_and_go_with_their_cases(
    metadata: SqliteMetadataStore, tmp_path: Path
) -> None:
    cases = service(metadata, tmp_path)
    mine = cases.add("default", RUN, CaseDraft())
    theirs = cases.add("other", RUN, CaseDraft())
    assert mine.id == theirs.id  # named by what they hold
    assert not cases.delete("another", mine.id)
    cases.delete("default", mine.id)
    assert cases.one("default", mine.id) is None and cases.one("other", theirs.id) == theirs
    metadata.delete_project("other")
    cases.forget("other")
    assert (cases.all("other"), files(tmp_path)) == ([], [])


def test_how_the_agent_is_started_comes_from_the_registry(
    metadata: SqliteMetadataStore, tmp_path: Path
) -> None:
    known = EntryPoint(command="python agent.py", folder="/srv/agent")
    cases = CaseService(
        metadata,
        tmp_path / "cases",
        tape_of=tape_of,
        entry_of=lambda _project, agent: known if agent else None,
    )
    found = cases.add("default", RUN, CaseDraft())
    assert found.entry == EntryPoint(command="python agent.py")
    own = cases.add("default", RUN, CaseDraft(entry=EntryPoint(command="uv run agent")))
    assert own.entry == EntryPoint(command="uv run agent")


def test_a_full_disk_keeps_nothing_of_it(
    metadata: SqliteMetadataStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreFull, match="stay free"):
        service(metadata, tmp_path, free_floor=1 << 60).add("default", RUN, CaseDraft())
    cases = service(metadata, tmp_path)

    def full(_fd: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StoreFull, match="No space left"):
            cases.add("default", RUN, CaseDraft())
    assert (files(tmp_path), cases.all("default")) == ([], [])
    assert cases.add("default", RUN, CaseDraft())


class _Refusing(SqliteMetadataStore):
    def save_records(self, records: object) -> None:
        raise MetadataUnavailable("the disk is full")


def test_killed_between_file_and_record_it_is_made_again_and_strays_go(
    metadata: SqliteMetadataStore, tmp_path: Path
) -> None:
    refusing = _Refusing(tmp_path / "roadworthy.db")
    with pytest.raises(MetadataUnavailable):
        service(refusing, tmp_path).add("default", RUN, CaseDraft())
    refusing.close()
    [stray] = (tmp_path / "cases" / "p-default").iterdir()
    cases = service(metadata, tmp_path)
    assert cases.all("default") == []
    os.utime(stray, (0, 0))
    other = cases.add("default", RUN, CaseDraft(expected="43"))
    assert files(tmp_path) == [f"p-default/{other.id}.case.jsonl"]
    assert cases.add("default", RUN, CaseDraft()).steps == 3


def test_what_is_gone_or_damaged_is_said(metadata: SqliteMetadataStore, tmp_path: Path) -> None:
    cases = service(metadata, tmp_path)
    kept = cases.add("default", RUN, CaseDraft())
    [path] = (tmp_path / "cases" / "p-default").iterdir()
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(NoCase, match="damaged: it ends in the middle"):
        cases.file("default", kept)
    path.unlink()
    with pytest.raises(NoCase, match="is gone"):
        cases.file("default", kept)
    # Its record alone is no case: made again, it is there again.
    assert cases.file("default", cases.add("default", RUN, CaseDraft()))


def test_runs_that_are_not_there(metadata: SqliteMetadataStore, tmp_path: Path) -> None:
    cases = service(metadata, tmp_path)
    with pytest.raises(NoCase, match="no run 'x'"):
        cases.add("default", "x", CaseDraft())
    with pytest.raises(BadInquiry, match="no run 'x'") as wrong:
        cases.add("default", RUN, CaseDraft(), good_run="x")
    assert wrong.value.field == "good_run"


def test_a_record_of_a_later_version_is_read(metadata: SqliteMetadataStore, tmp_path: Path) -> None:
    cases = service(metadata, tmp_path)
    kept = cases.add("default", RUN, CaseDraft())
    record = metadata.record("default", "case", kept.id)
    assert record is not None
    later = Record(
        project="default", kind="case", id=kept.id, body=record.body[:-1] + ',"later":1}', updated_ns=8
    )
    metadata.save_records([later])
    assert cases.one("default", kept.id) == kept
