"""Fixtures that every kind of test may use: the real payloads, and the whole product running."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests import payloads, product
from tests.product import Product

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay to the end: a third of the time of collecting them went into looking for garbage
    among them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """`shared/data` with its real payloads; the test is skipped, with the reason, where it is not there."""
    found = payloads.shared_data()
    if found is None:
        pytest.skip("needs shared/data beside the checkout, or ROADWORTHY_SHARED naming `shared`")
    return found


@pytest.fixture
def free_port() -> int:
    return product.free_ports(1)[0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Product]:
    """A ready product of this test's own, empty; gone afterwards."""
    with product.running(product.product_in(tmp_path)) as ready:
        yield ready


@pytest.fixture
def otlp_post(server: Product, shared_data: Path) -> Callable[[str], int]:
    """Sends all real bodies of one folder of data/otlp to the product; how many were sent."""

    def send_folder(name: str) -> int:
        return payloads.send_folder(server, shared_data / "otlp" / name)

    return send_folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI everything a test needs is there, so a test that skips itself has failed."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a whole module that skips itself."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
