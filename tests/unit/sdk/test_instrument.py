"""Which instrumentation is used, when, and that its faults stay its own. Real packages, made for the test."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider

import roadworthy
from roadworthy.sdk.imports import when_imported
from roadworthy.sdk.instrument import LIBRARIES
from roadworthy.sdk.native import SPEAKS_BY_ITSELF, SWITCHES

Start = Callable[..., None]

INSTRUMENTOR = """
import openai
class Instrumentor:
    is_instrumented_by_opentelemetry = False
    def instrument(self, *, tracer_provider):
        {body}
        openai.instrumented.append(({name!r}, tracer_provider))
        Instrumentor.is_instrumented_by_opentelemetry = True
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, holding a library named openai that notes who instruments it."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "openai.py").write_text("instrumented = []\nready = True\n")
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def install(site: Path, distribution: str, *, body: str = "pass") -> None:
    """An instrumentation for openai, of the given distribution."""
    module = distribution.replace("-", "_")
    text = textwrap.dedent(INSTRUMENTOR).format(name=distribution, body=body)
    (site / f"{module}.py").write_text(text)
    info = site / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    entry = f"[opentelemetry_instrumentor]\nopenai = {module}:Instrumentor\n"
    (info / "entry_points.txt").write_text(entry)


def instrumented_by() -> list[str]:
    return [name for name, _ in import_module("openai").instrumented]


def test_a_library_is_instrumented_once_it_is_imported(
    site: Path, start: Start, own_provider: TracerProvider
) -> None:
    install(site, "openinference-instrumentation-openai")
    start(instrument=True)
    assert "openai" not in sys.modules, "init must not import what the host may never use"
    library = import_module("openai")
    assert library.instrumented == [("openinference-instrumentation-openai", own_provider)]
    assert type(library.__loader__).__module__ != "roadworthy.sdk.imports", "no trace of us is left on it"


def test_a_library_imported_before_is_instrumented_at_once(site: Path, start: Start) -> None:
    install(site, "openinference-instrumentation-openai")
    import_module("openai")
    start(instrument=True)
    assert instrumented_by() == ["openinference-instrumentation-openai"]


def test_a_library_whose_package_has_no_code_is_instrumented_with_its_client(
    site: Path, start: Start
) -> None:
    install(site, "openinference-instrumentation-mistralai")
    (site / "mistralai").mkdir()
    (site / "mistralai" / "client.py").write_text("")
    start(instrument=["mistralai"])
    import_module("mistralai.client")
    assert instrumented_by() == ["openinference-instrumentation-mistralai"]


def test_of_several_instrumentations_one_is_used(site: Path, start: Start) -> None:
    install(site, "opentelemetry-instrumentation-openai")
    install(site, "opentelemetry-instrumentation-openai-v2")
    install(site, "opentelemetry-instrumentation-genai-openai")
    install(site, "openinference-instrumentation-openai")
    start(instrument=True)
    assert instrumented_by() == ["openinference-instrumentation-openai"]


def test_one_that_fails_to_load_makes_way_for_the_next(
    site: Path, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    install(site, "openinference-instrumentation-openai")
    (site / "openinference_instrumentation_openai.py").write_text("raise ImportError('too old')")
    install(site, "opentelemetry-instrumentation-openai")
    start(instrument=True)
    assert instrumented_by() == ["opentelemetry-instrumentation-openai"]
    assert "too old" in caplog.text


def test_one_that_raises_breaks_neither_the_import_nor_the_host(
    site: Path, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ROADWORTHY_STRICT", "0")
    install(site, "openinference-instrumentation-openai", body="raise RuntimeError('broken')")
    start(instrument=True)
    assert import_module("openai").ready
    assert "broken" in caplog.text


def test_what_the_host_instrumented_itself_is_left_alone(site: Path, start: Start) -> None:
    install(site, "openinference-instrumentation-openai")
    install(site, "opentelemetry-instrumentation-openai")
    theirs = import_module("opentelemetry_instrumentation_openai").Instrumentor()
    theirs.instrument(tracer_provider=None)
    start(instrument=True)
    assert instrumented_by() == ["opentelemetry-instrumentation-openai"]


@pytest.mark.parametrize("chosen", [False, [], ["anthropic"]])
def test_only_what_was_asked_for(chosen: bool | list[str], site: Path, start: Start) -> None:
    install(site, "openinference-instrumentation-openai")
    start(instrument=chosen)
    assert instrumented_by() == []


def test_an_unknown_library_is_said(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    start(instrument=["opnai"])
    assert "cannot instrument 'opnai'" in caplog.text


def test_a_module_that_does_not_exist_is_still_an_import_error(site: Path) -> None:
    when_imported("no_such_module_anywhere", lambda: None)
    with pytest.raises(ModuleNotFoundError):
        import_module("no_such_module_anywhere")


def test_packages_and_their_data_still_load_through_the_watcher(site: Path) -> None:
    (site / "watched").mkdir()
    (site / "watched" / "__init__.py").write_text("from watched import inner\n")
    (site / "watched" / "inner.py").write_text("import watched.inner\n")
    (site / "watched" / "data.txt").write_text("hello")
    seen: list[str] = []
    when_imported("watched", lambda: seen.append("package"))
    when_imported("watched.inner", lambda: seen.append("module"))
    import_module("watched")
    from importlib.resources import files

    assert files("watched").joinpath("data.txt").read_text() == "hello"
    assert seen == ["module", "package"]


@pytest.mark.parametrize(
    ("content", "hosts", "switched"), [(True, None, [True]), (False, None, []), (True, "false", [])]
)
def test_agent_framework_tells_content_unless_somebody_said_otherwise(
    *,
    content: bool,
    hosts: str | None,
    switched: list[bool],
    site: Path,
    start: Start,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (site / "agent_framework").mkdir()
    (site / "agent_framework" / "__init__.py").write_text("")
    (site / "agent_framework" / "observability.py").write_text(
        "switched = []\ndef enable_instrumentation(*, enable_sensitive_data):\n"
        "    switched.append(enable_sensitive_data)\n"
    )
    if hosts is not None:
        monkeypatch.setenv("ENABLE_SENSITIVE_DATA", hosts)
    start(instrument=True, content=content)
    import_module("agent_framework")
    assert import_module("agent_framework.observability").switched == switched


def test_the_table_names_each_special_case() -> None:
    assert set(SWITCHES) | set(SPEAKS_BY_ITSELF) <= set(LIBRARIES)


def test_every_public_name_loads() -> None:
    assert all(callable(getattr(roadworthy, name)) for name in roadworthy.__all__)
    assert set(roadworthy.__all__) <= set(dir(roadworthy))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = roadworthy.nonsense
