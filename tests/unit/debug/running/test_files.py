"""What an agent writes in a rerun is gone with it, and named: real programs, real files, two languages."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roadworthy.domain.agent_ended import AgentEnded, Ending
from roadworthy.features.debug.running import files, isolation
from roadworthy.features.debug.running.command import run_command
from roadworthy.features.debug.running.files import Files
from roadworthy.features.debug.running.isolation import Guard, Isolate
from tests.conftest import IN_CI
from tests.unit.debug.running.agents import NOBODY, TASK, ran, ran_as_nobody

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are of Linux")
NODE = shutil.which("node")
NO_MEMORY = "none"
"""No size that a tmpfs takes: it cannot be had, as where it keeps no attributes for who is not root."""
LAYER_REFUSED = {"files": "overlay: Operation not permitted"}

PYTHON = """\
import os, pathlib, shutil
pathlib.Path("made.txt").write_text("made")
with open("grown.txt", "a") as file:
    file.write("more")
os.remove("gone.txt")
shutil.move("folder", "moved")
pathlib.Path("moved/inner.txt").read_text()
os.makedirs("deep/down")
pathlib.Path("deep/down/new.txt").write_text("new")
print(sorted(os.listdir(".")), pathlib.Path("grown.txt").read_text())
"""
SHELL = """\
printf made > made.txt; printf more >> grown.txt; rm gone.txt; mv folder moved
cat moved/inner.txt > /dev/null
mkdir -p deep/down; printf new > deep/down/new.txt; echo $(ls) $(cat grown.txt)
"""


@pytest.fixture
def layer(tmp_path: Path) -> None:
    """Fails in CI, where there is one; elsewhere it says loudly why it cannot be tried."""
    ended = ran("print(1)", guard=Guard(), folder=str(tmp_path))
    if not any(one.startswith("It changed no file") for one in ended.notes):
        if IN_CI:
            pytest.fail(f"this kernel is to give a layer: {ended.notes}")
        pytest.skip(f"NOT TESTED: this kernel gives no throw-away layer: {ended.notes}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somebody's, with files in it."""
    found = tmp_path / "home" / "theirs"
    (found / "folder").mkdir(parents=True)
    for name in ("grown.txt", "gone.txt", "folder/inner.txt"):
        (found / name).write_text("as it was, ")
    return found


def seen(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *folder.rglob("*")]
    }


def wrote(ended: AgentEnded) -> str:
    found = [one for one in ended.notes if one.startswith("It wrote to ")]
    assert len(found) == 1, ended
    return found[0]


@pytest.mark.parametrize("language", ["python", "shell"])
@pytest.mark.parametrize("live", [False, True])
def test_what_it_writes_is_undone_and_named(layer: None, folder: Path, language: str, live: bool) -> None:
    before = seen(folder)
    command = [sys.executable, "-c", PYTHON] if language == "python" else ["sh", "-c", SHELL]
    ended = run_command(command, TASK, guard=Guard(live=live), folder=str(folder))
    assert (ended.error, ended.ending) == ("", Ending.ANSWERED)
    for said in ("made.txt", "moved", "deep", "as it was, more"):
        assert said in ended.answer
    assert "gone.txt" not in ended.answer
    assert seen(folder) == before
    said = wrote(ended)
    assert f"created {folder}/deep/down/new.txt, {folder}/made.txt" in said
    assert f"changed {folder}/grown.txt" in said and f"deleted {folder}/gone.txt" in said
    # Only the machine's own root may rename a folder; for others mv(1) copies it.
    assert f"renamed {folder}/folder to {folder}/moved" in said or f"{folder}/moved/inner.txt" in said


def test_a_folder_that_it_only_stands_in_is_covered_too(
    layer: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    before = seen(folder)
    assert f"created {folder}/made.txt" in wrote(ran("open('made.txt', 'w')", guard=Guard()))
    assert seen(folder) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="NOT TESTED: becoming somebody else takes root")
@pytest.mark.parametrize("size", ["25%", NO_MEMORY])
def test_somebody_who_is_not_root_has_the_same(layer: None, folder: Path, size: str) -> None:
    before = seen(folder)
    more = "import os, tempfile; tempfile.mkstemp(dir='/var/tmp', suffix='.rw'); print(os.getuid())"
    said = ran_as_nobody(PYTHON + more, folder=folder, home=folder.parent, layer_size=size)
    if not said:
        pytest.skip("NOT TESTED: no interpreter that others may start")
    assert f"as it was, more\n{NOBODY}" in said or "no network of its own" in said, said
    if "It wrote to" in said:
        assert f"deleted {folder}/folder" in said and f"{folder}/moved/inner.txt" in said, said
    assert "as it was, more" not in (folder / "grown.txt").read_text()
    assert seen(folder) == before and not list(Path("/var/tmp").glob("*.rw"))
    assert not list(folder.parent.glob("roadworthy-rerun-*"))


def test_a_layer_that_cannot_be_in_memory_is_in_the_temporary_folder(
    layer: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LAYER_SIZE", NO_MEMORY)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert f"deleted {folder}/gone.txt" in wrote(ran(PYTHON, guard=Guard(), folder=str(folder)))
    assert (folder / "gone.txt").exists() and not list(tmp_path.glob("roadworthy-rerun-*"))


def test_a_layer_that_is_full_is_said(layer: None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LAYER_SIZE", "400k")
    ended = ran("open('large', 'wb').write(bytes(1_000_000))", guard=Guard(), folder=str(folder))
    assert "No space left on device" in ended.error
    assert any(one.startswith("Its throw-away layer of files was full") for one in ended.notes)
    assert f"created {folder}/large" in wrote(ended)


def test_files_are_kept_from_it_where_it_gets_no_network_of_its_own(layer: None, folder: Path) -> None:
    far = replace(TASK, gateway_url="http://[2001:db8::1]:8421")
    ended = ran("open('made.txt', 'w')", task=far, guard=Guard(), folder=str(folder))
    assert any("an address of IPv6" in one for one in ended.notes)
    assert f"created {folder}/made.txt" in wrote(ended) and not (folder / "made.txt").exists()


def test_a_database_that_it_writes_to_is_as_before(layer: None, folder: Path) -> None:
    path = folder / "state.db"
    with closing(sqlite3.connect(path)) as base:
        base.execute("PRAGMA journal_mode=WAL")
        base.execute("CREATE TABLE orders (id INTEGER)")
        base.commit()
        code = (
            "import sqlite3\n"
            f"base = sqlite3.connect({str(path)!r})\n"
            "base.execute('INSERT INTO orders VALUES (1)'); base.commit()\n"
            "print(base.execute('SELECT count(*) FROM orders').fetchone()[0])\n"
        )
        first, second = ran(code, guard=Guard()), ran(code, guard=Guard())
        assert (first.answer, second.answer, first.error) == ("1", "1", "")
        assert f"{path}" in wrote(first)
        assert base.execute("SELECT count(*) FROM orders").fetchone() == (0,)


def test_what_it_writes_everywhere_is_undone(layer: None, tmp_path: Path) -> None:
    places = [Path.home(), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")]
    names = [one / f"roadworthy-test-{os.getpid()}" for one in places if os.access(one, os.W_OK)]
    code = "".join(f"open({str(one)!r}, 'w').write('x')\n" for one in names)
    ended = ran(code, guard=Guard(), folder=str(tmp_path))
    assert ended.error == ""
    assert all(str(one) in wrote(ended) for one in names)
    assert not any(one.exists() for one in names)


def test_many_files_are_counted_and_byte_code_is_not(layer: None, folder: Path) -> None:
    code = "import os\nos.mkdir('__pycache__')\nopen('__pycache__/a.pyc', 'w')\n" + (
        "for one in range(20):\n    open(f'{one:02}.txt', 'w')\n"
    )
    said = wrote(ran(code, guard=Guard(), folder=str(folder)))
    assert said.startswith("It wrote to 20 files, which is undone: created ") and said.endswith(
        ", and 12 more."
    )
    assert "07.txt" in said and "08.txt" not in said and "pycache" not in said


def test_a_file_that_it_only_opened_for_writing_or_made_for_a_while_is_none(
    layer: None, folder: Path
) -> None:
    code = "import os; open('grown.txt', 'r+').read(); open('made', 'w'); os.remove('made'); print('ok')"
    ended = ran(code, guard=Guard(), folder=str(folder))
    assert ended.answer == "ok"
    assert "It changed no file; had it, that would be undone." in ended.notes


def test_a_folder_that_it_made_anew_is_said(layer: None, folder: Path) -> None:
    code = "import os, shutil; shutil.rmtree('folder'); os.mkdir('folder'); open('folder/other', 'w')"
    ended = ran(code, guard=Guard(), folder=str(folder))
    said = wrote(ended)
    assert f"created {folder}/folder/other" in said and f"changed {folder}/folder/" in said
    assert (folder / "folder" / "inner.txt").exists()


def test_files_are_kept_where_that_is_wished(folder: Path) -> None:
    ended = ran("open('made.txt', 'w')", guard=Guard(files=Files.KEEP), folder=str(folder))
    assert (folder / "made.txt").exists()
    assert f"It opened files for writing, which a replay does not undo: {folder}/made.txt." in ended.notes
    off = ran("open('other.txt', 'w')", guard=Guard(isolate=Isolate.OFF), folder=str(folder))
    assert (folder / "other.txt").exists() and any("other.txt" in one for one in off.notes)


@pytest.mark.parametrize("refused", [LAYER_REFUSED, {"spaces": "unshare: Operation not permitted"}])
@pytest.mark.parametrize("live", [False, True])
def test_without_a_layer_writing_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, refused: dict[str, str], live: bool
) -> None:
    monkeypatch.setattr(isolation, "_refused", dict(refused))
    before = seen(folder)
    code = (
        "import os, tempfile\n"
        "with tempfile.NamedTemporaryFile() as file:\n"
        "    file.write(b'x')\n"
        "print('a temporary file', file=open('/dev/stdout', 'w'), flush=True)\n"
        "for attempt in (lambda: open('made.txt', 'w'), lambda: os.remove('gone.txt'),\n"
        "                lambda: os.truncate('grown.txt', 0), lambda: os.rename('folder', 'moved')):\n"
        "    try:\n"
        "        attempt()\n"
        "    except OSError as refused:\n"
        "        print(refused.errno)\n"
    )
    ended = ran(code, guard=Guard(live=live), folder=str(folder))
    if any("could not keep it from changing files" in one for one in ended.notes):
        pytest.skip(f"NOT TESTED: this kernel has no Landlock: {ended.notes}")
    assert ended.answer.split("\n") == ["a temporary file", "13", "13", "13", "13"], ended
    assert seen(folder) == before
    (said,) = [one for one in ended.notes if "writing was refused" in one]
    assert f"({next(iter(refused.values()))})" in said
    assert f"It tried to write {folder}/made.txt" in said


def test_a_layer_that_the_kernel_refuses_is_done_without(
    layer: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = vars(isolation.Guarding)["spaces"].fget

    def impossible(guarding: isolation.Guarding) -> dict[str, Any] | None:
        found: dict[str, Any] | None = asked(guarding)
        if found is not None and found["layer"] is not None:
            found["layer"]["kept"] = ["/nowhere"]
        return found

    monkeypatch.setattr(isolation.Guarding, "spaces", property(impossible))
    monkeypatch.setattr(isolation, "_refused", {})
    before = seen(folder)
    ended = ran("open('made.txt', 'w')", guard=Guard(), folder=str(folder))
    assert "It ran in a network of its own, in which there is the gateway and nothing else." in ended.notes
    assert any("/nowhere" in one for one in ended.notes), ended
    assert seen(folder) == before or any("could not keep it" in one for one in ended.notes)


def test_where_files_cannot_be_kept_from_it_at_all_it_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        isolation, "_refused", {**LAYER_REFUSED, "writes": "landlock: Function not implemented"}
    )
    ended = ran("open('made.txt', 'w')", guard=Guard(), folder=str(folder))
    (said,) = [one for one in ended.notes if "could not keep it from changing files" in one]
    assert "overlay: Operation not permitted; landlock: Function not implemented" in said
    assert any("made.txt" in one for one in ended.notes)
    required = ran("open('more.txt', 'w')", guard=Guard(isolate=Isolate.REQUIRE), folder=str(folder))
    assert "cannot keep it from changing files" in required.error and not (folder / "more.txt").exists()


@contextmanager
def a_database(path: Path, kind: int = socket.SOCK_STREAM) -> Iterator[list[bytes]]:
    """Something that listens on a socket in the file system; what it was told."""
    told: list[bytes] = []
    with socket.socket(socket.AF_UNIX, kind) as server:
        server.bind(str(path))
        server.settimeout(10)
        if kind == socket.SOCK_STREAM:
            server.listen()

        def serve() -> None:
            while True:
                try:
                    if kind == socket.SOCK_DGRAM:
                        told.append(server.recv(100))
                        continue
                    called, _ = server.accept()
                    with called:
                        told.append(called.recv(100))
                        called.sendall(b"done")
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield told
        server.shutdown(socket.SHUT_RDWR)


CALL = (
    "import socket, sys\n"
    "call = socket.socket(socket.AF_UNIX); call.connect(sys.argv[1]); call.sendall(b'drop')\n"
    "print(call.recv(10).decode())\n"
)
CALL_IN_JS = (
    "const call = require('net').connect(process.argv[1], () => call.write('drop'));"
    "call.on('data', d => console.log(String(d)));"
    "call.on('error', e => { console.error(e.code); process.exit(4) });"
    "call.on('close', () => process.exit(0))"
)


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_a_server_on_a_socket_in_the_file_system_is_not_reached_and_that_is_said(
    layer: None, tmp_path: Path, language: str
) -> None:
    if language == "javascript" and NODE is None:
        pytest.skip("NOT TESTED: there is no node here")
    path = tmp_path / "base.sock"
    command = [str(NODE), "-e", CALL_IN_JS] if language == "javascript" else [sys.executable, "-c", CALL]
    for way in Files:
        with a_database(path) as told:
            ended = run_command([*command, str(path)], TASK, guard=Guard(files=way))
        path.unlink()
        assert "done" not in ended.answer and told == []
        assert f"The agent tried to reach {path} by itself; a replay lets nothing out." in ended.notes


def test_without_namespaces_a_call_of_a_socket_in_the_file_system_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "_refused", {"spaces": "unshare: Operation not permitted"})
    path = tmp_path / "base.sock"
    with a_database(path) as told:
        ended = run_command([sys.executable, "-c", CALL, str(path)], TASK, guard=Guard())
    assert (ended.answer, told) == ("done", [b"drop"])
    assert f"It connected to {path} on this machine, which nothing kept it from." in ended.notes


def test_datagrams_to_a_socket_in_the_file_system_are_swallowed(layer: None, tmp_path: Path) -> None:
    path = tmp_path / "log.sock"
    code = f"import socket; socket.socket(socket.AF_UNIX, 2).sendto(b'said', {str(path)!r}); print('ok')"
    with a_database(path, socket.SOCK_DGRAM) as told:
        ended = ran(code, guard=Guard())
    assert (ended.answer, told) == ("ok", [])
    assert f"The agent tried to reach {path} by itself; a replay lets nothing out." in ended.notes


def test_what_goes_on_live_reaches_servers_and_the_network(layer: None, tmp_path: Path) -> None:
    path = tmp_path / "base.sock"
    with a_database(path) as told, socket.create_server(("127.0.0.1", 0)) as near:
        code = (
            f"{CALL}socket.create_connection({near.getsockname()!r}, 5); open({str(tmp_path / 'x')!r}, 'w')"
        )
        ended = run_command([sys.executable, "-c", code, str(path)], TASK, guard=Guard(live=True))
    assert (ended.answer, ended.error, told) == ("done", "", [b"drop"])
    assert not (tmp_path / "x").exists()
    assert "It goes on live: this machine's network was open to it, past the gateway, too." in ended.notes


def test_its_own_servers_terminals_and_shared_memory_work(layer: None, folder: Path) -> None:
    code = (
        "import pty; os_end, tty = pty.openpty()\n"
        "import multiprocessing.shared_memory as shared, os, socket, threading\n"
        "server = socket.socket(socket.AF_UNIX); server.bind('own.sock'); server.listen()\n"
        "threading.Thread(target=lambda: server.accept()[0].sendall(b'own')).start()\n"
        "call = socket.socket(socket.AF_UNIX); call.connect('own.sock')\n"
        "memory = shared.SharedMemory(create=True, size=10); memory.close(); memory.unlink()\n"
        "print(call.recv(10).decode())\n"
    )
    ended = ran(code, guard=Guard(), folder=str(folder))
    assert (ended.answer, ended.error) == ("own", "")
