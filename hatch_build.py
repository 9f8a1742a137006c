"""Puts the compiled part (`native/`) into a wheel where a C compiler is at hand.

Where there is none the wheel is one for every machine, in Python alone.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledPart(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        folder = tempfile.mkdtemp(prefix="roadworthy-native-")
        self._folder = Path(folder)
        subprocess.run(["/bin/sh", "scripts/native.sh", sys.executable, folder], cwd=self.root, check=True)
        for built in self._folder.glob("_compiled.*"):
            build_data["force_include"][str(built)] = f"roadworthy/kit/{built.name}"
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version == "editable":
            return
        for built in self._folder.iterdir():
            built.unlink()
        self._folder.rmdir()
