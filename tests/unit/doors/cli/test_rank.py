"""`roadworthy rank` against a real server on loopback."""

from __future__ import annotations

import json
from pathlib import Path

from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.cli.test_commands import roadworthy
from tests.unit.doors.rest.desk import open_desk, trace_id
from tests.unit.doors.rest.listening import listening


def test_steps_are_shown_with_evidence_how_sure_and_how_to_prove_it(tmp_path: Path) -> None:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as server:
        server.desk.write(1)
        run = trace_id(1)
        at = ("--server", server.url)
        shown = roadworthy("rank", run, *at).stdout
        assert "1. step " in shown and "of the suspicion" in shown
        assert "no proof" in shown and f"To prove it: roadworthy bisect {run}" in shown
        told = json.loads(roadworthy("rank", run, "--json", *at).stdout)
        assert told["why"]["grounds"] == "ranking" and told["resampling"] is None
        refused = roadworthy("rank", run, "--resample", "2", *at)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "recorded whole" in refused.stderr
        missing = roadworthy("rank", "abc", *at)
        assert missing.returncode == 1 and "abc" in missing.stderr
        outside = roadworthy("rank", run, "--resample", "51", *at)
        assert outside.returncode == 2 and "--resample" in outside.stderr
