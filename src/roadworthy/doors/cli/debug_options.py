"""Options that replay, fork, bisect, record and the runner share, and those of them that come together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from roadworthy.doors.cli.client import Client
from roadworthy.doors.cli.options import DEFAULT_SERVER, Key, Project, Server


class Isolation(StrEnum):
    AUTO = "auto"
    REQUIRE = "require"
    OFF = "off"


class Written(StrEnum):
    THROWAWAY = "throwaway"
    KEEP = "keep"


RunId = Annotated[str, typer.Argument(metavar="RUN", help="Id of the recorded run.")]
Command = Annotated[
    str | None, typer.Option(help="Starts the agent; {input} stands for the task.", metavar="COMMAND")
]
CallableOf = Annotated[
    str | None, typer.Option("--callable", help="Its function, instead.", metavar="MODULE:FUNCTION")
]
Url = Annotated[str | None, typer.Option(help="Of its own endpoint, instead.", metavar="URL")]
PostBody = Annotated[str | None, typer.Option(help="Of the POST to the endpoint.", metavar="JSON")]
AnswerField = Annotated[
    str, typer.Option(help="Where in a JSON answer the words are: result.text.", metavar="FIELD")
]
Folder = Annotated[
    str | None, typer.Option(help="Where the agent is started; default: here.", metavar="FOLDER")
]
Interpreter = Annotated[
    str | None, typer.Option(help="Python for --callable; default: python3.", metavar="PATH")
]
Timeout = Annotated[float, typer.Option(min=1, max=3600, help="Seconds that one rerun may take.")]
Save = Annotated[bool, typer.Option("--save", help="Register this as how the agent is started.")]
Isolate = Annotated[
    Isolation,
    typer.Option(
        help="Of replays: in a network of their own where the kernel lets us (auto), or not at all (require)."
    ),
]
Files = Annotated[
    Written,
    typer.Option(
        "--files", help="What the agent writes to files: gone when it is over (throwaway), or left (keep)."
    ),
]
FreezeClock = Annotated[
    bool,
    typer.Option(
        "--freeze-clock/--own-clock",
        help="Of replays: clock and random numbers of Python as when it was recorded.",
    ),
]
Concurrency = Annotated[int, typer.Option("-j", "--concurrency", min=1, max=64, help="Reruns at once.")]
Gateway = Annotated[
    str | None, typer.Option(help="Address of the gateway as the agent reaches it.", metavar="URL")
]
Task = Annotated[str, typer.Option("--input", help="The task, where the run does not tell.")]
CheckOf = Annotated[
    str | None,
    typer.Option(
        help="What is right: contains, exact, number, regex, json, evaluator, command or same.",
        metavar="HOW:EXPECTED",
    ),
]
Live = Annotated[bool, typer.Option("--live", help="Then on: models are asked.")]
Mixed = Annotated[bool, typer.Option("--mixed", help="Then on: recorded where it was, else asked.")]
Recorded = Annotated[bool, typer.Option("--recorded", help="Then on: recordings alone.")]
LiveTools = Annotated[
    list[str] | None,
    typer.Option(
        "--live-tools", help="Tools that may really be called: connector.tool, connector.*.", metavar="TOOL"
    ),
]
GoodRun = Annotated[str | None, typer.Option("--good", help="A good run of the same task.", metavar="RUN")]
BudgetReruns = Annotated[int | None, typer.Option(min=0, help="At most so many reruns; 0: no bound.")]
BudgetUsd = Annotated[float | None, typer.Option(min=0, help="At most so much for models.")]
BudgetCalls = Annotated[int | None, typer.Option(min=0, help="At most so many calls really asked.")]
BudgetSeconds = Annotated[float | None, typer.Option(min=1, help="At most so long.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """How the agent is started, where that is not as it is registered."""

    command: Command = None
    callable_: CallableOf = None
    url: Url = None
    body: PostBody = None
    answer_field: AnswerField = ""
    folder: Folder = None
    python: Interpreter = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOptions(StartOptions):
    timeout: Timeout = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOptions:
    """What is different at the step of a fork."""

    answer: Annotated[
        str | None, typer.Option(help="What the model says there instead.", metavar="TEXT|@FILE")
    ] = None
    tool_calls: Annotated[
        str | None,
        typer.Option(
            help="What the model calls there instead: a list of name and arguments.", metavar="JSON|@FILE"
        ),
    ] = None
    result: Annotated[str | None, typer.Option(help="What the tool gives instead.", metavar="TEXT|@FILE")] = (
        None
    )
    error: Annotated[str | None, typer.Option(help="The call fails, with this message.", metavar="TEXT")] = (
        None
    )
    code: Annotated[str, typer.Option(help="Of that failure: timeout, rate_limited ...")] = ""
    model: Annotated[str | None, typer.Option(help="Another model is asked, for real.", metavar="NAME")] = (
        None
    )
    prompt: Annotated[
        str | None, typer.Option(help="Another system prompt; the model is asked.", metavar="TEXT|@FILE")
    ] = None
    find: Annotated[
        str | None,
        typer.Option(
            help="Only this part of the recorded system prompt becomes --prompt.", metavar="TEXT|@FILE"
        ),
    ] = None
    parameters: Annotated[
        str | None, typer.Option(help="Of the request: temperature ...; the model is asked.", metavar="JSON")
    ] = None
    forbid: Annotated[
        str | None, typer.Option(help="Refused from there on, as by a policy.", metavar="TOOL")
    ] = None
    onwards: Annotated[
        bool, typer.Option("--onwards", help="The change holds for every later call of that kind, too.")
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnwardOptions:
    """Who answers behind the step in question."""

    live: Live = False
    mixed: Mixed = False
    recorded: Recorded = False
    live_tools: LiveTools = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetOptions:
    budget_reruns: BudgetReruns = None
    budget_usd: BudgetUsd = None
    budget_calls: BudgetCalls = None
    budget_seconds: BudgetSeconds = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunOptions:
    """What reruns are made in."""

    isolate: Isolate = Isolation.AUTO
    files: Files = Written.THROWAWAY
    freeze_clock: FreezeClock = True
    gateway: Gateway = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    server: Server = DEFAULT_SERVER
    key: Key = None
    project: Project = None

    @property
    def client(self) -> Client:
        return Client(server=self.server, key=self.key, project=self.project)
