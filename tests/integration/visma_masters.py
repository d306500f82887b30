"""Suppliers, invoices and cost codes as people keep them in Visma.net and Procore, for tests of the master data."""

from __future__ import annotations

from typing import Any

from visma_world import VismaWorld

from ml_connector.hub.models import Match, Record

SUPPLIER_FLOWS = ("suppliers", "vendors", "supplier-invoices")
CODE_FLOWS = ("cost-codes-to-procore", "cost-codes-to-visma")
SYNC = ("PATCH", "/rest/v1.0/vendors/sync")
Row = dict[str, Any]


class Office:
    """People at both ends, and what they see there."""

    def __init__(self, world: VismaWorld) -> None:
        self.world = world

    def erp(self, action: str, **fields: Any) -> Any:
        """What an accountant does in Visma.net."""
        return self.world.act("visma_net", action, **fields)

    def site(self, action: str, **fields: Any) -> Any:
        """What somebody does in Procore."""
        return self.world.act("procore", action, **fields)

    def supplier(self, name: str, **fields: Any) -> str:
        """Enter a supplier; returns its number."""
        return str(self.erp("create_supplier", name=name, country="US", **fields)["number"])

    def invoice(self, supplier: str, date: str = "2026-01-15", **fields: Any) -> str:
        """Key in an invoice; returns its number."""
        lines = [{"amount": 100, "account": "54000"}]
        return str(self.erp("key_document", supplier=supplier, date=date, lines=lines, **fields)["number"])

    def vendor_of(self, supplier: str) -> Row:
        """The vendor in Procore that a supplier is matched with."""
        key = Match.objects.exclude(accepted_by="").get(kind="vendors", left_key=supplier).right_key
        return next(row for row in self.vendors() if str(row["id"]) == key)

    def vendors(self) -> list[Row]:
        """All vendors in Procore."""
        return self.world.procore.stored("vendors")

    def edit_vendor(self, supplier: str, **fields: Any) -> None:
        """Somebody changes the vendor of a supplier in Procore."""
        self.site("edit", kind="vendor", id=self.vendor_of(supplier)["id"], fields=fields)

    def values(self, segment: int) -> dict[str, tuple[str, bool]]:
        """Names of a segment's values, and whether they are active."""
        (dimension,) = [row for row in self.world.visma.stored("dimension") if row["id"] == "SUBACCOUNT"]
        held = next(row for row in dimension["segments"] if row["segmentId"] == segment)
        return {row["valueId"]: (row["description"], row["active"]) for row in held["segmentValues"]}

    def codes(self) -> dict[str, str]:
        """Names of Procore's standard cost codes by their full codes."""
        return {row["full_code"]: row["name"] for row in self.world.procore.stored("standard_cost_codes")}

    def code_id(self, code: str) -> int:
        """The id of a standard cost code."""
        rows = self.world.procore.stored("standard_cost_codes")
        return next(int(row["id"]) for row in rows if row["full_code"] == code)

    def writes(self) -> dict[tuple[str, str], int]:
        """Calls since the last look that change anything, by method and path."""
        found = {
            called: count
            for sandbox in self.world.sandboxes.values()
            for called, count in sandbox.calls().items()
            if called[0] != "GET" and "token" not in called[1]
        }
        self.forget()
        return found

    def forget(self) -> None:
        """Begin to count calls anew."""
        for sandbox in self.world.sandboxes.values():
            sandbox.forget_calls()

    def quiet(self) -> None:
        """Nothing is left to be said."""
        self.world.sync()
        self.forget()
        self.world.sync()
        assert self.writes() == {}


def told(flow: str, key: str) -> tuple[str, str, str]:
    """State, cause and message of a record by its key at the source."""
    record = Record.objects.get(flow=flow, source_key=key)
    return record.state, record.cause, record.message
