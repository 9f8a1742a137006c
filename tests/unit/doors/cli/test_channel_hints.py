from __future__ import annotations

from roadworthy.doors.cli.channels import how_to_give


def test_what_is_missing_is_said_with_what_to_type() -> None:
    said = "Cannot be: body.secrets.routing_key: 32 characters were expected (HTTP 422)"

    assert how_to_give(said).strip().startswith("Give it with --secret routing_key")
    assert "--set url=VALUE" in how_to_give("body.settings.url: an address was expected")
    assert how_to_give("body.name: a name no other channel has") == ""
