"""Approvals of fixes: what they are good for, what waits, what people do themselves, and what bills relieve then."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from commitment_world import Pair, Site, Told
from rehearsal import Rehearsal, rehearsal

from ml_connector.cli import printing
from ml_connector.cli.main import main
from ml_connector.hub import differences, matching, replay, syncing
from ml_connector.hub.models import Approval, AuditEntry, Match, Record
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.syncing import Wish


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    with rehearsal("small") as made:
        yield made


@pytest.fixture
def site(tenant: int, sandboxes: Rehearsal) -> Site:
    sandboxes.reset("small")
    made = Site(sandboxes)
    made.install()
    assert made.told() == []
    return made


def change_order(site: Site, pair: Pair, amount: str, status: str = "approved") -> Any:
    """Somebody enters a change order on the first line of a commitment."""
    lines = [{"wbs_code_id": pair.contract["line_items"][0]["wbs_code"]["id"], "amount": amount}]
    given = {"title": f"Owner's wish over {amount}", "status": status}
    return site.here("key_document", kind="change_order", parent=pair.contract["id"], fields=given, lines=lines)


def billed_pair(site: Site) -> Pair:
    """A commitment whose order is billed in part."""
    bills = site.world.acumatica.stored("Bill")
    numbers = {line["POOrderNbr"].get("value") for bill in bills for line in bill["Details"]}
    contracts = {row["number"]: row for row in site.contracts()}
    found = (order for order in site.orders() if order.number in numbers and order.status == "Open")
    order = next(one for one in found if one.type == "Subcontract")
    return Pair(contracts[order.vendor_ref], order)


def first_amount(site: Site, pair: Pair) -> Decimal:
    """What the order's first line holds now."""
    return site.order(pair.order.number).lines[0].amount


def test_an_approval_is_good_for_one_time(site: Site) -> None:
    pair = next(site.pairs("Subcontract"))
    amount = pair.order.lines[0].amount
    site.edit_order(pair.order, line=1, amount=str(amount + 10))
    site.sync()
    told = [Told("amount", pair.number, pair.order.name, amount, amount + 10)]
    assert site.told() == told
    (done,) = differences.approve(site.row, [site.report().found[0].difference.id], "test")
    assert Approval.objects.get().difference == done.difference.id
    site.sync()
    assert first_amount(site, pair) == amount
    site.edit_order(pair.order, line=1, amount=str(amount + 10))
    ended = site.sync()
    assert site.told() == told
    assert (ended.for_a_person, site.report().found[0].approved) == (1, False)
    assert first_amount(site, pair) == amount + 10
    entries = AuditEntry.objects.filter(action="difference.approved", subject=done.record)
    assert done.difference.id in entries.get().detail


def test_a_second_fix_waits_until_what_the_first_did_was_read(site: Site) -> None:
    pair = next(site.pairs("Subcontract"))
    amount = pair.order.lines[0].amount
    for more in ("300.00", "41.50"):
        change_order(site, pair, more)
    site.sync()
    one, other = (found.difference for found in site.report().found)
    differences.approve(site.row, [one.id], "test")
    site.sync()
    assert first_amount(site, pair) == amount + (one.source_amount or 0)
    assert [waiting.cause for waiting in site.report().uncompared] == ["not_read"]
    with pytest.raises(WrongUse, match="no difference"):
        differences.approve(site.row, [other.id], "test")
    site.sync()
    assert [found.difference.source_amount for found in site.report().found] == [other.source_amount]
    differences.approve(site.row, None, "test")
    site.sync()
    site.sync()
    assert first_amount(site, pair) == amount + Decimal("341.50")
    assert site.told() == []


def test_what_is_approved_for_a_difference_that_changed_meanwhile_is_not_carried_out(site: Site) -> None:
    pair = next(site.pairs("Subcontract"))
    amount = pair.order.lines[0].amount
    site.edit_order(pair.order, line=1, amount=str(amount - 100))
    site.sync()
    differences.approve(site.row, None, "test")
    site.edit_order(pair.order, line=1, amount=str(amount - 200))
    site.sync()
    assert first_amount(site, pair) == amount - 200
    assert site.told() == [Told("amount", pair.number, pair.order.name, amount, amount - 200)]
    assert not site.report().found[0].approved


def test_what_only_people_can_put_right_has_no_fix_and_is_gone_when_they_did(site: Site) -> None:
    withdrawn = next(site.pairs("Subcontract"))
    others = (one for one in site.pairs("Subcontract", any_shape=True) if one.number != withdrawn.number)
    vendor, cancelled = next(others), next(others)
    change = change_order(site, withdrawn, "500.00")
    site.sync()
    differences.approve(site.row, None, "test")
    site.sync()
    site.edit_order(vendor.order, vendor=withdrawn.order.vendor)
    site.edit_order(cancelled.order, status="Canceled")
    site.here("void", kind="change_order", id=change["id"])
    site.sync(sweep=True)
    first = withdrawn.order.lines[0].amount
    assert site.told() == sorted(
        [
            Told("vendor", vendor.number, vendor.order.name),
            Told("status", cancelled.number, cancelled.order.name),
            Told("amount", withdrawn.number, withdrawn.order.name, first, first + 500),
        ],
        key=str,
    )
    for found in site.report().found:
        if found.difference.kind != "amount":
            with pytest.raises(WrongUse, match="cannot be made good from here"):
                differences.approve(site.row, [found.difference.id], "test")
    assert len(differences.approve(site.row, None, "test")) == 1
    site.edit_order(vendor.order, vendor=vendor.order.vendor)
    site.there("reopen_order", number=cancelled.order.number)
    site.sync()
    site.sync(sweep=True)
    assert site.told() == []
    assert first_amount(site, withdrawn) == first


def test_a_fix_that_the_ledger_refuses_is_told_in_its_words_and_the_order_is_seen_to(site: Site) -> None:
    pair = billed_pair(site)
    site.here("void", kind="commitment", id=pair.contract["id"])
    site.sync()
    assert site.told() == [Told("status", pair.number, pair.order.name)]
    differences.approve(site.row, None, "test")
    ended = site.sync()
    record = Record.objects.get(flow="commitments", state="refused")
    assert ended.for_a_person == 1
    assert "billed" in record.message
    site.here("edit", kind="commitment", id=pair.contract["id"], fields={"status": "Approved"})
    site.sync()
    assert "order is On Hold" in site.report().found[0].difference.text
    differences.approve(site.row, None, "test")
    site.sync()
    site.sync()
    assert site.told() == []
    assert site.order(pair.order.number).status == "Open"


def test_what_nobody_matched_is_asked_about_and_not_called_missing(site: Site) -> None:
    pair = next(site.pairs("Subcontract"))
    Match.objects.filter(installation=site.row, kind="commitments", right_key=str(pair.contract["id"])).delete()
    site.edit_order(pair.order, description="Touched")
    change_order(site, pair, "1.00", status="draft")
    site.sync(sweep=True)
    report = site.report()
    assert (report.found, sorted(one.flow for one in report.uncompared)) == ((), ["commitments", "orders"])
    assert {one.cause for one in report.uncompared} == {"no_match"}
    assert all("same number" in one.message for one in report.uncompared)
    key = f"Subcontract|{pair.order.number}"
    matching.accept_pairs(site.row, "commitments", [(1, key, str(pair.contract["id"]))], "test")
    replay.release_waiting(site.row.pk, ["no_match"])
    site.sync()
    assert site.told() == []


def test_a_pair_that_is_decided_to_be_none_is_missing_on_both_sides(site: Site) -> None:
    pair = next(site.pairs("Subcontract"))
    Match.objects.filter(installation=site.row, kind="commitments", right_key=str(pair.contract["id"])).delete()
    key = f"Subcontract|{pair.order.number}"
    nobody = [(1, key, "-"), (2, "-", str(pair.contract["id"]))]
    matching.accept_pairs(site.row, "commitments", nobody, "test")
    assert [(one.kind, one.commitment, one.order) for one in site.told()] == [
        ("missing", "", pair.order.name), ("missing", pair.number, "")
    ]  # fmt: skip
    differences.approve(site.row, None, "test")
    site.sync()
    site.sync()
    assert site.told() == []
    assert sorted(one.status for one in site.orders() if one.vendor_ref == pair.number) == ["Canceled", "Open"]


def test_requisition_bills_relieve_the_lines_that_are_proposed_for_matched_pairs(
    tenant: int, sandboxes: Rehearsal
) -> None:
    sandboxes.reset("small")
    row = sandboxes.install(("requisitions", "commitments", "orders"), unlinked="hold")
    sandboxes.fill(row, "orders")
    before = _invoiced(sandboxes)
    syncing.run(row, Wish())
    bills = sandboxes.acumatica.stored("Bill")
    ours = [bill for bill in bills if bill["Description"].get("value", "").startswith("ML-")]
    billed: dict[tuple[str, str], Decimal] = {}
    for bill in ours:
        for line in bill["Details"]:
            if bill["Status"]["value"] == "Open" and line["Account"]["value"] != "20100":
                assert line["POOrderNbr"]["value"], bill["VendorRef"]
                cell = (line["Project"]["value"], line["CostCode"]["value"])
                billed[cell] = billed.get(cell, Decimal(0)) + Decimal(str(line["Amount"]["value"]))
    after = _invoiced(sandboxes)
    assert {cell: after[cell] - before[cell] for cell in after if after[cell] != before[cell]} == billed
    assert len(billed) >= 5


def test_the_command_line_lists_differences_and_approves_them(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "json_wanted", False)
    pair = next(site.pairs("Subcontract"))
    assert main(["differences", site.row.pk]) == 0
    assert "0 differences" in capsys.readouterr().out
    site.edit_order(pair.order, line=1, amount=str(pair.order.lines[0].amount + 10))
    site.sync()
    table = tmp_path / "differences.csv"
    assert main(["differences", site.row.pk]) == 3
    (told,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("D-")]
    assert pair.number in told
    assert main(["differences", site.row.pk, "--to", str(table)]) == 3
    (line,) = csv.DictReader(table.open())
    assert Decimal(line["stored"]) - Decimal(line["agreed"]) == 10
    assert main(["approve", site.row.pk]) == 2
    assert main(["approve", site.row.pk, "D-AAAAAAAA"]) == 2
    assert main(["approve", site.row.pk, line["id"]]) == 0
    assert Approval.objects.get().by.startswith("cli:")
    site.sync()
    site.sync()
    assert main(["differences", site.row.pk]) == 0


def _coding(site: Site, pair: Pair) -> dict[str, Any]:
    rows = site.world.acumatica.stored("Subcontract")
    row = next(row for row in rows if row["SubcontractNbr"]["value"] == pair.order.number)
    names = {"account": "Account", "project": "Project", "task": "Task", "cost_code": "CostCode"}
    return {name: row["Details"][0][field]["value"] for name, field in names.items()}


def _invoiced(world: Rehearsal) -> dict[tuple[str, str], Decimal]:
    """What bills took of commitments, by project and cost code."""
    found: dict[tuple[str, str], Decimal] = {}
    for row in world.acumatica.stored("ProjectBudget"):
        cell = (row["ProjectID"]["value"], row["CostCode"].get("value", ""))
        found[cell] = found.get(cell, Decimal(0)) + Decimal(str(row["CommittedInvoicedAmount"].get("value", 0)))
    return found


def test_a_cancellation_that_was_interrupted_goes_on_although_the_order_shows_the_hold(site: Site) -> None:
    line = {"account": "54000", "amount": "4321.00", "project": "HARBOR1", "task": "02", "cost_code": "02-300"}
    made = site.there("create_subcontract", vendor="V00001", vendor_ref="SC-NONE", lines=[line])
    site.sync()
    differences.approve(site.row, None, "test")
    busy = {"message": "An error has occurred.", "exceptionMessage": "Another process has updated the record."}
    site.world.acumatica.fault("status", path="/Subcontract$", method="PUT", status=500, body=busy)
    syncing.run(site.row, Wish(wait=0))
    assert site.order(made["number"]).status == "On Hold"
    syncing.run(site.row, Wish())
    site.sync()
    assert [one.ended for one in site.order(made["number"]).lines] == ["cancelled"]
    assert site.told() == []
