"""The breaker as a state machine beside a plain model of what it promises."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from roadworthy.domain.model_route import Breaking
from roadworthy.features.gateway.resilience.breaker import Breaker, BreakerState

SETTINGS = Breaking(window_s=10, minimum_calls=4, failed_share=0.5, open_s=5, probes=2)


class BreakerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(SETTINGS)
        self.now = 1_000.0
        self.open_tickets: list[int] = []
        self.opened_at: float | None = None

    @rule(seconds=st.floats(0, 30))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def ask(self) -> None:
        before = self.breaker.state(self.now)
        ticket = self.breaker.admit(self.now)
        if before is BreakerState.CLOSED:
            assert ticket is not None
        if before is BreakerState.OPEN:
            assert ticket is None
            assert self.breaker.reopens_in(self.now) > 0
        if ticket is not None:
            self.open_tickets.append(ticket)

    @rule(end=st.sampled_from(["good", "bad", "gone"]), which=st.integers(0, 50))
    def one_ends(self, end: str, which: int) -> None:
        if not self.open_tickets:
            return
        ticket = self.open_tickets.pop(which % len(self.open_tickets))
        before = self.breaker.state(self.now)
        if end == "good":
            self.breaker.succeeded(ticket, self.now)
            assert not (before is not BreakerState.OPEN and self._is_open()), "success opens nothing"
        elif end == "bad":
            self.breaker.failed(ticket, self.now)
            assert not (before is BreakerState.OPEN and not self._is_open()), "failure closes nothing"
        else:
            self.breaker.forgotten(ticket)
            assert self.breaker.state(self.now) is before

    def _is_open(self) -> bool:
        return self.breaker.state(self.now) is BreakerState.OPEN

    @invariant()
    def closed_means_the_window_is_good(self) -> None:
        calls, failures = self.breaker.counts(self.now)
        assert 0 <= failures <= calls
        if self.breaker.state(self.now) is not BreakerState.CLOSED:
            assert calls == 0

    @invariant()
    def it_is_never_shut_for_longer_than_it_may(self) -> None:
        assert self.breaker.reopens_in(self.now) <= SETTINGS.open_s * 8


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


def fail(breaker: Breaker, *, times: int, now: float) -> None:
    for _ in range(times):
        ticket = breaker.admit(now)
        assert ticket is not None
        breaker.failed(ticket, now)


def test_few_failures_open_nothing_and_old_ones_are_forgotten() -> None:
    breaker = Breaker(SETTINGS)
    fail(breaker, times=3, now=0)
    fail(breaker, times=3, now=20)
    assert breaker.state(20) is BreakerState.CLOSED
    fail(breaker, times=1, now=21)
    assert breaker.state(21) is BreakerState.OPEN


def test_probes_decide_and_each_that_fails_doubles_the_pause() -> None:
    breaker = Breaker(SETTINGS)
    fail(breaker, times=4, now=0)
    assert breaker.admit(4.9) is None
    first, second = breaker.admit(5), breaker.admit(5)
    assert first is not None and second is not None
    assert breaker.admit(5) is None  # as many as probes
    breaker.failed(first, 5)
    assert breaker.reopens_in(5) == 10
    breaker.succeeded(second, 5)  # let through before: says nothing now
    assert breaker.state(5) is BreakerState.OPEN

    for _ in range(2):
        ticket = breaker.admit(15)
        assert ticket is not None
        breaker.succeeded(ticket, 15)
    assert breaker.state(15) is BreakerState.CLOSED


def test_a_probe_whose_agent_went_away_makes_room_for_another() -> None:
    breaker = Breaker(SETTINGS)
    fail(breaker, times=4, now=0)
    tickets = [breaker.admit(5), breaker.admit(5)]
    assert tickets[0] is not None
    breaker.forgotten(tickets[0])
    assert breaker.admit(5) is not None
