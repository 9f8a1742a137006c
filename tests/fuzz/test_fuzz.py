"""A short run of the fuzzer with every test run; ROADWORTHY_FUZZ_SECONDS makes it longer."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.payloads import shared_data

SECONDS = int(os.environ.get("ROADWORTHY_FUZZ_SECONDS", "10"))
SMALL_BYTES = 20_000


def seeds() -> list[bytes]:
    """Real bodies, as inputs of the fuzzer: agents' own where they are at hand, else a few by hand."""
    inputs = [
        b"\x80\x00{}",
        b'\x80\x00{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00"}]}]}]}',
        b"\x00\x00",
    ]
    data = shared_data()
    if data is not None:
        for number, body in enumerate(sorted((data / "otlp").glob("*/*.pb"))):
            if number % 5 == 0 and body.stat().st_size <= SMALL_BYTES:
                inputs.append(b"\x00\x00" + body.read_bytes())
    return inputs[:100]


@pytest.mark.slow
def test_no_bytes_whatever_are_a_fault(tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: it has no wheel for this Python or platform")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, body in enumerate(seeds()):
        (corpus / str(number)).write_bytes(body)
    done = subprocess.run(
        [
            # By way of a small process: the kernel counts the size of whoever starts a program as that
            # program's own peak, and a worker of tests that has loaded a model is beyond the limit below.
            sys.executable,
            "-c",
            "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))",
            sys.executable,
            str(Path(__file__).with_name("fuzz_otlp.py")),
            f"-max_total_time={SECONDS}",
            "-timeout=10",
            "-rss_limit_mb=2048",
            f"-artifact_prefix={tmp_path}/",
            str(corpus),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    assert "Done" in done.stderr
