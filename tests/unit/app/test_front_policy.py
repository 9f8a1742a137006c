"""What the front decides by the address it listens on."""

from __future__ import annotations

import pytest

from roadworthy.app.front import door_limits
from roadworthy.app.settings import Settings


@pytest.mark.parametrize(
    ("settings", "need_key"),
    [
        (Settings(), False),
        (Settings(otlp_host="::1"), False),
        (Settings(host="0.0.0.0"), True),
        (Settings(host="127.0.0.1", otlp_host="192.0.2.7"), True),
        (Settings(host="192.0.2.7", otlp_host="127.0.0.1"), False),
    ],
)
def test_metrics_of_the_otlp_port_want_a_key_where_others_reach_it(
    settings: Settings, *, need_key: bool
) -> None:
    assert door_limits(settings).metrics_need_key is need_key
