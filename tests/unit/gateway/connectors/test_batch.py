"""Batch files, loaded into tables: encodings, half files, corrections, staleness, and a process that is
killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from roadworthy.backends.upstream.http.transport import HttpTransport
from roadworthy.contracts.tool_system import ToolFailed, ToolSystem
from roadworthy.domain.connector import Connector, ConnectorKind
from roadworthy.domain.delivery import DeliveryState
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.batch.deliveries import BatchDeliveries
from roadworthy.features.gateway.connectors.batch.freshness import judge
from roadworthy.features.gateway.connectors.batch.loader import Loader
from roadworthy.features.gateway.connectors.batch.paths import tables_file
from roadworthy.features.gateway.connectors.opened import Parts
from roadworthy.features.gateway.connectors.settings.batch import Freshness
from roadworthy.features.gateway.connectors.settings.table import read_settings
from tests.unit.gateway.connectors.world import CONTEXT, a_connector, with_system

DAY = 86_400 * 10**9


class Drop:
    """A folder that files are put into, and a connector that reads it."""

    def __init__(self, root: Path, **table: Any) -> None:
        self.inbox = root / "inbox"
        self.inbox.mkdir()
        self.folder = root / "data" / "connectors"
        self.now = time.time_ns()
        settings = {
            "source": {"type": "folder", "path": str(self.inbox)},
            "tables": {"orders": {"files": "orders*", "settle_s": 0, **table}},
        }
        self.connector: Connector = a_connector(ConnectorKind.BATCH, settings)
        self.deliveries = BatchDeliveries(self.folder, clock=lambda: self.now)

    def put(self, name: str, body: str | bytes, *, days_old: float = 0, encoding: str = "utf-8") -> None:
        path = self.inbox / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode(encoding))
        at = self.now - round(days_old * DAY)
        os.utime(path, ns=(at, at))

    def look(self) -> str:
        settings: Any = read_settings(self.connector.kind, self.connector.settings)
        loader = Loader(self.parts, clock=lambda: self.now)
        return loader.look(self.connector, settings).problem

    def parts(self) -> Parts:
        return Parts(transport=HttpTransport(), unseal=str, folder=self.folder)

    def call(self, tool: str, /, **arguments: Any) -> Any:
        async def work(system: ToolSystem) -> Any:
            return (await system.call(tool, arguments, context=CONTEXT)).structured

        return with_system(self.connector, self.folder, work)

    def rows(self, sql: str = "select * from orders") -> list[Any]:
        found: list[Any] = self.call("query", sql=sql)["rows"]
        return found

    def states(self) -> list[tuple[str, DeliveryState]]:
        found = self.deliveries.deliveries(self.connector, limit=50)
        return [(one.file, one.state) for one in reversed(found)]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("id;name\n007;Müller\n", "utf-8"),
        ("id,name\n007,Müller\n", "utf-8-sig"),
        ("id\tname\n007\tMüller\n", "utf-16"),
        ("id|name\r\n007|Müller\r\n", "latin-1"),
        ('"id","name"\n"007","Müller"', "cp1252"),
    ],
)
def test_dialects_and_encodings_are_found(tmp_path: Path, body: str, encoding: str) -> None:
    drop = Drop(tmp_path)
    drop.put("orders.csv", body, encoding=encoding)

    assert drop.look() == ""

    assert drop.rows("select id, name from orders") == [["007", "Müller"]]


def test_mainframe_files(tmp_path: Path) -> None:
    layout = [
        {"name": "id", "start": 1, "length": 4},
        {"name": "name", "start": 5, "length": 8},
        {"name": "amount", "start": 13, "length": 8},
    ]
    drop = Drop(
        tmp_path,
        format={"type": "fixed", "layout": layout},
        encoding="cp037",
        columns={"amount": {"type": "number", "decimal": ","}},
    )
    drop.put("orders.dat", "0042Ada     001.234,50-\x85".replace("001.234,50-", "1.234,5-"), encoding="cp037")

    drop.look()

    assert drop.rows() == [["0042", "Ada", -1234.5]]


def test_xml_and_json_lines(tmp_path: Path) -> None:
    drop = Drop(tmp_path, format={"type": "xml", "row": "orders/order"})
    drop.put(
        "orders.xml", '<orders><order id="1"><who><name>Ada</name></who></order><order id="2"/></orders>'
    )
    drop.look()
    assert drop.rows("select id, who_name from orders") == [[1, "Ada"], [2, None]]

    (tmp_path / "b").mkdir()
    drop = Drop(tmp_path / "b", format={"type": "jsonl"})
    drop.put("orders.jsonl", '{"id": 1, "tags": [1, 2]}\n{"id": 2, "new": true}\n')
    drop.look()
    assert drop.rows("select id, tags, new from orders") == [[1, "[1,2]", None], [2, None, "true"]]


@pytest.mark.parametrize(
    ("name", "form", "body"),
    [
        ("orders.xml", {"type": "xml", "row": "orders/order"}, "<orders><order><a>1</a></order><ord"),
        (
            "orders.xml",
            {"type": "xml", "row": "o/r"},
            '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><o><r><a>&x;</a></r></o>',
        ),
        ("orders.jsonl", {"type": "jsonl"}, '{"a": 1}\n{"a": 2'),
        ("orders.csv", {"type": "csv"}, 'a,b\n1,"2\n3,4\n'),
    ],
)
def test_half_files_are_refused_and_the_old_table_stays(
    tmp_path: Path, name: str, form: dict[str, Any], body: str
) -> None:
    drop = Drop(tmp_path, format=form)
    drop.put(name, body)

    drop.look()

    ((_, state),) = drop.states()
    assert state is DeliveryState.REFUSED
    with pytest.raises(ToolFailed):
        drop.rows()


def test_what_may_still_grow_waits(tmp_path: Path) -> None:
    drop = Drop(tmp_path, settle_s=10, marker="{name}.done")
    drop.put("orders.csv", "a,b\n1,2\n")
    drop.put("orders.csv.part", "a,b\n")
    drop.look()
    assert drop.states() == [("orders.csv", DeliveryState.WAITING)]
    drop.put("orders.csv.done", "")
    drop.look()
    assert drop.states()[0] == ("orders.csv", DeliveryState.WAITING)

    drop.now += 11 * 10**9
    drop.look()

    assert ("orders.csv", DeliveryState.LOADED) in drop.states()


def test_a_trailer_counts_the_rows(tmp_path: Path) -> None:
    drop = Drop(tmp_path, trailer=r"^TRAILER (?P<rows>\d+)")
    drop.put("orders1.csv", "a,b\n1,2\nTRAILER 00002\n", days_old=1)
    drop.put("orders2.csv", "a,b\n1,2\n", days_old=0.5)
    drop.look()
    assert [state for _, state in drop.states()] == [DeliveryState.REFUSED] * 2

    drop.put("orders3.csv", "a,b\n1,2\nTRAILER 00001\n")
    drop.look()

    assert drop.rows() == [[1, 2]]


def test_duplicates_corrections_and_late_files(tmp_path: Path) -> None:
    drop = Drop(tmp_path, as_of="orders_%Y%m%d*")
    drop.put("orders_20261120.csv", "a,b\n1,2\n", days_old=2)
    drop.look()
    drop.put("orders_20261120_again.csv", "a,b\n1,2\n", days_old=1)
    drop.put("orders_20261119.csv", "a,b\n0,0\n", days_old=1)
    drop.look()
    drop.put("orders_20261120.csv", "a,b\n1,3\n")
    drop.look()

    assert drop.rows() == [[1, 3]]
    assert sorted(drop.states()) == [
        ("orders_20261119.csv", DeliveryState.SUPERSEDED),
        ("orders_20261120.csv", DeliveryState.LOADED),
        ("orders_20261120.csv", DeliveryState.LOADED),
        ("orders_20261120_again.csv", DeliveryState.DUPLICATE),
    ]


def test_files_that_add_up_take_a_correction_in_place(tmp_path: Path) -> None:
    drop = Drop(tmp_path, mode="append", key=["id"])
    drop.put("orders1.csv", "id,v\n1,10\n2,20\n", days_old=2)
    drop.put("orders2.csv", "id,v,more\n3,abc,x\n", days_old=1)
    drop.look()
    drop.put("orders1.csv", "id,v\n1,11\n")
    drop.look()

    assert drop.rows("select id, v, more from orders order by id") == [[1, "11", None], [3, "abc", "x"]]
    assert drop.call("lookup", table="orders", key={"id": 3})["rows"][0][:2] == [3, "abc"]


def test_bad_rows_are_set_aside_with_their_lines(tmp_path: Path) -> None:
    drop = Drop(tmp_path, columns={"amount": {"type": "number", "decimal": ","}}, bad_rows=0.02)
    lines = [f'{n},"{n},5"' for n in range(200)]
    lines[9] = "9,password=hunter2secret"
    lines[19] = "19,1,2"
    drop.put("orders.csv", "id,amount\n" + "\n".join(lines))
    drop.look()

    assert drop.rows("select count(*), sum(amount) from orders")[0][0] == 198
    found = drop.deliveries.bad_rows(drop.connector, limit=10)
    assert [(one.line, one.reason) for one in found] == [
        (11, "amount: expected a number"),
        (21, "3 values, expected 2"),
    ]
    assert "hunter2" not in found[0].text


def test_who_looks_while_the_tables_are_being_made_sees_none(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    file = tables_file(drop.folder, drop.connector)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = sqlite3.connect(file)
    half.execute("create table _deliveries(id integer primary key)")
    half.commit()
    half.close()

    deliveries = drop.deliveries

    assert deliveries.bad_rows(drop.connector, limit=9) == []
    assert deliveries.deliveries(drop.connector, limit=9) == []


def test_stale_data_is_no_data(tmp_path: Path) -> None:
    drop = Drop(tmp_path, freshness={"max_age_hours": 26})
    drop.put("orders.csv", "a,b\n1,2\n", days_old=2)
    drop.look()

    with pytest.raises(ToolFailed) as caught:
        drop.rows()

    assert caught.value.failure.code is FailureCode.STALE
    assert "orders: 48 h old; at most 26 h are allowed" in caught.value.failure.what
    assert drop.call("describe")["tables"][0]["stale"] is True


@pytest.mark.parametrize(
    ("delivered", "now", "stale"),
    [
        ("2026-11-20T05:00", "2026-11-20T12:00", False),
        ("2026-11-20T05:00", "2026-11-21T05:29", False),
        ("2026-11-20T05:00", "2026-11-21T05:31", True),
        ("2026-11-20T09:00", "2026-11-21T05:31", True),  # late for yesterday is none for today
        ("2026-11-20T22:00", "2026-11-21T05:31", False),
    ],
)
def test_due_by_the_clock_of_a_zone(delivered: str, now: str, stale: bool) -> None:
    def ns(text: str) -> int:
        return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9

    contract = Freshness(every="day", by="06:30", zone="Europe/Berlin")

    assert judge(contract, as_of_ns=ns(delivered), now_ns=ns(now)).stale is stale


@pytest.mark.parametrize(
    "sql",
    [
        "select * from _deliveries",
        "select * from sqlite_master",
        "delete from orders",
        "select load_extension('x')",
        "select * from pragma_table_info('orders')",
    ],
)
def test_a_query_reads_the_tables_and_nothing_else(tmp_path: Path, sql: str) -> None:
    drop = Drop(tmp_path)
    drop.put("orders.csv", "a,b\n1,2\n")
    drop.look()

    with pytest.raises(ToolFailed) as caught:
        drop.rows(sql)

    assert caught.value.failure.code in (FailureCode.NOT_ALLOWED, FailureCode.CONTRACT_REFUSED)
    assert drop.rows() == [[1, 2]]


LOADING = """
import sys
from pathlib import Path
from tests.unit.gateway.connectors.test_batch import Drop
drop = Drop.__new__(Drop)
drop.now = int(sys.argv[2])
root = Path(sys.argv[1])
drop.inbox, drop.folder = root / "inbox", root / "data" / "connectors"
from tests.unit.gateway.connectors.world import a_connector
from roadworthy.domain.connector import ConnectorKind
drop.connector = a_connector(ConnectorKind.BATCH, {"source": {"type": "folder", "path": str(drop.inbox)},
    "tables": {"orders": {"files": "orders*", "settle_s": 0}}})
print("begins", flush=True)
drop.look()
print("ends", flush=True)
"""


def test_killed_anywhere_the_old_table_is_whole_and_the_load_goes_on(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("orders1.csv", "a,b\n" + "1,1\n" * 1000, days_old=1)
    drop.look()
    rows = 120_000
    drop.put("orders2.csv", "a,b\n" + "2,2\n" * rows)
    seen = set()
    for wait in (0.05, 0.3, 0.7):
        started = subprocess.Popen(
            [sys.executable, "-c", LOADING, str(tmp_path), str(drop.now)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[4],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert started.stdout is not None
        started.stdout.readline()
        time.sleep(wait)
        started.send_signal(signal.SIGKILL)
        started.wait()
        found = drop.rows("select count(*), min(a), max(a) from orders")[0]
        seen.add(tuple(found))
        assert found in ([1000, 1, 1], [rows, 2, 2])

    drop.look()

    assert drop.rows("select count(*), min(a), max(a) from orders")[0] == [rows, 2, 2]
    check = sqlite3.connect(tables_file(drop.folder, drop.connector))
    assert check.execute("pragma integrity_check").fetchone() == ("ok",)
    assert check.execute("select version from _tables").fetchone() == (2,)
    check.close()


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    drop = Drop(tmp_path)
    drop.put("orders.csv", "a,b\n1,2\n")
    drop.look()
    drop.connector = a_connector(ConnectorKind.BATCH, drop.connector.settings, timeout_s=0.5)

    with pytest.raises(ToolFailed) as caught:
        drop.rows(
            "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n, orders"
        )

    assert caught.value.failure.code is FailureCode.TIMEOUT
    assert asyncio.run(asyncio.sleep(0, "free")) == "free"
