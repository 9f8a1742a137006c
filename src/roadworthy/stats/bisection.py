"""At which of n steps a run went wrong, found by executing it again: a binary search whose answers are noisy.

A run failed. Its fault is at step f of 1..n, or at none of them (f = 0: putting every step right does not
help). Executed again with switch m, calls before step m are answered as recorded and calls from m on are put
right. With probability a it passes where m <= f, with probability b where m > f; a > b, neither is known.

Noisy binary search: Horstein 1963 (IEEE Trans. Inf. Theory 9:136-143), Karp & Kleinberg 2007 (SODA 881-890);
the next question by expected information: Lindley 1956 (Ann. Math. Stat. 27:986-1005), MacKay 1992 (Neural
Computation 4:590-604).

What holds, and why:
- *Theorem, in the model*: `mass` is the exact posterior on the grid of (a, b). If f, a and b were drawn from
  the prior, answers given at confidence c are right at least c of the time, whichever questions were asked
  and whenever one stopped (the posterior is a martingale).
- *Theorem, for any a >= b*: `not_excluded` is wrong with probability at most 1 - level, whatever was asked
  and whenever one looked (an e-process by universal inference, Wasserman, Ramdas & Balakrishnan 2020, PNAS
  117:16880-16890, section 8; Ville's inequality). It needs no prior to be right, and many more reruns.
- *Simulated only*: that answers given at confidence .9 are right .9 of the time for each failure rate by
  itself (0 to 40 %), and how many reruns that takes: tests/unit/stats/test_bisection.py and
  benchmarks/bisect.py. Where more than half fail by chance, answers are surer than they should be.
- *Not covered*: reruns that depend on each other, and two faults. Of two steps either of which puts the run
  right, the switch finds the last; of two that each ruin it, the first, and `alone` falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PASSES = ((0.998, 0.36), (0.95, 0.12), (0.9, 0.12), (0.8, 0.14), (0.7, 0.12), (0.6, 0.08), (0.5, 0.06))
"""(a, prior weight)."""
FALSE_PASSES = ((0.002, 0.58), (0.02, 0.12), (0.05, 0.12), (0.1, 0.1), (0.2, 0.06), (0.3, 0.02))
"""(b, prior weight)."""
NONE_PRIOR = 0.08
"""That the fault is in none of the steps."""
ALONE_PRIOR = 0.9
"""That putting the step right by itself is enough."""
UNIFORM_SHARE = 0.75
"""Of a prior that is given, so much is spread evenly: no step starts out of reach, and where the prior is all
on a wrong step a deterministic agent is still searched in 2 log2(n) reruns (docs/reference/bisect.md)."""
MOST_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Question:
    """A rerun. With `only`, step `switch` alone is put right; else `switch` and all after it. `switch` is
    from 1 to n + 1, where n + 1 puts nothing right."""

    switch: int
    only: bool = False


class SwitchPosterior:
    """Of `steps` >= 1 steps; `prior` weighs each of them (any scale, not negative), evenly where None."""

    def __init__(self, steps: int, *, prior: Sequence[float] | None = None) -> None:
        if steps < 1:
            raise ValueError(f"steps: at least 1 was expected, not {steps}")
        self.steps = steps
        self._pass, self._false, self._alone, weights = _grid()
        self._log_weights = np.log(weights)
        self._log_prior = np.log(_prior(steps, prior))
        self._log = self._log_prior[:, None] + self._log_weights[None, :]
        self._passed = np.zeros(steps + 2)
        """Passes at each switch, 1 to n + 1."""
        self._asked = np.zeros(steps + 2)
        self._only_passed = np.zeros(steps + 1)
        self._only_asked = np.zeros(steps + 1)

    def observe(self, switch: int, *, passed: bool) -> None:
        """A rerun with this switch, 1 to n + 1. ValueError of any other."""
        self._observed(Question(switch), passed=passed)

    def observe_only(self, step: int, *, passed: bool) -> None:
        """A rerun in which `step` alone, 1 to n, was put right."""
        self._observed(Question(step, only=True), passed=passed)

    def mass(self) -> Floats:
        """Posterior probability of f = 0, 1, ... n; sums to 1."""
        return np.asarray(self._weights().sum(axis=1))

    @property
    def best(self) -> int:
        """The likeliest f; 0 is none of the steps. Of equals the first."""
        return int(self.mass().argmax())

    @property
    def confidence(self) -> float:
        """Posterior probability of `best`."""
        return float(self.mass().max())

    def credible(self, level: float = 0.9) -> list[int]:
        """The likeliest values of f, the fewest with at least `level` of the mass, ascending."""
        mass = self.mass()
        order = np.argsort(-mass, kind="stable")
        enough = int(np.searchsorted(np.cumsum(mass[order]), level - 1e-12)) + 1
        return sorted(int(one) for one in order[:enough])

    def alone(self, step: int) -> float:
        """P(putting `step` right is enough by itself | it is the step)."""
        weights = self._weights()[step]
        return float(weights[self._alone].sum() / weights.sum())

    def rates(self) -> tuple[float, float]:
        """Posterior means of a and b."""
        weights = self._weights().sum(axis=0)
        return float(weights @ self._pass), float(weights @ self._false)

    def next_switch(self) -> int:
        """The switch from 1 to n whose outcome says most about f; of equals the nearest to the median."""
        return self.best_of([Question(m) for m in range(1, self.steps + 1)], 1)[0].switch

    def best_of(
        self, candidates: Sequence[Question], most: int, *, pending: Sequence[Question] = ()
    ) -> list[Question]:
        """At most `most` of them, each once, that together say most about f: each is the best beside those
        before it and those `pending`, whose outcomes are not known yet (with these at most eight). Empty
        where there are no candidates."""
        splits = [self._weights()]
        for one in pending[:MOST_AT_ONCE]:
            splits = self._split(splits, one)
        left, found = list(candidates), list[Question]()
        median = int(np.searchsorted(np.cumsum(self.mass()), 0.5))
        while left and len(found) < most and len(found) + len(pending) < MOST_AT_ONCE:
            gains = self._gains(splits, left)
            best = gains.max()
            tied = [one for one, gain in zip(left, gains, strict=True) if gain >= best - 1e-9]
            chosen = min(tied, key=lambda one: abs(one.switch - median))
            found.append(chosen)
            left.remove(chosen)
            if len(found) < most:
                splits = self._split(splits, chosen)
        return found

    def not_excluded(self, level: float = 0.9) -> list[int]:
        """Values of f, ascending, whose e-value against them is below 1/(1 - level). However often one
        looked, the true f is missing with probability at most 1 - level, for any a >= b (module docstring).

        e(f) = E_prior[L(data | f', a, b)] / max over a >= b and `alone` of L(data | f, a, b)."""
        evidence = float(np.logaddexp.reduce(self._log, axis=None))
        bar = -np.log(1 - level)
        return [f for f in range(self.steps + 1) if evidence - self._largest_likelihood(f) < bar]

    def _weights(self) -> Floats:
        weights = np.exp(self._log - self._log.max())
        return np.asarray(weights / weights.sum())

    def _likelihood(self, question: Question) -> Floats:
        """P(pass) by f (rows) and the grid (columns)."""
        f = np.arange(self.steps + 1)[:, None]
        if question.only:
            enough = np.where(self._alone, self._pass, self._false)
            return np.where(f == question.switch, enough[None, :], self._false[None, :])
        return np.where(f >= question.switch, self._pass[None, :], self._false[None, :])

    def _observed(self, question: Question, *, passed: bool) -> None:
        last = self.steps if question.only else self.steps + 1
        if not 1 <= question.switch <= last:
            raise ValueError(f"switch: 1 to {last} was expected, not {question.switch}")
        likelihood = self._likelihood(question)
        self._log = self._log + np.log(likelihood if passed else 1 - likelihood)
        asked, won = (self._only_asked, self._only_passed) if question.only else (self._asked, self._passed)
        asked[question.switch] += 1
        won[question.switch] += passed

    def _split(self, splits: list[Floats], question: Question) -> list[Floats]:
        likelihood = self._likelihood(question)
        return [part for one in splits for part in (one * likelihood, one * (1 - likelihood))]

    def _gains(self, splits: list[Floats], candidates: Sequence[Question]) -> Floats:
        """Mutual information of f and the outcomes in nats, less what is the same for all candidates:
        sum over outcomes y of [sum_f p(f, y) log p(f, y) - p(y) log p(y)]."""
        from scipy.special import xlogy  # Takes a third of a second to import: only where it is needed.

        gains = np.zeros(len(candidates))
        switches = np.array([one.switch for one in candidates])
        only = np.array([one.only for one in candidates])
        enough = np.where(self._alone, self._pass, self._false)
        for weights in splits:
            for right, wrong, there in (
                (self._pass, self._false, enough),
                (1 - self._pass, 1 - self._false, 1 - enough),
            ):
                high, low, at = weights @ right, weights @ wrong, weights @ there
                after, before = _from_end(xlogy(high, high)), _until(xlogy(low, low))
                joint = after[switches] + before[switches]
                whole = _from_end(high)[switches] + _until(low)[switches]
                gains += np.where(only, 0.0, joint - xlogy(whole, whole))
                if only.any():
                    h_low, h_at = xlogy(low, low), xlogy(at, at)
                    joint = h_low.sum() + (h_at - h_low)[switches]
                    whole = low.sum() + (at - low)[switches]
                    gains += np.where(only, joint - xlogy(whole, whole), 0.0)
        return gains

    def _largest_likelihood(self, f: int) -> float:
        """log max over a >= b and `alone`."""
        right_asked, right_passed = self._asked[1 : f + 1].sum(), self._passed[1 : f + 1].sum()
        others = np.arange(self.steps + 1) != f
        wrong_asked = self._asked[f + 1 :].sum() + self._only_asked[others].sum()
        wrong_passed = self._passed[f + 1 :].sum() + self._only_passed[others].sum()
        asked, passed = (self._only_asked[f], self._only_passed[f]) if f else (0.0, 0.0)
        return max(
            _best_pair(right_passed + passed, right_asked + asked, wrong_passed, wrong_asked),
            _best_pair(right_passed, right_asked, wrong_passed + passed, wrong_asked + asked),
        )


def _grid() -> tuple[Floats, Floats, NDArray[np.bool_], Floats]:
    """a, b, whether the step alone is enough, and the prior weight, of each point of the grid with a > b."""
    points = [
        (a, b, alone, wa * wb * (ALONE_PRIOR if alone else 1 - ALONE_PRIOR))
        for a, wa in PASSES
        for b, wb in FALSE_PASSES
        for alone in (True, False)
        if a > b
    ]
    weights = np.array([point[3] for point in points])
    return (
        np.array([point[0] for point in points]),
        np.array([point[1] for point in points]),
        np.array([point[2] for point in points]),
        weights / weights.sum(),
    )


def _prior(steps: int, given: Sequence[float] | None) -> Floats:
    """Of f = 0, 1, ... n."""
    even = np.full(steps, 1 / steps)
    if given is not None:
        weights = np.asarray(given, dtype=np.float64)
        if weights.shape != (steps,) or not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError(f"prior: {steps} finite numbers from 0 were expected, not {list(given)!r}")
        if weights.sum() > 0:
            even = UNIFORM_SHARE * even + (1 - UNIFORM_SHARE) * weights / weights.sum()
    return np.concatenate([[NONE_PRIOR], (1 - NONE_PRIOR) * even])


def _from_end(values: Floats) -> Floats:
    """Sum of values[k:], for each k."""
    return np.asarray(np.cumsum(values[::-1])[::-1])


def _until(values: Floats) -> Floats:
    """Sum of values[:k], for each k."""
    return np.concatenate([[0.0], np.cumsum(values)[:-1]])


def _best_pair(right_passed: float, right: float, wrong_passed: float, wrong: float) -> float:
    """log of the largest binomial likelihood with a >= b; where the shares are the other way round, a = b."""
    if right and wrong and right_passed / right < wrong_passed / wrong:
        return _best_share(right_passed + wrong_passed, right + wrong)
    return _best_share(right_passed, right) + _best_share(wrong_passed, wrong)


def _best_share(passed: float, asked: float) -> float:
    if not asked:
        return 0.0
    from scipy.special import xlogy  # As above.

    return float(xlogy(passed, passed / asked) + xlogy(asked - passed, 1 - passed / asked))
