"""What an opened connector works with."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from roadworthy.contracts.upstream import Transport
from roadworthy.domain.connector import Connector
from roadworthy.domain.data_dictionary import DataDictionary
from roadworthy.features.gateway.connectors.settings.secret_ref import ENV_PREFIXES, SecretRef


class SecretMissing(Exception):  # noqa: N818 (a condition that a person can mend)
    """A secret that the settings name is not there, or cannot be opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`unseal` may raise; `folder` is DATA/connectors. `seal` where something is kept that must not be
    read."""

    transport: Transport
    unseal: Callable[[str], str]
    folder: Path
    seal: Callable[[str], str] | None = None
    dictionary: Callable[[str, str], DataDictionary | None] = lambda _project, _connector: None
    """With corrections, by project and connector."""
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def secret(self, connector: Connector, ref: SecretRef | None) -> str:
        """ "" for none. Raises SecretMissing."""
        if ref is None:
            return ""
        if ref.env:
            value = self.environment.get(ref.env, "") if ref.env.startswith(ENV_PREFIXES) else ""
            if not value:
                raise SecretMissing(f"the server's variable {ref.env} is not set")
            return value
        if ref.secret not in connector.sealed:
            raise SecretMissing(
                f"the secret {ref.secret!r} of {connector.name} is not set: "
                f"roadworthy connect secret {connector.name} {ref.secret}"
            )
        try:
            return self.unseal(connector.sealed[ref.secret])
        except Exception as fault:  # noqa: BLE001 - the sealer's own kinds; what it says holds no secret
            raise SecretMissing(f"the secret {ref.secret!r} cannot be opened: {fault}") from None


def folder_of(folder: Path, connector: Connector) -> Path:
    """Where in DATA/connectors what is kept for a connector lies."""
    return folder / connector.project / connector.name
