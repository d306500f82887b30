"""Cost centres that stand for projects of Procore bear their names and are active while they are."""

from __future__ import annotations

import pytest
from visma_masters import Office, told
from visma_world import VismaWorld

from ml_connector.hub.models import Record

PUT = ("PUT", "/v1/dimension/{name}/{segment}")
FLOWS = ("cost-codes-to-procore", "cost-codes-to-visma", "cost-centres")
HARBOR, TOWER = 4711, 4713


@pytest.fixture
def office(visma: VismaWorld) -> Office:
    return Office(visma)


def test_names_and_states_follow_in_one_call_for_any_number(office: Office) -> None:
    office.world.install(FLOWS, cost_centre_segment="SUBACCOUNT|2")
    office.world.sync()
    office.quiet()
    office.site("edit", kind="project", id=HARBOR, fields={"name": "Harborfront  Clinic"})
    office.site("deactivate", kind="project", id=TOWER)
    tower = office.values(2)["013"]
    assert tower[1] is True
    office.world.sync()
    assert office.values(2)["011"] == ("Harborfront Clinic", True)
    assert office.values(2)["013"] == (tower[0], False)
    assert office.writes() == {PUT: 1}
    office.site("edit", kind="project", id=HARBOR, fields={"name": "Harborfront Medical Office"})
    office.site("activate", kind="project", id=TOWER)
    office.world.sync()
    assert office.values(2)["011"] == ("Harborfront Medical Office", True)
    assert office.values(2)["013"] == tower
    office.quiet()


def test_the_cost_centre_of_a_new_project_is_made_once_the_table_names_it(office: Office) -> None:
    office.world.install(FLOWS, cost_centre_segment="SUBACCOUNT|2")
    number = str(office.site("key_document", kind="project", fields={"name": "Quay Sheds"})["id"])
    office.world.sync()
    state, cause, message = told("cost-centres", number)
    assert (state, cause, f"no row for {number} (Quay Sheds)" in message) == ("held", "unmapped", True)
    office.world.add("projects", f"{number},Quay Sheds,TOWER1|2=077,,,")
    office.world.replayed(Record.objects.get(flow="cost-centres", source_key=number))
    office.world.sync()
    assert told("cost-centres", number)[0] == "posted"
    assert office.values(2)["077"] == ("Quay Sheds", True)
    office.quiet()


def test_a_row_that_names_no_cost_centre_is_told(office: Office) -> None:
    office.world.install(FLOWS, cost_centre_segment="SUBACCOUNT|1")
    office.world.sync()
    state, cause, message = told("cost-centres", str(HARBOR))
    assert (state, cause, "names no value of segment 1" in message) == ("held", "no_cost_centre", True)


def test_cost_centres_are_left_to_accountants_unless_a_segment_is_named(office: Office) -> None:
    office.world.install(FLOWS)
    office.erp("rename_segment_value", segment=2, value="011", name="Ours")
    office.world.sync()
    assert told("cost-centres", str(HARBOR))[:2] == ("skipped", "no_segment")
    assert office.values(2)["011"] == ("Ours", True)
