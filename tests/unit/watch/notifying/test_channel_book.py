"""Channels are changed without their secrets, but no secret goes to an address it was not given for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.backends.notifiers.table import NOTIFIERS
from roadworthy.contracts.notifier import Network, SettingInvalid
from roadworthy.domain.notification import ChannelKind
from roadworthy.features.watch.notifying.channel_book import ChannelBook, ChannelDraft
from roadworthy.kit.sealing import Sealer

DRAFT = ChannelDraft(
    name="mail",
    kind=ChannelKind.EMAIL,
    settings={"host": "smtp.example.com", "from": "r@example.com", "user": "r"},
    secrets={"password": "a password nobody knows"},
)
WITHOUT = replace(DRAFT, secrets={})


@pytest.fixture
def book(tmp_path: Path) -> ChannelBook:
    metadata = SqliteMetadataStore(tmp_path / "m.db")
    return ChannelBook(metadata, seal=Sealer(tmp_path / "key"), kinds=NOTIFIERS, network=Network())


def test_what_is_not_said_of_a_secret_stays(book: ChannelBook) -> None:
    channel = book.add("default", DRAFT)

    changed = book.change(
        "default", channel.id, replace(WITHOUT, settings={**DRAFT.settings, "user": "other"})
    )

    assert changed is not None
    assert changed.sealed == channel.sealed


@pytest.mark.parametrize("secrets", [{}, {"password": None}])
def test_another_address_wants_the_secret_again(book: ChannelBook, secrets: dict[str, str | None]) -> None:
    channel = book.add("default", DRAFT)
    elsewhere = replace(DRAFT, settings={**DRAFT.settings, "host": "smtp.example.org"}, secrets=secrets)

    with pytest.raises(SettingInvalid, match=r"secrets\.password.*settings\.host"):
        book.change("default", channel.id, elsewhere)

    assert book.channel("default", channel.id) == channel
    assert book.change("default", channel.id, replace(elsewhere, secrets={"password": "new"})) is not None
