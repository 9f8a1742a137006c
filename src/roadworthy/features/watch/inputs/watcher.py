"""The inputs of one agent, watched: first what is usual is learned, then each input is compared with that.

The state is a function of the inputs in their order alone, and small: the reference, the evidence, the last
inputs, and two weeks of hours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import orjson

from roadworthy.features.watch.inputs.changes import changed_terms
from roadworthy.features.watch.inputs.features import Words, words_of
from roadworthy.features.watch.inputs.reference import LEARNED_FROM, Reference
from roadworthy.features.watch.inputs.view import InputsPoint, Term, UnusualInput
from roadworthy.stats.conformal_drift import InputDrift

RECENT = 200
"""Inputs a change is described by, and that say when it is over."""
HOURS = 14 * 24
YEAR_S = 365 * 86_400
FEWEST, MOST = 10_000.0, 5_000_000.0
"""Bounds of the mean number of inputs between false alarms."""
_OVER = 0.35
"""Mean p of the recent inputs from which on a change counts as over: 0.5 is usual, 0.05 a change."""
_FEWEST_SHOWN = 10
_SESSIONS = 500
_SAME_NS = 600 * 10**9
_TERMS = 60
_TEXT = 240
_HOUR_NS = 3600 * 10**9
_NS = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What one run was asked."""

    run_id: str
    at_ns: int
    """When the run ended: the order of inputs."""
    text: str
    session_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One recent input."""

    run_id: str
    at_ns: int
    p: float
    text: str
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """An unusual input."""

    run_id: str
    at_ns: int
    p: float
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """The evidence reached the threshold with this input."""

    run_id: str
    at_ns: int
    began_ns: int
    """When the change probably began."""
    observed: int
    evidence: float
    reference: str


@dataclass(slots=True)
class _Hour:
    start_ns: int
    observed: int = 0
    tail: int = 0
    p_sum: float = 0.0
    evidence: float = 0.0


class AgentInputs:
    """Not safe for several threads at once."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.reference: Reference | None = None
        self.observed = 0
        self.tail_inputs = 0
        self.over = False
        """Whether the recent inputs are usual again."""
        self._learning: list[Words] = []
        self._learned: list[int] = []
        """When what is learned from came."""
        self._drift = InputDrift(FEWEST)
        self._recent: deque[Seen] = deque(maxlen=RECENT)
        self._sessions: dict[str, int] = {}
        self._hours: deque[_Hour] = deque(maxlen=HOURS)

    @property
    def learning(self) -> int:
        """Inputs learned from so far; 0 while it watches."""
        return len(self._learning)

    @property
    def standing(self) -> tuple[float, float]:
        """Evidence and threshold."""
        at = self._drift.standing
        return at.evidence, at.threshold

    @property
    def recent(self) -> Sequence[Seen]:
        return self._recent

    def observe(self, one: Input) -> tuple[Tail | None, Drifted | None]:
        """The next input. Without text it says nothing; of a session that loops one in ten minutes counts."""
        if not one.text.strip() or self._repeats(one):
            return None, None
        words = words_of(one.text)
        if self.reference is None:
            self._learn(words, at_ns=one.at_ns)
            return None, None
        found = self.reference.judge(words, identity=one.run_id)
        self.observed += 1
        alarmed = self._drift.observe(found.p_bound)
        terms = tuple(sorted(words.counts, key=lambda word: (-words.counts[word], word))[:_TERMS])
        self._recent.append(
            Seen(run_id=one.run_id, at_ns=one.at_ns, p=found.p, text=one.text.strip()[:_TEXT], terms=terms)
        )
        share = 1.0 if alarmed else self._drift.standing.share
        self._count(one.at_ns, p=found.p, tail=found.tail, share=share)
        self.over = len(self._recent) == RECENT and sum(seen.p for seen in self._recent) / RECENT >= _OVER
        tail = None
        if found.tail:
            self.tail_inputs += 1
            tail = Tail(run_id=one.run_id, at_ns=one.at_ns, p=found.p, reference=self.reference.id)
        if alarmed is None:
            return tail, None
        back = min(len(self._recent), max(1, round(alarmed.age)))
        drifted = Drifted(
            run_id=one.run_id,
            at_ns=one.at_ns,
            began_ns=self._recent[-back].at_ns,
            observed=self.observed,
            evidence=alarmed.evidence,
            reference=self.reference.id,
        )
        return tail, drifted

    def relearning(self) -> AgentInputs:
        """The same agent without a reference: what comes from now on is the new one."""
        fresh = AgentInputs(self.agent)
        fresh._hours.extend(self._hours)
        return fresh

    def since(self, at_ns: int) -> list[Seen]:
        """Recent inputs from that time on; at least the last ten."""
        later = [seen for seen in self._recent if seen.at_ns >= at_ns]
        return later if len(later) >= _FEWEST_SHOWN else list(self._recent)[-_FEWEST_SHOWN:]

    def terms(self, *, since_ns: int = 0) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """Up and down, the surest change first, of the recent inputs since then."""
        if self.reference is None or not self._recent:
            return (), ()
        return changed_terms(self.reference.weights, [seen.terms for seen in self.since(since_ns)])

    def unusual(self, *, most: int = 20, since_ns: int = 0) -> list[UnusualInput]:
        """Of the recent inputs since then, the most unusual first."""
        ordered = sorted(self.since(since_ns), key=lambda seen: (seen.p, -seen.at_ns, seen.run_id))[:most]
        return [
            UnusualInput(run_id=seen.run_id, at_ns=seen.at_ns, p=seen.p, text=seen.text) for seen in ordered
        ]

    def history(self) -> list[InputsPoint]:
        return [
            InputsPoint(
                start_ns=one.start_ns,
                observed=one.observed,
                tail=one.tail,
                p_sum=one.p_sum,
                evidence=one.evidence,
            )
            for one in self._hours
        ]

    def _repeats(self, one: Input) -> bool:
        if not one.session_id:
            return False
        key = blake2b(one.session_id.encode("utf-8", "replace"), digest_size=8).hexdigest()
        last = self._sessions.pop(key, None)
        # A session that goes on and on counts once in ten minutes, not once in ten minutes of quiet.
        repeats = last is not None and 0 <= one.at_ns - last < _SAME_NS
        self._sessions[key] = last if repeats and last is not None else one.at_ns
        if len(self._sessions) > _SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return repeats

    def _learn(self, words: Words, *, at_ns: int) -> None:
        self._learning.append(words)
        self._learned.append(at_ns)
        if len(self._learning) < LEARNED_FROM:
            return
        first, last = min(self._learned), max(self._learned)
        self.reference = Reference.learned(self._learning, from_ns=first, to_ns=last)
        seconds = max(1.0, (last - first) / _NS)
        self._drift = InputDrift(min(MOST, max(FEWEST, LEARNED_FROM / seconds * YEAR_S)))
        self._learning, self._learned = [], []

    def _count(self, at_ns: int, *, p: float, tail: bool, share: float) -> None:
        start = at_ns // _HOUR_NS * _HOUR_NS
        if not self._hours or self._hours[-1].start_ns < start:
            self._hours.append(_Hour(start_ns=start))
        hour = self._hours[-1]
        hour.observed += 1
        hour.tail += tail
        hour.p_sum += p
        hour.evidence = max(hour.evidence, share)

    def to_parts(self, *, known_reference: str) -> dict[str, bytes | None]:
        """`state`, and where it is not the one already kept, `reference`."""
        state = {
            "agent": self.agent,
            "reference": self.reference.id if self.reference else "",
            "observed": self.observed,
            "tail_inputs": self.tail_inputs,
            "over": self.over,
            "learning": self._learning,
            "learned": self._learned,
            "threshold": self._drift.threshold,
            "drift": self._drift.state.hex(),
            "recent": list(self._recent),
            "sessions": self._sessions,
            "hours": list(self._hours),
        }
        parts: dict[str, bytes | None] = {"state": orjson.dumps(state)}
        if self.reference is None:
            parts["reference"] = None
        elif self.reference.id != known_reference:
            parts["reference"] = self.reference.to_bytes()
        return parts

    @classmethod
    def from_parts(cls, parts: Mapping[str, bytes]) -> AgentInputs:
        """As it was, to the bit; where the reference was made with other features, learning anew."""
        state = orjson.loads(parts["state"])
        made = cls(state["agent"])
        if state["reference"]:
            made.reference = Reference.from_bytes(parts["reference"])
            if made.reference is None:
                return made
        made.observed, made.tail_inputs = state["observed"], state["tail_inputs"]
        made.over = state["over"]
        made._learning = [Words(counts=one["counts"], style=tuple(one["style"])) for one in state["learning"]]
        made._learned = state["learned"]
        made._drift = InputDrift(state["threshold"])
        made._drift.state = bytes.fromhex(state["drift"])
        made._recent.extend(Seen(**{**one, "terms": tuple(one["terms"])}) for one in state["recent"])
        made._sessions = state["sessions"]
        made._hours.extend(_Hour(**one) for one in state["hours"])
        return made
