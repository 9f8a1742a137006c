"""A user's function does what it should, and none of what it should not, in a real process."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Never

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.features.judge.evaluator_book import EvaluatorBook, NamedEvaluator
from roadworthy.features.judge.evaluators.evaluator import ConfigInvalid, Verdict
from roadworthy.features.judge.evaluators.function_pool import POOL, FunctionPool
from roadworthy.features.judge.evaluators.python_function import PythonFunction, Ran, isolation
from roadworthy.features.judge.sandbox.guest import MODULES
from roadworthy.features.judge.sandbox.worker import GUEST, Ended, Limits, Worker
from roadworthy.kit.masking import mask_text
from tests.unit.judge.runs import call, transcript

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's walls are Linux's")
QUICK = Limits(seconds=1.0)


def mask(text: str) -> str:
    return mask_text(text).text


def ran(body: str, *, answer: str = "4242", limits: Limits = QUICK) -> Ran:
    function = PythonFunction(body, mask=mask, limits=limits)
    try:
        return function.run(transcript(answer, call("find", {"id": 7}, "nothing"), attributes={"k": "v"}))
    finally:
        function.close()


def says(*lines: str, limits: Limits = QUICK) -> Verdict:
    """The verdict of a function of these lines."""
    return ran("def evaluate(run):\n" + "\n".join(f"    {line}" for line in lines), limits=limits).verdict


def guests() -> set[str]:
    """Sandboxes on this machine that this process started."""
    mine = str(os.getpid())
    return {stat.parent.name for stat in Path("/proc").glob("[0-9]*/stat") if _is_guest_of(stat, mine)}


def _is_guest_of(stat: Path, parent: str) -> bool:
    try:
        is_child = stat.read_text().rpartition(")")[2].split()[1] == parent
        return is_child and b"guest.py" in stat.with_name("cmdline").read_bytes()
    except OSError:  # it ended meanwhile
        return False


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Other tests of this process may have left theirs in the pool."""
    POOL.close()
    yield
    assert guests() == set()


def test_the_kernel_keeps_code_in_here() -> None:
    assert isolation().kernel, isolation().detail


def test_a_function_sees_the_run_and_gives_a_verdict() -> None:
    body = """
import json
def evaluate(run):
    assert run["messages"][0]["role"] == "system" and run["attributes"] == {"k": "v"}
    [tool] = run["tools"]
    print("looking at", tool["name"])
    return {"value": 0.25, "label": "hm", "explanation": run["answer"] + "!", "evidence": run["answer"]}
"""
    done = ran(body)

    assert (done.verdict.value, done.verdict.label, done.verdict.explanation) == (0.25, "hm", "4242!")
    assert [place.excerpt for place in done.verdict.evidence] == ["4242"]
    assert done.printed == "looking at find\n"


@pytest.mark.parametrize(
    ("returned", "value", "label"),
    [
        ("True", 1.0, "pass"),
        ("False", 0.0, "fail"),
        ("1", 1.0, ""),
        ("0.5", 0.5, ""),
        ("'rude'", None, "rude"),
        ("{'value': 1, 'label': 'good'}", 1.0, "good"),
        # From here on: nonsense.
        ("None", None, "unknown"),
        ("2", None, "unknown"),
        ("-0.1", None, "unknown"),
        ("float('nan')", None, "unknown"),
        ("float('inf')", None, "unknown"),
        ("10 ** 400", None, "unknown"),
        ("[1]", None, "unknown"),
        ("''", None, "unknown"),
        ("{}", None, "unknown"),
        ("{'value': 'high'}", None, "unknown"),
        ("{'score': 1}", None, "unknown"),
        ("{'value': 1, 'label': 7}", None, "unknown"),
        ("evaluate", None, "unknown"),
        ("'x' * 10_000_000", None, "unknown"),
        ("{'value': 1, 'explanation': 'x' * 10_000_000}", 1.0, ""),
        ("'\\ud800'", None, "?"),
    ],
)
def test_what_a_function_returns_counts_or_is_unknown(returned: str, value: float | None, label: str) -> None:
    verdict = says(f"return {returned}")

    assert (verdict.value, verdict.label) == (value, label)
    assert len(verdict.explanation) <= 2_000
    if label == "unknown":
        assert verdict.explanation


def test_harmless_modules_can_be_imported() -> None:
    assert says(*(f"import {module}" for module in MODULES), "return 1").value == 1


def test_harmless_modules_work_behind_the_walls() -> None:
    verdict = says(
        "import collections, dataclasses, datetime, decimal, hashlib, random, re, statistics, urllib.parse",
        "from collections.abc import Mapping",
        "Point = collections.namedtuple('Point', 'x y')",
        "assert Point(1, 2).y == 2 and isinstance({}, Mapping)",
        "assert datetime.datetime.strptime('2026-01-02', '%Y-%m-%d').day == 2",
        "assert decimal.Decimal('0.1') + decimal.Decimal('0.2') == decimal.Decimal('0.3')",
        "assert hashlib.sha256(b'x').hexdigest() and 0 <= random.random() < 1",
        "assert statistics.mean([1, 2]) == 1.5 and re.sub('a', 'b', 'aa') == 'bb'",
        "assert urllib.parse.urlparse('http://a/b').path == '/b' and 'ä'.encode('latin-1')",
        "@dataclasses.dataclass",
        "class Thing:",
        "    name: str = 'x'",
        "return Thing().name == 'x'",
    )

    assert verdict.value == 1, verdict.explanation


def test_other_modules_cannot_be_imported() -> None:
    others = (
        "os sys socket ctypes subprocess pathlib importlib builtins gc threading urllib.request "
        "multiprocessing signal inspect pickle numpy roadworthy os.path json.decoder"
    )
    verdict = says(
        "come = []",
        f"for name in {others!r}.split():",
        "    for bring in (__import__, lambda name: exec('import ' + name)):",
        "        try:",
        "            bring(name)",
        "            come.append(name)",
        "        except ImportError as error:",
        "            assert 'may not import' in str(error)",
        "return {'value': 1, 'explanation': ' '.join(come)}",
    )

    assert (verdict.value, verdict.explanation) == (1, "")


ESCAPE = (
    "sys = next(c for c in object.__subclasses__() "
    "if c.__name__ == '_wrap_close').__init__.__globals__['sys']"
)
"""The well-known way round Python's own walls: from any object to all modules."""


@pytest.mark.parametrize(
    "deed",
    [
        "open('/etc/passwd').read()",
        "sys.modules['posix'].open('/etc/passwd', 0)",
        "sys.modules['posix'].listdir('/')",
        "sys.modules['posix'].system('true')",
        "sys.modules['posix'].fork()",
        "sys.modules['posix'].execv('/bin/true', ['true'])",
        "sys.modules['posix'].kill(1, 0)",
        "sys.modules['posix'].mkdir('x')",
        "sys.modules['posix'].stat('/')",
        "sys.modules['posix'].setuid(0)",
        "sys.modules['posix'].memfd_create('x')",
        "sys.modules['_thread'].start_new_thread(print, ())",
        "sys.modules['importlib'].import_module('_socket').socket()",
        "sys.modules['importlib'].import_module('ctypes')",
        "sys.modules['_io'].FileIO('/proc/self/environ')",
    ],
)
def test_code_that_climbs_over_pythons_walls_stands_before_the_kernels(deed: str) -> None:
    verdict = says(
        "try:",
        f"    {ESCAPE}",
        "except StopIteration:",
        "    import json",
        "    sys = json.codecs.sys",
        deed,
        "return 'ESCAPED'",
    )

    assert verdict.label == "unknown", verdict
    assert any(word in verdict.explanation for word in ("Error", "ended")), verdict.explanation


def test_without_pythons_walls_the_kernels_still_hold(tmp_path: Path) -> None:
    """The audit hook cannot be taken away from inside, so the filter is tried in a process without one."""
    guest = GUEST
    script = f"""
import importlib.util, os, socket, sys
spec = importlib.util.spec_from_file_location("guest", {str(guest)!r})
guest = importlib.util.module_from_spec(spec); spec.loader.exec_module(guest)
assert guest.allow_only_computing() == ""
def refused(deed):
    try:
        deed()
    except OSError as error:
        return error.errno == 1
    return False
deeds = [lambda: open("/etc/passwd"), lambda: socket.socket(), os.fork, lambda: os.execv("/bin/true", ["x"]),
         lambda: os.kill(os.getppid(), 0), lambda: os.mkdir("x"), lambda: os.stat("/"), lambda: os.pipe(),
         lambda: os.listdir("/"), lambda: os.unlink("x"), lambda: os.memfd_create("x")]
print([refused(deed) for deed in deeds])
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )

    assert done.stdout.strip() == str([True] * 11), done.stderr


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["while True: pass"], "took longer"),
        (["import time", "time.sleep(1000)"], "took longer"),
        (["x = '0' * 10_000_000_000", "return 1"], "MemoryError"),
        (["x = []", "while True: x.append(bytes(50_000_000))"], "MemoryError"),
        (["return evaluate(run)"], "RecursionError"),
        (["raise SystemExit(3)"], "SystemExit"),
        (["raise KeyboardInterrupt"], "KeyboardInterrupt"),
        (["return 1 / 0"], "line 2: ZeroDivisionError"),
        (["import json", "json.codecs.sys.modules['posix']._exit(3)"], "ended its process (exit code 3)"),
        (["import json", "json.codecs.sys.modules['posix'].abort()"], "crashed"),
        (["import re", "return bool(re.match('(a+)+$', 'a' * 40 + 'b'))"], "took longer"),
        (["return 10 ** 10 ** 10 > 1"], "took longer"),
    ],
    ids=range(12),
)
def test_a_function_that_misbehaves_ends_and_the_next_run_is_judged(lines: list[str], why: str) -> None:
    body = "def evaluate(run):\n    if run['answer'] == 'good': return 1\n" + "".join(
        f"    {x}\n" for x in lines
    )
    function = PythonFunction(body, mask=mask, limits=QUICK)
    try:
        bad = function.evaluate(transcript("bad"))
        good = function.evaluate(transcript("good"))
    finally:
        function.close()

    assert (bad.value, bad.label) == (None, "unknown")
    assert why.replace("line 2", "line 3") in bad.explanation
    assert good.value == 1


def test_an_evaluator_that_cannot_be_loaded_today_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is too busy to load it in time, or one whose kernel keeps nothing in."""
    config = {"source": "def evaluate(run):\n    return 1  # saved, then not loaded"}
    with closing(SqliteMetadataStore(tmp_path / "m.db")) as metadata:
        saved = NamedEvaluator(project="p", id="e1", name="mine", kind="python", config=config)
        EvaluatorBook(metadata).save(saved)
        POOL.close()
        monkeypatch.setattr(Worker, "load", _too_slow)
        again = EvaluatorBook(metadata)
        kept = again.get("p", "e1")
        assert kept is not None and kept.config == config
        said = [again.scores(transcript("x"))[0] for _ in range(5)]
        POOL.close()
        monkeypatch.undo()
        assert EvaluatorBook(metadata).scores(transcript("x"))[0].value == 1
        POOL.close()
    assert {one.label for one in said} == {"unknown"}
    assert "longer than 2 s" in said[0].explanation
    assert "rests for a minute" in said[4].explanation, "or each run would wait for it"


def _too_slow(self: Worker, source: str) -> Never:
    self.close()
    raise Ended("it took longer than 2 s")


def test_what_it_prints_is_kept_short_and_without_secrets() -> None:
    secret = "sk-proj-" + "a1B2" * 12
    flood = ran("def evaluate(run):\n    for _ in range(1000): print('x' * 1_000_000)\n    return 1")
    leaky = ran(
        f"def evaluate(run):\n    print({secret!r})\n    return {{'label': 'x', 'explanation': {secret!r}}}"
    )
    failing = ran(f"def evaluate(run):\n    raise ValueError({secret!r})")

    assert (flood.verdict.value, len(flood.printed)) == (1, 4_000)
    assert (
        secret not in repr(leaky) and "[masked:" in leaky.printed and "[masked:" in leaky.verdict.explanation
    )
    assert secret not in repr(failing) and "[masked:" in failing.verdict.explanation


def test_the_servers_environment_and_files_are_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROADWORTHY_SECRET", "hunter2hunter2")
    verdict = says(
        "import json",
        "sys = json.codecs.sys",
        "posix = sys.modules['posix']",
        "seen = [repr(posix.environ), repr(sys.argv), repr(sys.path)]",
        "for fd in range(1, 4096):",
        "    try:",
        "        seen.append('OPEN %d' % fd if posix.read(fd, 0) == b'' else '')",
        "    except OSError:",
        "        pass",
        "return {'label': 'seen', 'explanation': ' '.join(seen)}",
    )

    assert verdict.label == "seen", verdict
    assert "hunter2" not in verdict.explanation
    assert "PATH" not in verdict.explanation
    # Standard output and error lead nowhere; nothing else can be read.
    assert re.findall(r"OPEN (\d+)", verdict.explanation) == ["1", "2"]


def test_a_forged_answer_is_checked_like_any_other() -> None:
    verdict = says(
        "import json",
        "posix = json.codecs.sys.modules['posix']",
        # The answer's has the number that it had in this process, which may hold thousands open.
        "for fd in range(1, 1 << 16):",
        "    try: posix.write(fd, b'\\xff\\xff\\xff\\xff')",
        "    except OSError: pass",
        "return 1",
    )

    assert verdict.label == "unknown"
    assert "answered too much" in verdict.explanation


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "characters"),
        ("   \n", "characters"),
        ("x" * 100_001, "characters"),
        ("def evaluate(run)\n    return 1", "line 1: SyntaxError"),
        ("x = 1", "no function evaluate(run)"),
        ("evaluate = 7", "no function evaluate(run)"),
        ("import os\ndef evaluate(run): return 1", "line 1: ImportError"),
        ("1 / 0", "line 1: ZeroDivisionError"),
        ("while True: pass", "took longer"),
        ("(" * 50_000, "Error"),
        ("\ud800", "UTF-8"),
        ("x = '\x00'", "Error"),
    ],
    ids=range(12),
)
def test_source_that_cannot_be_loaded_is_refused_with_the_reason(source: str, words: str) -> None:
    function = PythonFunction(source, mask=mask, limits=QUICK)

    with pytest.raises(ConfigInvalid) as refused:
        function.check()
    function.close()

    assert refused.value.field == "source"
    assert words in refused.value.expected


def test_a_process_is_kept_between_runs_and_replaced_in_time() -> None:
    body = "n = 0\ndef evaluate(run):\n    global n\n    n += 1\n    return str(n)"
    function = PythonFunction(body, mask=mask, limits=Limits(seconds=2.0, calls=3))
    labels = [function.evaluate(transcript("x")).label for _ in range(5)]
    function.close()

    assert labels == ["1", "2", "3", "1", "2"]


def test_a_function_that_is_ended_again_and_again_does_not_hold_up_the_others() -> None:
    body = "def evaluate(run):\n    while run['answer'] == 'bad': pass\n    return 1"
    function = PythonFunction(body, mask=mask, limits=Limits(seconds=0.3))
    said = [function.evaluate(transcript(answer)) for answer in ("bad", "bad", "bad", "bad", "good")]
    function.close()

    assert ["was ended" in one.explanation for one in said] == [True, True, True, False, False]
    assert all("rests for a minute" in one.explanation for one in said[3:])


def test_the_pool_ends_what_was_not_asked_for_long() -> None:
    pool = FunctionPool(size=2)
    sources = [f"def evaluate(run): return '{n}'" for n in range(4)]
    labels = [pool.get(source).evaluate(transcript("x")).label for source in [*sources, *sources]]
    left = len(guests())
    pool.close()

    assert labels == ["0", "1", "2", "3"] * 2
    assert left == 2


def test_many_threads_may_share_one_function() -> None:
    function = PythonFunction("def evaluate(run): return run['answer']", mask=mask)
    got: dict[str, str] = {}

    def ask(answer: str) -> None:
        got[answer] = function.evaluate(transcript(answer)).label

    threads = [threading.Thread(target=ask, args=(f"a{n}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    function.close()

    assert got == {f"a{n}": f"a{n}" for n in range(20)}


def test_runs_may_be_large_but_not_endless() -> None:
    body = "def evaluate(run): return {'label': str(len(run['answer']))}"

    assert ran(body, answer="x" * 5_000_000).verdict.label == "5000000"
    assert "larger than" in ran(body, limits=Limits(run_bytes=100)).verdict.explanation
