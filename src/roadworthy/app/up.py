"""`roadworthy up`: everything on one machine, in three processes (docs/adr/0002-two-processes.md,
docs/adr/0010-a-worker-process.md)."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from roadworthy.app.folder import FolderRefused
from roadworthy.app.logs import set_up_logging
from roadworthy.app.preparation import NotPrepared
from roadworthy.app.settings import Settings
from roadworthy.contracts.intake import IntakeFull, IntakeLocked

EXIT_USAGE = 2


def run_up(settings: Settings, *, out: TextIO = sys.stdout) -> int:
    """Run until SIGTERM or SIGINT; the exit code. What the person at the terminal can mend is said in one
    message on standard error, with exit code 2."""
    # gRPC would warn at each start of a core that it cannot follow a fork; a core is a new program.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    import uvloop

    from roadworthy.app.front import Front
    from roadworthy.doors.otlp.serve import PortTaken

    set_up_logging(settings.log_level, role="front")
    try:
        # The gRPC port is bound when the doors open, so running may refuse what starting did not.
        return uvloop.run(Front(settings, out=out).run())
    except (FolderRefused, PortTaken, NotPrepared, IntakeLocked, IntakeFull) as refusal:
        sys.stderr.write(f"roadworthy: {refusal}\n")
        return EXIT_USAGE
