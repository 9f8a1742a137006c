"""How a connector's system is reached, and why it was not, in words that say what is to be mended."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from roadworthy.contracts.tool_system import ToolFailed
from roadworthy.contracts.upstream import Identity, Unreached, UpstreamFailed
from roadworthy.domain.connector import Connector
from roadworthy.domain.typed_failure import FailureCode
from roadworthy.features.gateway.connectors.failing import failed
from roadworthy.features.gateway.connectors.opened import Parts, SecretMissing
from roadworthy.features.gateway.connectors.settings.http import Tls, plain_proxy
from roadworthy.features.gateway.connectors.settings.secret_ref import SecretRef

_BY_REASON: Mapping[Unreached, str] = MappingProxyType(
    {
        Unreached.CERTIFICATE_UNTRUSTED: "its certificate is of no authority that is trusted here "
        "(tls.authority names one of your own)",
        Unreached.CERTIFICATE_EXPIRED: "its certificate has expired, or is not valid yet",
        Unreached.CERTIFICATE_OTHER_NAME: "its certificate is for another host name",
        Unreached.CLIENT_CERTIFICATE_REFUSED: "it does not take our client certificate, or wants one "
        "(tls.certificate and tls.key)",
        Unreached.OWN_CERTIFICATES_UNUSABLE: "the certificate, key or authority under tls cannot be read, or "
        "they do not belong together",
        Unreached.PROXY_UNREACHABLE: "the proxy cannot be reached",
        Unreached.PROXY_CREDENTIALS: "the proxy wants other credentials (407)",
        Unreached.PROXY_REFUSED: "the proxy does not let us through",
        Unreached.PROXY_CANNOT_REACH: "the proxy itself cannot reach it",
        Unreached.ADDRESS_REFUSED: "it is at an address that may not be connected to (private ones need "
        "allow_private, others https)",
        Unreached.NO_ADDRESS: "its name has no address",
    }
)


def identity_of(
    connector: Connector, *, tls: Tls, proxy: str | SecretRef | None, parts: Parts
) -> Identity | None:
    """None where it is reached as anybody would. Raises SecretMissing."""
    if tls.certificate is None and not tls.authority and proxy is None:
        return None
    if isinstance(proxy, SecretRef):
        proxy = parts.secret(connector, proxy).strip()
        try:
            plain_proxy(proxy)
        except ValueError:
            raise SecretMissing("the proxy's secret must be like http://user:password@host:port") from None
    return Identity(
        client_certificate=parts.secret(connector, tls.certificate),
        client_key=parts.secret(connector, tls.key),
        authority=tls.authority,
        proxy=proxy or "",
    )


def why(failure: UpstreamFailed, *, max_bytes: int) -> str:
    """What befell a connection, to be said behind the name of the system; never what the system said."""
    if failure.reason is not None:
        return f"cannot be reached: {_BY_REASON[failure.reason]}"
    words = {
        FailureCode.TIMEOUT: "did not answer in time",
        FailureCode.UNREACHABLE: "cannot be reached",
        FailureCode.TOO_LARGE: f"answered with more than {max_bytes} bytes",
        FailureCode.INVALID_ANSWER: "answered with what is no HTTP, or was cut off",
    }
    return words.get(failure.code, "failed")


def not_reached(failure: UpstreamFailed, *, about: str, may_repeat: bool, max_bytes: int) -> ToolFailed:
    """`facts.reason` says why where that is known: then nobody tries again for the same call."""
    return failed(
        failure.code,
        f"{about} {why(failure, max_bytes=max_bytes)}",
        about=about,
        may_repeat=may_repeat or not failure.sent,
        sent="yes" if failure.sent else "no",
        reason=failure.reason.value if failure.reason is not None else "",
    )
