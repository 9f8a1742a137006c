"""Starting, stopping and starting again, as an operator does it, and what is refused with which words."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import product
from tests.journeys import traffic
from tests.product import Product, wait_until

pytestmark = pytest.mark.slow

STOP_SECONDS = 10


def refused(what: Product) -> str:
    """What `roadworthy up` says when it ends by itself, with a code that says so."""
    what.launch()
    assert what.process is not None
    try:
        code = what.process.wait(30)
    except subprocess.TimeoutExpired:
        what.kill()
        raise AssertionError(f"it runs, though it should refuse:\n{what.output()}") from None
    assert code not in {0, None}
    assert "Traceback" not in what.output()
    return what.output()


def run_ids(server: Product) -> set[str]:
    return {run["id"] for run in server.all_runs()}


def test_stops_within_ten_seconds_of_sigterm_and_keeps_everything(tmp_path: Path) -> None:
    made = product.product_in(tmp_path)
    tasks = [traffic.task(f"Question {number}") for number in range(30)]
    with product.running(made) as server:
        for each in tasks:
            assert server.send(traffic.body(each)).status == 200
        began = time.monotonic()
        code = server.stop()
        took = time.monotonic() - began

    assert code == 0
    assert took <= STOP_SECONDS
    with product.running(made) as server:
        wait_until(
            lambda: run_ids(server) == {t.id for t in tasks}, seconds=20, what="all runs after a restart"
        )
        spans = server.json(f"/api/v1/runs/{tasks[0].id}/spans")["items"]
        assert len(spans) == traffic.SPANS_PER_RUN


def test_sending_again_after_a_restart_changes_nothing(tmp_path: Path) -> None:
    made = product.product_in(tmp_path)
    body = traffic.body(traffic.task("asked once, exported twice"))
    with product.running(made) as server:
        assert server.send(body).status == 200
        wait_until(lambda: len(server.all_runs()) == 1, seconds=20, what="the run")
        server.stop()
    with product.running(made) as server:
        assert server.send(body).status == 200
        server.wait_drained()
        [run] = server.all_runs()

        assert (run["model_calls"], run["tool_calls"], run["input_tokens"]) == (1, 1, 120)


def test_a_second_process_on_the_same_folder_is_refused(server: Product, tmp_path: Path) -> None:
    second = product.product_in(tmp_path / "second")
    second.log.parent.mkdir()
    second.data = server.data

    said = refused(second)

    assert str(server.data) in said
    assert server.get("/readyz").status == 200


def test_two_products_run_side_by_side(tmp_path: Path) -> None:
    one, other = (product.product_in(tmp_path / name) for name in ("one", "other"))
    for each in (one, other):
        each.log.parent.mkdir()
    with product.running(one), product.running(other):
        sent = traffic.task("only for the first")
        assert one.send(traffic.body(sent)).status == 200
        wait_until(lambda: run_ids(one) == {sent.id}, seconds=20, what="the run")

        assert run_ids(other) == set()


def test_a_taken_port_is_refused_with_its_number_and_flag(server: Product, tmp_path: Path) -> None:
    second = product.product_in(tmp_path / "second")
    second.log.parent.mkdir()
    second.otlp_http_port = server.otlp_http_port

    said = refused(second)

    assert str(server.otlp_http_port) in said
    assert "--otlp-http-port" in said


def test_an_address_beyond_loopback_is_refused_without_credentials(tmp_path: Path) -> None:
    said = refused(product.product_in(tmp_path, extra=("--host=0.0.0.0",)))

    assert "0.0.0.0" in said
    assert "roadworthy people" in said or "roadworthy keys" in said, "it says how to set credentials up"


def test_the_otlp_address_alone_cannot_slip_past_that(tmp_path: Path) -> None:
    said = refused(product.product_in(tmp_path, environment={"ROADWORTHY_OTLP_HOST": "0.0.0.0"}))

    assert "0.0.0.0" in said


def test_a_read_only_folder_is_refused_with_its_name(tmp_path: Path) -> None:
    made = product.product_in(tmp_path)
    made.data.mkdir()
    made.data.chmod(stat.S_IRUSR | stat.S_IXUSR)
    if os.geteuid() == 0:  # file modes do not hold root back, unless it gives that right away
        made.prefix = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")
    try:
        said = refused(made)
    finally:
        made.data.chmod(stat.S_IRWXU)

    assert str(made.data) in said
    assert any(word in said.lower() for word in ("read-only", "writ", "permission"))


def test_bad_settings_are_named(tmp_path: Path) -> None:
    said = refused(product.product_in(tmp_path, extra=("--otlp-grpc-port=many",)))

    assert "otlp-grpc-port" in said


def test_settings_come_from_the_environment_too(tmp_path: Path) -> None:
    made = product.product_in(tmp_path)
    ports = {
        "ROADWORTHY_DATA": str(made.data),
        "ROADWORTHY_PORT": str(made.port),
        "ROADWORTHY_OTLP_HTTP_PORT": str(made.otlp_http_port),
        "ROADWORTHY_OTLP_GRPC_PORT": str(made.otlp_grpc_port),
        "ROADWORTHY_GATEWAY_PORT": str(made.gateway_port),
    }
    made.environment = ports
    made.arguments = ()
    with product.running(made) as server:
        assert server.get("/healthz").status == 200
        assert server.data.is_dir()
        assert server.data.stat().st_mode & 0o077 == 0, "others may not read what agents said"


def test_make_up_and_down(tmp_path: Path) -> None:
    """The script behind `make up`: starts, says where, does not start twice, stops."""
    made = product.product_in(tmp_path)
    script = Path(__file__).resolve().parents[2] / "scripts" / "up.py"
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("ROADWORTHY_")},
        "ROADWORTHY_DATA": str(made.data),
        "ROADWORTHY_PORT": str(made.port),
        "ROADWORTHY_OTLP_HTTP_PORT": str(made.otlp_http_port),
        "ROADWORTHY_OTLP_GRPC_PORT": str(made.otlp_grpc_port),
        "ROADWORTHY_GATEWAY_PORT": str(made.gateway_port),
    }

    def up_script(command: str, *, data: Path = made.data, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, str(script), command],
            env={**environment, "ROADWORTHY_DATA": str(data)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    try:
        started = up_script("start")
        assert made.url in started
        assert f"OTEL_EXPORTER_OTLP_ENDPOINT={made.otlp_url}" in started
        assert "already runs" in up_script("start")
        told = up_script("start", data=tmp_path / "another", code=1)
        assert f"Something else answers at {made.url}" in told, "its agents would send to the first one"
    finally:
        stopped = up_script("stop")
    assert "stopped" in stopped
    with pytest.raises(OSError):
        product.http(f"{made.url}/healthz", timeout=2)
