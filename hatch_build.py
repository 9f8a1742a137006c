"""Puts the compiled part (`native/`) into a wheel where a C compiler is at hand.

Where there is none the wheel is one for every machine, in Python alone.
`scripts/native.sh` does it for a checkout.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledPart(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        subprocess.run(["/bin/sh", "scripts/native.sh", sys.executable], cwd=self.root, check=True)
        found = next(Path(self.root, "src/roadworthy/kit").glob("_compiled.*.so"), None)
        if found is not None:
            build_data["force_include"][str(found)] = f"roadworthy/kit/{found.name}"
            build_data["pure_python"] = False
            build_data["infer_tag"] = True
