"""Cases as doors offer them: made of runs, kept as files, handed out.

A case's name among all is the beginning of its digest: making the same twice is one. The file is there before
its record, and the record goes before the file: whenever somebody is killed, what can be listed can be read.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.records import as_record, read_record
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.features.debug.cases.file import SUFFIX, BadCaseFile, decode, digest_of, encode
from roadworthy.features.debug.cases.making import CaseDraft, NoCase, case_of, file_name, recorded_passes
from roadworthy.features.debug.inquiry import BadInquiry, EntryPoint
from roadworthy.features.debug.tape.tape import Tape

KIND = "case"
MOST_KEPT = 5_000
"""Of a project."""
_ID = 16
_STRAY_S = 3_600.0

TapeOf = Callable[[str, str], "Tape | None"]
"""(project, run) → its tape; None: no such run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCase:
    """Identity is (project, id)."""

    id: str
    name: str
    agent: str
    run_id: str
    good_run: str = ""
    input: str
    how: str
    expected: str = ""
    calls: str
    expect_failure: bool = False
    changed_steps: tuple[int, ...] = ()
    recorded_passes: bool | None = None
    """Whether the run's own answer passes."""
    steps: int
    entry: EntryPoint | None = None
    file_name: str
    digest: str
    size: int
    """Bytes of the file."""
    created_ns: int
    created_by: str = ""


class CaseService:
    """Safe to call from several threads of one process; that process is the only writer of cases. `entry_of`
    knows how an agent is started, where that is registered."""

    def __init__(
        self,
        metadata: MetadataStore,
        folder: Path,
        *,
        tape_of: TapeOf,
        entry_of: Callable[[str, str], EntryPoint | None] = lambda _project, _agent: None,
        free_floor: int = 0,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metadata = metadata
        self._folder = folder
        self._tape_of = tape_of
        self._entry_of = entry_of
        self._free_floor = free_floor
        self._now_ns = now_ns
        self._lock = threading.Lock()
        """Protects the time between writing or deleting a file and its record."""

    def add(
        self, project: str, run_id: str, draft: CaseDraft, *, good_run: str = "", by: str = ""
    ) -> KeptCase:
        """The case it made, or that was there already. Raises BadInquiry, NoCase, and StoreFull where nothing
        was kept."""
        tape = self._tape_of(project, run_id)
        if tape is None:
            raise NoCase(f"there is no run {run_id!r}")
        good = self._tape_of(project, good_run) if good_run else None
        if good_run and good is None:
            raise BadInquiry("good_run", f"there is no run {good_run!r}")
        if draft.entry is None:
            draft = replace(draft, entry=self._entry_of(project, tape.agent))
        case = case_of(draft, tape, good=good)
        data = encode(case)
        digest = digest_of(data)
        kept = KeptCase(
            id=digest[:_ID],
            name=case.name,
            agent=case.agent,
            run_id=case.run_id,
            good_run=good_run,
            input=case.input,
            how=case.check.how,
            expected=case.check.expected,
            calls=case.calls.value,
            expect_failure=case.expect_failure,
            changed_steps=tuple(sorted({one.step for one in case.changes})),
            recorded_passes=recorded_passes(case),
            steps=len(case.tape.calls),
            entry=case.entry,
            file_name=file_name(case),
            digest=digest,
            size=len(data),
            created_ns=self._now_ns(),
            created_by=by,
        )
        return self._kept(project, kept, data)

    def all(self, project: str) -> list[KeptCase]:
        """Newest first."""
        found = [read_record(KeptCase, one) for one in self._metadata.records(project, KIND)]
        return sorted(found, key=lambda one: (one.created_ns, one.id), reverse=True)

    def count(self, project: str) -> int:
        return len(self._metadata.records(project, KIND))

    def one(self, project: str, case_id: str) -> KeptCase | None:
        kept = self._metadata.record(project, KIND, case_id)
        return read_record(KeptCase, kept) if kept else None

    def file(self, project: str, kept: KeptCase) -> bytes:
        """Raises NoCase where it is gone or damaged."""
        try:
            data = self._path(project, kept.id).read_bytes()
        except FileNotFoundError:
            raise NoCase(f"the file of case {kept.id} is gone from {self._folder}") from None
        except OSError as fault:
            raise StoreUnavailable(f"the file of case {kept.id} cannot be read: {fault.strerror}") from fault
        try:
            decode(data)
        except BadCaseFile as bad:
            raise NoCase(f"the file of case {kept.id} is damaged: {bad}") from None
        return data

    def delete(self, project: str, case_id: str) -> bool:
        with self._lock:
            gone = self._metadata.delete_record(project, KIND, case_id)
            if gone:
                self._path(project, case_id).unlink(missing_ok=True)
            return gone

    def forget(self, project: str) -> None:
        """The files of a project that was deleted; its records went with it."""
        with self._lock:
            shutil.rmtree(self._of(project), ignore_errors=True)

    def _kept(self, project: str, kept: KeptCase, data: bytes) -> KeptCase:
        with self._lock:
            there = self.one(project, kept.id)
            path = self._path(project, kept.id)
            if there is not None and path.exists():
                return there
            if there is None and len(self._metadata.records(project, KIND)) >= MOST_KEPT:
                raise NoCase(f"there are {MOST_KEPT} cases already; delete some first")
            self._write(path, data)
            record = as_record(kept, project=project, kind=KIND, record_id=kept.id, at_ns=kept.created_ns)
            self._metadata.save_records([record])
            self._sweep(project)
            return kept

    def _write(self, path: Path, data: bytes) -> None:
        """There as a whole or not at all, and durable."""
        made = path.with_suffix(".new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            usage = os.statvfs(path.parent)
            if usage.f_bavail * usage.f_frsize - len(data) < self._free_floor:
                raise StoreFull(f"less than {self._free_floor} bytes would stay free for the other stores")
            with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            made.replace(path)
            _sync(path.parent)
        except OSError as fault:
            made.unlink(missing_ok=True)
            if fault.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StoreFull(f"the case could not be written: {fault.strerror}") from fault
            raise StoreUnavailable(f"the case could not be written: {fault.strerror}") from fault

    def _sweep(self, project: str) -> None:
        """Files that nobody lists: of somebody killed between file and record."""
        known = {one.id for one in self._metadata.records(project, KIND)}
        oldest = time.time() - _STRAY_S
        for path in self._of(project).iterdir():
            stray = path.name.removesuffix(SUFFIX) not in known
            if stray and path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _of(self, project: str) -> Path:
        return self._folder / f"p-{quote(project, safe='')}"

    def _path(self, project: str, case_id: str) -> Path:
        return self._of(project) / f"{quote(case_id, safe='')}{SUFFIX}"


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
