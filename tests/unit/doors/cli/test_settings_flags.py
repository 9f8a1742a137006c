"""Every setting is a flag of `up`, spelt alike."""

from __future__ import annotations

import inspect

from roadworthy.app.settings import Settings
from roadworthy.doors.cli.serve import serve, up


def test_up_has_a_flag_for_each_setting_and_no_other() -> None:
    assert set(inspect.signature(up).parameters) - {"context"} == set(Settings.model_fields)


def test_flags_of_serve_are_settings() -> None:
    assert set(inspect.signature(serve).parameters) - {"context", "role"} <= set(Settings.model_fields)
