"""Which rerun a bisect makes next, and when it is over. Pure: all it knows are the reruns made so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from roadworthy.features.debug.bisect.evidence import Evidence, Untold, weigh
from roadworthy.features.debug.bisect.finding import Finding, FindingState, Tried
from roadworthy.features.debug.bisect.sentences import sentences
from roadworthy.features.debug.inquiry import Budget, Rerun
from roadworthy.features.debug.spending import out_of, spent
from roadworthy.stats.bisection import MOST_AT_ONCE, Question, SwitchPosterior

CONFIRM_FROM = 0.5
"""A step is put right by itself once it is this likely: when it fails, the search has lost one rerun."""
CONFIRM_TIMES = 3
BASELINE_TIMES = 3
NONE_TIMES = 3
"""So often everything has to have been put right and fail before it is said to be none of the steps: a single
step that is the first, in an agent that fails by chance, looks the same for a while."""
SILENT_TIMES = 2
"""A question that said nothing so often is not asked again."""
SILENT_FIRST = 4
"""So many reruns that say nothing, and none that does, end it."""
SILENT_SHARE = 3
"""As do this many times more silent ones than others."""


class Next(NamedTuple):
    switch: int | None
    """The first step put right; None puts nothing right: whether the failure comes back."""
    only: bool
    """That step alone."""


class Bisection:
    """Of a recorded run of `steps` exchanges. `reruns` are all that were ever planned for it, in any order
    and state: what was over counts, what is not is waited for, so it goes on after anything. `prior` weighs
    the steps (a ranking), evenly where None. ValueError of a switch that is no step, a `confidence` outside
    (0, 1), or a prior of another length."""

    def __init__(
        self,
        steps: int,
        reruns: Sequence[Rerun],
        *,
        confidence: float = 0.9,
        budget: Budget | None = None,
        prior: Sequence[float] | None = None,
    ) -> None:
        if not 0 < confidence < 1:
            raise ValueError(f"confidence: a number between 0 and 1 was expected, not {confidence}")
        if steps < 1:
            raise ValueError("steps: a run without a recorded call cannot be searched")
        self.steps = steps
        self.reruns = sorted(reruns, key=lambda one: one.number)
        self.confidence = confidence
        self.budget = budget or Budget()
        self.evidence: Evidence = weigh(self.reruns)
        self.posterior = SwitchPosterior(steps, prior=prior)
        for one in self.evidence.told:
            if one.only and one.switch is not None:
                self.posterior.observe_only(one.switch, passed=one.passed is True)
            else:
                self.posterior.observe(one.switch or steps + 1, passed=one.passed is True)

    def next(self, most: int = 1) -> list[Next] | Finding:
        """At most `most` reruns to make now, together; empty while those on their way must be waited for. Or
        what was found, once it is sure, cannot be, or the budget is spent. Of 0, only whether it is over."""
        state = self._over()
        if state is not None:
            return self._finding(state)
        apart = self._told_apart()
        asked = self._asked(max(1, min(most, self._reruns_left()))) if apart else []
        if not asked and not self.evidence.pending:
            state = FindingState.UNSURE if self.evidence.told else FindingState.CANNOT_TELL
            no_more = "no further rerun could say more"
            inseparable = "no rerun that says anything tells those that are left apart"
            return self._finding(state, why=no_more if apart else inseparable)
        return asked[: max(0, min(most, self._reruns_left()))]

    def so_far(self, *, why: str = "") -> Finding:
        """As of now, for showing while it goes on; or `why` it does not."""
        return self._finding(self._over() or FindingState.UNSURE, why=why)

    def _over(self) -> FindingState | None:
        """None while there is something to do, or reruns are on their way that may decide it."""
        told, untold = self.evidence.told, self.evidence.untold
        if self._not_reproduced():
            return FindingState.CANNOT_TELL
        if len(untold) >= max(SILENT_FIRST, SILENT_SHARE * len(told)):
            return FindingState.CANNOT_TELL
        best = self.posterior.best
        if self.posterior.confidence >= self.confidence and self._baseline_done():
            if best == 0 and not self._everything_missing():
                return FindingState.NOT_A_STEP
            if best and self._confirm_done(best):
                return FindingState.SURE
        if self.spent() and not self.evidence.pending:
            return FindingState.UNSURE
        return None

    def _asked(self, most: int) -> list[Next]:
        found: list[Next] = []
        if self._wants_baseline():
            found.append(Next(None, only=False))
            if most == 1:
                return found
        best = self.posterior.best
        if self._wants_confirmation(best):
            found.append(Next(best, only=True))
        if best == 0 and self.posterior.confidence >= self.confidence:
            more = self._everything_missing() - self.evidence.waiting(1)
            found += [Next(1, only=False)] * more
        if self.posterior.confidence >= self.confidence and (found or self.evidence.pending):
            return found[:most]
        if len(found) < most:
            found += self._questions(most - len(found), best, already=found)
        return found[:most]

    def _questions(self, most: int, best: int, *, already: Sequence[Next]) -> list[Next]:
        on_the_way = [*(Next(one.switch, only=one.only) for one in self.evidence.pending), *already]
        pending = [Question(one.switch or self.steps + 1, only=one.only) for one in on_the_way]
        candidates = [Question(m) for m in range(1, self.steps + 1) if self._may_ask(m)]
        if best and self._may_ask(best, only=True):
            candidates.append(Question(best, only=True))
        asked = self.posterior.best_of(
            [one for one in candidates if one not in pending], most, pending=pending
        )
        return [Next(one.switch, only=one.only) for one in asked]

    def _told_apart(self) -> bool:
        """False once steps that no question tells apart any more (those between them say nothing) have the
        confidence together, and none of them by itself: all that is left to ask is known."""
        best, mass = self.posterior.best, self.posterior.mass()
        between = [m for m in range(1, self.steps + 1) if self._may_ask(m)]
        first = max((m for m in between if m <= best), default=0)
        last = min((m for m in between if m > best), default=self.steps + 1)
        together = float(mass[first:last].sum())
        if together < self.confidence or mass[best] >= self.confidence * together:
            return True
        alone = self._may_ask(best, only=True) and self.evidence.of(best, only=True)[1] < CONFIRM_TIMES
        return self._wants_baseline() or bool(best and alone)

    def _wants_baseline(self) -> bool:
        """Once, and up to three times where it passed."""
        passed, told = self.evidence.of(None)
        waiting = self.evidence.waiting(None)
        if waiting or self.evidence.silent(None) >= SILENT_TIMES:
            return False
        return not told or (passed > 0 and told < BASELINE_TIMES)

    def _baseline_done(self) -> bool:
        return not self._wants_baseline() and not (
            self.evidence.waiting(None) and not self.evidence.of(None)[1]
        )

    def _not_reproduced(self) -> bool:
        """It passed at least twice, and at least half of the time, with nothing put right."""
        passed, told = self.evidence.of(None)
        return passed >= 2 and 2 * passed >= told

    def _everything_missing(self) -> int:
        """Reruns with everything put right that are to be made before it is none of the steps."""
        return max(0, NONE_TIMES - self.evidence.of(1)[1]) if self._may_ask(1) else 0

    def _wants_confirmation(self, best: int) -> bool:
        if not best or self.posterior.confidence < CONFIRM_FROM or not self._may_ask(best, only=True):
            return False
        return not self._confirm_done(best) and not self.evidence.waiting(best, only=True)

    def _confirm_done(self, best: int) -> bool:
        """Once it passed; or could not be tried; or failed so often that it is not enough by itself."""
        passed, told = self.evidence.of(best, only=True)
        if not self._may_ask(best, only=True):
            return True
        if not told:
            return False
        if passed:
            return True
        sure = self.posterior.confidence >= self.confidence
        return not sure or told >= CONFIRM_TIMES or self.posterior.alone(best) < 1 - self.confidence

    def _may_ask(self, switch: int, *, only: bool = False) -> bool:
        return (
            self.evidence.silent(switch, only=only) < SILENT_TIMES
            or self.evidence.of(switch, only=only)[1] > 0
        ) and not self._beyond_divergence(switch)

    def _beyond_divergence(self, switch: int) -> bool:
        """The agent twice asked something else at an earlier step, and never came as far as this."""
        before = [
            one.diverged_at
            for one, why in self.evidence.untold
            if why is Untold.DIVERGED and one.diverged_at is not None and one.diverged_at < switch
        ]
        return len(before) >= SILENT_TIMES and not any(
            one.switch is None or one.switch >= switch for one in self.evidence.told
        )

    def _reruns_left(self) -> int:
        if self.spent():
            return 0
        bound = self.budget.reruns
        return MOST_AT_ONCE if bound is None else bound - len(self.reruns)

    def spent(self) -> str:
        """The field of the budget that is used up, "" while none is, by the time of the last rerun's end."""
        waiting, bound = bool(self.evidence.pending), self.budget.reruns
        if bound is not None and len(self.reruns) >= bound and not waiting:
            return "reruns"
        used = spent(self.reruns, now_ns=max((one.ended_ns for one in self.reruns), default=0))
        return out_of(self.budget, used, waiting=waiting)

    def _finding(self, state: FindingState, *, why: str = "") -> Finding:
        mass = self.posterior.mass()
        known = state is not FindingState.CANNOT_TELL
        step = self.posterior.best if known and self.evidence.told else 0
        right, wrong = self.posterior.rates()
        silent = {one.number: reason.value for one, reason in self.evidence.untold}
        finding = Finding(
            state=state,
            step=step or None,
            confidence=round(self.posterior.confidence, 4) if known else 0.0,
            level=self.confidence,
            mass=tuple(round(float(one), 6) for one in mass),
            credible=tuple(self.posterior.credible(self.confidence)),
            not_excluded=tuple(self.posterior.not_excluded(self.confidence)),
            tried=tuple(
                Tried(
                    number=one.number,
                    switch=one.switch,
                    only=one.only,
                    passed=one.passed,
                    why=silent.get(one.number, ""),
                )
                for one in sorted(
                    [*self.evidence.told, *(each for each, _ in self.evidence.untold)],
                    key=lambda one: one.number,
                )
            ),
            confirmed=self._confirmed(step),
            pass_rate=round(right, 3),
            false_pass_rate=round(wrong, 3),
            reruns=len(self.evidence.told) + len(self.evidence.untold),
            calls=sum(max(one.asked, one.live) for one in self.reruns),
            usd=round(sum(one.cost_usd for one in self.reruns), 6),
            sentences=(),
        )
        field = self.spent()
        why = why or (f"its budget of {field} is spent" if field else "there is more to try")
        return sentences(finding, self.evidence, why=why)

    def _confirmed(self, step: int) -> bool | None:
        passed, told = self.evidence.of(step, only=True) if step else (0, 0)
        return None if not told else passed > 0 and self.posterior.alone(step) >= CONFIRM_FROM
