"""The metadata contract over SQLAlchemy, for whichever database the engine speaks to."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace

from sqlalchemy import Engine, and_, delete, insert, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from roadworthy.backends.metadata import rows
from roadworthy.backends.metadata.tables import (
    ChangeRow,
    JobRow,
    KeyRow,
    PersonRow,
    PriceRow,
    ProjectRow,
    RecordRow,
    ResponseRow,
    SessionRow,
    ViewRow,
)
from roadworthy.contracts.metadata import (
    Job,
    LoginSession,
    MetadataUnavailable,
    Person,
    PriceOverride,
    Record,
    SavedView,
)
from roadworthy.domain.project import ApiKey, Project

_AT_ONCE = 500
"""Ids in one statement; engines take some thousands of values at most."""
_REMEMBERED_NS = 86_400 * 1_000_000_000
"""How long a response is kept for its idempotency key: one day."""


@contextmanager
def _told() -> Iterator[None]:
    """The driver's errors in the contract's words."""
    try:
        yield
    except OperationalError as error:
        raise MetadataUnavailable(f"the metadata database does not answer: {error.orig}") from error


class SqlMetadataStore:
    """See `contracts.metadata.MetadataStore`. Safe to call from several threads.

    `reads` must not open a transaction for each statement; `writes` must take the write lock on begin, so
    that a read inside a write cannot be overtaken.
    """

    def __init__(self, *, reads: Engine, writes: Engine) -> None:
        self._reads = reads
        self._writes = writes
        self._lock = threading.Lock()  # protects the cached keys
        self._keys_at = -1
        self._keys: dict[str, tuple[ApiKey, str]] = {}

    @contextmanager
    def _read(self) -> Iterator[Session]:
        with _told(), Session(self._reads, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _write(self) -> Iterator[Session]:
        """One transaction: all or nothing, durable once it is left, counted for those who poll."""
        with _told(), Session(self._writes) as session, session.begin():
            yield session
            session.execute(update(ChangeRow).values(counter=ChangeRow.counter + 1))

    def projects(self) -> list[Project]:
        with self._read() as session:
            found = session.scalars(select(ProjectRow).order_by(ProjectRow.created_ns, ProjectRow.id))
            return [rows.project(row) for row in found]

    def project(self, project_id: str) -> Project | None:
        with self._read() as session:
            row = session.get(ProjectRow, project_id)
            return None if row is None else rows.project(row)

    def save_project(self, project: Project) -> None:
        with self._write() as session:
            session.merge(rows.project_row(project))

    def delete_project(self, project_id: str) -> bool:
        with self._write() as session:
            for table in (KeyRow, PriceRow, ViewRow, JobRow, ResponseRow, RecordRow):
                session.execute(delete(table).where(table.project == project_id))
            row = session.get(ProjectRow, project_id)
            if row is not None:
                session.delete(row)
            return row is not None

    def keys(self, project_id: str | None = None) -> list[ApiKey]:
        query = select(KeyRow).order_by(KeyRow.created_ns, KeyRow.id)
        if project_id is not None:
            query = query.where(KeyRow.project == project_id)
        with self._read() as session:
            return [rows.key(row) for row in session.scalars(query)]

    def add_key(self, key: ApiKey, *, secret_hash: str) -> None:
        with self._write() as session:
            session.add(rows.key_row(key, secret_hash=secret_hash))

    def revoke_key(self, key_id: str, *, at_ns: int) -> bool:
        with self._write() as session:
            row = session.get(KeyRow, key_id)
            if row is None or row.revoked_ns is not None:
                return False
            row.revoked_ns = at_ns
            return True

    def note_keys_used(self, used: Mapping[str, int]) -> None:
        with self._write() as session:
            for key_id, at_ns in used.items():
                row = session.get(KeyRow, key_id)
                if row is not None and at_ns > (row.last_used_ns or 0):
                    row.last_used_ns = at_ns

    def key_hashes(self) -> dict[str, tuple[ApiKey, str]]:
        counter = self.change_counter()
        with self._lock:
            if counter != self._keys_at:
                query = select(KeyRow).where(KeyRow.revoked_ns.is_(None))
                with self._read() as session:
                    self._keys = {row.id: (rows.key(row), row.secret_hash) for row in session.scalars(query)}
                self._keys_at = counter
            return self._keys

    def prices(self, project_id: str) -> list[PriceOverride]:
        order = (PriceRow.model, PriceRow.from_day, PriceRow.above_input_tokens)
        query = select(PriceRow).where(PriceRow.project == project_id).order_by(*order)
        with self._read() as session:
            return [rows.price(row) for row in session.scalars(query)]

    def save_price(self, price: PriceOverride) -> PriceOverride:
        """A price of the same project, model, day and tier is replaced, and keeps its id."""
        same = select(PriceRow).where(
            PriceRow.project == price.project,
            PriceRow.model == price.model,
            PriceRow.from_day == price.from_day,
            PriceRow.above_input_tokens == price.above_input_tokens,
        )
        with self._write() as session:
            before = session.scalars(same).one_or_none()
            price_id = before.id if before is not None else price.id or secrets.token_hex(8)
            saved = replace(price, id=price_id)
            session.merge(rows.price_row(saved))
            return saved

    def delete_price(self, project_id: str, price_id: str) -> bool:
        with self._write() as session:
            row = session.get(PriceRow, price_id)
            if row is None or row.project != project_id:
                return False
            session.delete(row)
            return True

    def views(self, project_id: str) -> list[SavedView]:
        query = select(ViewRow).where(ViewRow.project == project_id).order_by(ViewRow.created_ns, ViewRow.id)
        with self._read() as session:
            return [rows.view(row) for row in session.scalars(query)]

    def save_view(self, view: SavedView) -> None:
        with self._write() as session:
            session.merge(rows.view_row(view))

    def delete_view(self, project_id: str, view_id: str) -> bool:
        with self._write() as session:
            row = session.get(ViewRow, view_id)
            if row is None or row.project != project_id:
                return False
            session.delete(row)
            return True

    def records(self, project_id: str, kind: str) -> list[Record]:
        query = select(RecordRow).where(RecordRow.project == project_id, RecordRow.kind == kind)
        with self._read() as session:
            return [rows.record(row) for row in session.scalars(query.order_by(RecordRow.id))]

    def newest_records(
        self,
        project_id: str,
        kind: str,
        *,
        limit: int,
        after: tuple[int, str] | None = None,
        holding: str = "",
    ) -> list[Record]:
        query = select(RecordRow).where(RecordRow.project == project_id, RecordRow.kind == kind)
        if after is not None:
            at_ns, last = after
            later = and_(RecordRow.updated_ns == at_ns, RecordRow.id > last)
            query = query.where(or_(RecordRow.updated_ns < at_ns, later))
        if holding:
            query = query.where(RecordRow.body.contains(holding, autoescape=True))
        query = query.order_by(RecordRow.updated_ns.desc(), RecordRow.id).limit(limit)
        with self._read() as session:
            return [rows.record(row) for row in session.scalars(query)]

    def record(self, project_id: str, kind: str, record_id: str) -> Record | None:
        with self._read() as session:
            row = session.get(RecordRow, (project_id, kind, record_id))
            return None if row is None else rows.record(row)

    def save_records(self, records: Sequence[Record]) -> None:
        # Not merge(): one statement a row holds the write lock for seconds where thousands come at once.
        newest = {(one.project, one.kind, one.id): one for one in records}
        ids: dict[tuple[str, str], list[str]] = {}
        for project, kind, record_id in newest:
            ids.setdefault((project, kind), []).append(record_id)
        with self._write() as session:
            for (project, kind), replaced in ids.items():
                known = (RecordRow.project == project, RecordRow.kind == kind)
                for start in range(0, len(replaced), _AT_ONCE):
                    part = RecordRow.id.in_(replaced[start : start + _AT_ONCE])
                    session.execute(delete(RecordRow).where(*known, part))
            if newest:
                session.execute(insert(RecordRow), [asdict(one) for one in newest.values()])

    def delete_record(self, project_id: str, kind: str, record_id: str) -> bool:
        with self._write() as session:
            row = session.get(RecordRow, (project_id, kind, record_id))
            if row is not None:
                session.delete(row)
            return row is not None

    def delete_records_before(self, kind: str, *, updated_before_ns: int) -> int:
        old = select(RecordRow).where(RecordRow.kind == kind, RecordRow.updated_ns < updated_before_ns)
        with self._write() as session:
            found = session.scalars(old).all()
            for row in found:
                session.delete(row)
            return len(found)

    def people(self) -> list[Person]:
        with self._read() as session:
            return [rows.person(row) for row in session.scalars(select(PersonRow).order_by(PersonRow.name))]

    def save_person(self, person: Person) -> None:
        """A person whose password changed is logged out everywhere."""
        with self._write() as session:
            before = session.get(PersonRow, person.name)
            if before is not None and before.password_hash != person.password_hash:
                session.execute(delete(SessionRow).where(SessionRow.person == person.name))
            session.merge(rows.person_row(person))

    def delete_person(self, name: str) -> bool:
        with self._write() as session:
            session.execute(delete(SessionRow).where(SessionRow.person == name))
            row = session.get(PersonRow, name)
            if row is not None:
                session.delete(row)
            return row is not None

    def add_session(self, session: LoginSession) -> None:
        with self._write() as transaction:
            transaction.merge(rows.session_row(session))

    def session(self, token_hash: str) -> LoginSession | None:
        with self._read() as session:
            row = session.get(SessionRow, token_hash)
            return None if row is None else rows.session(row)

    def delete_session(self, token_hash: str) -> bool:
        with self._write() as session:
            row = session.get(SessionRow, token_hash)
            if row is not None:
                session.delete(row)
            return row is not None

    def delete_sessions(self, *, person: str | None = None, expired_before_ns: int | None = None) -> int:
        query = select(SessionRow)
        if person is not None:
            query = query.where(SessionRow.person == person)
        if expired_before_ns is not None:
            query = query.where(SessionRow.expires_ns < expired_before_ns)
        with self._write() as session:
            found = session.scalars(query).all()
            for row in found:
                session.delete(row)
            return len(found)

    def jobs(self, project_id: str | None = None, *, limit: int = 200) -> list[Job]:
        query = select(JobRow).order_by(JobRow.created_ns.desc(), JobRow.id).limit(limit)
        if project_id is not None:
            query = query.where(JobRow.project == project_id)
        with self._read() as session:
            return [rows.job(row) for row in session.scalars(query)]

    def job(self, job_id: str) -> Job | None:
        with self._read() as session:
            row = session.get(JobRow, job_id)
            return None if row is None else rows.job(row)

    def save_job(self, job: Job) -> None:
        with self._write() as session:
            session.merge(rows.job_row(job))

    def remembered_response(self, project_id: str, idempotency_key: str) -> tuple[str, bytes] | None:
        with self._read() as session:
            row = session.get(ResponseRow, (project_id, idempotency_key))
            return None if row is None else (row.request_hash, row.body)

    def remember_response(
        self, project_id: str, idempotency_key: str, *, request_hash: str, body: bytes, at_ns: int
    ) -> None:
        """Responses older than a day are forgotten on the way."""
        with self._write() as session:
            session.execute(delete(ResponseRow).where(ResponseRow.at_ns < at_ns - _REMEMBERED_NS))
            session.merge(
                ResponseRow(
                    project=project_id,
                    idempotency_key=idempotency_key,
                    request_hash=request_hash,
                    body=body,
                    at_ns=at_ns,
                )
            )

    def change_counter(self) -> int:
        with self._read() as session:
            return session.scalars(select(ChangeRow.counter)).one()

    def close(self) -> None:
        self._reads.dispose()
        self._writes.dispose()
