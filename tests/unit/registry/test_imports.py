"""Backstage catalogues, CODEOWNERS and CSV: what they change, what they refuse, and that twice is once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from roadworthy.backends.metadata.sqlite.store import SqliteMetadataStore
from roadworthy.domain.agent import Agent, Link, Stage
from roadworthy.domain.team import Contact, Team
from roadworthy.features.registry.imports.codeowners import owners_of, parse_rules
from roadworthy.features.registry.imports.csv_file import COLUMNS
from roadworthy.features.registry.imports.formats import ImportFormat
from roadworthy.features.registry.imports.path_pattern import PathPattern
from roadworthy.features.registry.imports.plan import Plan
from roadworthy.features.registry.imports.wish import ImportOptions
from roadworthy.features.registry.records import Kind
from roadworthy.features.registry.service import RegistryService
from roadworthy.features.registry.snapshot import Snapshot
from tests.unit.registry.making import PROJECT, contact


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryService]:
    metadata = SqliteMetadataStore(tmp_path / "roadworthy.db")
    yield RegistryService(metadata)
    metadata.close()


def planned(registry: RegistryService, form: str, text: str, **options: object) -> Plan:
    wishes = ImportOptions(**options)  # type: ignore[arg-type]
    return registry.plan(PROJECT, text, form=ImportFormat(form), options=wishes)


def taken(registry: RegistryService, form: str, text: str, **options: object) -> Snapshot:
    wishes = ImportOptions(**options)  # type: ignore[arg-type]
    plan, applied = registry.import_text(PROJECT, text, form=ImportFormat(form), options=wishes, by="me")
    assert applied, plan.faults
    again = registry.plan(PROJECT, text, form=ImportFormat(form), options=wishes)
    assert again.changes == (), "the same file twice must change nothing"
    return registry.book.of(PROJECT)


CATALOGUE = """\
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: support
  description: Answers customers
  annotations:
    pagerduty.com/integration-key: a-very-secret-key
    roadworthy/tier: tier-1
    roadworthy/owner: user:default/ann
  links:
    - url: https://wiki.example.org/runbooks/support
      title: Runbook
    - url: https://grafana.example.org/d/1
      title: Dashboard
spec: {type: ai-agent, lifecycle: production, owner: group:default/payments}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: shop-frontend}
spec: {type: website, lifecycle: production, owner: web}
---
apiVersion: backstage.io/v1alpha1
kind: Component
metadata: {name: refunds-service, annotations: {roadworthy/agent: refunds}}
spec: {type: service, lifecycle: experimental, system: money}
---
apiVersion: backstage.io/v1alpha1
kind: System
metadata: {name: money}
spec: {owner: Payments}
---
apiVersion: backstage.io/v1alpha1
kind: Group
metadata: {name: payments, description: Money in and out}
spec: {type: team, children: [], members: [ann], profile: {displayName: Payments}}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: ann}
spec: {profile: {displayName: Ann Lee, email: ann@example.org}, memberOf: [payments]}
---
apiVersion: backstage.io/v1alpha1
kind: User
metadata: {name: bob}
spec: {profile: {email: bob@example.org}, memberOf: [group:default/payments, oncall]}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: an-api}
"""


class TestBackstage:
    def test_a_catalogue_becomes_agents_teams_and_people(self, registry: RegistryService) -> None:
        known = taken(registry, "backstage", CATALOGUE)
        assert list(known.agents) == ["refunds", "support"]
        support = known.agents["support"]
        assert (support.team, support.owner, support.tier) == ("payments", "ann", "1")
        assert (support.stage, support.source) == (Stage.PRODUCTION, "backstage")
        assert support.runbook == "https://wiki.example.org/runbooks/support"
        assert support.links[1] == Link(title="Dashboard", url="https://grafana.example.org/d/1")
        # Its owner is its system's, by a reference in other letters.
        assert (known.agents["refunds"].team, known.agents["refunds"].stage) == ("payments", Stage.PILOT)
        assert known.teams["payments"].members == ("ann", "bob")
        assert known.teams["payments"].title == "Payments"
        assert known.teams["oncall"].members == ("bob",)
        assert known.contacts["ann"].title == "Ann Lee" and known.contacts["ann"].email == "ann@example.org"

    def test_what_is_left_out_is_said_and_a_secret_is_not(self, registry: RegistryService) -> None:
        notes = "\n".join(planned(registry, "backstage", CATALOGUE).notes)
        assert "shop-frontend" in notes and "'website'" in notes
        assert "document 8: API is left out" in notes
        assert "pagerduty.com/integration-key" in notes and "a-very-secret-key" not in notes

    def test_types_that_are_agents_can_be_named_and_registered_ones_are_known(
        self, registry: RegistryService
    ) -> None:
        changes = planned(registry, "backstage", CATALOGUE, types=("Website",)).changes
        assert "shop-frontend" in [one.name for one in changes if one.kind is Kind.AGENT]
        registry.book.save(Agent(project=PROJECT, name="shop-frontend"), by="me")
        assert "shop-frontend" in [one.name for one in planned(registry, "backstage", CATALOGUE).changes]

    def test_what_the_file_does_not_speak_of_stays(self, registry: RegistryService) -> None:
        registry.book.save(Contact(project=PROJECT, name="Ann", channels=("chat-ann",)), by="me")
        registry.book.save(Agent(project=PROJECT, name="support", objectives=("slo",)), by="me")
        known = taken(registry, "backstage", CATALOGUE)
        assert "ann" not in known.contacts  # the same person, in other letters
        assert (known.contacts["Ann"].channels, known.contacts["Ann"].email) == (
            ("chat-ann",),
            "ann@example.org",
        )
        assert known.agents["support"].objectives == ("slo",) and known.agents["support"].owner == "Ann"

    def test_the_diff_is_shown_first_with_its_place(self, registry: RegistryService) -> None:
        registry.book.save(Agent(project=PROJECT, name="support", tier="3"), by="me")
        plan = planned(registry, "backstage", CATALOGUE)
        change = next(one for one in plan.changes if one.name == "support")
        assert (change.action, change.where) == ("changed", "document 1 (Component support)")
        assert {one.field: (one.before, one.after) for one in change.fields}["tier"] == ("3", "1")
        assert registry.book.of(PROJECT).agents["support"].tier == "3"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("kind: [", "line 2, column 1"),
            ("- 1\n- 2\n", "a catalogue entity"),
            ("kind: Component\nmetadata: {}\n", "metadata.name"),
            ("kind: Component\nmetadata: {name: x}\nspec: 3\n", "spec"),
            ("kind: User\nmetadata: {name: a b}\n", "letters, digits"),
            ("a: &a [x]\nb: [*a, *a]\n", "anchors"),
            ("!!python/object/apply:os.system ['true']", "document"),
            ("[" * 5000, "nested"),
            ("x" * 1_100_000, "larger than"),
            (
                "kind: Component\nspec: {type: agent}\n"
                "metadata: {name: x, annotations: {roadworthy/stage: live}}\n",
                "pilot, canary",
            ),
        ],
    )
    def test_a_file_that_cannot_be_read_says_where_and_why(
        self, registry: RegistryService, text: str, said: str
    ) -> None:
        plan = planned(registry, "backstage", text)
        assert said in " ".join(f"{one.where} {one.field} {one.expected}" for one in plan.faults)
        assert not [one for one in plan.changes if one.kind is Kind.AGENT]


class TestCsv:
    def test_columns_in_any_order_with_quotes_and_a_byte_order_mark(self, registry: RegistryService) -> None:
        text = (
            "\ufeffOwner_Email;Owner;Agent;Description;Tier;Stage;Links\r\n"
            'ann@example.org;ann;"billing; EU";"says ""no""\nand why";2;production;https://x.org/a A page\r\n'
        )
        known = taken(registry, "csv", text)
        agent = known.agents["billing; EU"]
        assert (agent.description, agent.tier, agent.stage) == ('says "no"\nand why', "2", Stage.PRODUCTION)
        assert agent.links == (Link(title="A page", url="https://x.org/a"),)
        assert known.contacts[agent.owner].email == "ann@example.org"

    def test_an_empty_cell_leaves_what_is_there_and_a_dash_takes_it_away(
        self, registry: RegistryService
    ) -> None:
        registry.book.save(Agent(project=PROJECT, name="a", tier="1", runbook="https://r.org/1"), by="me")
        known = taken(registry, "csv", "agent,tier,runbook\na,,-\n")
        assert (known.agents["a"].tier, known.agents["a"].runbook) == ("1", "")

    def test_bad_rows_are_named_by_line_and_field_and_nothing_is_taken(
        self, registry: RegistryService
    ) -> None:
        text = (
            "agent,tier,stage,schedule,runbook\n"
            "good,1,pilot,,\n"
            "bad,9,pilot,,\n"
            "worse,1,alive,,\n"
            ",1,pilot,,\n"
            "good,2,pilot,,\n"
            "many,1,pilot,,,,\n"
            "lost,1,pilot,nowhere,\n"
            "odd,1,pilot,,javascript:x\n"
        )
        options = ImportOptions()
        plan, applied = registry.import_text(PROJECT, text, form=ImportFormat.CSV, options=options, by="me")
        assert not applied and registry.book.of(PROJECT).agents == {}
        assert [(one.where, one.field) for one in plan.faults] == [
            ("line 3", "tier"),
            ("line 4", "stage"),
            ("line 5", "agent"),
            ("line 6", "agent"),
            ("line 7", "column 6"),
            ("line 8, agent 'lost'", "schedule"),
            ("line 9, agent 'odd'", "runbook"),
        ]
        plan, applied = registry.import_text(
            PROJECT, text, form=ImportFormat.CSV, options=options, by="me", partial=True
        )
        assert applied and "good" in registry.book.of(PROJECT).agents
        assert "lost" not in registry.book.of(PROJECT).agents

    @pytest.mark.parametrize(
        ("text", "field"),
        [("", "agent"), ("name,tier\nx,1\n", "name"), ("agent,agent\nx,y\n", "agent"), ('agent\n"x\n', "")],
    )
    def test_a_file_that_is_no_such_table_is_refused(
        self, registry: RegistryService, text: str, field: str
    ) -> None:
        faults = planned(registry, "csv", text).faults
        assert faults and field in [one.field for one in faults]

    def test_what_is_written_reads_back_as_it_was_and_starts_no_formula(
        self, registry: RegistryService
    ) -> None:
        registry.book.save(contact("ann"), by="me")
        registry.book.save(Team(project=PROJECT, name="payments", members=("ann",)), by="me")
        registry.book.save(
            Agent(
                project=PROJECT,
                name='=HYPERLINK("http://x")',
                description="+1, said; twice\nand again",
                team="payments",
                owner="ann",
                runbook="https://r.org/1",
                objectives=("a", "b"),
                tier="4",
                stage=Stage.CANARY,
                links=(Link(title="A page", url="https://x.org"), Link(title="", url="https://y.org")),
            ),
            by="me",
        )
        written = registry.export_csv(PROJECT)
        assert written.splitlines()[0] == ",".join(COLUMNS)
        assert "\r\n\"'=HYPERLINK" in written and "'+1" in written
        before = registry.book.of(PROJECT).agents
        assert planned(registry, "csv", written).changes == ()
        registry.book.delete(PROJECT, Kind.AGENT, '=HYPERLINK("http://x")', by="me")
        after = taken(registry, "csv", written).agents
        assert {k: (v.description, v.links, v.stage, v.objectives) for k, v in after.items()} == {
            k: (v.description, v.links, v.stage, v.objectives) for k, v in before.items()
        }


GITHUB = """\
# The last line that matches counts.
*            @acme/platform
/agents/     @acme/ai
agents/support/  @ann @acme/support bob@example.org  # and others
/agents/secret/
*.md         @writer
apps/*/agent @carl
docs\\ old/  @doc
"""
GITLAB = """\
* @default
[Agents][2] @ai-group
agents/
agents/billing/ @acme/money/billing
^[Docs] @writers
*.md
[AGENTS]
agents/support/ @ann @@maintainer
"""


class TestCodeowners:
    @pytest.mark.parametrize(
        ("path", "owners"),
        [
            ("README", ("@acme/platform",)),
            ("agents/x/", ("@acme/ai",)),
            ("agents/support/", ("@ann", "@acme/support", "bob@example.org")),
            ("agents/support/deep/main.py", ("@ann", "@acme/support", "bob@example.org")),
            ("agents/secret/", ()),
            ("deep/down/a.md", ("@writer",)),
            ("apps/one/agent/", ("@carl",)),
            ("apps/one/two/agent/", ("@acme/platform",)),
            ("docs old/x", ("@doc",)),
            ("nested/docs old/x", ("@doc",)),
        ],
    )
    def test_the_last_rule_that_matches_counts(self, path: str, owners: tuple[str, ...]) -> None:
        [rule] = owners_of(parse_rules(GITHUB), path)
        assert rule.owners == owners

    @pytest.mark.parametrize(
        ("path", "owners"),
        [
            ("agents/billing/", ["@acme/money/billing", "@default"]),
            ("agents/support/", ["@ann", "@@maintainer", "@default"]),
            ("agents/other/", ["@ai-group", "@default"]),
            ("deep/agents/other/", ["@ai-group", "@default"]),
            ("a.md", ["@writers", "@default"]),
        ],
    )
    def test_sections_are_looked_through_apart_and_their_owners_stand_in(
        self, path: str, owners: list[str]
    ) -> None:
        assert [one for rule in owners_of(parse_rules(GITLAB), path) for one in rule.owners] == owners

    def test_agents_at_named_paths_and_by_a_template(self, registry: RegistryService) -> None:
        registry.book.save(Agent(project=PROJECT, name="other"), by="me")
        registry.book.save(contact("bob"), by="me")
        known = taken(
            registry, "codeowners", GITHUB, template="agents/{agent}/", paths={"main": "src/main.py"}
        )
        assert (known.agents["support"].team, known.agents["support"].owner) == ("support", "ann")
        assert (known.agents["other"].team, known.agents["main"].team) == ("ai", "platform")
        assert "secret" not in known.agents
        plan = planned(registry, "codeowners", GITHUB, template="agents/{agent}/")
        notes = "\n".join(plan.notes)
        assert "agent 'secret': nobody owns agents/secret/ here" in notes
        assert "agent 'support': bob@example.org owns it, too (line 4)" in notes

    def test_an_address_is_the_contact_that_has_it(self, registry: RegistryService) -> None:
        registry.book.save(contact("bob"), by="me")
        known = taken(registry, "codeowners", "/x BOB@example.org\n", paths={"x": "x"})
        assert known.agents["x"].owner == "bob" and list(known.contacts) == ["bob"]

    def test_a_plain_name_is_a_team_where_a_team_has_it(self, registry: RegistryService) -> None:
        registry.book.save(Team(project=PROJECT, name="Ops"), by="me")
        known = taken(registry, "codeowners", "/x @ops @ann\n", paths={"x": "x"})
        assert (known.agents["x"].team, known.agents["x"].owner) == ("Ops", "ann")

    def test_without_paths_it_says_what_is_needed(self, registry: RegistryService) -> None:
        assert [one.field for one in planned(registry, "codeowners", GITHUB).faults] == ["paths"]

    @pytest.mark.parametrize(
        ("pattern", "path", "matches"),
        [
            ("*", "a/b/c", True),
            ("/a", "a/b", True),
            ("/a", "b/a", False),
            ("a", "b/a", True),
            ("a/", "b/a/c", True),
            ("a/b", "x/a/b", False),
            ("/a/*", "a/b", True),
            ("/a/*", "a/b/c", False),
            ("/a/**/d", "a/d", True),
            ("/a/**/d", "a/b/c/d", True),
            ("**/d", "a/b/d", True),
            ("/a/**", "a/b/c", True),
            ("/a?", "ab", True),
            ("/a?", "a", False),
            ("/a\\*", "a*", True),
            ("/a\\*", "ab", False),
            ("/[ab]", "a", False),
            ("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", "a" * 400, False),
        ],
    )
    def test_patterns(self, pattern: str, path: str, matches: bool) -> None:
        assert PathPattern.of(pattern).matches(path) is matches
