"""channels at the command line, as a script types them."""

from __future__ import annotations

from pathlib import Path

from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.cli.test_commands import roadworthy
from tests.unit.doors.rest.desk import open_desk
from tests.unit.doors.rest.listening import listening

ADD = ("channels", "add", "pagerduty", "pager", "--default", "--secret", "routing_key")


def test_secrets_are_read_from_input_where_nobody_can_be_asked(tmp_path: Path) -> None:
    with listening(open_desk(tmp_path, RestSettings(version="test"))) as server:
        none = roadworthy(*ADD, stdin="", ROADWORTHY_SERVER=server.url)
        assert none.returncode == 2
        assert "--secret routing_key: expected it as a line of standard input" in none.stderr

        made = roadworthy(*ADD, stdin="0123456789abcdef0123456789abcdef\n", ROADWORTHY_SERVER=server.url)

        assert made.returncode == 0, made.stderr
        assert made.stdout.endswith("\tpagerduty\tpager\tdefault\n")
        assert made.stderr == ""
