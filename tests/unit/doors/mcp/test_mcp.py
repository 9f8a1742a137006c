"""The tools, asked by a real MCP client over HTTP and over standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from roadworthy.domain.finding import Evidence, Finding
from roadworthy.domain.project import KeyScope
from roadworthy.doors.mcp.shortening import shorten
from roadworthy.doors.rest.settings import RestSettings
from tests.unit.doors.rest.desk import Desk, a_run, open_desk, trace_id
from tests.unit.doors.rest.listening import Listening, listening


@pytest.fixture
def open_server(tmp_path: Path) -> Iterator[Listening]:
    desk = open_desk(tmp_path, RestSettings(version="test"))
    with listening(desk) as server:
        yield server


@pytest.fixture
def guarded_server(tmp_path: Path) -> Iterator[Listening]:
    desk = open_desk(tmp_path, RestSettings(version="test", login_required=True))
    with listening(desk) as server:
        yield server


@asynccontextmanager
async def over_http(server: Listening, headers: dict[str, str] | None = None) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers or {}) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http)) as client,
    ):
        yield client


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


def test_a_coding_agent_finds_a_run_and_reads_it(open_server: Listening) -> None:
    open_server.desk.write(1, 2, 3)

    async def session() -> None:
        async with over_http(open_server) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {
                *("list_agents", "list_runs", "get_run", "get_span", "compare_runs", "search"),
                *("aggregates", "list_fields", "explain_run", "list_issues"),
                *("why_did_run_fail", "replay_run", "bisect_run"),
                *("list_incidents", "incident_timeline", "list_monitors", "who_is_on_call"),
            }
            runs = (await call(client, "list_runs", filters=["agent:=:support"], limit=2))["runs"]
            assert [run["id"] for run in runs] == [trace_id(3), trace_id(2)]
            found = await call(client, "get_run", run_id=trace_id(2))
            assert found["run"]["final_answer"] == "answer 2"
            assert [step["kind"] for step in found["steps"]] == ["llm", "tool"]
            assert found["steps"][0]["input"] == [{"role": "user", "content": "where is order 4711?"}]
            assert found["steps"][1]["input"] == {"order": 4711}
            whole = await call(client, "get_span", run_id=trace_id(2), span_id=found["steps"][0]["span_id"])
            assert whole["attributes"] == {"customer.tier": "gold"}
            hits = (await call(client, "search", text="zanzibar"))["hits"]
            assert {hit["run_id"] for hit in hits} == {trace_id(1), trace_id(2), trace_id(3)}
            rows = (await call(client, "aggregates", by=["agent"], since="2025-11-01"))["rows"]
            assert [(row["group"], row["runs"]) for row in rows] == [({"agent": "support"}, 3)]
            agents = (await call(client, "list_agents", since="2025-11-01"))["agents"]
            assert [(a["agent"], a["runs"], a["error_rate"]["n"]) for a in agents] == [("support", 3, 3)]
            said = await call(client, "compare_runs", run_id=trace_id(1), other_run_id=trace_id(2))
            assert said["first_divergence"] == 0

    anyio.run(session)


def test_a_coding_agent_is_told_what_went_wrong_and_where(open_server: Listening) -> None:
    desk = open_server.desk
    step = f"{1:015x}2"
    finding = Finding(
        detector="hidden_tool_error",
        mode="tool-failed",
        reason="find_order said OK and gave an error.",
        confidence=0.9,
        evidence=(Evidence(span_id=step, place="output", excerpt="zanzibar", start=0, end=8),),
    )
    desk.write(1, 2)
    desk.write_runs(a_run(1, version=9, judged="1", p_failure=0.75, findings=(finding,)))
    desk.client.post(
        f"/api/v1/runs/{trace_id(1)}/outcome",
        json={
            "outcome": "failure",
            "source": "business",
            "reason": "refund reversed",
            "mode": "mast-3.2",
        },
    )

    async def session() -> None:
        async with over_http(open_server) as client:
            told = await call(client, "explain_run", run_id=trace_id(1))
            text = "\n".join(told["explanation"])
            assert "Outcome failure, said by business: refund reversed." in text
            assert "Failure mode mast-3.2 Did not check, named by business local: refund reversed." in text
            assert "Probability of failure 0.75" in text
            assert "labelled runs, expected calibration error" in text
            assert "find_order said OK and gave an error." in text
            assert f"step {step} output: “zanzibar”" in text
            assert told["first_suspicious_span_id"] == step
            assert told["said"][0]["source"] == "business"
            nothing = "\n".join((await call(client, "explain_run", run_id=trace_id(2)))["explanation"])
            assert "Nobody has said" in nothing
            assert "not looked at it yet" in nothing
            assert (await call(client, "list_issues", mode="mast-3.2"))["issues"] == []

    anyio.run(session)


def test_a_bad_question_is_answered_with_what_was_expected(open_server: Listening) -> None:
    async def session() -> None:
        async with over_http(open_server) as client:
            result = await client.call_tool("list_runs", {"filters": ["nonsense:=:1"]})
            assert result.is_error
            assert "no field 'nonsense'" in str(result.content)
            missing = await client.call_tool("get_run", {"run_id": "abc"})
            assert missing.is_error
            assert "There is no run 'abc'" in str(missing.content)

    anyio.run(session)


def test_arguments_nobody_knows_are_named_with_the_known_ones(open_server: Listening) -> None:
    open_server.desk.write(1, 2)

    async def session() -> None:
        async with over_http(open_server) as client:
            refused = await client.call_tool("list_runs", {"filter": ["agent:=:nobody"], "limit": 1})
            assert refused.is_error
            told = str(refused.content)
            assert "'filter' is no argument of list_runs, which takes: filters, text, since, until" in told
            assert "context" not in told
            both = await client.call_tool("get_run", {"run_id": trace_id(1), "runId": "x", "full": True})
            assert "'runId', 'full' are no arguments of get_run, which takes: run_id, project" in str(
                both.content
            )
            again = await client.call_tool("bisect_run", {"run_id": trace_id(1), "dry_run": True})
            assert again.is_error and "'dry_run' is no argument of bisect_run" in str(again.content)
            unknown = await client.call_tool("no_such_tool", {"x": 1})
            assert unknown.is_error and "no_such_tool" in str(unknown.content)
            assert len((await call(client, "list_runs", filters=["agent:=:support"]))["runs"]) == 2

    anyio.run(session)


def test_a_key_sees_its_own_project_only(guarded_server: Listening) -> None:
    desk: Desk = guarded_server.desk
    desk.add_project("other")
    desk.write(1)
    desk.write(2, project="other")
    key = desk.add_key("other", KeyScope.READ)

    async def session() -> None:
        async with over_http(guarded_server, key) as client:
            runs = (await call(client, "list_runs"))["runs"]
            assert [run["id"] for run in runs] == [trace_id(2)]
            elsewhere = await client.call_tool("list_runs", {"project": "default"})
            assert elsewhere.is_error
            assert (await client.call_tool("get_run", {"run_id": trace_id(1)})).is_error

    anyio.run(session)


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer rw_0_wrong"}])
def test_nobody_gets_in_without_a_key(guarded_server: Listening, headers: dict[str, str]) -> None:
    answer = httpx2.post(f"{guarded_server.url}/mcp", json={}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_another_sites_page_cannot_ask(open_server: Listening) -> None:
    answer = httpx2.post(f"{open_server.url}/mcp", json={}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_over_standard_input(open_server: Listening, tmp_path: Path) -> None:
    open_server.desk.write(1)
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "roadworthy.app.main", "mcp", "--server", open_server.url]
    )

    async def session() -> None:
        with (tmp_path / "errors").open("w") as errors:
            async with Client(stdio_client(command, errlog=errors)) as client:
                runs = (await call(client, "list_runs"))["runs"]
                assert [run["id"] for run in runs] == [trace_id(1)]

    anyio.run(session)
    assert (tmp_path / "errors").read_text() == "", "what is told there, clients show as trouble"


def test_long_texts_are_cut_and_say_so() -> None:
    cut = shorten({"a": ["x" * 2500], "b": 1})
    assert cut["a"][0].startswith("x" * 2000)
    assert "500 more characters" in cut["a"][0]
    assert json.dumps(cut["b"]) == "1"


def test_what_cannot_be_executed_again_is_not_started_and_the_command_is_told(
    open_server: Listening,
) -> None:
    open_server.desk.write(1)
    run = trace_id(1)

    async def session() -> None:
        async with over_http(open_server) as client:
            why = await call(client, "why_did_run_fail", run_id=run)
            assert why["grounds"] == "ranking"
            assert why["command"].startswith(f"roadworthy bisect {run}")
            assert any("no proof" in one for one in why["explanation"])
            assert why["suspects"][0]["span_id"] == why["span_id"]
            replay = await call(client, "replay_run", run_id=run)
            assert replay["command"].startswith(f"roadworthy replay {run} --command")
            assert replay["started"] is False
            assert any("went through the gateway" in one for one in replay["in_the_way"])
            assert any("Nobody registered" in one for one in replay["in_the_way"])
            bisect = await call(client, "bisect_run", run_id=run, good_run_id=trace_id(2))
            assert f"--good {trace_id(2)}" in bisect["command"] and bisect["earlier"] == []
            blind = await call(client, "bisect_run", run_id=run)
            assert any("what a right answer is" in one for one in blind["in_the_way"])
            checked = await call(client, "bisect_run", run_id=run, check="contains:it's 42")
            assert """ --check 'contains:it'"'"'s 42'""" in checked["command"]
            hints = {one.name: one.annotations for one in (await client.list_tools()).tools}
            assert [name for name, hint in hints.items() if not (hint and hint.read_only_hint)] == [
                "replay_run",
                "bisect_run",
            ]
            gone = await client.call_tool("replay_run", {"run_id": run, "inquiry_id": "nobody"})
            assert gone.is_error
            result = await client.call_tool("why_did_run_fail", {"run_id": "0" * 32})
            assert result.is_error

    anyio.run(session)
    assert open_server.desk.client.get("/api/v1/inquiries").json()["items"] == []
