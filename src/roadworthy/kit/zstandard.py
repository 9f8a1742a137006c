"""Zstandard (RFC 8878) under one name: the standard library has it since Python 3.14, a backport before."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["zstd"]
