"""The reference pages are written from the code; here they are held against it."""

from __future__ import annotations

from scripts.reference import SETTINGS, settings_page
from scripts.typed_failures_page import PAGE, typed_failures_page


def test_every_setting_is_documented_as_it_is() -> None:
    assert SETTINGS.read_text() == settings_page(), "run `make reference`"


def test_every_typed_failure_is_documented_as_it_is() -> None:
    assert PAGE.read_text() == typed_failures_page(), "run `make reference`"
