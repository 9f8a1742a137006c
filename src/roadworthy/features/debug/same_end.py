"""Whether an agent that gave no answer ended as the recorded run did: a crash repeated is no difference."""

from __future__ import annotations

import re

from roadworthy.domain.agent_ended import Ending, RecordedEnd
from roadworthy.features.debug.tape.clock import without_clock
from roadworthy.kit.masking import mask_text

_COMPARED = 200
"""Characters of the end of a complaint: of a recorded one no more may have been kept."""
_NAMED = re.compile(r"[\w.:]*(?:Error|Exception|Interrupt|Exit|Panic|panic|Fault)\w*(?::|\b.*\bat\b|$)")
"""How languages begin the line that says what went wrong."""
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def same_end(recorded: RecordedEnd, *, ending: Ending, exit_code: int | None, error: str) -> bool | None:
    """Without what is read off a clock, and addresses in memory. None: not enough is known of the recorded
    end."""
    if recorded.ending is None:
        mine, theirs = complaint(error), complaint(recorded.error)
        return theirs in mine or mine in theirs if ending is Ending.CRASHED and mine and theirs else None
    if ending is not recorded.ending:
        return False
    if ending is Ending.CRASHED:
        codes = {exit_code, recorded.exit_code} - {None}
        return len(codes) < 2 and complaint(error) == complaint(recorded.error)
    return True


def complaint(error: str) -> str:
    """The end of its line that says what went wrong, for holding against another."""
    return complaint_line(error)[-_COMPARED:]


def complaint_line(error: str) -> str:
    """The line of what was written to standard error that says what went wrong; the last, where none looks
    like it."""
    # The ends of a traceback may be drawn.
    lines = [line.strip(" |+\t") for line in error.splitlines() if any(sign.isalnum() for sign in line)]
    named = [line for line in lines if _NAMED.match(line)]
    found = (named or lines or [""])[-1]
    return _ADDRESS.sub("0x", without_clock(mask_text(found).text))
