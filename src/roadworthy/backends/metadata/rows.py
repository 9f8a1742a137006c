"""Rows to domain objects and back: the one place that knows both."""

from __future__ import annotations

from dataclasses import asdict

from roadworthy.backends.metadata.tables import (
    JobRow,
    KeyRow,
    PersonRow,
    PriceRow,
    ProjectRow,
    RecordRow,
    SessionRow,
    ViewRow,
)
from roadworthy.contracts.metadata import (
    Job,
    JobStatus,
    LoginSession,
    Person,
    PriceOverride,
    Record,
    SavedView,
)
from roadworthy.domain.project import ApiKey, KeyScope, Project


def project(row: ProjectRow) -> Project:
    return Project(
        id=row.id,
        name=row.name,
        created_ns=row.created_ns,
        retention_days=row.retention_days,
        require_key=row.require_key,
    )


def project_row(project: Project) -> ProjectRow:
    return ProjectRow(**asdict(project))


def scopes_text(scopes: frozenset[KeyScope]) -> str:
    return ",".join(sorted(scopes))


def scopes_of(text: str) -> frozenset[KeyScope]:
    return frozenset(KeyScope(name) for name in text.split(",") if name)


def key(row: KeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        project=row.project,
        name=row.name,
        scopes=scopes_of(row.scopes),
        created_ns=row.created_ns,
        last_used_ns=row.last_used_ns,
        revoked_ns=row.revoked_ns,
    )


def key_row(key: ApiKey, *, secret_hash: str) -> KeyRow:
    return KeyRow(
        id=key.id,
        project=key.project,
        name=key.name,
        scopes=scopes_text(key.scopes),
        secret_hash=secret_hash,
        created_ns=key.created_ns,
        last_used_ns=key.last_used_ns,
        revoked_ns=key.revoked_ns,
    )


def price(row: PriceRow) -> PriceOverride:
    return PriceOverride(
        id=row.id,
        project=row.project,
        model=row.model,
        from_day=row.from_day,
        above_input_tokens=row.above_input_tokens,
        input_usd_per_mtok=row.input_usd_per_mtok,
        output_usd_per_mtok=row.output_usd_per_mtok,
        cache_read_usd_per_mtok=row.cache_read_usd_per_mtok,
        cache_write_usd_per_mtok=row.cache_write_usd_per_mtok,
        reasoning_usd_per_mtok=row.reasoning_usd_per_mtok,
    )


def price_row(price: PriceOverride) -> PriceRow:
    return PriceRow(**asdict(price))


def view(row: ViewRow) -> SavedView:
    return SavedView(
        id=row.id,
        project=row.project,
        name=row.name,
        page=row.page,
        query=row.query,
        created_ns=row.created_ns,
    )


def view_row(view: SavedView) -> ViewRow:
    return ViewRow(**asdict(view))


def person(row: PersonRow) -> Person:
    return Person(name=row.name, password_hash=row.password_hash, created_ns=row.created_ns)


def person_row(person: Person) -> PersonRow:
    return PersonRow(**asdict(person))


def session(row: SessionRow) -> LoginSession:
    return LoginSession(
        token_hash=row.token_hash, person=row.person, created_ns=row.created_ns, expires_ns=row.expires_ns
    )


def session_row(session: LoginSession) -> SessionRow:
    return SessionRow(**asdict(session))


def job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        project=row.project,
        kind=row.kind,
        arguments=row.arguments,
        status=JobStatus(row.status),
        position=row.position,
        done=row.done,
        total=row.total,
        unit=row.unit,
        error=row.error,
        created_ns=row.created_ns,
        updated_ns=row.updated_ns,
    )


def job_row(job: Job) -> JobRow:
    return JobRow(**(asdict(job) | {"status": job.status.value}))


def record(row: RecordRow) -> Record:
    return Record(project=row.project, kind=row.kind, id=row.id, body=row.body, updated_ns=row.updated_ns)
