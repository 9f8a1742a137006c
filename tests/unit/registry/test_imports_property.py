"""Whatever a file holds, reading it ends, refuses by field or plans a change that can be saved."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from roadworthy.domain.agent import Agent, Link, Stage
from roadworthy.features.registry.book import faults_by_thing, with_things
from roadworthy.features.registry.imports.codeowners import parse_rules
from roadworthy.features.registry.imports.csv_file import COLUMNS, write_csv
from roadworthy.features.registry.imports.formats import READERS, ImportFormat
from roadworthy.features.registry.imports.path_pattern import PathPattern
from roadworthy.features.registry.imports.people import KnownNames
from roadworthy.features.registry.imports.plan import Plan, plan_of
from roadworthy.features.registry.imports.wish import ImportOptions
from roadworthy.features.registry.snapshot import Snapshot
from tests.unit.registry.making import PROJECT, contact, snapshot

KNOWN = snapshot(contact("ann"), Agent(project=PROJECT, name="support"))
words = st.sampled_from(
    ["ann", "ANN", "payments", "", "-", "1", "@a/b", "x y", "ann@example.org", "'=1", "\0"]
)
cells = words | st.text(max_size=20)
yaml_values = st.recursive(
    words | st.integers() | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "owner", "members", "profile", "email"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
entities = st.fixed_dictionaries(
    {"kind": st.sampled_from(["Component", "Group", "User", "System", "API", 7])},
    optional={
        "metadata": st.fixed_dictionaries(
            {"name": words | st.integers()},
            optional={"annotations": yaml_values, "links": yaml_values, "labels": yaml_values},
        )
        | yaml_values,
        "spec": st.fixed_dictionaries(
            {},
            optional={
                "type": st.sampled_from(["agent", "website", 3]),
                "owner": yaml_values,
                "members": yaml_values,
                "memberOf": yaml_values,
                "profile": yaml_values,
                "system": yaml_values,
                "lifecycle": yaml_values,
            },
        )
        | yaml_values,
    },
)
line = st.text(alphabet="ab/*?#[]^\\ @!1\t", max_size=30)


def plan(form: ImportFormat, text: str, options: ImportOptions, known: Snapshot = KNOWN) -> Plan:
    draft = READERS[form](text, KnownNames(known), options)
    found = plan_of(draft, snapshot=known, project=PROJECT)
    assert faults_by_thing(found.things, within=with_things(known, found.things)) == []
    return found


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(COLUMNS), max_size=5), st.lists(st.lists(cells, max_size=6), max_size=4))
@example(["agent"], [["a", "b"]])
def test_any_table(header: list[str], rows: list[list[str]]) -> None:
    text = "\n".join(
        ",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in [header, *rows]
    )
    plan(ImportFormat.CSV, text, ImportOptions())


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(entities | yaml_values, max_size=4))
@example([{"kind": "Component", "metadata": {"name": "a", "links": 7}, "spec": {"type": "agent"}}])
@example([{"kind": "Component", "metadata": {"name": "support", "links": [{"url": 3}], "annotations": [1]}}])
def test_any_catalogue(documents: list[object]) -> None:
    import yaml

    plan(ImportFormat.BACKSTAGE, yaml.safe_dump_all(documents), ImportOptions(types=("website",)))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(line, max_size=6), line)
def test_any_owners_file(lines: list[str], path: str) -> None:
    text = "\n".join(lines)
    for rule in parse_rules(text):
        rule.pattern.matches(path)
    plan(ImportFormat.CODEOWNERS, text, ImportOptions(template="a/{agent}/", paths={"x": path}))


names = st.text(alphabet="ab.", min_size=1, max_size=6)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(names, min_size=1, max_size=5))
def test_a_path_as_it_is_is_matched_and_what_is_in_it_too(parts: list[str]) -> None:
    path = "/".join(parts)
    pattern = PathPattern.of(f"/{path}")
    assert pattern.matches(path) and pattern.matches(f"{path}/") and pattern.matches(f"{path}/deeper/file")
    assert not pattern.matches(f"c/{path}") and not pattern.matches(f"{path}c")
    assert PathPattern.of(f"**/{parts[-1]}").matches(f"c/c/{parts[-1]}")


plain = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=30)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    plain.map(str.strip).filter(lambda name: name and not name.startswith("'")),
    st.lists(plain, max_size=3).map("\n".join).map(str.strip).filter(lambda text: text != "-"),
    st.lists(plain.map(str.split).map(" ".join), max_size=2),
    st.sampled_from([one for one in Stage if one is not Stage.DISCOVERED]),
)
@example("=1+1", "@x", ["+a"], Stage.CANARY)
def test_what_is_written_reads_back(name: str, description: str, titles: list[str], stage: Stage) -> None:
    if description.startswith("'"):
        description = f"a{description}"
    agent = Agent(
        project=PROJECT,
        name=name,
        description=description,
        stage=stage,
        links=tuple(Link(title=title, url="https://x.org/a") for title in titles),
    )
    written = write_csv([agent], snapshot=KNOWN)
    [read] = plan(ImportFormat.CSV, written, ImportOptions()).things
    assert read == agent
