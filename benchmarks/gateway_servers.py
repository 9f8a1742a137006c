"""The gateways that are measured: ours, the peers, and the least that any can cost."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.gateway_load import Door
from benchmarks.servers import PEERS, NotMeasured, Roadworthy, Server, free_port

_MASTER_KEY = "sk-" + "m" * 48


@dataclass(kw_only=True)
class Gateway(Server):
    upstream_port: int

    @property
    def door(self) -> Door:
        raise NotImplementedError

    def pids(self) -> list[int]:
        """The processes whose CPU and memory count."""
        return [self.pid]

    def stored(self) -> int:
        return 0


@dataclass(kw_only=True)
class Direct(Gateway):
    """The upstream itself."""

    name: str = "direct"
    port: int = field(default_factory=free_port)

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.upstream_port}/"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "benchmarks.gateway_stub", str(self.upstream_port)]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(Path(__file__).parents[1])}

    @property
    def door(self) -> Door:
        return Door(port=self.upstream_port, headers={})


@dataclass(kw_only=True)
class Floor(Direct):
    name: str = "bare proxy"

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def command(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "benchmarks.gateway_floor",
            str(self.port),
            str(self.upstream_port),
        ]

    @property
    def door(self) -> Door:
        return Door(port=self.port, headers={})


@dataclass(kw_only=True)
class OurGateway(Gateway):
    """`roadworthy up`, everything on, every exchange recorded."""

    name: str = "Roadworthy"
    key: str = ""
    product: Roadworthy = field(init=False)

    def __post_init__(self) -> None:
        self.product = Roadworthy(folder=self.folder)
        self.port = self.product.gateway_port

    def start(self) -> float:
        began = time.monotonic()
        self.product.start()
        self.process = self.product.process
        self.key = _planted(self.product.data, upstream_port=self.upstream_port)
        self.wait_for_key()
        return time.monotonic() - began

    def wait_for_key(self) -> None:
        from benchmarks.gateway_load import CallFailed, call

        for _ in range(200):
            try:
                call(self.door, streamed=False, calls=1, concurrency=1)
            except CallFailed:
                time.sleep(0.05)
            else:
                return
        raise NotMeasured("the gateway does not know the key that was made for it")

    def pids(self) -> list[int]:
        assert self.product.process is not None
        found = []
        for each in Path(f"/proc/{self.product.process.pid}/task").glob("*/children"):
            found += [int(child) for child in each.read_text().split()]
        return [
            pid for pid in found if b"roadworthy.app.gateway" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]

    def kill(self) -> None:
        self.product.kill()

    @property
    def door(self) -> Door:
        return Door(port=self.port, headers={"authorization": f"Bearer {self.key}"})


def _planted(data: Path, *, upstream_port: int) -> str:
    """A provider, a route to it and a key; the key's text."""
    from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
    from roadworthy.contracts.records import as_record
    from roadworthy.domain.model_route import (
        Family,
        GatewayKey,
        KeyHeader,
        KeySecret,
        ModelRoute,
        Provider,
        RouteTarget,
    )
    from roadworthy.features.gateway.snapshot import records
    from roadworthy.kit.secrets import new_api_key

    secret, now = new_api_key(), time.time_ns()
    provider = Provider(
        project="default",
        name="stub",
        bases={Family.OPENAI: f"http://127.0.0.1:{upstream_port}/v1"},
        key_header={Family.OPENAI: KeyHeader.NONE},
        allow_private=True,
    )
    route = ModelRoute(
        project="default",
        id="planner",
        name="planner",
        targets=(RouteTarget(provider="stub", model="gpt-stub"),),
    )
    key = GatewayKey(
        project="default",
        id="bench",
        name="bench",
        agent="bench",
        secrets=(KeySecret(public_id=secret.id, hash=secret.hash, created_ns=now),),
        created_ns=now,
    )
    store = SqliteMetadataStore(data / "roadworthy.db")
    store.save_records(
        [
            as_record(thing, project="default", kind=kind, record_id=name, at_ns=now)
            for thing, kind, name in (
                (provider, records.PROVIDER, "stub"),
                (route, records.ROUTE, "planner"),
                (key, records.KEY, "bench"),
            )
        ]
    )
    store.close()
    return secret.text


@dataclass(kw_only=True)
class LiteLlm(Gateway):
    name: str = "LiteLLM"

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/health/liveliness"

    def command(self) -> list[str]:
        venv = PEERS / "litellm"
        if not (venv / "bin/litellm").exists():
            raise NotMeasured(f"LiteLLM is not in {venv}: python -m benchmarks.servers install")
        config = {
            "model_list": [
                {
                    "model_name": "planner",
                    "litellm_params": {
                        "model": "openai/gpt-stub",
                        "api_base": f"http://127.0.0.1:{self.upstream_port}/v1",
                        "api_key": "sk-none",
                    },
                }
            ],
            "general_settings": {"master_key": _MASTER_KEY},
            "litellm_settings": {"telemetry": False},
        }
        (self.folder / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        return [
            str(venv / "bin/litellm"),
            "--config=config.yaml",
            "--host=127.0.0.1",
            f"--port={self.port}",
            "--num_workers=1",
        ]

    def environment(self) -> dict[str, str]:
        return {"LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION"}

    @property
    def door(self) -> Door:
        return Door(port=self.port, headers={"authorization": f"Bearer {_MASTER_KEY}"})


@dataclass(kw_only=True)
class Portkey(Gateway):
    name: str = "Portkey"

    @property
    def ready_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def command(self) -> list[str]:
        server = PEERS / "portkey/node_modules/@portkey-ai/gateway/build/start-server.js"
        if not server.exists():
            raise NotMeasured(f"Portkey is not in {server}: python -m benchmarks.servers install")
        return ["node", str(server), "--headless", f"--port={self.port}"]

    def environment(self) -> dict[str, str]:
        return {"NODE_ENV": "production", "PORT": str(self.port), "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"}

    @property
    def door(self) -> Door:
        return Door(
            port=self.port,
            model="gpt-stub",
            headers={
                "authorization": "Bearer sk-none",
                "x-portkey-provider": "openai",
                "x-portkey-custom-host": f"http://127.0.0.1:{self.upstream_port}/v1",
            },
        )
