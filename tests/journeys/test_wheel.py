"""What `pip install` gives: the SDK alone, small; the server with its page inside, without Node."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests import product

REPO = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"
PAGE = REPO / "src" / "roadworthy" / "doors" / "web" / "static" / "index.html"
BASE_INSTALL_MB = 15

pytestmark = pytest.mark.slow


def run(*command: object) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not PAGE.exists():
        pytest.skip("the web page is not built: make web")
    out = tmp_path_factory.mktemp("dist")
    run(
        UV,
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        out,
    )
    return next(out.glob("*.whl"))


def environment(folder: Path) -> Path:
    """A new virtual environment; its Python."""
    run(UV, "venv", "--quiet", "--python", sys.executable, folder)
    return folder / "bin" / "python"


def site_packages(python: Path) -> Path:
    return Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())


def test_the_page_is_inside_and_nothing_else_strays_in(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "roadworthy/doors/web/static/index.html" in names
    assert [name for name in names if name.startswith("roadworthy/doors/web/static/assets/")]
    assert "roadworthy/py.typed" in names
    assert all(name.split("/")[0].startswith("roadworthy") for name in names)
    assert not [name for name in names if name.endswith((".map", ".pyc"))]


def test_the_sdk_alone_is_small_and_works(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "sdk")
    locked = ("--constraint", REPO / "requirements" / "server.lock")
    run(UV, "pip", "install", "--quiet", "--python", python, *locked, wheel)

    size = sum(path.stat().st_size for path in site_packages(python).rglob("*") if path.is_file())
    called = run(
        python,
        "-c",
        "import roadworthy\n"
        "@roadworthy.tool\n"
        "def double(n): return 2 * n\n"
        "print(double(21), roadworthy.__file__)",
    )

    assert size < BASE_INSTALL_MB * 1_000_000
    assert called.split()[0] == "42"
    assert str(tmp_path) in called
    command = subprocess.run(
        [python.parent / "roadworthy", "up"], capture_output=True, text=True, check=False
    )
    assert command.returncode == 1
    assert 'pip install "roadworthy[server]"' in command.stderr
    assert "Traceback" not in command.stderr


def test_the_server_shows_its_page_without_node(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "server")
    run(UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    # The dependencies are those of this environment, so that the test need not fetch 300 MB again; paths that
    # a .pth file adds come after the wheel's own, and bring no editable checkout with them.
    own = site_packages(Path(sys.executable))
    (site_packages(python) / "dependencies.pth").write_text(f"{own}\n")
    installed = replace(
        product.product_in(tmp_path, environment={"PATH": "/usr/bin/nowhere"}),
        executable=python.parent / "roadworthy",
    )

    with product.running(installed) as server:
        page = server.get("/")
        script = re.search(r'<script[^>]*src="([^"]+)"', page.body.decode())

        assert page.status == 200
        assert page.headers["content-type"].startswith("text/html")
        assert script
        assert server.get(script[1]).status == 200
        assert server.get("/runs/any-run").body == page.body, "links into the page work when they are opened"
