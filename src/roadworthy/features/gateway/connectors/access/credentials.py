"""What a request shows of us besides certificates: headers, a key in the query, or an access token."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from roadworthy.contracts.upstream import Headers, Identity
from roadworthy.domain.connector import Connector
from roadworthy.features.gateway.connectors.access.oauth import TokenSource
from roadworthy.features.gateway.connectors.access.token_file import TokenFile
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing, folder_of
from roadworthy.features.gateway.connectors.settings.http import (
    ApiKeyAuth,
    Auth,
    BasicAuth,
    BearerAuth,
    OAuth2Auth,
)

TOKEN_FILE = "refresh.token"  # noqa: S105 (a file's name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The same with every request; `tokens` where one is fetched besides."""

    headers: Headers = ()
    query: str = ""
    tokens: TokenSource | None = None


def credentials_of(
    connector: Connector, auth: Auth, *, identity: Identity | None, parts: Parts
) -> Credentials:
    """Raises SecretMissing."""
    if isinstance(auth, BearerAuth):
        return _authorization(b"Bearer " + _header_secret(connector, auth.token, parts))
    if isinstance(auth, BasicAuth):
        pair = f"{auth.user}:{parts.secret(connector, auth.password)}".encode()
        return _authorization(b"Basic " + base64.b64encode(pair))
    if isinstance(auth, ApiKeyAuth):
        if auth.query is not None:
            key = parts.secret(connector, auth.key)
            return Credentials(query=f"{quote(auth.query, safe='')}={quote(key, safe='')}")
        name = (auth.header or "").lower().encode()
        value = auth.prefix.encode("latin-1") + _header_secret(connector, auth.key, parts)
        return Credentials(headers=((name, value),))
    if isinstance(auth, OAuth2Auth):
        return Credentials(tokens=_tokens(connector, auth, identity=identity, parts=parts))
    return Credentials()


def _authorization(value: bytes) -> Credentials:
    return Credentials(headers=((b"authorization", value),))


def _header_secret(connector: Connector, ref: Any, parts: Parts) -> bytes:
    text = parts.secret(connector, ref).strip()
    if any(ord(c) < 32 or ord(c) == 127 or ord(c) > 255 for c in text):
        raise SecretMissing("a secret that goes into a header must be one line of latin-1 text")
    return text.encode("latin-1")


def _tokens(
    connector: Connector, auth: OAuth2Auth, *, identity: Identity | None, parts: Parts
) -> TokenSource:
    """The token endpoint is reached as the system is: through its proxy, with its client certificate. It may
    be a public one, so the public authorities are trusted beside the system's own."""
    kept = None
    if auth.type == "oauth2_refresh_token" and parts.seal is not None:
        kept = TokenFile(
            folder_of(parts.folder, connector) / TOKEN_FILE,
            seal=parts.seal,
            unseal=parts.unseal,
            entered=parts.secret(connector, auth.refresh_token),
            asked=_asked(auth),
        )
    return TokenSource(
        auth,
        transport=parts.transport,
        client_secret=parts.secret(connector, auth.client_secret),
        refresh_token=parts.secret(connector, auth.refresh_token),
        identity=replace(identity, public_too=True) if identity is not None else None,
        allow_private=connector.allow_private,
        timeout_s=connector.timeout_s,
        renewing=_renewing(connector, auth),
        kept=kept,
    )


def _asked(auth: OAuth2Auth) -> Sequence[str]:
    """What an access token is good for: one that was asked for otherwise is another."""
    return (auth.token_url, auth.client_id, auth.scope, auth.audience)


def _renewing(connector: Connector, auth: OAuth2Auth) -> str:
    """How a person enters another refresh token."""
    ref = auth.refresh_token
    if ref is None:
        return ""
    if ref.env:
        return f"the server's variable {ref.env}"
    return f"roadworthy connect secret {connector.name} {ref.secret}"


def forget_tokens(folder: Path, connector: Connector) -> None:
    """It was deleted: what was granted to it goes."""
    kept = folder_of(folder, connector) / TOKEN_FILE
    for suffix in (".token", ".new", ".lock"):
        kept.with_suffix(suffix).unlink(missing_ok=True)
