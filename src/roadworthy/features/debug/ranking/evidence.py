"""What speaks for a step being the one to blame, in words: facts that can be checked by reading it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Signals = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One kind of evidence. `text` is a clause about the step, as in "it …"."""

    name: str
    text: str
    holds: Callable[[Signals], bool]


def _on(*names: str) -> Callable[[Signals], bool]:
    return lambda s: all(s.get(name, 0.0) > 0 for name in names)


def _agent(*names: str, without: Sequence[str] = ()) -> Callable[[Signals], bool]:
    return lambda s: (
        s.get("agent", 0.0) > 0
        and all(s.get(name, 0.0) > 0 for name in names)
        and not any(s.get(name, 0.0) > 0 for name in without)
    )


PIECES: tuple[Piece, ...] = (
    Piece(name="made_up", text="works with placeholders or made-up data", holds=_agent("says_made_up")),
    Piece(name="assumes", text="says that it assumes or estimates something", holds=_agent("says_assumes")),
    Piece(
        name="from_memory",
        text="goes by what it knows instead of looking it up",
        holds=_agent("says_from_memory"),
    ),
    Piece(
        name="claims_deed",
        text="says it looked something up or checked it, with no tool or code run",
        holds=_agent("says_claims_deed", without=("has_code", "run_after", "after_result")),
    ),
    Piece(
        name="facts_without_a_result",
        text="states names or numbers before any tool or program has returned something",
        holds=lambda s: s.get("facts_without_a_result", 0.0) > 1.2,
    ),
    Piece(
        name="numbers_from_nowhere",
        text="names numbers that stand neither in the task nor in any step before",
        holds=lambda s: s.get("agent", 0.0) > 0 and s.get("numbers_from_nowhere", 0.0) > 1.0,
    ),
    Piece(
        name="code_that_failed",
        text="holds code that failed when it was run",
        holds=_agent("code_that_failed"),
    ),
    Piece(
        name="code_that_found_nothing",
        text="holds code that ran and returned nothing useful",
        holds=_agent("code_that_found_nothing"),
    ),
    Piece(
        name="first_failure_is_next",
        text="is followed by the first error of the run",
        holds=_agent("first_failure_is_next"),
    ),
    Piece(
        name="ignores_failure",
        text="goes on after an error without mentioning it",
        holds=_agent("ignores_failure"),
    ),
    Piece(
        name="ignores_nothing",
        text="goes on after an empty result without mentioning it",
        holds=_agent("ignores_nothing"),
    ),
    Piece(name="doubted_next", text="is doubted by the agent that speaks next", holds=_agent("doubted_next")),
    Piece(
        name="repaired_next",
        text="is changed or tried another way in the next step",
        holds=_agent("repaired_next"),
    ),
    Piece(
        name="checker_agrees",
        text="is a check that agreed without running anything",
        holds=_agent("checker_agrees", without=("has_code", "run_after")),
    ),
    Piece(
        name="first_with_final_numbers",
        text="is the first to name a number that the final answer repeats",
        holds=_agent("first_with_final_numbers"),
    ),
    Piece(
        name="concludes_without_run",
        text="draws a conclusion without a result to draw it from",
        holds=_agent("concludes_without_run", without=("has_code",)),
    ),
    Piece(name="off_task", text="hardly takes up what the task says", holds=_agent("off_task")),
    Piece(name="first_code", text="is the first with code", holds=_agent("first_code")),
    Piece(
        name="by_hand",
        text="asks somebody else to do it by hand",
        holds=_agent("says_by_hand", without=("has_code",)),
    ),
    Piece(name="cannot", text="says that it cannot do something", holds=_agent("says_cannot")),
    Piece(name="failed", text="is a tool or program that ended with an error", holds=_on("failed")),
    Piece(name="empty", text="is a tool or program that returned nothing", holds=_on("empty")),
    Piece(
        name="repeats_earlier",
        text="repeats an earlier step almost word for word",
        holds=lambda s: s.get("agent", 0.0) > 0 and s.get("repeats_earlier", 0.0) > 0.85,
    ),
    Piece(name="speaks_first_time", text="is the first of its agent", holds=_agent("speaks_first_time")),
)
BY_NAME = {piece.name: piece for piece in PIECES}
_SHOWN = 5


def pieces_of(signals: Signals, *, lifts: Mapping[str, float]) -> list[Piece]:
    """Those that hold, the most telling first; only such as are seen more often at blamed steps."""
    held = [one for one in PIECES if lifts.get(one.name, 0.0) > 0 and one.holds(signals)]
    return sorted(held, key=lambda one: -lifts[one.name])[:_SHOWN]
