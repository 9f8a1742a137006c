"""What is SQLite's own: the file, its migrations, and the key snapshot of the front."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from roadworthy.backends.metadata.sqlite import migrate
from roadworthy.backends.metadata.sqlite.keys import SqliteKeyDirectory
from roadworthy.backends.metadata.sqlite.migrate import HEAD, NewerDatabase
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.metadata.tables import Base
from roadworthy.contracts.keys import KeyVerdict
from roadworthy.domain.project import ApiKey, KeyScope, Project
from roadworthy.kit.secrets import new_api_key


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    SqliteMetadataStore(tmp_path / "m.db").close()
    assert stat.S_IMODE((tmp_path / "m.db").stat().st_mode) == 0o600


def test_migrations_make_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    SqliteMetadataStore(tmp_path / "m.db").close()
    with create_engine(f"sqlite:///{tmp_path}/m.db").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_newest_migration_is_the_one_the_code_names() -> None:
    folder = Path(migrate.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_heads() == [HEAD]


def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    SqliteMetadataStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabase, match="9999"):
        SqliteMetadataStore(path)


def test_a_migration_that_broke_off_is_done_again(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with sqlite3.connect(path) as connection:
        # What a crash in the middle would leave, were it not one transaction.
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    store = SqliteMetadataStore(path)
    assert store.projects() == []
    store.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteMetadataStore]:
    opened = SqliteMetadataStore(tmp_path / "m.db")
    yield opened
    opened.close()


@pytest.fixture
def directory(store: SqliteMetadataStore, tmp_path: Path) -> Iterator[SqliteKeyDirectory]:
    opened = SqliteKeyDirectory(tmp_path / "m.db", refresh_s=0.02)
    yield opened
    opened.close()


def add_key(store: SqliteMetadataStore, *scopes: KeyScope, project: str = "shop") -> str:
    secret = new_api_key()
    key = ApiKey(id=secret.id, project=project, name="k", scopes=frozenset(scopes), created_ns=1)
    store.add_key(key, secret_hash=secret.hash)
    return secret.text


def _another_end(text: str) -> str:
    return text[:-1] + ("A" if text[-1] != "A" else "B")


def soon(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


def test_without_a_key_the_default_project_takes_data(directory: SqliteKeyDirectory) -> None:
    decision = directory.resolve(None)
    assert (decision.verdict, decision.project) == (KeyVerdict.ACCEPTED, "default")


def test_a_key_made_later_is_known_soon_and_a_revoked_one_refused(
    store: SqliteMetadataStore, directory: SqliteKeyDirectory
) -> None:
    text = add_key(store, KeyScope.INGEST)
    assert soon(lambda: directory.resolve(text).accepted)
    assert directory.resolve(text).project == "shop"
    store.revoke_key(text.split("_")[1], at_ns=1)
    assert soon(lambda: directory.resolve(text).verdict is KeyVerdict.UNKNOWN_KEY)


def test_what_was_made_a_moment_ago_counts_at_once(store: SqliteMetadataStore, tmp_path: Path) -> None:
    """Senders drop for good what is refused with 401: they cannot be asked to wait for the next look."""
    directory = SqliteKeyDirectory(tmp_path / "m.db", refresh_s=3600)
    text = add_key(store, KeyScope.INGEST)
    assert directory.resolve(text).accepted
    store.save_project(Project(id="new", name="n", created_ns=1))
    assert directory.resolve(None, project="new").accepted
    directory.close()


@pytest.mark.parametrize("spoil", [_another_end, str.upper, lambda _: "", lambda text: text * 2])
def test_a_wrong_key_is_refused(
    store: SqliteMetadataStore, directory: SqliteKeyDirectory, spoil: Callable[[str], str]
) -> None:
    text = add_key(store, KeyScope.INGEST)
    assert soon(lambda: directory.resolve(text).accepted)
    decision = directory.resolve(spoil(text))
    assert decision.verdict is KeyVerdict.UNKNOWN_KEY
    assert text not in decision.reason


def test_a_key_that_may_only_read_may_not_send(
    store: SqliteMetadataStore, directory: SqliteKeyDirectory
) -> None:
    text = add_key(store, KeyScope.READ)
    assert soon(lambda: directory.resolve(text).verdict is KeyVerdict.WRONG_SCOPE)


def test_it_is_noted_when_a_key_was_used(store: SqliteMetadataStore, tmp_path: Path) -> None:
    text = add_key(store, KeyScope.INGEST)
    before = time.time_ns()
    directory = SqliteKeyDirectory(tmp_path / "m.db", refresh_s=60)
    assert directory.resolve(text).accepted
    directory.close()
    (key,) = store.keys("shop")
    assert key.last_used_ns is not None
    assert key.last_used_ns >= before


def test_a_project_may_want_a_key(store: SqliteMetadataStore, directory: SqliteKeyDirectory) -> None:
    store.save_project(Project(id="default", name="d", created_ns=1, require_key=True))
    store.save_project(Project(id="open", name="o", created_ns=1))
    assert soon(lambda: directory.resolve(None).verdict is KeyVerdict.KEY_REQUIRED)
    assert soon(lambda: directory.resolve(None, project="open").project == "open")
    assert directory.resolve(None, project="nowhere").verdict is KeyVerdict.KEY_REQUIRED


def test_a_key_belongs_to_its_project_whatever_is_asked(
    store: SqliteMetadataStore, directory: SqliteKeyDirectory
) -> None:
    text = add_key(store, KeyScope.INGEST)
    assert soon(lambda: directory.resolve(text, project="other").accepted)
    assert directory.resolve(text, project="other").project == "shop"
