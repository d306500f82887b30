"""Commitments and their orders: what differs is named, and made good as a person approves it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from commitment_world import Pair, Site, Told, lines_agreed, lines_in_books
from rehearsal import Rehearsal, rehearsal

from ml_connector.hub import differences
from ml_connector.hub.models import Approval, AuditEntry, Record


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    with rehearsal("month") as made:
        yield made


@pytest.fixture
def site(tenant: int, sandboxes: Rehearsal) -> Site:
    sandboxes.reset("month")
    made = Site(sandboxes)
    made.install()
    return made


class Planted:
    """Fifteen differences of different kinds, each on a pair of its own, with what the report is to say of them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._subcontracts = site.pairs("Subcontract")
        self._orders = site.pairs("Normal")
        self.pairs: list[Pair] = []
        self.told = [
            self.amount_changed_there(),
            self.put_on_hold_there(),
            self.line_cancelled_there(),
            self.line_deleted_there(),
            self.line_added_there(),
            self.line_recoded_there(),
            self.order_deleted_there(),
            self.order_without_commitment(),
            self.amount_changed_here(),
            self.line_added_here(),
            self.line_deleted_here(),
            self.change_order_approved_here(),
            self.voided_here(),
            self.completed_here(),
            self.commitment_without_order(),
        ]

    def _next(self, kind: str = "Subcontract") -> Pair:
        pair = next(self._subcontracts if kind == "Subcontract" else self._orders)
        self.pairs.append(pair)
        return pair

    def amount_changed_there(self) -> Told:
        pair = self._next()
        line = pair.order.lines[1]
        self.site.edit_order(pair.order, line=2, amount=str(line.amount - 1250))
        return Told("amount", pair.number, pair.order.name, line.amount, line.amount - 1250)

    def put_on_hold_there(self) -> Told:
        pair = self._next("Normal")
        self.site.edit_order(pair.order, status="On Hold")
        return Told("status", pair.number, pair.order.name)

    def line_cancelled_there(self) -> Told:
        pair = self._next()
        self.site.edit_order(pair.order, line=1, cancelled=True)
        return Told("line", pair.number, pair.order.name, pair.order.lines[0].amount, Decimal(0))

    def line_deleted_there(self) -> Told:
        pair = self._next("Normal")
        self.site.edit_order(pair.order, delete_line=2)
        return Told("line", pair.number, pair.order.name, pair.order.lines[1].amount, Decimal(0))

    def line_added_there(self) -> Told:
        pair = self._next()
        self.site.edit_order(pair.order, new_line=self._coded(pair, 1) | {"amount": "777.50", "text": "Extra"})
        return Told("line", pair.number, pair.order.name, Decimal(0), Decimal("777.50"))

    def line_recoded_there(self) -> Told:
        pair = self._next()
        codes = {line.code for line in pair.order.lines}
        other = next(code for code in self._codes(pair) if code not in codes)
        self.site.edit_order(pair.order, line=1, cost_code=other)
        amount = pair.order.lines[0].amount
        return Told("coding", pair.number, pair.order.name, amount, amount)

    def order_deleted_there(self) -> Told:
        pair = self._next()
        self.site.there("delete_order", number=pair.order.number)
        return Told("missing", pair.number, "", pair.order.amount, Decimal(0))

    def order_without_commitment(self) -> Told:
        pair = next(self._subcontracts)
        line = self._coded(pair, 0) | {"amount": "4321.00", "text": "Nobody agreed to this"}
        made = self.site.there("create_subcontract", vendor=pair.order.vendor, lines=[line], vendor_ref="SC-NEW")
        return Told("missing", "", f"Subcontract {made['number']}", Decimal(0), Decimal(4321))

    def amount_changed_here(self) -> Told:
        pair = self._next()
        line = pair.contract["line_items"][0]
        agreed = Decimal(line["amount"]) + 900
        self.site.edit_line(pair.contract, line["id"], amount=str(agreed))
        return Told("amount", pair.number, pair.order.name, agreed, Decimal(line["amount"]))

    def line_added_here(self) -> Told:
        pair = self._next()
        codes = {line["wbs_code"]["flat_code"] for line in pair.contract["line_items"]}
        wbs = next(one for one in self._wbs(pair) if one["flat_code"] not in codes)
        given = {"amount": "3210.75", "description": "Agreed later", "wbs_code_id": wbs["id"]}
        self.site.here("add_line", kind="commitment", id=pair.contract["id"], fields=given, unlock=True)
        return Told("line", pair.number, pair.order.name, Decimal("3210.75"), Decimal(0))

    def line_deleted_here(self) -> Told:
        pair = self._next("Normal")
        line = pair.contract["line_items"][-1]
        self.site.here("delete_line", kind="commitment", id=pair.contract["id"], line=line["id"], unlock=True)
        return Told("line", pair.number, pair.order.name, Decimal(0), Decimal(line["amount"]))

    def change_order_approved_here(self) -> Told:
        pair = self._next()
        lines = [
            {"wbs_code_id": pair.contract["line_items"][0]["wbs_code"]["id"], "amount": "1500.00"},
            {"wbs_code_id": pair.contract["line_items"][1]["wbs_code"]["id"], "amount": "-400.00"},
        ]
        self.site.here(
            "key_document", kind="change_order", parent=pair.contract["id"],
            fields={"title": "Owner's wish", "status": "approved"}, lines=lines,
        )  # fmt: skip
        return Told("change order", pair.number, pair.order.name, Decimal(1100), Decimal(0))

    def voided_here(self) -> Told:
        pair = self._next()
        self.site.here("void", kind="commitment", id=pair.contract["id"])
        return Told("status", pair.number, pair.order.name)

    def completed_here(self) -> Told:
        pair = self._next()
        self.site.here("edit", kind="commitment", id=pair.contract["id"], fields={"status": "Complete"})
        return Told("status", pair.number, pair.order.name)

    def commitment_without_order(self) -> Told:
        pair = next(self._subcontracts)
        lines = [
            {"amount": amount, "description": "Signed today", "wbs_code_id": line["wbs_code"]["id"]}
            for amount, line in zip(("5000.10", "250.00"), pair.contract["line_items"], strict=False)
        ]
        given = {"number": "SC-SIGNED", "title": "Signed today", "status": "Approved"}
        self.made = self.site.here(
            "key_document", kind="commitment", parent=pair.contract["project"]["id"], lines=lines,
            fields=given | {"vendor_id": pair.contract["vendor"]["id"]},
        )  # fmt: skip
        return Told("missing", "SC-SIGNED", "", Decimal("5250.10"), Decimal(0))

    def _coded(self, pair: Pair, place: int) -> dict[str, Any]:
        """The coding of an order line, as somebody types it."""
        rows = self.site.world.acumatica.stored("Subcontract")
        row = next(row for row in rows if row["SubcontractNbr"]["value"] == pair.order.number)
        line = row["Details"][place]
        names = {"account": "Account", "project": "Project", "task": "Task", "cost_code": "CostCode"}
        return {name: line[field]["value"] for name, field in names.items()}

    def _codes(self, pair: Pair) -> list[str]:
        """Cost codes under the task of the order's first line."""
        first = pair.order.lines[0].code[:2]
        codes = self.site.world.acumatica.stored("CostCode")
        return [one["CostCodeID"]["value"] for one in codes if one["CostCodeID"]["value"].startswith(first)]

    def _wbs(self, pair: Pair) -> list[dict[str, Any]]:
        """Budget codes of the project, of the kind that its first line has, that Acumatica has too."""
        there = {one["CostCodeID"]["value"] for one in self.site.world.acumatica.stored("CostCode")}
        kind = pair.contract["line_items"][0]["wbs_code"]["flat_code"][-1]
        return [
            one
            for one in self.site.world.procore.stored("wbs_codes")
            if one["project_id"] == pair.contract["project"]["id"]
            and one["flat_code"].endswith(f".{kind}")
            and one["flat_code"].rpartition(".")[0] in there
        ]


def test_each_of_fifteen_planted_differences_is_named_and_the_approved_fixes_bring_them_to_zero(site: Site) -> None:
    assert site.told() == []
    planted = Planted(site)
    site.sync(sweep=True)
    assert site.told() == sorted(planted.told, key=str)
    chosen = differences.approve(site.row, None, "test")
    assert len(chosen) == 15
    ended = site.sync()
    assert ended.for_a_person == 0, [one.message for one in Record.objects.filter(state__in=("held", "refused"))]
    site.sync(sweep=True)
    assert site.told() == []
    assert_orders_hold_what_was_agreed(site, planted)
    assert not Approval.objects.exists()
    assert AuditEntry.objects.filter(action="difference.approved").count() >= 15
    before = [(order.number, order.status, order.lines) for order in site.orders()]
    site.sync(sweep=True)
    assert [(order.number, order.status, order.lines) for order in site.orders()] == before


def assert_orders_hold_what_was_agreed(site: Site, planted: Planted) -> None:
    contracts = {row["number"]: row for row in site.contracts()}
    shown = {number: contracts[number] for number in [pair.number for pair in planted.pairs] + ["SC-SIGNED"]}
    for number, contract in shown.items():
        if contract["status"] == "Void":
            assert [one.status for one in site.orders() if one.vendor_ref == number] == ["Canceled"]
            continue
        order = site.order_of(number)
        assert order.status == ("Completed" if contract["status"] == "Complete" else "Open")
        assert lines_in_books(order) == lines_agreed(contract, site.change_orders(contract))
    assert [one.status for one in site.orders() if one.vendor_ref == "SC-NEW"] == ["Canceled"]
