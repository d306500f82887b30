"""The flow against both sandboxes over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from rehearsal import Rehearsal, rehearsal

from ml_connector.hub import mapping, syncing
from ml_connector.hub.models import Record
from ml_connector.hub.syncing import Wish
from ml_connector.integrations.catalogue import INTEGRATIONS
from ml_connector.sandbox.month.build import build


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


def order_rows() -> str:
    """The seed's own links of commitment lines to order lines, as a mapping table."""
    kinds = {"WorkOrderContract": "Subcontract", "PurchaseOrderContract": "Normal"}
    rows = [
        [str(line.key), line.text, f"{kinds[commitment.kind]}|{commitment.erp_number}|{line.erp_line}", "", "", ""]
        for commitment in build("small").commitments
        for line in commitment.lines
        if commitment.erp_number and line.erp_line
    ]
    return mapping.write_csv(rows)


def stored_lines(world: Rehearsal) -> list[dict[str, Any]]:
    """The lines of all bills of ours, in Acumatica's own form."""
    bills = world.acumatica.stored("Bill")
    ours = [bill for bill in bills if bill["Description"].get("value", "").startswith("ML-")]
    return [line for bill in ours for line in bill["Details"]]


def test_linked_lines_bill_their_order_lines(world: Rehearsal) -> None:
    row = world.install(unlinked="hold")
    mapping.import_csv(row, mapping.table_of(INTEGRATIONS["acumatica-procore"], "orders"), order_rows().encode())
    syncing.run(row, Wish())
    assert Record.objects.filter(state="posted").count() == 5
    linked = [line for line in stored_lines(world) if line["POOrderNbr"].get("value")]
    on_retainage = [line for line in stored_lines(world) if line["Account"]["value"] == "20100"]
    assert len(linked) + len(on_retainage) == len(stored_lines(world))
    assert {line["POOrderType"]["value"] for line in linked} <= {"Subcontract", "Normal"}


def test_native_retainage_is_withheld_by_the_target(world: Rehearsal) -> None:
    row = world.install(retainage="native")
    syncing.run(row, Wish())
    held = {r.cause for r in Record.objects.filter(state="held")}
    assert "retainage_release" in held
    assert "stored_differently" not in held
    bills = {bill["reference"]: bill for bill in world.bills()}
    withheld = Decimal(0)
    for posted in Record.objects.filter(state="posted"):
        bill = bills[f"ML-{posted.ref}-1"]
        assert Decimal(bill["total"]) == posted.amount
        withheld += sum(Decimal(line["amount"]) for line in bill["lines"] if line["amount"]) - posted.amount
    assert withheld > 0
