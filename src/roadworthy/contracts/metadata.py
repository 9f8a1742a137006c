"""What the metadata store promises: projects, keys, people, log-ins, prices, saved views, jobs.

One call is one transaction, durable on return. Small: everything in it fits in memory. SQLite (WAL) behind
SQLAlchemy today; PostgreSQL with the same models later. Secrets are hashed before they get here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from roadworthy.domain.project import ApiKey, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceOverride:
    """What a project pays for a model from a date on. USD per million tokens; None falls back to the list.

    `model` matches exactly, or as a prefix where it ends in "*".
    """

    project: str
    model: str
    from_day: str
    """YYYY-MM-DD, UTC: holds from this day until the next override of the same model and tier."""
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cache_read_usd_per_mtok: float | None = None
    cache_write_usd_per_mtok: float | None = None
    reasoning_usd_per_mtok: float | None = None
    """None: reasoning tokens cost what output tokens cost."""
    above_input_tokens: int = 0
    """Holds for calls with more input tokens than this: a tier is an override of its own, and all tokens of
    a call are paid at its tier (as providers bill)."""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    project: str
    id: str
    name: str
    page: str
    """runs, sessions or fleet."""
    query: str
    """The URL's query string."""
    created_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    name: str
    password_hash: str
    """argon2id."""
    created_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A person who logged in. Only a hash of the cookie's token is kept."""

    token_hash: str
    person: str
    created_ns: int
    expires_ns: int


class JobStatus(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A long piece of work that survives a restart: it goes on from `position`.

    `arguments` and `position` are JSON of the kind's own making.
    """

    id: str
    project: str
    kind: str
    arguments: str
    created_ns: int
    updated_ns: int
    status: JobStatus = JobStatus.WAITING
    position: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    """What `done` and `total` count."""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A small thing of a kind that a feature keeps for a project: an evaluator, a judge, a fitted model.

    `body` is JSON of the feature's own making; the store looks into none."""

    project: str
    kind: str
    id: str
    body: str
    updated_ns: int


class MetadataUnavailable(Exception):  # noqa: N818 (a condition, not a bug)
    """The database cannot be read or written now: the disk is full, or another process holds it for long.
    Nothing of the call was kept."""


class MetadataStore(Protocol):
    """Every call may raise `MetadataUnavailable`."""

    def projects(self) -> list[Project]: ...
    def project(self, project_id: str) -> Project | None: ...
    def save_project(self, project: Project) -> None: ...
    def delete_project(self, project_id: str) -> bool: ...

    def keys(self, project_id: str | None = None) -> list[ApiKey]: ...
    def add_key(self, key: ApiKey, *, secret_hash: str) -> None: ...
    def revoke_key(self, key_id: str, *, at_ns: int) -> bool: ...
    def note_keys_used(self, used: Mapping[str, int]) -> None:
        """When each key (by id) was last used, Unix ns; an earlier time than is known changes nothing."""
        ...

    def key_hashes(self) -> dict[str, tuple[ApiKey, str]]:
        """Live keys by id, with the hash of their secret: the snapshot doors authenticate against."""
        ...

    def prices(self, project_id: str) -> list[PriceOverride]: ...
    def save_price(self, price: PriceOverride) -> PriceOverride: ...
    def delete_price(self, project_id: str, price_id: str) -> bool: ...

    def views(self, project_id: str) -> list[SavedView]: ...
    def save_view(self, view: SavedView) -> None: ...
    def delete_view(self, project_id: str, view_id: str) -> bool: ...

    def people(self) -> list[Person]: ...
    def save_person(self, person: Person) -> None: ...
    def delete_person(self, name: str) -> bool: ...

    def add_session(self, session: LoginSession) -> None: ...
    def session(self, token_hash: str) -> LoginSession | None: ...
    def delete_session(self, token_hash: str) -> bool: ...
    def delete_sessions(self, *, person: str | None = None, expired_before_ns: int | None = None) -> int:
        """Of that person, or those that ended before; how many."""
        ...

    def jobs(self, project_id: str | None = None, *, limit: int = 200) -> list[Job]:
        """Newest first."""
        ...

    def job(self, job_id: str) -> Job | None: ...
    def save_job(self, job: Job) -> None: ...

    def records(self, project_id: str, kind: str) -> list[Record]:
        """By id."""
        ...

    def newest_records(
        self,
        project_id: str,
        kind: str,
        *,
        limit: int,
        after: tuple[int, str] | None = None,
        holding: str = "",
    ) -> list[Record]:
        """Last updated first, then by id; `after` is (updated_ns, id) of the last one. With `holding` only
        those whose body has this text in it (letters may be of another case)."""
        ...

    def record(self, project_id: str, kind: str, record_id: str) -> Record | None: ...
    def save_records(self, records: Sequence[Record]) -> None:
        """All or none; each replaces the one of its project, kind and id."""
        ...

    def delete_record(self, project_id: str, kind: str, record_id: str) -> bool: ...
    def delete_records_before(self, kind: str, *, updated_before_ns: int) -> int:
        """Of all projects; how many."""
        ...

    def remembered_response(self, project_id: str, idempotency_key: str) -> tuple[str, bytes] | None:
        """(hash of the request, response body) of an earlier request with this idempotency key."""
        ...

    def remember_response(
        self, project_id: str, idempotency_key: str, *, request_hash: str, body: bytes, at_ns: int
    ) -> None: ...

    def change_counter(self) -> int:
        """Rises with every committed write of any process: cheap to poll."""
        ...

    def close(self) -> None: ...
