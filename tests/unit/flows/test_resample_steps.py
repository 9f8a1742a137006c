"""Models asked again through a real socket: what is sent, what is counted, and when it ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.contracts.metadata import Job
from roadworthy.domain.exchange import Exchange
from roadworthy.features.debug.resampling_book import Opinion, Resampling, ResamplingBook, ResamplingState
from roadworthy.features.debug.tape.journal import PlanFolder
from roadworthy.features.debug.tape.tape import Tape
from roadworthy.features.debug.token import HEADER, read_token
from roadworthy.flows.resample_steps import ResampleSteps, arguments, notes_of, sampled_steps
from tests.unit.debug.tape.taping import chat, tape_of

KEY = b"k" * 32
RUN = "ab" * 16


@dataclass
class Gateway:
    """Answers as told, and remembers what it was asked."""

    said: list[str] = field(default_factory=lambda: ["It is 42."])
    status: int = 200
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    error: bytes = b""
    unknown: int = 0
    """How often it says yet that it does not know the key."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        with self.lock:
            self.asked.append((headers, body))
            text = self.said[(len(self.asked) - 1) % len(self.said)]
        if self.error:
            return self.status, self.error
        return self.status, orjson.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, said = made.answer({k.lower(): v for k, v in self.headers.items()}, body)
            if made.unknown > 0:
                made.unknown -= 1
                status = 401
                self.send_response(status)
                self.send_header("x-roadworthy-failure", "not_allowed")
            else:
                self.send_response(status)
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


@dataclass
class Tapes:
    held: Tape

    def tape(self, project: str, run_id: str) -> Tape | None:
        return self.held if run_id == RUN else None


@dataclass
class Room:
    book: ResamplingBook
    work: ResampleSteps
    folder: Path
    ended: list[Resampling]
    cost: list[Exchange]

    def started(self, **changes: Any) -> Resampling:
        draft = Resampling(
            project="default", id="", run_id=RUN, agent="support", times=3, steps=(1, 2), most_calls=60
        )
        return self.book.start(replace(draft, **changes))

    def worked(self, *, most: int = 50) -> Resampling:
        job = Job(
            id="j", project="default", kind="resample", arguments=arguments(RUN), created_ns=1, updated_ns=1
        )
        for _ in range(most):
            if self.work(job).position is None:
                break
        found = self.book.of("default", RUN)
        assert found is not None
        return found


@pytest.fixture
def room(tmp_path: Path, gateway: Gateway) -> Room:
    tape = replace(
        tape_of(chat("What is the total?", answer="It is 41."), chat("And?", answer="It is 42.")), run_id=RUN
    )
    return _room(tmp_path, gateway, tape)


def _room(folder: Path, gateway: Gateway, tape: Tape) -> Room:
    book = ResamplingBook(SqliteMetadataStore(folder / "roadworthy.db"))
    ended: list[Resampling] = []
    cost: list[Exchange] = []
    work = ResampleSteps(
        book,
        tapes=Tapes(tape),  # type: ignore[arg-type]
        plans=PlanFolder(folder / "replays"),
        exchanges=lambda _project, _query: cost,
        sign=lambda: KEY,
        gateway_url=gateway.url,
        key_for=lambda _project, one: f"rwk_{one.id}",
        ended=ended.append,
        judge=lambda one: replace(one, opinion=Opinion(endpoint="small", step=1, reason="It is off by one.")),
        settle_s=0.0,
    )
    return Room(book=book, work=work, folder=folder, ended=ended, cost=cost)


def test_each_step_is_asked_as_it_was_recorded_with_a_key_and_a_token_of_its_own(
    room: Room, gateway: Gateway
) -> None:
    started = room.started()
    found = room.worked()
    assert len(gateway.asked) == 6 and found.state is ResamplingState.DONE
    bodies = {body for _, body in gateway.asked}
    assert bodies == {one.body for one in sampled_steps(room.work._tapes.tape("default", RUN) or tape_of())}
    headers = gateway.asked[0][0]
    assert headers["authorization"] == f"Bearer rwk_{started.id}"
    token = read_token(headers[HEADER], key=KEY, now_ns=0)
    assert (token.inquiry, token.agent) == (started.id, "support")
    assert headers["traceparent"].startswith(f"00-{token.run_id}-")


def test_agreement_is_counted_step_by_step_and_the_judge_asked_once(room: Room) -> None:
    room.started()
    found = room.worked()
    first, second = found.found
    assert (first.asked, first.agreed, first.failure) == (3, 0, 1.0)
    assert (second.asked, second.agreed, second.failure) == (3, 3, 0.0)
    assert found.opinion is not None and found.opinion.step == 1
    assert [one.id for one in room.ended] == [found.id]
    assert not list((room.folder / "replays").rglob("*.plan")), "plans go with it"


def test_calls_end_at_the_budget_and_it_is_said(room: Room, gateway: Gateway) -> None:
    room.started(times=10, most_calls=5)
    found = room.worked()
    assert len(gateway.asked) == 5 and found.state is ResamplingState.OUT_OF_BUDGET


def test_usd_end_it_too(room: Room, gateway: Gateway) -> None:
    from tests.unit.gateway.recording.making import exchange

    room.cost.append(replace(exchange(1), cost_usd=0.5))
    room.started(times=10, most_usd=0.4)
    found = room.worked()
    assert found.state is ResamplingState.OUT_OF_BUDGET and found.usd == 0.5
    assert len(gateway.asked) == 4, "one piece of work was under way"


def test_one_that_was_killed_goes_on_where_it_stood(room: Room, gateway: Gateway) -> None:
    room.started()
    assert room.worked(most=1).state is ResamplingState.RUNNING
    assert len(gateway.asked) == 4
    assert room.worked().state is ResamplingState.DONE
    assert len(gateway.asked) == 6, "what was asked is not asked again"


def test_cancelled_it_asks_nobody_any_more_and_keeps_what_it_found(room: Room, gateway: Gateway) -> None:
    room.started()
    begun = room.worked(most=1)
    room.book.over(begun, ResamplingState.CANCELLED)
    found = room.worked()
    assert len(gateway.asked) == 4
    assert found.state is ResamplingState.CANCELLED and found.found[0].asked == 2


def test_errors_of_the_gateway_are_counted_and_told(room: Room, gateway: Gateway) -> None:
    gateway.status = 429
    room.started(times=1)
    found = room.worked()
    assert all(one.failure is None and one.failed == 1 for one in found.found)
    assert any("2 calls brought no answer" in note and "429" in note for note in found.notes)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (b'{"error": {"message": "No key\\n was given.", "code": null}}', "HTTP 403: No key was given."),
        (b'{"error": "forbidden"}', "HTTP 403: forbidden"),
        (b'{"message": "Not you."}', "HTTP 403: Not you."),
        (b'["odd"]', 'HTTP 403: ["odd"]'),
        (b"<html>\n  no", "HTTP 403: <html> no"),
        (b'{"error": {"message": "' + b"no " * 500 + b'"}}', "HTTP 403: " + "no " * 99 + "no…"),
    ],
)
def test_a_refusal_is_told_in_its_own_words(room: Room, gateway: Gateway, error: bytes, told: str) -> None:
    gateway.status, gateway.error = 403, error
    room.started(times=1)
    assert f"2 calls brought no answer: {told}" in room.worked().notes


def test_a_key_the_gateway_does_not_know_yet_is_waited_for(room: Room, gateway: Gateway) -> None:
    gateway.unknown = 1
    room.started(times=1)
    assert all(one.failed == 0 for one in room.worked().found)
    assert len(gateway.asked) == 3


def test_a_provider_without_a_key_is_not_waited_for(room: Room, gateway: Gateway) -> None:
    gateway.status, gateway.error = 401, b'{"error": {"message": "You did not provide an API key."}}'
    room.started(times=1)
    assert "2 calls brought no answer: HTTP 401: You did not provide an API key." in room.worked().notes
    assert len(gateway.asked) == 2, "each call once"


def test_a_gateway_that_is_not_there_is_told(tmp_path: Path) -> None:
    room = _room(tmp_path, Gateway(url="http://127.0.0.1:9"), tape_of(chat("Total?", answer="41")))
    room.started(times=1, steps=(1,))
    assert any("cannot connect" in note for note in room.worked().notes)


def test_masks_and_temperature_are_said() -> None:
    masked = chat("My card is [masked:card].", answer="Noted.")
    (call,) = sampled_steps(tape_of(masked))
    assert b"[masked" in call.body
    assert any("masked in what was asked at step 1" in one for one in notes_of(tape_of(masked)))


def test_holes_are_said_and_not_asked() -> None:
    tape = tape_of(chat("Total?", answer="41"))
    holed = replace(tape, calls=(replace(tape.calls[0], hole="the recording was deleted"),))
    assert sampled_steps(holed) == []
    assert notes_of(holed) == ["Step 1 cannot be asked again: the recording was deleted."]
