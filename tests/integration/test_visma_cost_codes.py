"""Cost codes of one segment in Visma.net and Procore's standard codes are kept in step both ways, without echo."""

from __future__ import annotations

import pytest
from visma_masters import CODE_FLOWS, Office, told
from visma_world import VismaWorld

from ml_connector.hub.models import Match, Record

LEFT = "SUBACCOUNT|3|{}"
PUT = ("PUT", "/v1/dimension/{name}/{segment}")
PATCH = ("PATCH", "/rest/v1.0/standard_cost_codes/sync")


@pytest.fixture
def office(visma: VismaWorld) -> Office:
    return Office(visma)


@pytest.fixture
def both(office: Office) -> Office:
    """Both sides agree on all codes, and nothing has happened for a while."""
    office.world.install(CODE_FLOWS)
    office.world.sync()
    office.world.clock.sleep(60)
    office.forget()
    return office


def code(office: Office, full: str, name: str) -> int:
    """Somebody enters a standard cost code in a division of Procore."""
    division, _, own = full.partition("-")
    fields = {"code": own, "name": name, "parent_id": office.code_id(division)}
    return int(office.site("key_document", kind="standard_cost_code", fields=fields)["id"])


def test_the_first_day_matches_codes_of_the_chosen_segment_by_their_numbers(office: Office) -> None:
    office.erp("rename_segment_value", segment=3, value="03-300", name="Something else altogether")
    office.erp("add_segment_value", segment=2, value="310", name="Project management")
    office.world.install(CODE_FLOWS)
    rows = Match.objects.filter(kind="cost codes")
    assert {row.left_key.rpartition("|")[0] for row in rows} == {"SUBACCOUNT|3"}
    assert all(row.accepted_by == "test" for row in rows)
    scores = {row.left_key: (row.score, row.reason) for row in rows}
    assert scores.pop(LEFT.format("03-300")) == (90, "same number")
    assert set(scores.values()) == {(100, "same number and similar name")}
    office.world.sync()
    assert office.codes()["03-300"] == "Something else altogether"


def test_what_one_side_lacks_is_made_there_and_does_not_come_back(office: Office) -> None:
    asbestos = "13-280"
    assert asbestos in office.codes() and asbestos not in office.values(3)
    office.erp("add_segment_value", segment=3, value="44-100", name="Dust collection")
    office.erp("add_segment_value", segment=3, value="44-900", name="Not in use")
    office.erp("deactivate", kind="segment_value", id="3/44-900")
    office.world.install(CODE_FLOWS)
    office.world.sync()
    assert office.values(3)[asbestos] == (office.codes()[asbestos], True)
    assert office.codes()["44-100"] == "Dust collection" and "44-900" not in office.codes()
    assert told("cost-codes-to-procore", LEFT.format("44-900"))[:2] == ("skipped", "inactive")
    assert office.writes() == {PUT: 1, PATCH: 2}
    office.quiet()
    code(office, "03-320", "Tilt-up walls")
    office.world.sync()
    assert office.values(3)["03-320"] == ("Tilt-up walls", True)
    assert office.writes() == {PUT: 1}
    office.quiet()


def test_names_go_both_ways_and_the_owner_wins_where_both_changed(both: Office) -> None:
    world = both.world
    both.erp("rename_segment_value", segment=3, value="03-300", name="Cast concrete")
    world.sync()
    assert both.codes()["03-300"] == "Cast concrete"
    both.site("edit", kind="standard_cost_code", id=both.code_id("03-300"), fields={"name": "Poured concrete"})
    world.sync()
    assert both.values(3)["03-300"][0] == "Poured concrete"
    assert both.writes() == {PATCH: 1, PUT: 1}
    both.quiet()
    for owner, name in (("visma", "visma's 1"), ("procore", "procore's 2")):
        world.rule(cost_code_names=owner)
        turn = name[-1]
        both.erp("rename_segment_value", segment=3, value="03-300", name=f"visma's {turn}")
        both.site("edit", kind="standard_cost_code", id=both.code_id("03-300"), fields={"name": f"procore's {turn}"})
        world.sync()
        assert (both.values(3)["03-300"][0], both.codes()["03-300"]) == (name, name)
        both.quiet()


def test_values_of_other_segments_and_zeros_are_passed_over_with_a_sentence(both: Office) -> None:
    both.erp("add_segment_value", segment=3, value="000000", name="None")
    both.world.sync()
    state, cause, message = told("cost-codes-to-procore", "SUBACCOUNT|2|011")
    assert (state, cause) == ("skipped", "other_segment")
    assert message == "SUBACCOUNT segment 2 (Cost centre) holds no cost codes (rule cost_code_segment=SUBACCOUNT|3)"
    assert told("cost-codes-to-procore", LEFT.format("000000"))[:2] == ("skipped", "no_code")
    assert both.writes() == {}


def test_new_codes_are_made_where_the_rule_says(office: Office) -> None:
    office.world.install(CODE_FLOWS, new_cost_codes="create_in_procore")
    office.erp("add_segment_value", segment=3, value="44-100", name="Dust collection")
    number = code(office, "03-320", "Tilt-up walls")
    office.world.sync()
    assert office.codes()["44-100"] == "Dust collection" and "03-320" not in office.values(3)
    state, cause, message = told("cost-codes-to-visma", str(number))
    assert (state, cause, "new_cost_codes=create_in_visma" in message) == ("held", "no_counterpart", True)


def test_a_code_that_the_segment_cannot_hold_is_refused_alone(both: Office) -> None:
    number, fine = code(both, "03-3205", "Too long"), code(both, "03-321", "Fits")
    both.world.sync()
    state, _, message = told("cost-codes-to-visma", str(number))
    assert (state, "length" in message) == ("refused", True)
    assert told("cost-codes-to-visma", str(fine))[0] == "posted"
    assert both.values(3)["03-321"] == ("Fits", True)


def test_a_code_that_is_called_like_a_cost_centre_is_none(both: Office) -> None:
    centre = both.values(2)["011"][0]
    number = code(both, "03-330", centre)
    both.world.sync()
    assert told("cost-codes-to-visma", str(number))[0] == "posted"
    assert both.values(3)["03-330"] == (centre, True)


def test_without_a_segment_of_cost_codes_nothing_happens(office: Office) -> None:
    office.world.install(CODE_FLOWS, cost_code_segment="none")
    office.world.sync()
    assert set(Record.objects.values_list("state", "cause")) == {("skipped", "no_segment")}
    assert office.writes() == {}


def test_many_new_codes_go_in_a_few_calls(both: Office) -> None:
    for place in range(250):
        both.erp("add_segment_value", segment=3, value=f"7{place // 100}-{place % 100:02d}0", name=f"Qx{place:03d}")
    both.world.sync()
    assert len([name for name in both.codes().values() if name.startswith("Qx")]) == 250
    assert both.writes() == {PATCH: 2}
    both.quiet()
