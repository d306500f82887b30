"""Two sides of a vendor, moment by moment: calls that cross, answers that are lost, vendors that appear twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

import pytest
from pairs import Desk, Invention, Values
from rehearsal import Rehearsal

from ml_connector.hub import clocks, matching, replay
from ml_connector.hub.models import Match, Record
from ml_connector.hub.pipeline import read


@pytest.fixture
def desk(tenant: int, both_sandboxes: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Nobody knows any vendor yet; hub and sandboxes share a clock."""
    made = Desk(both_sandboxes)
    monkeypatch.setattr(clocks, "clock", lambda: made.clock)
    yield made
    made.heal()


@pytest.fixture
def at_page(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Have something happen once, between the answer to a read and its being taken in."""

    def arrange(happens: Callable[[], None]) -> None:
        waiting = [happens]

        def reach(name: str) -> None:
            if name == "page.read" and waiting:
                waiting.pop()()

        monkeypatch.setattr(read.points, "reach", reach)

    return arrange


def values(place: int = 1, **others: str) -> Values:
    return Invention(Random(place), place).vendor() | {"city": "Erie", "phone": "(614) 555-0101"} | others


def matched(desk: Desk) -> tuple[str, str]:
    """One vendor on both sides, in step."""
    left, right = desk.make("left", values()), desk.make("right", values())
    desk.install()
    desk.sync()
    assert desk.pairs() == {left: right}
    desk.clock.sleep(600)
    desk.sync()
    desk.writes()
    return left, right


def both(desk: Desk, name: str) -> tuple[str, str]:
    """What the only vendor's field holds, left and right."""
    (left,), (right,) = desk.all("left").values(), desk.all("right").values()
    return left[name], right[name]


def quiet(desk: Desk) -> None:
    """Nothing is left to be said."""
    desk.sync()
    desk.writes()
    desk.sync()
    assert desk.writes() == {}


def test_a_page_from_before_our_write_does_not_undo_it(
    desk: Desk, at_page: Callable[[Callable[[], None]], None]
) -> None:
    left, right = matched(desk)
    desk.edit("right", right, email="new@right.example")
    desk.edit("left", left, city="Troy")
    desk.read("left")
    at_page(lambda: desk.deliver("right"))
    desk.read("right")
    desk.deliver("left")
    desk.sync()
    assert both(desk, "city") == ("Troy", "Troy")
    assert both(desk, "email") == ("new@right.example", "new@right.example")
    quiet(desk)


def test_what_is_set_back_in_the_second_of_our_write_goes_back(desk: Desk) -> None:
    left, right = matched(desk)
    desk.edit("left", left, city="Troy")
    desk.read("left")
    desk.deliver("right")
    desk.edit("right", right, city="Erie")
    desk.sync()
    assert both(desk, "city") == ("Erie", "Erie")
    quiet(desk)


def test_an_edit_between_look_and_write_is_not_overwritten(
    desk: Desk, at_page: Callable[[Callable[[], None]], None]
) -> None:
    left, right = matched(desk)
    desk.edit("left", left, city="Troy", phone="614-555-0202")
    desk.edit("right", right, phone="614-555-0303")
    desk.read("left")
    desk.deliver("right")
    assert both(desk, "city") == ("Troy", "Troy")
    assert both(desk, "phone") == ("6145550202", "6145550303")
    desk.sync()
    assert both(desk, "phone") == ("6145550303", "6145550303")
    quiet(desk)


def test_a_write_that_never_arrived_gives_way_to_a_newer_edit(desk: Desk) -> None:
    left, _ = matched(desk)
    desk.edit("left", left, city="Troy")
    desk.read("left")
    desk.lose("drop_before_write")
    desk.deliver("right")
    assert desk.heal()
    desk.edit("left", left, city="Utica")
    desk.sync()
    assert both(desk, "city") == ("Utica", "Utica")
    quiet(desk)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_vendor_whose_creation_is_unknown_is_not_made_back(desk: Desk, side: str) -> None:
    other = "right" if side == "left" else "left"
    desk.install()
    desk.sync()
    key = desk.make(side, values())
    desk.read(side)
    desk.lose("drop_after_write")
    desk.deliver(other)
    assert desk.heal()
    (made,) = desk.all(other)
    desk.edit(other, made, city="Troy")
    desk.read(other)
    desk.deliver(side)
    assert list(desk.all(side)) == [key]
    assert Record.objects.get(source_key=made).cause == "made_by_us"
    desk.sync()
    assert both(desk, "city") == ("Troy", "Troy")
    assert desk.pairs() == ({key: made} if side == "left" else {made: key})
    quiet(desk)


def test_a_copy_of_a_vendor_that_we_made_is_a_vendor_of_its_own(desk: Desk) -> None:
    desk.install()
    desk.make("right", values())
    desk.sync()
    mark = desk.acumatica.stored("Vendor")[0]["AccountRef"]["value"]
    copy = values(2)
    copy_key = desk.make("left", copy)
    desk.acumatica.post("/act", {"action": "edit_vendor", "id": copy_key, "account_ref": mark})
    desk.sync()
    assert len(desk.all("right")) == len(desk.all("left")) == len(desk.pairs()) == 2


def entered_twice(desk: Desk) -> tuple[str, str]:
    """People enter the same new vendor on both sides before the hub looks."""
    desk.install()
    desk.sync()
    entered = values(name="Northern Steel Works")
    left, right = desk.make("left", entered), desk.make("right", entered | {"email": "other@right.example"})
    for side in ("left", "right"):
        desk.read(side)
    for side in ("left", "right"):
        desk.deliver(side)
    assert set(Record.objects.values_list("state", "cause")) == {("held", "no_match")}
    assert (len(desk.all("left")), len(desk.all("right"))) == (1, 1)
    return left, right


def test_a_vendor_entered_on_both_sides_is_one_when_a_person_says_so(desk: Desk) -> None:
    left, right = entered_twice(desk)
    assert matching.accept_pairs(desk.installation, "vendors", [(1, left, right)], "test") == 1
    desk.sync()
    assert both(desk, "email") == ("other@right.example", "other@right.example")
    quiet(desk)


def test_a_vendor_entered_on_both_sides_is_two_when_a_person_says_so(desk: Desk) -> None:
    left, right = entered_twice(desk)
    assert matching.accept_pairs(desk.installation, "vendors", [(1, left, "-"), (2, "-", right)], "test") == 2
    desk.sync()
    pairs = desk.pairs()
    assert len(desk.all("left")) == len(desk.all("right")) == len(pairs) == 2
    assert left in pairs
    assert right in pairs.values()
    quiet(desk)


def test_the_double_of_a_matched_vendor_waits_for_a_person(desk: Desk) -> None:
    left, _ = matched(desk)
    double = desk.make("right", values())
    desk.read("right")
    desk.deliver("left")
    record = Record.objects.get(source_key=double)
    assert (record.state, record.cause) == ("held", "no_match")
    assert "which is matched with" in record.message
    assert list(desk.all("left")) == [left]


def test_nothing_is_made_while_the_other_side_was_never_read(desk: Desk) -> None:
    entered = values(name="Northern Steel Works", tax_id="")
    desk.make("left", entered)
    desk.make("right", entered | {"name": "Northern Steel Works Inc", "address": "", "postal_code": ""})
    desk.install()
    Match.objects.all().delete()
    desk.read("left")
    desk.deliver("right")
    assert Record.objects.get().cause == "not_read"
    desk.read("right")
    desk.deliver("right")
    desk.deliver("left")
    assert set(Record.objects.values_list("state", "cause")) == {("held", "no_match")}
    assert (len(desk.all("left")), len(desk.all("right"))) == (1, 1)


def test_a_pair_that_a_person_makes_while_a_creation_is_unknown_stands(desk: Desk) -> None:
    desk.install()
    desk.sync()
    left = desk.make("left", values())
    desk.read("left")
    desk.lose("drop_after_write")
    desk.deliver("right")
    assert desk.heal()
    (made,) = desk.all("right")
    by_hand = desk.make("right", values(3))
    matching.accept_pairs(desk.installation, "vendors", [(1, left, by_hand)], "test")
    desk.clock.sleep(7200)
    desk.read("right")
    desk.deliver("right")
    desk.deliver("left")
    assert desk.pairs() == {left: by_hand}
    assert list(desk.all("left")) == [left]
    assert Record.objects.get(source_key=made).cause == "made_by_us"


def test_two_vendors_that_swap_their_names_keep_their_pairs(desk: Desk) -> None:
    entered = [values(1), values(2)]
    keys = [(desk.make("left", each), desk.make("right", each)) for each in entered]
    desk.install()
    desk.sync()
    for (left, _), each in zip(keys, reversed(entered), strict=True):
        desk.edit("left", left, name=each["name"], tax_id=each["tax_id"])
    desk.sync()
    assert desk.pairs() == dict(keys)
    held = desk.all("left")
    assert [desk.all("right")[right] for _, right in keys] == [held[left] for left, _ in keys]
    quiet(desk)


def test_a_vendor_made_inactive_in_procore_is_inactive_everywhere_at_the_next_read(desk: Desk) -> None:
    _, right = matched(desk)
    desk.edit("right", right, active="no")
    desk.sync()
    assert both(desk, "active") == ("no", "no")
    desk.edit("right", right, active="yes", city="Troy")
    desk.sync()
    assert both(desk, "active") == ("yes", "yes")
    assert both(desk, "city") == ("Troy", "Troy")
    quiet(desk)


def test_a_tax_id_that_procore_keeps_does_not_keep_the_rest_back(desk: Desk) -> None:
    left, right = matched(desk)
    desk.edit("left", left, tax_id="", city="Troy")
    desk.read("left")
    desk.deliver("right")
    assert both(desk, "city") == ("Troy", "Troy")
    record = Record.objects.get(source_key=left)
    assert (record.state, "keeps a tax id" in record.message) == ("refused", True)
    desk.writes()
    for side in ("right", "left", "right"):
        desk.read(side)
        desk.deliver("left")
        desk.deliver("right")
    assert desk.writes() == {}
    desk.procore.post(
        "/act", {"action": "edit", "kind": "vendor", "id": int(right), "fields": {"business_register_attributes": None}}
    )
    quiet(desk)
    assert both(desk, "tax_id") == ("", "")


def test_a_street_of_two_lines_is_one_street(desk: Desk) -> None:
    left, right = matched(desk)
    desk.edit("left", left, address="1 Quay St,  Floor 2")
    desk.sync()
    desk.edit("right", right, address="9 Mill Rd")
    desk.sync()
    assert both(desk, "address") == ("9 Mill Rd", "9 Mill Rd")
    quiet(desk)


def test_a_refused_change_gives_way_to_the_next_edit_and_can_be_replayed(desk: Desk) -> None:
    left, _ = matched(desk)
    desk.procore.post("/switches", {"sync_error_every": 1})
    desk.edit("left", left, city="Troy")
    desk.read("left")
    desk.deliver("right")
    record = Record.objects.get(source_key=left)
    assert record.state == "refused"
    desk.procore.post("/switches", {"sync_error_every": 0})
    assert len(replay.replay([record])[0]) == 1
    desk.sync()
    assert both(desk, "city") == ("Troy", "Troy")
    quiet(desk)
