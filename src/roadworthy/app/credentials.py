"""Whether the server may listen where it was told to."""

from __future__ import annotations

from roadworthy.app.settings import Settings, is_loopback
from roadworthy.contracts.keys import KeyDecision, KeyDirectory, KeyVerdict
from roadworthy.contracts.metadata import MetadataStore


class CredentialsMissing(Exception):  # noqa: N818 - a condition the person at the terminal can mend
    """Listening beyond loopback was asked for and nobody could log in; the message says how to mend it."""


def check_credentials(settings: Settings, *, metadata: MetadataStore) -> None:
    """Raises CredentialsMissing where others could reach a server that asks nobody who they are."""
    if not is_loopback(settings.host) and not metadata.people():
        raise CredentialsMissing(
            f"refusing to listen on {settings.host}: nobody has a password yet, so anyone who reaches this "
            "address could read every run.\n"
            f"  Make one:  roadworthy people add NAME --data {settings.data}\n"
            "  or stay on this machine with --host 127.0.0.1."
        )
    if not is_loopback(settings.otlp_bind) and not metadata.key_hashes():
        raise CredentialsMissing(
            f"refusing to take OTLP on {settings.otlp_bind}: no API key exists yet, so anyone who "
            "reaches this address could write.\n"
            f"  Make one:  roadworthy keys create --data {settings.data} --name my-agents\n"
            "  or stay on this machine with ROADWORTHY_OTLP_HOST=127.0.0.1."
        )


class KeysRequired:
    """A key directory that lets nobody in without a key, whatever a project says: for addresses that others
    can reach."""

    def __init__(self, keys: KeyDirectory) -> None:
        self._keys = keys

    def resolve(self, presented: str | None, *, project: str | None = None) -> KeyDecision:
        decision = self._keys.resolve(presented, project=project)
        if presented or not decision.accepted:
            return decision
        return KeyDecision(
            verdict=KeyVerdict.KEY_REQUIRED,
            project=decision.project,
            reason="this server is reachable from other machines, so it takes nothing without an API key",
        )
