"""Prints the API's OpenAPI 3.1 document: `python -m roadworthy.doors.rest.openapi > web/openapi.json`."""

from __future__ import annotations

import json
import sys

from roadworthy.doors.rest.app import api
from roadworthy.doors.rest.settings import RestSettings


def document() -> str:
    """Stable: the same code gives the same text. The version is that of the API, not of the package."""
    return json.dumps(api(RestSettings(version="1")).openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
