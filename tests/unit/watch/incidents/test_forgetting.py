"""What is old goes, and nothing that is not over; what could not be looked up is looked up again."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadworthy.contracts.telemetry import StoreUnavailable
from roadworthy.domain.incident import Action, Change, Incident
from roadworthy.features.watch.incidents import shelf
from roadworthy.features.watch.incidents.shelf import KEPT_NS
from roadworthy.flows import open_incident_on_alarm
from roadworthy.flows.open_incident_on_alarm import FillIn
from tests.product import wait_until
from tests.unit.watch.incidents.house import SECOND, House, alarm


def resolved(house: House, *names: str) -> None:
    for name in names:
        house.take(alarm(name, agent=f"agent {name}"))
        made = max(house.incidents(), key=lambda one: one.number)
        house.book.act("default", made.id, Action.RESOLVE, by="ann")
        house.later(SECOND)


def test_what_was_resolved_long_ago_goes_with_its_alarms_and_lines(house: House, tmp_path: Path) -> None:
    resolved(house, "a", "b")
    house.take(alarm("c", agent="another"))
    old, kept, stands = house.incidents()
    before_ns = kept.resolved_ns

    assert house.book.shelves.forget_old("default", before_ns=before_ns) == 1

    assert [one.id for one in house.incidents()] == [kept.id, stands.id]
    assert house.timeline(old) == []
    assert house.timeline(kept) != []
    again = house.reopened(tmp_path)
    assert [one.id for one in again.incidents()] == [kept.id, stands.id]
    assert again.book.shelves.forget_old("default", before_ns=house.now[0] + 2 * KEPT_NS) == 1
    # One that is not over stays, however old.
    assert [one.id for one in again.incidents()] == [stands.id]
    again.metadata.close()


def test_numbers_are_given_once(house: House, tmp_path: Path) -> None:
    resolved(house, "a", "b")
    assert house.book.shelves.forget_old("default", before_ns=house.now[0] + KEPT_NS) == 1
    again = house.reopened(tmp_path)
    again.take(alarm("c", agent="another"))

    assert [one.number for one in again.incidents()] == [2, 3]
    again.metadata.close()


def test_a_project_keeps_so_many_at_most(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "INCIDENTS_KEPT", 2)
    resolved(house, "a", "b", "c", "d")

    assert house.book.shelves.forget_old("default", before_ns=0) == 2
    assert [one.number for one in house.incidents()] == [3, 4]


def test_what_changed_before_is_looked_up_again_when_the_store_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_incident_on_alarm, "_AGAIN_S", 0.05)
    asked: list[str] = []

    class Away:
        """The store is away three times."""

        def changes_before(self, incident: Incident) -> list[Change]:
            asked.append(incident.id)
            if len(asked) <= 3:
                raise StoreUnavailable("away")
            return []

        def close(self) -> None:
            """Nothing is open."""

    house.take(alarm("a"))
    made = house.the_incident()
    fill_in = FillIn(house.book, Away())  # type: ignore[arg-type]
    fill_in.start()
    try:
        fill_in.on_changed("default", [made.id])
        wait_until(lambda: len(asked) >= 4, seconds=20, what="it is asked again")
        wait_until(lambda: house.the_incident().looked_ns > made.looked_ns, seconds=20, what="it is noted")
    finally:
        fill_in.stop(timeout=10)
