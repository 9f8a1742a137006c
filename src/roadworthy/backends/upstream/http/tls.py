"""TLS towards upstreams: whom we trust, and who we say we are."""

from __future__ import annotations

import os
import ssl
import tempfile
from functools import lru_cache
from pathlib import Path

from roadworthy.contracts.upstream import Identity, UpstreamFailed
from roadworthy.domain.typed_failure import FailureCode


@lru_cache(maxsize=256)
def tls_context(identity: Identity | None) -> ssl.SSLContext:
    """Kept: reading the certificates of the world takes some ten milliseconds. Raises UpstreamFailed.

    A company's own authority for everything comes by SSL_CERT_FILE or SSL_CERT_DIR.
    """
    try:
        context = _trusting(identity.authority if identity is not None else "")
        if identity is not None and identity.client_certificate:
            _present(context, identity)
    except (ssl.SSLError, ValueError, OSError) as odd:
        message = f"the certificates of this upstream cannot be used: {type(odd).__name__}"
        raise UpstreamFailed(FailureCode.UNREACHABLE, message, sent=False) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _trusting(authority: str) -> ssl.SSLContext:
    if authority:
        return ssl.create_default_context(cadata=authority)
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
