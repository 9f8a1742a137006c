"""AWS Signature Version 4 of requests without a body.

Source: AWS, Amazon S3 API reference, "Authenticating Requests: Using the Authorization Header"; its
examples are the tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

EMPTY = hashlib.sha256(b"").hexdigest()


def signed_headers(
    *,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    access_key: str,
    secret_key: str,
    region: str,
    now: datetime,
    service: str = "s3",
) -> dict[str, str]:
    """`headers` (names in lower case) with those that sign them. `path` as it is sent; `now` is UTC."""
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    own = {**headers, "host": host, "x-amz-content-sha256": EMPTY, "x-amz-date": stamp}
    names = ";".join(sorted(own))
    canonical = "\n".join(
        (
            method,
            path,
            query_text(query),
            "".join(f"{name}:{own[name].strip()}\n" for name in sorted(own)),
            names,
            EMPTY,
        )
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    own["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return own


def query_text(query: Mapping[str, str]) -> str:
    """As it is signed and sent: by name, each part escaped."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def path_text(key: str) -> str:
    return quote(key, safe="/~")
