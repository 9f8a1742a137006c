"""Plans go to the gateway as files, and what became of their calls comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.domain.exchange import ExchangeKind
from roadworthy.features.debug.plan import After, Change, ChangeKind
from roadworthy.features.debug.tape.asked import How
from roadworthy.features.debug.tape.journal import BadPlan, JournalLine, PlanFolder, StoredPlan
from tests.unit.debug.tape.taping import PLAN, plan

LINE = JournalLine(
    at_ns=1, step=2, how=How.DATED, kind=ExchangeKind.TOOL, target="crm__find", note="n", diff="d"
)


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    folder = PlanFolder(tmp_path)
    made = plan(
        keep=3,
        changes=(Change(step=4, kind=ChangeKind.MODEL, text="x", onwards=True),),
        after=After.MIXED,
        live_tools=("crm.*",),
        good_run="ef" * 16,
    )
    folder.write(made, ["a", "b"], ["c"])

    assert folder.read("default", made.inquiry, number=1, attempt=1) == StoredPlan(
        plan=made, tape_ids=("a", "b"), good_ids=("c",)
    )


@pytest.mark.parametrize("project", ["../../etc", ".", "", "a/b", "grüße"])
def test_no_project_writes_outside_of_its_folder(tmp_path: Path, project: str) -> None:
    root = tmp_path / "replays"
    folder = PlanFolder(root)
    made = plan(project=project)
    folder.write(made, [])

    assert folder.read(project, made.inquiry, number=1, attempt=1).plan == made
    (file,) = tmp_path.rglob("*.plan")
    assert len(file.relative_to(root).parts) == 3


def test_lines_come_back_in_order_without_the_one_that_was_being_written(tmp_path: Path) -> None:
    folder = PlanFolder(tmp_path)
    folder.write(PLAN, [])
    assert folder.lines(PLAN) == []
    assert folder.begin(PLAN, "boot-1")
    folder.append(PLAN, LINE)
    folder.append(PLAN, LINE)
    (file,) = tmp_path.rglob("*.journal")
    with file.open("ab") as out:
        out.write(b'{"at_ns": 3, "how": "recor')

    assert folder.lines(PLAN) == [LINE, LINE]


def test_one_boot_of_the_gateway_answers_a_rerun_and_no_other(tmp_path: Path) -> None:
    folder = PlanFolder(tmp_path)
    folder.write(PLAN, [])

    assert [folder.begin(PLAN, one) for one in ("first", "first", "second")] == [True, True, False]
    folder.write(PLAN, [])
    assert folder.begin(PLAN, "second")


def test_a_plan_that_is_gone_or_broken_says_so(tmp_path: Path) -> None:
    folder = PlanFolder(tmp_path)
    with pytest.raises(BadPlan, match="it is over, or was deleted"):
        folder.read("default", "0199aa", number=1, attempt=1)
    folder.write(PLAN, [])
    (file,) = tmp_path.rglob("*.plan")
    file.write_bytes(b'{"version": 9}')
    with pytest.raises(BadPlan, match="version: 9; this Roadworthy reads 1"):
        folder.read("default", "0199aa", number=1, attempt=1)
    folder.remove("default", "0199aa")
    assert not list(tmp_path.rglob("*.plan"))
