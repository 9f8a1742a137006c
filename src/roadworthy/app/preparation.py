"""What must hold before the front serves, decided in a short-lived child process.

The metadata library takes 30 MiB that the front, which only reads keys, would keep for good; a child gives
them back.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from roadworthy.app.settings import Settings


class NotPrepared(Exception):  # noqa: N818 - a condition the person at the terminal can mend
    """The message says why and what to do."""


def prepare_metadata(path: Path, *, settings: Settings) -> None:
    """Bring the metadata's schema up to date and check that the addresses asked for are safe.

    Call it before any thread is started (it forks). Raises NotPrepared.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os._exit(_child(path, settings=settings, said=writing))
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        message = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise NotPrepared(message or f"the metadata database {path} cannot be opened")


def _child(path: Path, *, settings: Settings, said: int) -> int:
    from sqlalchemy.exc import SQLAlchemyError

    from roadworthy.app.credentials import CredentialsMissing, check_credentials
    from roadworthy.backends.metadata.sqlite.migrate import NewerDatabase
    from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore

    try:
        metadata = SqliteMetadataStore(path)
        check_credentials(settings, metadata=metadata)
        metadata.close()
    except (CredentialsMissing, NewerDatabase) as refusal:
        os.write(said, str(refusal).encode())
        return 1
    except (OSError, SQLAlchemyError) as fault:
        os.write(said, f"the metadata database {path} cannot be opened: {fault}".encode())
        return 1
    except BaseException:  # noqa: BLE001 - a forked child must end here, whatever happened
        os.write(said, traceback.format_exc().encode())
        return 1
    return 0
