"""The metadata tables, for any database SQLAlchemy speaks to. Migrations make them; see sqlite/migrations."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Float, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class ProjectRow(Base):
    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_ns: Mapped[int] = mapped_column(BigInteger)
    retention_days: Mapped[int | None] = mapped_column(Integer)
    require_key: Mapped[bool] = mapped_column(Boolean)


class KeyRow(Base):
    __tablename__ = "api_keys"
    __table_args__ = (Index("api_keys_project", "project"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[str] = mapped_column(String(100))
    """Sorted, separated by commas."""
    secret_hash: Mapped[str] = mapped_column(String(64))
    created_ns: Mapped[int] = mapped_column(BigInteger)
    last_used_ns: Mapped[int | None] = mapped_column(BigInteger)
    revoked_ns: Mapped[int | None] = mapped_column(BigInteger)


class PriceRow(Base):
    __tablename__ = "prices"
    __table_args__ = (
        Index("prices_project", "project", "model", "from_day", "above_input_tokens", unique=True),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project: Mapped[str] = mapped_column(String(40))
    model: Mapped[str] = mapped_column(String(200))
    from_day: Mapped[str] = mapped_column(String(10))
    above_input_tokens: Mapped[int] = mapped_column(BigInteger)
    input_usd_per_mtok: Mapped[float] = mapped_column(Float)
    output_usd_per_mtok: Mapped[float] = mapped_column(Float)
    cache_read_usd_per_mtok: Mapped[float | None] = mapped_column(Float)
    cache_write_usd_per_mtok: Mapped[float | None] = mapped_column(Float)
    reasoning_usd_per_mtok: Mapped[float | None] = mapped_column(Float)


class ViewRow(Base):
    __tablename__ = "saved_views"
    __table_args__ = (Index("saved_views_project", "project"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    page: Mapped[str] = mapped_column(String(20))
    query: Mapped[str] = mapped_column(Text)
    created_ns: Mapped[int] = mapped_column(BigInteger)


class PersonRow(Base):
    __tablename__ = "people"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(300))
    created_ns: Mapped[int] = mapped_column(BigInteger)


class SessionRow(Base):
    __tablename__ = "login_sessions"
    __table_args__ = (Index("login_sessions_person", "person"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(String(200))
    created_ns: Mapped[int] = mapped_column(BigInteger)
    expires_ns: Mapped[int] = mapped_column(BigInteger)


class JobRow(Base):
    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_created", "created_ns"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    project: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    position: Mapped[str] = mapped_column(Text)
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(40))
    error: Mapped[str] = mapped_column(Text)
    created_ns: Mapped[int] = mapped_column(BigInteger)
    updated_ns: Mapped[int] = mapped_column(BigInteger)


class RecordRow(Base):
    __tablename__ = "records"

    project: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    updated_ns: Mapped[int] = mapped_column(BigInteger)


class ResponseRow(Base):
    __tablename__ = "remembered_responses"
    __table_args__ = (Index("remembered_responses_at", "at_ns"),)

    project: Mapped[str] = mapped_column(String(40), primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at_ns: Mapped[int] = mapped_column(BigInteger)


class ChangeRow(Base):
    """One row: how many writes were committed, by any process."""

    __tablename__ = "changes"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    counter: Mapped[int] = mapped_column(BigInteger)
