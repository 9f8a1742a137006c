"""How far a command is: on a terminal, in a file, and when somebody presses Ctrl-C."""

from __future__ import annotations

import fcntl
import io
import os
import shlex
import struct
import subprocess
import sys
import termios
import time

from roadworthy.doors.cli.progress import Beat, ProgressLine
from tests.unit.doors.cli.inquiry_server import RUN, Inquiries, inquiry_server

COUNTING = shlex.join([sys.executable, "-S", "-c", "import time; time.sleep(0.3); print(42)"])
SLOW = shlex.join([sys.executable, "-S", "-c", "import time; time.sleep(600)"])


class Terminal(io.StringIO):
    """80 columns: it has no file descriptor to ask."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_has_one_line_that_says_how_far_what_it_cost_and_what_is_tried() -> None:
    now = [100.0]
    out = Terminal()
    progress = ProgressLine("reruns", out=out, clock=lambda: now[0])
    beat = Beat(done=2, planned=8, running=1, guessed=True, most=40, cost="0.0123 USD", trying="step 6 alone")
    progress(beat)
    progress(beat)
    now[0] += 75
    progress(Beat(done=8, planned=8, running=0, cost="0.0500 USD"))
    progress.end()
    drawn = out.getvalue().removesuffix("\n").split("\r")[1:]
    assert [len(one) for one in drawn] == [79, 79], "drawn over in full, once for each that is new"
    assert drawn[0].rstrip() == "[##........] 2 of about 8 reruns, trying: step 6 alone, 0.0123 USD, 0 s"
    assert drawn[1].rstrip() == "[####################] 8 of 8 reruns, 0.0500 USD, 1 min 15 s"


def test_a_long_line_is_cut_to_the_terminal() -> None:
    out = Terminal()
    ProgressLine("reruns", out=out)(Beat(done=2, planned=8, running=1, trying="x" * 100))
    assert len(out.getvalue()) == 80 and out.getvalue().endswith("x…")


def test_a_file_has_a_line_for_each_thing_done() -> None:
    out = io.StringIO()
    progress = ProgressLine("runs", out=out)
    for done, running in ((0, 1), (0, 1), (1, 1), (1, 0), (2, 0)):
        progress(Beat(done=done, planned=2, running=running))
    progress.end()
    assert out.getvalue() == "1 of 2 runs, 1 under way\n2 of 2 runs\n"


def test_nothing_planned_yet_is_no_error() -> None:
    out = Terminal()
    ProgressLine("calls", out=out)(Beat(done=0, planned=0, running=0))
    assert out.getvalue().strip() == "[....................] 0 of 0 calls, 0 s"


def _on_a_terminal(*arguments: str, interrupt_at: bytes = b"") -> tuple[int, str]:
    """Exit code, and all that a terminal of 120 columns was sent. Ctrl-C once `interrupt_at` is seen."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ROADWORTHY_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "roadworthy.app.main", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=clean,
        start_new_session=True,
        # Its own terminal: Ctrl-C goes to all that run on it, as at a person's.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    seen, ends = b"", time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            seen += os.read(ours, 65_536)
        except OSError:  # its end closed: nobody writes any more
            break
        if interrupt_at and interrupt_at in seen:
            os.write(ours, b"\x03")
            interrupt_at = b""
    os.close(ours)
    return child.wait(timeout=20), seen.decode()


def test_a_person_sees_a_bisect_grow() -> None:
    finding = {"state": "sure", "sentences": ["Found."], "mass": [], "tried": []}
    with inquiry_server(Inquiries(reruns=2, finding=finding, usd=0.5)) as server:
        code, seen = _on_a_terminal(
            "bisect", RUN, "--command", COUNTING, "--check", "contains:42", "--server", server.url
        )
    assert code == 0, seen
    assert "] 0 of about 2 reruns (at most 40), trying: as recorded, 0.0000 of 0.5 USD, " in seen
    assert "1 of about 2 reruns" in seen
    assert "[####################] 2 of 2 reruns" in seen
    assert "Found." in seen


def test_ctrl_c_ends_the_agent_and_says_how_to_go_on() -> None:
    with inquiry_server(Inquiries()) as server:
        code, seen = _on_a_terminal(
            *("replay", RUN, "--command", SLOW, "--server", server.url),
            interrupt_at=b"rerun 1, 0.0000 USD, 1 s",
        )
    assert code == 130, seen
    last = seen.strip().splitlines()[-1]
    assert last == "roadworthy: stopped; go on with: roadworthy inquiries resume i1", seen
    assert "Traceback" not in seen


def test_ctrl_c_ends_a_resampling_and_shows_what_was_found_until_then() -> None:
    with inquiry_server(Inquiries()) as server:
        code, seen = _on_a_terminal(
            *("rank", RUN, "--resample", "5", "--server", server.url), interrupt_at=b"] 2 of 15 calls"
        )
        assert server.resampled == "cancelled"
    assert code == 130, seen
    assert "trying: each step 5 times, 0.0002 of 1 USD, " in seen
    assert "Resampling: cancelled, 2 calls, 0.0002 USD" in seen and "Traceback" not in seen
