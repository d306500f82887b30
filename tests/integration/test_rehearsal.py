"""The flow against both sandboxes over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from rehearsal import Rehearsal, rehearsal

from ml_connector.hub import syncing
from ml_connector.hub.models import Record
from ml_connector.hub.syncing import Wish


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    with rehearsal("small") as made:
        yield made


@pytest.fixture
def world(tenant: int, sandboxes: Rehearsal) -> Rehearsal:
    sandboxes.reset("small")
    return sandboxes


def test_approved_requisitions_become_released_bills_once(world: Rehearsal) -> None:
    row = world.install()
    ended = syncing.run(row, Wish())
    bills = world.bills()
    released = [bill for bill in bills if bill["status"] == "Open"]
    assert len(released) == 5
    assert {bill["reference"].split("-")[1] for bill in released} == set(
        Record.objects.filter(state="posted").values_list("ref", flat=True)
    )
    for bill in released:
        record = Record.objects.get(ref=bill["reference"].split("-")[1])
        assert Decimal(bill["total"]) == record.amount
        assert sum(Decimal(line["amount"]) for line in bill["lines"] if line["amount"]) == record.amount
    held = sorted(Record.objects.filter(state="held").values_list("cause", flat=True))
    assert held == ["does_not_add_up", "keyed_by_hand", "unmapped", "waits_for_approval"]
    assert ended.for_a_person == 4
    assert ended.statements[0].adds_up
    syncing.run(row, Wish())
    assert world.bills() == bills
