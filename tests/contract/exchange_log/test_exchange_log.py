"""What an exchange log promises."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.backends.exchange_log.sqlite.reader import SqliteExchangeReader
from roadworthy.contracts.exchange_log import ExchangeLog, ExchangeQuery, ExchangeReader
from roadworthy.contracts.telemetry import StoreFull, StoreUnavailable
from roadworthy.domain.exchange import Binding, Ending, ExchangeKind, Tokens
from roadworthy.domain.typed_failure import FailureCode, Retry, TypedFailure
from tests.unit.gateway.recording.making import AT_NS, exchange

Logs = tuple[Callable[[Path], ExchangeLog], Callable[[Path], ExchangeReader]]
LOGS: dict[str, Logs] = {
    "sqlite": (
        lambda f: SqliteExchangeLog(f / "g" / "x.db"),
        lambda f: SqliteExchangeReader(f / "g" / "x.db"),
    )
}
TIMED_OUT = TypedFailure(
    code=FailureCode.TIMEOUT,
    what="crm.find did not answer within 5 s",
    retry=Retry.LATER,
    retry_after_s=1.5,
    do_not_conclude="This says nothing about whether the customer exists.",
    facts={"upstream": "crm"},
)


@pytest.fixture(params=LOGS)
def logs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[ExchangeLog, ExchangeReader]]:
    """The writer, and a reader as another process has one, made before there was a log."""
    make, read = LOGS[request.param]
    reader = read(tmp_path)
    assert reader.since(0) == []
    assert reader.exchanges("p", ExchangeQuery()) == []
    writer = make(tmp_path)
    yield writer, reader
    reader.close()
    writer.close()


def test_an_exchange_comes_back_as_it_was(logs: tuple[ExchangeLog, ExchangeReader]) -> None:
    log, reader = logs
    whole = exchange(
        1,
        failure=TIMED_OUT,
        ending=Ending.FAILED,
        tokens=Tokens(input=1, reasoning=2, estimated=True),
        binding=Binding(trace_id="a" * 32, run_id="r", session_id="s", by="header"),
        contract_findings=("path a: missing",),
        fault="slow",
        recording="f" * 64,
    )
    bare = exchange(2, tokens=None, attempts=(), status=None, cost_usd=None, first_byte_ms=None)

    log.append([whole, bare])

    assert [one.exchange for one in reader.since(0)] == [whole, bare]
    assert reader.exchange("p", whole.id) == whole
    assert reader.exchange("q", whole.id) is None
    assert reader.exchange("p", "nowhere") is None


def test_numbers_rise_and_are_never_given_twice(logs: tuple[ExchangeLog, ExchangeReader]) -> None:
    log, reader = logs
    log.append([exchange(1), exchange(2)])
    log.append([exchange(2), exchange(3), exchange(3)])
    before = [one.number for one in reader.since(0)]

    log.delete_project("p")
    log.append([exchange(4)])

    (after,) = reader.since(0)
    assert len(before) == 3
    assert before == sorted(set(before))
    assert after.number > max(before)
    assert reader.since(after.number) == []
    assert [one.exchange.id for one in reader.since(0, limit=1)] == [exchange(4).id]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ExchangeQuery(), [5, 4, 3, 2, 1]),
        (ExchangeQuery(limit=2), [5, 4]),
        (ExchangeQuery(agent="writer"), [2]),
        (ExchangeQuery(target="crm.find"), [3]),
        (ExchangeQuery(kind="tool"), [3]),
        (ExchangeQuery(ending="failed"), [4]),
        (ExchangeQuery(code="timeout"), [4]),
        (ExchangeQuery(code="any"), [4]),
        (ExchangeQuery(code="stale"), []),
        (ExchangeQuery(drill="d1"), [5]),
        (ExchangeQuery(from_ns=exchange(2).started_ns, to_ns=exchange(4).started_ns), [3, 2]),
        (ExchangeQuery(after=(exchange(3).started_ns, exchange(3).id)), [2, 1]),
        (ExchangeQuery(ids=(exchange(1).id, exchange(4).id, "nowhere")), [4, 1]),
        (ExchangeQuery(ids=(exchange(1).id, exchange(4).id), limit=1), [4]),
        (ExchangeQuery(ids=()), []),
    ],
)
def test_questions_and_their_answers(
    logs: tuple[ExchangeLog, ExchangeReader], query: ExchangeQuery, expected: list[int]
) -> None:
    log, reader = logs
    log.append(
        [
            exchange(1),
            exchange(2, agent="writer"),
            exchange(3, kind=ExchangeKind.TOOL, target="crm.find"),
            exchange(4, ending=Ending.FAILED, failure=TIMED_OUT),
            exchange(5, drill="d1"),
            exchange(6, project="q"),
        ]
    )

    assert [int(one.id, 16) for one in reader.exchanges("p", query)] == expected


def test_what_callers_named(logs: tuple[ExchangeLog, ExchangeReader]) -> None:
    log, reader = logs
    log.append(
        [
            exchange(1, binding=Binding(run_id="r", trace_id="a" * 32)),
            exchange(2, binding=Binding(trace_id="a" * 32)),
            exchange(3, binding=Binding()),
            exchange(4, project="q", binding=Binding(run_id="r")),
        ]
    )

    named = reader.named("p", run_ids=["r", ""], trace_ids=["a" * 32, "", "b" * 32])

    assert [int(one.id, 16) for one in named] == [1, 2]
    assert reader.projects() == ["p", "q"]


def test_deleting_by_id_time_and_project(logs: tuple[ExchangeLog, ExchangeReader]) -> None:
    log, reader = logs
    log.append([*(exchange(n) for n in range(1, 6)), exchange(1, project="q")])

    assert log.delete("p", exchange(2).id) == exchange(2)
    assert log.delete("p", exchange(2).id) is None
    assert log.drop_before("p", exchange(4).started_ns) == 2
    assert [int(one.id, 16) for one in reader.exchanges("p", ExchangeQuery())] == [5, 4]
    log.delete_project("p")

    assert reader.projects() == ["q"]


def test_the_file_is_ours_alone(tmp_path: Path) -> None:
    log = SqliteExchangeLog(tmp_path / "x.db")
    log.append([exchange(1)])

    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    log.close()


def test_a_log_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    SqliteExchangeLog(tmp_path / "x.db").close()
    with sqlite3.connect(tmp_path / "x.db") as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(StoreUnavailable, match="99"):
        SqliteExchangeLog(tmp_path / "x.db")
    with pytest.raises(StoreUnavailable, match="99"):
        SqliteExchangeReader(tmp_path / "x.db").since(0)


def test_no_space_is_said_and_leaves_nothing_half(tmp_path: Path) -> None:
    log = SqliteExchangeLog(tmp_path / "x.db")
    log.append([exchange(1)])
    assert log._db is not None
    log._db.execute("PRAGMA max_page_count = 40")

    with pytest.raises(StoreFull):
        log.append([exchange(n, response_id="x" * 3000) for n in range(2, 200)])

    assert [one.exchange for one in log.since(0)] == [exchange(1)]
    log._db.execute("PRAGMA max_page_count = 4000000")
    log.append([exchange(2)])
    assert len(log.since(0)) == 2
    log.close()


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from tests.unit.gateway.recording.making import exchange
log = SqliteExchangeLog(Path(sys.argv[1]))
n = int(sys.argv[2])
while True:
    log.append([exchange(n + i, response_id="x" * 500) for i in range(20)])
    n += 20
    print(n, flush=True)
"""


def test_kill_minus_nine_leaves_whole_groups(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    first = acknowledged = 1
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(path), str(acknowledged)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            for _ in range(5):
                acknowledged = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])

        rows = SqliteExchangeReader(path).since(0, limit=10**6)
        ids = {int(row.exchange.id, 16) for row in rows}
        assert ids >= set(range(first, acknowledged)), "what was acknowledged is there"
        assert len(rows) == len(ids)
        assert max(ids) % 20 == 0, "a group is whole or not there"
        assert all(
            row.exchange == replace(exchange(int(row.exchange.id, 16)), response_id="x" * 500) for row in rows
        )
    assert AT_NS > 0
