"""The `roadworthy` command, wired: commands are a door, what they start is found up here."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.app.settings import Settings
    from roadworthy.contracts.metadata import MetadataStore
    from roadworthy.doors.cli.wiring import ServerSettings

# Everything is imported inside: `roadworthy --help` must not pay for the server.


def main() -> None:
    try:
        from roadworthy.doors.cli.main import run_cli
        from roadworthy.doors.cli.wiring import Wiring
    except ModuleNotFoundError as error:
        if (error.name or "roadworthy").startswith("roadworthy"):
            raise
        sys.exit(
            f"roadworthy: only the SDK is installed ({error.name} is missing); this needs the server:\n"
            '  pip install "roadworthy[server]"'
        )
    run_cli(Wiring(settings=_settings, run_up=_run_up, open_metadata=_open_metadata, run_mcp=_run_mcp))


def _read(given: Mapping[str, object]) -> Settings:
    from pydantic import ValidationError

    from roadworthy.app.settings import Settings

    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        said = "\n".join(
            f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()
        )
        raise ValueError(f"a setting cannot be:\n{said}") from None


def _settings(given: Mapping[str, object]) -> ServerSettings:
    return _read(given)


def _run_up(given: Mapping[str, object]) -> int:
    from roadworthy.app.up import run_up

    return run_up(_read(given))


@contextmanager
def _open_metadata(data: Path) -> Iterator[MetadataStore]:
    from roadworthy.app.folder import DataFolder
    from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore

    folder = DataFolder(data.expanduser().resolve())
    folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    metadata = SqliteMetadataStore(folder.metadata)
    try:
        yield metadata
    finally:
        metadata.close()


def _run_mcp(server: str, key: str | None) -> None:
    import logging

    from roadworthy.doors.mcp.stdio import run_stdio

    # Clients show standard error as trouble: each request told there would look like one.
    logging.disable(logging.INFO)
    run_stdio(server=server, key=key)


if __name__ == "__main__":
    main()
