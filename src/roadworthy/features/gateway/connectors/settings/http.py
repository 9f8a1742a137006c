"""What an HTTP connector needs to be told."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from roadworthy.features.gateway.connectors.settings.secret_ref import Secret, SecretRef, Settings

_TOKEN = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
_NOT_OURS = frozenset(
    "host content-length transfer-encoding connection upgrade te trailer proxy-authorization expect".split()  # noqa: SIM905
)
TOOL_NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$"


def _plain_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        ok = False
    if not ok:
        raise ValueError("expected a URL like https://crm.example.com/api")
    if "@" in parts.netloc:
        raise ValueError("the URL must not hold a user or password; expected them under auth")
    if parts.query or parts.fragment:
        raise ValueError("the URL must not have a query or a fragment")
    if any(ord(c) <= 32 or ord(c) >= 127 for c in url) or "\\" in url:
        raise ValueError("the URL must be printable ASCII without spaces")
    return url


def _header_name(name: str) -> str:
    if not _TOKEN.match(name):
        raise ValueError(f"{name!r} is no header's name")
    if name.lower() in _NOT_OURS:
        raise ValueError(f"the header {name} is the gateway's own")
    return name


def _header_value(value: str) -> str:
    if any((ord(c) < 32 and c != "\t") or ord(c) == 127 or ord(c) > 255 for c in value):
        raise ValueError("a header's value must be one line of latin-1 text")
    return value


def plain_proxy(url: str) -> str:
    """Raises ValueError."""
    try:
        parts = urlsplit(url)
        ok = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
        ok = ok and parts.path in ("", "/") and not parts.query and not parts.fragment
    except ValueError:
        ok = False
    if not ok or any(ord(c) <= 32 or ord(c) >= 127 for c in url):
        raise ValueError("expected http://host:port")
    return url


def _open_proxy(url: str) -> str:
    if "@" in url:
        raise ValueError("it holds a password; expected {secret: NAME}")
    return plain_proxy(url)


Url = Annotated[str, Field(max_length=2_000), AfterValidator(_plain_url)]
Proxy = Annotated[str, Field(max_length=2_000), AfterValidator(_open_proxy)] | SecretRef
"""An HTTP proxy: its address, or a secret where that holds a password."""
HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, Field(max_length=8_000), AfterValidator(_header_value)]


class NoAuth(Settings):
    type: Literal["none"] = "none"


class ApiKeyAuth(Settings):
    """In a header or in the query."""

    type: Literal["api_key"]
    header: HeaderName | None = None
    query: str | None = Field(default=None, max_length=200)
    prefix: HeaderValue = Field(default="", description="Before the key: `Token `")
    key: Secret

    @model_validator(mode="after")
    def _one_place(self) -> ApiKeyAuth:
        if (self.header is None) is (self.query is None):
            raise ValueError("expected either header or query: where the key goes")
        return self


class BearerAuth(Settings):
    type: Literal["bearer"]
    token: Secret


class BasicAuth(Settings):
    type: Literal["basic"]
    user: str = Field(max_length=500)
    password: Secret


class OAuth2Auth(Settings):
    """RFC 6749: client credentials (4.4) or a refresh token (6)."""

    type: Literal["oauth2_client_credentials", "oauth2_refresh_token"]
    token_url: Url
    client_id: str = Field(min_length=1, max_length=500)
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    scope: str = Field(default="", max_length=2_000)
    audience: str = Field(default="", max_length=2_000)
    client_in: Literal["body", "header"] = Field(
        default="header", description="Where the client says who it is: Basic header, or form fields"
    )

    @model_validator(mode="after")
    def _needs(self) -> OAuth2Auth:
        if self.type == "oauth2_client_credentials" and self.client_secret is None:
            raise ValueError("client_secret: expected {secret: NAME} for client credentials")
        if self.type == "oauth2_refresh_token" and self.refresh_token is None:
            raise ValueError("refresh_token: expected {secret: NAME}")
        return self


Auth = Annotated[NoAuth | ApiKeyAuth | BearerAuth | BasicAuth | OAuth2Auth, Field(discriminator="type")]


class Tls(Settings):
    """PEM texts. `authority` is public and may stand here; certificate and key are secrets by name."""

    certificate: Secret | None = None
    key: Secret | None = None
    authority: str = Field(default="", max_length=200_000)

    @model_validator(mode="after")
    def _both(self) -> Tls:
        if (self.certificate is None) is not (self.key is None):
            raise ValueError("expected certificate and key, both or none")
        if self.authority and "-----BEGIN CERTIFICATE-----" not in self.authority:
            raise ValueError("authority: expected certificates in PEM")
        return self


class Operation(Settings):
    """One tool. `{name}` in path, query, headers and body stands for an argument."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: str = Field(max_length=2_000)
    description: str = Field(default="", max_length=8_000)
    arguments: dict[str, Any] = Field(default_factory=dict, description="JSON Schema of each, by name")
    required: list[str] | None = Field(default=None, description="Left out: those in the path")
    query: dict[str, Any] = Field(default_factory=dict)
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body: Any = None
    result: dict[str, Any] | None = Field(default=None, description="JSON Schema of the answer")
    items: str = Field(default="", max_length=500, description="Where the rows stand in it: `data.items`")
    idempotent: bool | None = Field(default=None, description="Left out: as its method is (RFC 9110, 9.2.2)")
    read_only: bool | None = Field(default=None, description="Left out: GET and HEAD read only")
    timeout_s: float | None = Field(default=None, gt=0, le=600)

    @model_validator(mode="after")
    def _path(self) -> Operation:
        if not self.path.startswith("/") or self.path.startswith("//") or "\\" in self.path:
            raise ValueError("path: expected one that begins with a single /")
        if any(c in self.path for c in "?#") or any(ord(c) <= 32 or ord(c) >= 127 for c in self.path):
            raise ValueError(
                "path: expected printable ASCII without ? and #; query parameters go under query"
            )
        if any(part in (".", "..") for part in self.path.split("/")):
            raise ValueError("path: expected one without . and .. segments")
        return self


class OpenApi(Settings):
    """An OpenAPI 3 document: `document` is its YAML or JSON, as text or already read."""

    document: str | dict[str, Any]
    include: list[str] = Field(default_factory=list, description="operationIds, with * and ?; empty: all")
    exclude: list[str] = Field(default_factory=list)


class HttpSettings(Settings):
    url: Url
    auth: Auth = NoAuth()
    tls: Tls = Tls()
    proxy: Proxy | None = Field(
        default=None, description="http://host:port, or a secret where it holds a password"
    )
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    operations: dict[Annotated[str, Field(pattern=TOOL_NAME)], Operation] = Field(default_factory=dict)
    openapi: OpenApi | None = None
    read_only: bool = Field(default=True, description="Whether only tools that read are offered")
    retries: int = Field(default=2, ge=0, le=5)
    check: str = Field(
        default="",
        max_length=64,
        description="Tool that a test of the connection calls; left out: GET of the URL",
    )

    @model_validator(mode="after")
    def _some(self) -> HttpSettings:
        if not self.operations and self.openapi is None:
            raise ValueError("expected operations or openapi: what it may be asked")
        return self
