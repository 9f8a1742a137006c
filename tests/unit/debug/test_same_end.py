"""Two ends without an answer: the same one, another, or nobody can tell."""

from __future__ import annotations

import pytest

from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.features.debug.same_end import complaint, complaint_line, same_end

TRACEBACK = """Traceback (most recent call last):
  File "/srv/ada/shop/agent.py", line 12, in <module>
    raise KeyError(order)
KeyError: 'A-1'
"""
ELSEWHERE = TRACEBACK.replace("/srv/ada/shop", "/srv/ci/build").replace("line 12", "line 14")
CRASHED = RecordedEnd(ending=Ending.CRASHED, exit_code=1, error=TRACEBACK[-60:])
HUNG = RecordedEnd(ending=Ending.HUNG, exit_code=-9)
TOLD = RecordedEnd(error="'A-1'")
NODE = """file:///srv/agent.mjs:3
throw new TypeError("no such order");
      ^

TypeError: no such order
    at file:///srv/agent.mjs:3:7
    at ModuleJob.run (node:internal/modules/esm/module_job:195:25)

Node.js v18.19.0
"""


@pytest.mark.parametrize(
    ("recorded", "ending", "exit_code", "error", "same"),
    [
        (CRASHED, Ending.CRASHED, 1, TRACEBACK, True),
        (CRASHED, Ending.CRASHED, 1, ELSEWHERE, True),
        (CRASHED, Ending.CRASHED, 1, TRACEBACK.replace("A-1", "A-2"), False),
        (CRASHED, Ending.CRASHED, 2, TRACEBACK, False),
        (CRASHED, Ending.CRASHED, 1, "", False),
        (CRASHED, Ending.HUNG, None, "", False),
        (CRASHED, Ending.ANSWERED, 0, "", False),
        (RecordedEnd(ending=Ending.CRASHED, exit_code=3), Ending.CRASHED, 3, "", True),
        (HUNG, Ending.HUNG, -15, "half way", True),
        (HUNG, Ending.CRASHED, -9, "", False),
        # Told by its own telemetry: the words of an exception, without its name or with it.
        (TOLD, Ending.CRASHED, 1, TRACEBACK, True),
        (TOLD, Ending.CRASHED, 1, "ValueError: no", False),
        (RecordedEnd(), Ending.CRASHED, 1, TRACEBACK, None),
        (TOLD, Ending.HUNG, None, "", None),
        (TOLD, Ending.ANSWERED, 0, "", None),
    ],
)
def test_a_crash_repeated_is_the_same_end(
    recorded: RecordedEnd, ending: Ending, exit_code: int | None, error: str, same: bool | None
) -> None:
    assert same_end(recorded, ending=ending, exit_code=exit_code, error=error) is same


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TRACEBACK, "KeyError: 'A-1'"),
        (NODE, "TypeError: no such order"),
        ("  | openai.APIStatusError: 500\n  +-----\n", "openai.APIStatusError: 500"),
        ("starting\nno such order\n\n", "no such order"),
        (
            "RuntimeError: <Agent at 0x7f2a10> at 2026-11-23 06:10:01",
            "RuntimeError: <Agent at 0x> at <clock>",
        ),
        ("", ""),
    ],
)
def test_what_an_agent_complains_of(error: str, said: str) -> None:
    assert complaint(error) == said


def test_of_a_long_complaint_people_are_shown_the_beginning() -> None:
    said = f"openai.UnprocessableEntityError: Error code: 422 - {'x' * 400}"
    assert complaint_line(f"Traceback:\n  File 1\n{said}\nmore of it") == said
