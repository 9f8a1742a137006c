"""An evaluator of the project as the check of a rerun: by its answer, and by the calls on the way to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadworthy.backends.blobs.files import FileBlobReader, FileBlobStore
from roadworthy.backends.exchange_joins.sqlite import SqliteExchangeJoins
from roadworthy.backends.exchange_log.sqlite.log import SqliteExchangeLog
from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.domain.exchange import Dialect, Exchange, ExchangeKind
from roadworthy.features.debug.check import Checked
from roadworthy.features.debug.inquiry import EntryPoint, Inquiry, InquiryKind
from roadworthy.features.gateway.recording.orders import OrderFolder
from roadworthy.features.gateway.recording.policy_book import PolicyBook
from roadworthy.features.gateway.recording.recorder import StoringRecorder
from roadworthy.features.gateway.recording.service import RecordingService
from roadworthy.features.judge.evaluator_book import EvaluatorBook, NamedEvaluator
from roadworthy.flows.check_answer import CheckByEvaluator
from tests.unit.gateway.recording.making import answer, exchange, request

INQUIRY = Inquiry(
    project="p",
    id="i1",
    kind=InquiryKind.FORK,
    agent="support",
    run_id="r",
    input="What is the total of A-1?",
    entry=EntryPoint(command="agent"),
    created_ns=1,
)
EVALUATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "asks the crm": ("trajectory", {"expected": [{"tool": "crm__order", "arguments": {"id": "A-1"}}]}),
    "asks nobody": ("trajectory", {"expected": [{"tool": "mail__send"}], "order": "subset"}),
    "is told 42": ("contains", {"phrases": ["42"], "where": "tool_results"}),
    "asked for A-1": ("contains", {"phrases": ["A-1"], "where": "tool_arguments", "tool": "crm__order"}),
    "is 42": ("numeric", {"expected": 42}),
    "by function": (
        "python",
        {"source": "def evaluate(run):\n    return 'crm__order' in str(run) and '42' in str(run)\n"},
    ),
    "quick": ("latency", {"limit_ms": 1000}),
    "cheap": ("cost", {"limit_usd": 1}),
    "of the task": ("contains", {"phrases": ["A-1"], "where": "input"}),
}
MODEL = exchange(1)
TOOL = exchange(2, kind=ExchangeKind.TOOL, dialect=Dialect.MCP, asked="crm__order", target="crm.order")
CALLS = (MODEL.id, TOOL.id)


class World:
    def __init__(self, folder: Path) -> None:
        self.metadata = SqliteMetadataStore(folder / "roadworthy.db")
        book = EvaluatorBook(self.metadata)
        for name, (kind, config) in EVALUATORS.items():
            one = NamedEvaluator(project="p", id=name.replace(" ", "-"), name=name, kind=kind, config=config)
            book.save(one)
        self.log = SqliteExchangeLog(folder / "exchanges.db")
        self.joins = SqliteExchangeJoins(folder / "joins.db")
        self.recorder = StoringRecorder(self.log, FileBlobStore(folder / "blobs"))
        self.recorder.start()
        recordings = RecordingService(
            self.log,
            FileBlobReader(folder / "blobs"),
            joins=self.joins,
            orders=OrderFolder(folder / "orders"),
            policies=PolicyBook(self.metadata),
        )
        self.check = CheckByEvaluator(book, recordings, patience_s=30.0)

    def record(self, one: Exchange) -> None:
        if one.kind is ExchangeKind.MODEL:
            asked: Any = {"model": "planner", "messages": [{"role": "user", "content": INQUIRY.input}]}
            said: Any = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "On it"}}]}
        else:
            params = {"name": "crm__order", "arguments": {"id": "A-1"}}
            asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            content = [{"type": "text", "text": '{"total": 42}'}]
            said = {"jsonrpc": "2.0", "id": 1, "result": {"content": content}}
        self.recorder.offer(one, request=request(orjson.dumps(asked)), answer=answer([orjson.dumps(said)]))

    def recorded(self) -> None:
        self.record(MODEL)
        self.record(TOOL)
        assert self.recorder.flush(timeout=30)

    def says(
        self, name: str, words: str = "It is 42.", calls: tuple[str, ...] = CALLS, *, fresh: bool = False
    ) -> Checked:
        return self.check.evaluate(INQUIRY, name, words, calls=calls, fresh=fresh)

    def close(self) -> None:
        self.recorder.stop(timeout=30)
        self.log.close()
        self.joins.close()
        self.metadata.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def test_calls_are_looked_at_with_what_they_asked_and_what_they_were_told(world: World) -> None:
    world.recorded()
    verdicts = {name: world.says(name).passed for name in EVALUATORS if not world.check.problem("p", name)}
    assert verdicts == {
        "asks the crm": True,
        "asks nobody": False,
        "is told 42": True,
        "asked for A-1": True,
        "is 42": True,
        "by function": True,
    }
    without = {name: world.says(name, calls=()).passed for name in ("asks the crm", "asks nobody", "is 42")}
    assert without == {"asks the crm": False, "asks nobody": True, "is 42": True}
    assert world.says("is 42", "It is 41.").passed is False


def test_calls_that_are_on_their_way_are_waited_for(world: World) -> None:
    late = threading.Timer(0.2, world.recorded)
    late.start()
    assert world.says("asks the crm", fresh=True).passed is True
    late.join()


def test_calls_that_were_not_recorded_leave_it_undecided(world: World) -> None:
    world.record(MODEL)
    assert world.recorder.flush(timeout=30)
    found = world.says("asks the crm")
    assert (found.passed, found.said) == (
        None,
        "asks the crm looks at calls, and 1 of 2 were not recorded",
    )
    assert world.says("is 42").passed is True, "that one looks at the answer"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("quick", "how long a run took: a rerun is answered from recordings"),
        ("cheap", "what a run cost: a rerun is answered from recordings"),
        ("of the task", "the task, which no rerun changes"),
        ("nobody", "no evaluator 'nobody'; there are: asked for A-1"),
    ],
)
def test_what_says_nothing_of_the_agent_is_refused_with_the_reason(
    world: World, name: str, words: str
) -> None:
    assert words in world.check.problem("p", name)
    assert world.says(name).passed is None
