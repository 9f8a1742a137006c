"""A mail server that repeats what it was sent: no spelling of the password gets into the delivery log."""

from __future__ import annotations

import base64

import pytest

from roadworthy.backends.notifiers.email import _spellings

USER, PASSWORD = "robot@example.com", "s3cret-pässword"


@pytest.mark.parametrize(
    "sent", [PASSWORD, f"\0{USER}\0{PASSWORD}", f"{USER}\0{USER}\0{PASSWORD}"], ids=["login", "plain", "as"]
)
def test_what_a_login_sends_is_masked_as_it_is_and_as_base64(sent: str) -> None:
    encoded = base64.b64encode(sent.encode()).decode()
    said = f"535 cannot decode {encoded} of {PASSWORD}, nor {encoded.rstrip('=')}"

    for spelling in _spellings(USER, PASSWORD):
        said = said.replace(spelling, "[masked]")

    assert said == "535 cannot decode [masked] of [masked], nor [masked]"
