"""TLS towards upstreams: whom we trust, and who we say we are."""

from __future__ import annotations

import os
import ssl
import tempfile
from functools import lru_cache
from pathlib import Path

from roadworthy.contracts.upstream import Identity, Unreached, UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode


@lru_cache(maxsize=256)
def tls_context(identity: Identity | None) -> ssl.SSLContext:
    """Kept: reading the certificates of the world takes some ten milliseconds. Raises UpstreamFailed.

    A company's own authority for everything comes by SSL_CERT_FILE or SSL_CERT_DIR.
    """
    try:
        context = _trusting(identity)
        if identity is not None and identity.client_certificate:
            _present(context, identity)
    except (ssl.SSLError, ValueError, OSError) as odd:
        message = f"the certificates of this upstream cannot be used: {type(odd).__name__}"
        reason = Unreached.OWN_CERTIFICATES_UNUSABLE
        raise UpstreamFailed(FailureCode.UNREACHABLE, message, sent=False, reason=reason) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def why_untrusted(odd: ssl.SSLCertVerificationError) -> Unreached:
    """What is wrong with the certificate an upstream shows (X509_V_ERR_* of OpenSSL's x509_vfy.h)."""
    if odd.verify_code in (9, 10):
        return Unreached.CERTIFICATE_EXPIRED
    if odd.verify_code in (62, 64):
        return Unreached.CERTIFICATE_OTHER_NAME
    return Unreached.CERTIFICATE_UNTRUSTED


def refuses_us(odd: BaseException | None) -> bool:
    """Whether the upstream ended the connection because of the certificate we showed, or did not show (alerts
    of RFC 8446, 6.2). With TLS 1.3 it says so only after our first request went out."""
    reason = str(getattr(odd, "reason", "") or "") if isinstance(odd, ssl.SSLError) else ""
    return "ALERT" in reason and any(word in reason for word in _OF_OURS)


_OF_OURS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE", "DECRYPT_ERROR")


def _trusting(identity: Identity | None) -> ssl.SSLContext:
    authority = identity.authority if identity is not None else ""
    if identity is not None and authority:
        context = ssl.create_default_context(cadata=authority)
        if identity.public_too:
            context.load_default_certs()
        return context
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_FILE"):
        # A machine without a store of its own (slim images, macOS).
        import httpx2

        return httpx2.create_ssl_context(trust_env=True)
    return context


def _present(context: ssl.SSLContext, identity: Identity) -> None:
    """The library reads certificates from files alone: one that nobody else may read, for that moment."""
    handle, name = tempfile.mkstemp(prefix="roadworthy-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(f"{identity.client_certificate}\n{identity.client_key}\n")
        # Without a password function a key that needs one would ask at the terminal.
        context.load_cert_chain(name, password=lambda: "")
    finally:
        Path(name).unlink()
