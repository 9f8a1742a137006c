"""The channels of a project: where it can be told, with their secrets sealed."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from roadworthy.contracts.metadata import MetadataStore
from roadworthy.contracts.notifier import Network, Notifier, NotifierKind, SettingInvalid
from roadworthy.contracts.records import as_record, read_record
from roadworthy.domain.notification import Channel, ChannelKind
from roadworthy.kit.kept import Kept

KIND = "channel"
CHANNELS_KEPT = 500
PER_MINUTE = {
    ChannelKind.PAGERDUTY: 60,
    ChannelKind.SLACK: 20,
    ChannelKind.EMAIL: 10,
    ChannelKind.ALERTMANAGER: 600,
    ChannelKind.WEBHOOK: 600,
}
"""Where nothing else is said. Slack takes one message a second; people read fewer."""


class Seal(Protocol):
    """`kit.sealing.Sealer`."""

    def seal(self, secret: str) -> str: ...
    def open(self, sealed: str) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDraft:
    """What somebody wants a channel to be. A secret that is None or left out keeps what is there, "" takes it
    away."""

    name: str
    kind: ChannelKind
    settings: Mapping[str, str]
    secrets: Mapping[str, str | None]
    enabled: bool = True
    default: bool = False
    per_minute: int | None = None


class ChannelBook:
    """Safe to call from several threads. What another process changed is seen within a second."""

    def __init__(
        self,
        metadata: MetadataStore,
        *,
        seal: Seal,
        kinds: Sequence[NotifierKind],
        network: Network,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metadata = metadata
        self._seal = seal
        self._kinds = {one.kind: one for one in kinds}
        self._network = network
        self._clock = clock
        self._kept: Kept[str, dict[str, Channel]] = Kept(self._read, counter=metadata.change_counter)
        self._lock = threading.Lock()  # protects what was opened
        self._opened: dict[tuple[str, str, int], Notifier] = {}

    @property
    def kinds(self) -> list[NotifierKind]:
        return list(self._kinds.values())

    def channels(self, project: str) -> list[Channel]:
        """By name."""
        return sorted(self._kept.of(project).values(), key=lambda one: (one.name, one.id))

    def channel(self, project: str, channel_id: str) -> Channel | None:
        return self._kept.of(project).get(channel_id)

    def add(self, project: str, draft: ChannelDraft) -> Channel:
        """Raises SettingInvalid, which names the field."""
        if len(self._kept.of(project)) >= CHANNELS_KEPT:
            raise SettingInvalid("name", expected=f"at most {CHANNELS_KEPT} channels in a project")
        return self._save(self._made(project, secrets.token_hex(8), draft, sealed={}))

    def change(self, project: str, channel_id: str, draft: ChannelDraft) -> Channel | None:
        """None where there is no such channel. Raises SettingInvalid."""
        before = self.channel(project, channel_id)
        if before is None:
            return None
        if before.kind is not draft.kind:
            raise SettingInvalid("kind", expected=f"{before.kind.value}: the kind of a channel stays")
        changed = self._made(project, channel_id, draft, sealed=before.sealed)
        self._no_secret_elsewhere(before, changed, said=draft.secrets)
        return self._save(changed)

    def _no_secret_elsewhere(
        self, before: Channel, after: Channel, *, said: Mapping[str, str | None]
    ) -> None:
        fields = self._kinds[after.kind].fields
        for place in fields:
            if place.address and before.settings.get(place.name) != after.settings.get(place.name):
                for field in fields:
                    if field.secret and field.name in before.sealed and said.get(field.name) is None:
                        expected = f"to be said again, as settings.{place.name} changes"
                        raise SettingInvalid(f"secrets.{field.name}", expected=expected)

    def delete(self, project: str, channel_id: str) -> bool:
        gone = self._metadata.delete_record(project, KIND, channel_id)
        self._kept.forget()
        return gone

    def forget(self, project: str) -> None:
        """The project was deleted."""
        self._kept.forget()
        with self._lock:
            self._opened = {key: one for key, one in self._opened.items() if key[0] != project}

    def open(self, channel: Channel) -> Notifier:
        """The same one until the channel is changed. Raises SettingInvalid, and CannotOpen where its secrets
        were sealed with another key."""
        key = (channel.project, channel.id, channel.updated_ns)
        with self._lock:
            known = self._opened.get(key)
        if known is not None:
            return known
        values = {**channel.settings, **{k: self._seal.open(v) for k, v in channel.sealed.items()}}
        opened = self._kinds[channel.kind].open(values, self._network)
        with self._lock:
            for old in [one for one in self._opened if one[:2] == key[:2]]:
                del self._opened[old]
            self._opened[key] = opened
        return opened

    def _made(
        self, project: str, channel_id: str, draft: ChannelDraft, *, sealed: Mapping[str, str]
    ) -> Channel:
        kind = self._kinds[draft.kind]
        others = [one for one in self._kept.of(project).values() if one.id != channel_id]
        if any(one.name == draft.name for one in others):
            raise SettingInvalid("name", expected=f"a name no other channel has, not {draft.name!r}")
        settings, kept = self._settings(kind, draft, sealed)
        channel = Channel(
            project=project,
            id=channel_id,
            name=draft.name,
            kind=draft.kind,
            settings=settings,
            sealed=kept,
            enabled=draft.enabled,
            default=draft.default,
            per_minute=draft.per_minute or PER_MINUTE[draft.kind],
            updated_ns=self._clock(),
        )
        values = {**settings, **{k: self._seal.open(v) for k, v in kept.items()}}
        kind.open(values, self._network)
        return channel

    def _settings(
        self, kind: NotifierKind, draft: ChannelDraft, sealed: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        known = {field.name: field for field in kind.fields}
        for where, given in (("settings", draft.settings), ("secrets", draft.secrets)):
            for name in given:
                if name not in known or known[name].secret is not (where == "secrets"):
                    fits = [one.name for one in kind.fields if one.secret is (where == "secrets")]
                    raise SettingInvalid(f"{where}.{name}", expected=", ".join(fits) or "nothing here")
        settings: dict[str, str] = {}
        kept: dict[str, str] = {}
        for field in kind.fields:
            if field.secret:
                said = draft.secrets.get(field.name)
                value = sealed.get(field.name, "") if said is None else said and self._seal.seal(said)
                kept |= {field.name: value} if value else {}
            else:
                value = draft.settings.get(field.name, "").strip() or field.default
                settings |= {field.name: value} if value else {}
                if value and field.choices and value not in field.choices:
                    raise SettingInvalid(f"settings.{field.name}", expected=" or ".join(field.choices))
            if field.required and not value:
                where = "secrets" if field.secret else "settings"
                raise SettingInvalid(f"{where}.{field.name}", expected=field.title)
        return settings, kept

    def _save(self, channel: Channel) -> Channel:
        record = as_record(
            channel, project=channel.project, kind=KIND, record_id=channel.id, at_ns=channel.updated_ns
        )
        self._metadata.save_records([record])
        self._kept.forget()
        return channel

    def _read(self, project: str) -> dict[str, Channel]:
        found = [read_record(Channel, record) for record in self._metadata.records(project, KIND)]
        return {one.id: one for one in found}
