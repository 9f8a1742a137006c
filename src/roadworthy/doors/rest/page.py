"""The built web page, as files."""

from __future__ import annotations

import gzip
import mimetypes
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from roadworthy.doors.rest.answers import VARIES, accepts_gzip

_COMPRESSIBLE = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest"})
"""Fonts and images are compressed already."""
STATIC_DIR = Path(__file__).parents[1] / "web" / "static"
_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Roadworthy</title>
<body style="font:16px/1.6 system-ui;max-width:42rem;margin:4rem auto;padding:0 1rem">
<h1>The server runs; its page is not built</h1>
<p>This is a source checkout without the built web page. Build it with <code>make web</code> and reload.
The API answers at <a href="/api/v1/runs">/api/v1/runs</a>, its description is at
<a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></body></html>"""


class WebPage:
    """Serves the folder. Any path without a file of its own gets index.html: the page does its own routing.

    Files under assets/ carry a hash of their content in their name, so browsers may keep them for ever;
    index.html is asked for anew each time.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = (folder or STATIC_DIR).resolve()
        self._compressed: dict[tuple[Path, int], bytes] = {}
        """By file and time of its last change; the whole page is a third of a megabyte."""

    @property
    def built(self) -> bool:
        return (self._folder / "index.html").is_file()

    def response(self, request: Request) -> Response:
        path = request.url.path.lstrip("/")
        file = self._file(path)
        if file is not None and path:
            kept = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
            return self._sent(request, file, kept=kept)
        if path.startswith("assets/"):
            # A missing script must not be answered with a page: browsers would run HTML as JavaScript.
            return Response("Not found", status_code=404, media_type="text/plain")
        if not self.built:
            return HTMLResponse(_NOT_BUILT, headers={"cache-control": "no-store"})
        return self._sent(request, self._folder / "index.html", kept="no-cache")

    def _sent(self, request: Request, file: Path, *, kept: str) -> Response:
        headers = {"cache-control": kept, **VARIES}
        kind = mimetypes.guess_type(file.name)[0]
        if file.suffix not in _COMPRESSIBLE or not accepts_gzip(request) or "range" in request.headers:
            return FileResponse(file, headers=headers)
        key = (file, file.stat().st_mtime_ns)
        if key not in self._compressed:
            self._compressed[key] = gzip.compress(file.read_bytes(), mtime=0)
        return Response(
            self._compressed[key], media_type=kind, headers={**headers, "content-encoding": "gzip"}
        )

    def _file(self, path: str) -> Path | None:
        """Only files inside the folder, whatever dots or links the path has."""
        if "\0" in path:
            return None
        candidate = (self._folder / path).resolve()
        return candidate if candidate.is_relative_to(self._folder) and candidate.is_file() else None
