"""Which tools an agent may see and call."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolGrant:
    """Identity is (project, id). A release that has grants of its own has those alone; every other release of
    the agent has the agent's."""

    project: str
    id: str
    agent: str
    release: str = ""
    """"": every release without grants of its own."""
    pattern: str
    """`connector.tool`, each with * for any part of a name: "crm.*", "*.search", "erp.read_*"."""
    created_ns: int = 0
    by: str = ""

    def covers(self, connector: str, tool: str) -> bool:
        """A tool's name may itself hold dots: the first one ends the connector."""
        left, _, right = self.pattern.partition(".")
        return fnmatchcase(connector, left) and fnmatchcase(tool, right)
