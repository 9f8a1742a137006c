"""The bytes of a request, and a guard against lines that somebody put into a header."""

from __future__ import annotations

from roadworthy.backends.upstream.http.origin import Place
from roadworthy.contracts.upstream import Headers, UpstreamFailed, UpstreamRequest
from roadworthy.domain.typed_failure import FailureCode

_OWN = frozenset(
    {b"host", b"content-length", b"transfer-encoding", b"connection", b"keep-alive", b"upgrade", b"expect"}
)
"""What says how the bytes travel is ours to say; a length that somebody else says could smuggle a request."""
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


def request_head(request: UpstreamRequest, place: Place) -> bytes:
    """Request line and headers. Raises UpstreamFailed where a name or value would break out of its line."""
    method = request.method
    lines = [b"%b %b HTTP/1.1" % (method.encode(), place.target), b"host: " + place.host_header]
    lines += [b"%b: %b" % pair for pair in request.headers if pair[0] not in _OWN]
    if request.body or method not in _BODILESS:
        lines.append(b"content-length: %d" % len(request.body))
    lines.append(b"\r\n")
    head = b"\r\n".join(lines)
    # One line for each header and nothing more, or somebody brought their own.
    if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
        raise UpstreamFailed(FailureCode.UPSTREAM_REFUSED, "a header has a line break in it", sent=False)
    return head


def header(headers: Headers, name: bytes) -> bytes | None:
    """The first of that name (lower case)."""
    for each, value in headers:
        if each == name:
            return value
    return None
