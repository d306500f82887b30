"""People edit suppliers in Visma.net and their vendors in Procore while the hub works, and answers get lost."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from pairs import plain
from visma_masters import SUPPLIER_FLOWS, SYNC, Office
from visma_world import VismaWorld

from ml_connector.hub import connections, lanes
from ml_connector.hub.models import FlowState, Match, Record
from ml_connector.hub.working import work

AT_ONCE, STEPS = 20, 10
"""Interleavings that share the hub's steps: each has a supplier of its own, edited at times of its own."""
LEFT = {
    "name": "name", "city": "city", "address": "street", "postal_code": "postal_code", "email": "email",
    "phone": "phone",
}  # fmt: skip
RIGHT = {
    "name": "name", "city": "city", "address": "address", "postal_code": "zip", "email": "email_address",
    "phone": "business_phone",
}  # fmt: skip
PROCORES = ("email", "phone")
Values = dict[str, str]


@pytest.fixture
def office(visma: VismaWorld) -> Iterator[Office]:
    visma.reset("empty")
    yield Office(visma)
    for sandbox in visma.sandboxes.values():
        sandbox.post("/faults", None, method="DELETE")


class Pair:
    """A supplier and its vendor: what each must hold in the end."""

    def __init__(self, supplier: str, values: Values) -> None:
        self.supplier = supplier
        self.left, self.right = dict(values), dict(values)
        self.by_procore: set[str] = set()
        self.story: list[str] = []

    def edited(self, side: str, name: str, value: str) -> None:
        """Procore keeps what its people enter in a field of theirs; all other fields are Visma.net's."""
        self.story.append(f"{side}.{name} = {value}")
        if side == "left":
            self.left[name] = value
            if name not in self.by_procore:
                self.right[name] = value
        elif name in PROCORES:
            self.right[name] = value
            self.by_procore.add(name)


def edit(office: Office, rng: Random, pair: Pair, turn: int) -> None:
    """Somebody changes a field on one side, to what nobody has entered before."""
    side, name = rng.choice(("left", "right")), rng.choice(list(LEFT))
    value = f"{name} {side} {1000 + turn} {pair.supplier}"
    if side == "left":
        office.erp("edit_supplier", number=pair.supplier, **{LEFT[name]: value})
    else:
        office.edit_vendor(pair.supplier, **{RIGHT[name]: value})
    pair.edited(side, name, value)


def hub_step(office: Office, rng: Random) -> None:
    """The hub reads a side, delivers, loses an answer, waits, or does all there is to do."""
    world = office.world
    (lane,) = lanes.of_connection(connections.find("procore").pk)
    match rng.choice(("suppliers", "vendors", "deliver", "deliver", "lose", "settle", "sync", "nothing")):
        case "suppliers" | "vendors" as flow:
            work(lanes.read_key(FlowState.objects.get(installation=world.installation, flow=flow).pk))
        case "deliver":
            work(lane.key)
        case "lose":
            effect = rng.choice(("drop_before_write", "drop_after_write"))
            world.procore.fault(effect, path="/vendors/sync", method="PATCH")
            work(lane.key)
            world.procore.post("/faults", None, method="DELETE")
        case "settle":
            world.clock.sleep(3600)
            work(lane.key)
        case "sync":
            world.sync()


@pytest.mark.parametrize("seed", range(5))
def test_visma_wins_but_in_fields_of_procore(office: Office, seed: int) -> None:
    rng = Random(seed)
    pairs = []
    for place in range(AT_ONCE):
        values = {name: f"{name} at first {1000 + place}" for name in LEFT}
        number = office.supplier(
            values["name"], **{LEFT[name]: text for name, text in values.items() if name != "name"}
        )
        pairs.append(Pair(number, values))
    office.world.install(SUPPLIER_FLOWS)
    office.world.sync()
    assert Match.objects.count() == AT_ONCE
    for turn in range(STEPS):
        for place, pair in enumerate(pairs):
            if rng.random() < 0.4:
                edit(office, rng, pair, turn * AT_ONCE + place)
        office.world.clock.sleep(rng.choice((0, 0, 1, 2, 45, 400)))
        hub_step(office, rng)
    office.world.sync()
    office.quiet()
    assert len(office.vendors()) == AT_ONCE
    assert not Record.objects.exclude(state__in=("posted", "skipped")).exists()
    suppliers = {row["number"]: row for row in office.world.visma.stored("supplier")}
    for pair in pairs:
        vendor, supplier = office.vendor_of(pair.supplier), suppliers[pair.supplier]
        for name, value in pair.right.items():
            held = plain(name, vendor[RIGHT[name]])
            assert held == plain(name, value), "\n".join((f"{name}: {held}, not {value}", *pair.story))
        there = {"name": supplier["name"], "city": supplier["mainAddress"]["city"]}
        assert there == {name: pair.left[name] for name in there}
    written = [call for call in office.world.visma.get("/calls?since=0") if call["method"] not in ("GET", "POST")]
    assert written == []


def test_nothing_is_written_to_suppliers(office: Office) -> None:
    number = office.supplier("Quill Roofing", city="Erie")
    office.world.install(SUPPLIER_FLOWS)
    office.world.sync()
    before = office.world.visma.stored("supplier")
    office.edit_vendor(number, city="Troy", email_address="site@quill.example")
    office.world.sync()
    assert office.world.visma.stored("supplier") == before
    assert office.writes() == {SYNC: 2}
