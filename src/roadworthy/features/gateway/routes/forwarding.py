"""The request that goes to an upstream: the agent's own, with the provider's address and key, and the pin."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from roadworthy.contracts.upstream import Headers, UpstreamRequest, Waits
from roadworthy.domain.exchange import Dialect
from roadworthy.domain.model_route import FAMILY_OF, Family, KeyHeader
from roadworthy.features.gateway.routes.call import ModelCall, PlannedTarget
from roadworthy.features.gateway.routes.request_body import with_values

_OURS = frozenset(
    {
        b"authorization",
        b"x-api-key",
        b"x-goog-api-key",
        b"api-key",
        b"cookie",
        b"host",
        b"content-length",
        b"connection",
        b"keep-alive",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
        b"accept-encoding",
        b"forwarded",
        b"via",
        # Names users and sessions, and may hold a drill's token: nothing for a provider.
        b"baggage",
        # They belong to the agent's account, and the key to ours.
        b"openai-organization",
        b"openai-project",
        b"x-goog-user-project",
    }
)
_OURS_BY_PREFIX = (b"x-roadworthy-", b"x-forwarded-", b"x-real-")
_READ = (b"gzip", b"deflate", b"identity")
"""Encodings that usage can be read from."""


def upstream_request(call: ModelCall, planned: PlannedTarget, *, waits: Waits) -> UpstreamRequest:
    """Raises RequestInvalid where the pinned values cannot be set."""
    provider = planned.provider.provider
    path, body, changed = with_values(call, model=planned.pinned, parameters=planned.target.parameters)
    family = FAMILY_OF[call.dialect]
    return UpstreamRequest(
        method=call.method,
        url=provider.bases[family] + dialect_path(path, family=family),
        headers=_headers(call, planned, family=family, changed=changed),
        body=body,
        waits=waits,
        allow_private=provider.allow_private,
    )


def dialect_path(path: str, *, family: Family) -> str:
    """What is put behind the base URL. OpenAI's base URLs end in a version, the others' do not."""
    path, _, query = path.partition("?")
    if family is Family.OPENAI and path.startswith("/v1/"):
        path = path[3:]
    if query:
        # Gemini's older clients show their key there.
        query = urlencode([pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "key"])
    return f"{path}?{query}" if query else path


def _headers(call: ModelCall, planned: PlannedTarget, *, family: Family, changed: bool) -> Headers:
    provider = planned.provider.provider
    own = {name.lower().encode(): value.encode() for name, value in provider.headers.items()}
    kept: list[tuple[bytes, bytes]] = []
    encodings = b"identity"
    for name, value in call.headers:
        if name == b"accept-encoding" and not call.streamed:
            known = [one.strip() for one in value.split(b",") if one.split(b";")[0].strip() in _READ]
            encodings = b", ".join(known) or encodings
        if name in _OURS or name in own or name.startswith(_OURS_BY_PREFIX):
            continue
        if changed and name == b"content-encoding":
            continue
        kept.append((name, value))
    kept.append((b"accept-encoding", encodings))
    kept += own.items()
    kept += _credential(planned.provider.key, provider.key_header.get(family, KeyHeader.NONE))
    return kept


def _credential(key: str, header: KeyHeader) -> list[tuple[bytes, bytes]]:
    if not key or header is KeyHeader.NONE:
        return []
    if header is KeyHeader.BEARER:
        return [(b"authorization", b"Bearer " + key.encode())]
    return [(header.value.encode(), key.encode())]


def passed_back(headers: Headers) -> Headers:
    """An upstream's headers for the agent: not those of its connection, nor its cookies."""
    return [
        pair
        for pair in headers
        if pair[0]
        not in (b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"set-cookie", b"alt-svc")
        and not pair[0].startswith((b"proxy-", b"x-roadworthy-"))
    ]


STREAM_TYPE = b"text/event-stream"


def content_type(headers: Headers) -> bytes:
    for name, value in headers:
        if name == b"content-type":
            return value
    return b""


def counts_as_model_call(call: ModelCall) -> bool:
    """Whether it makes tokens: counting them (Anthropic, Gemini) costs nothing."""
    path = call.path.partition("?")[0]
    if call.dialect is Dialect.ANTHROPIC_MESSAGES:
        return not path.endswith("/count_tokens")
    return not (call.dialect is Dialect.GEMINI and path.endswith(":countTokens"))
