"""`make reference`: writes pages of docs/reference from the code itself, so that they stay true."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from roadworthy.app.settings import Settings

REPO = Path(__file__).resolve().parent.parent
SETTINGS = REPO / "docs" / "reference" / "settings.md"

HEAD = """\
# Settings

<!-- Written by `make reference` from src/roadworthy/app/settings.py; a test fails when it differs. -->

Each setting is a flag of `roadworthy up`, or an environment variable; a flag wins over the variable, the
variable over the default. Sizes are bytes, times are seconds.

| variable | flag | default | what it does |
|---|---|---|---|
"""


def settings_page() -> str:
    return HEAD + "".join(row(name) for name in Settings.model_fields)


def row(name: str) -> str:
    field = Settings.model_fields[name]
    value = readable(field.get_default(call_default_factory=True, validated_data={}))
    flag = f"--{name.replace('_', '-')}"
    return f"| `ROADWORTHY_{name.upper()}` | `{flag}` | {value} | {field.description} |\n"


def readable(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if value is None or value == []:
        return "–"
    if isinstance(value, Path):
        return (
            f"`{Path('~') / value.relative_to(Path.home()) if value.is_relative_to(Path.home()) else value}`"
        )
    if isinstance(value, int) and value >= 1024 * 1024 and value % (1024 * 1024) == 0:
        return f"`{value}` ({value // (1024 * 1024)} MiB)"
    return f"`{value}`"


if __name__ == "__main__":
    sys.path.insert(0, str(REPO))
    from scripts.typed_failures_page import PAGE, typed_failures_page

    for page, text in ((SETTINGS, settings_page()), (PAGE, typed_failures_page())):
        page.write_text(text)
        sys.stdout.write(f"{page.relative_to(REPO)}\n")
