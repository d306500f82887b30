"""What people did in both systems before a command is killed, so that it has something of every kind to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lanes import Failed, Lane

SETTLED = 1200
"""Seconds after which every lost answer may be looked up."""
LONG_AGO = 7200
"""Seconds after which tokens have expired."""
PAID_ON = "2026-01-28"
PROJECT, PERIOD, VENDOR = 4711, 7002, 562949953000101
EARTH, CONCRETE = 330011, 330027
"""Budget codes of the project."""

Before = Callable[[Lane], None]


def nothing(lane: Lane) -> None:
    """No preparation."""


def all_of(*parts: Before) -> Before:
    """One after the other."""

    def before(lane: Lane) -> None:
        for part in parts:
            part(lane)

    return before


def rules(*chosen: str) -> Before:
    """The company decides otherwise."""

    def before(lane: Lane) -> None:
        lane.run("rules", lane.installation, *chosen)

    return before


def switched(vendor: str, **switches: object) -> Before:
    """A sandbox behaves otherwise."""

    def before(lane: Lane) -> None:
        lane.control(vendor, "/switches", switches)

    return before


def synced(lane: Lane) -> None:
    """All flows have run."""
    lane.run("sync", lane.installation)


def ran(flow: str) -> Before:
    """One flow has run."""

    def before(lane: Lane) -> None:
        lane.run("sync", lane.installation, "--flow", flow)

    return before


def later(lane: Lane) -> None:
    """So much later that nobody is logged in any more."""
    lane.advance(LONG_AGO)


def fault(lane: Lane, vendor: str, call: tuple[str, str, int], effect: str, **args: object) -> None:
    """Plant a fault for the nth call of a method and path."""
    method, path, nth = call
    match = {"method": method, "path": path, "nth": nth}
    lane.control(vendor, "/faults", {"match": match, "effect": effect, "times": 1, "args": args})


# vendors and cost codes


def masters_edited(lane: Lane) -> None:
    """Vendors and cost codes are changed and made on both sides."""
    lane.act("acumatica", "edit_vendor", id="V00001", city="Dayton", street="1 New Rd")
    lane.act("acumatica", "edit_vendor", id="V00003", name="Lindqvist Fine Painting LLC")
    lane.act("acumatica", "create_vendor", id="V00020", name="Brightwater Roofing Inc", tax_id="55-1234567")
    lane.act("acumatica", "rename_cost_code", id="03-300", name="Concrete, cast in place")
    lane.act("acumatica", "add_cost_code", id="50-100", name="Solar panels")
    _edit(lane, "vendor", VENDOR, business_phone="(614) 555-0001")
    _edit(lane, "vendor", 562949953000102, business_phone="(716) 555-9999", city="Rochester")
    lane.act("procore", "key_document", kind="vendor", fields={"name": "Stonegate Masonry LLC", "city": "Erie"})
    codes = {row["full_code"]: row for row in lane.state("procore", "standard_cost_codes")}
    _edit(lane, "standard_cost_code", codes["04-200"]["id"], name="Unit masonry, block")
    lane.act(
        "procore", "key_document", kind="standard_cost_code", parent=codes["04-200"]["standard_cost_code_list_id"],
        fields={"code": "777", "name": "Glass block", "parent_id": codes["04"]["id"]},
    )  # fmt: skip


def _edit(lane: Lane, kind: str, key: int, **fields: object) -> None:
    lane.act("procore", "edit", kind=kind, id=key, fields=fields)


# bills and what they are made of


def only(*numbers: str) -> Before:
    """Of requisitions and direct costs there are only these, by invoice number: the others would only cost time."""

    def before(lane: Lane) -> None:
        for kind in ("requisition", "direct_cost"):
            rows = [row for row in lane.state("procore", f"{kind}s") if row["invoice_number"] not in numbers]
            for row in sorted(rows, key=lambda one: -one["id"]):
                lane.act("procore", "delete", kind=kind, id=row["id"])

    return before


def revised(lane: Lane) -> None:
    """Posted requisitions come to less, and to more."""
    _says(lane, "2026880041", "30000.00")
    _says(lane, "INV-8800101", "25000.50")


def withdrawn(lane: Lane) -> None:
    """A posted requisition is sent back."""
    lane.act("procore", "revise", kind="requisition", id=_found(lane, "requisitions", "1002")["id"])


def vanished(lane: Lane) -> None:
    """A requisition that was posted and one that was not are deleted at the source, and a direct cost that was."""
    for number in ("INV-8800101", "2026880101"):
        lane.act("procore", "delete", kind="requisition", id=_found(lane, "requisitions", number)["id"])
    lane.act("procore", "delete", kind="direct_cost", id=_found(lane, "direct_costs", "D9100")["id"])


def costs_approved(lane: Lane) -> None:
    """Direct costs are approved, one of them with a line that is of another amount now."""
    for number in ("D9101", "D9102"):
        cost = _found(lane, "direct_costs", number)
        if number == "D9101":
            line = cost["line_items"][0]["id"]
            fields = {"description": "as agreed"}
            lane.act("procore", "edit_line", kind="direct_cost", id=cost["id"], line=line, fields=fields)
        lane.act("procore", "approve", kind="direct_cost", id=cost["id"])


def undone(lane: Lane) -> None:
    """A person wants a posted record back."""
    lane.run("undo", lane.record("requisitions", "PAY APP 1 / 88002"))


def _found(lane: Lane, entity: str, number: str) -> dict[str, Any]:
    return next(row for row in lane.state("procore", entity) if row["invoice_number"] == number)


def _says(lane: Lane, number: str, work: str) -> None:
    """The first line of a requisition is of another amount."""
    row = _found(lane, "requisitions", number)
    item = {key: row["items"][0][key] for key in ("id", "item_type")}
    items = [{**item, "work_completed_this_period": work}]
    lane.act("procore", "revise", kind="requisition", id=row["id"], items=items)


def withheld(lane: Lane) -> None:
    """A new commitment with two requisitions that withhold retainage, and one that releases some of both."""
    fields = {
        "number": "SC-1", "title": "Work", "vendor_id": VENDOR, "status": "Approved", "retainage_percent": "10",
    }  # fmt: skip
    lines = [{"wbs_code_id": EARTH, "amount": "100000.00", "description": "Earth"}]
    made = lane.act(
        "procore", "key_document", kind="commitment", parent=PROJECT, type="WorkOrderContract", fields=fields,
        lines=lines,
    )  # fmt: skip
    work, kept = "work_completed_this_period", "work_completed_retainage_retained_this_period"
    _invoice(lane, made["id"], "PA-1", "2026-01-20", {work: "1000.00", kept: "100.00"})
    _invoice(lane, made["id"], "PA-2", "2026-01-25", {work: "500.00", kept: "50.00"})
    given_back = {"work_completed_retainage_released_this_period": "120.00"}
    _invoice(lane, made["id"], "PA-3", "2026-01-31", {work: "200.00", **given_back})


def _invoice(lane: Lane, commitment: int, number: str, day: str, said: dict[str, str]) -> None:
    fields = {"period_id": PERIOD, "billing_date": day, "invoice_number": number, "status": "draft"}
    made = lane.act("procore", "key_document", kind="requisition", parent=commitment, fields=fields)
    shown = _found(lane, "requisitions", number)
    items = [{key: item[key] for key in ("id", "item_type")} | said for item in shown["items"]]
    lane.act("procore", "revise", kind="requisition", id=made["id"], items=items)
    lane.act("procore", "approve", kind="requisition", id=made["id"])


# commitments and orders


def agreed(lane: Lane) -> None:
    """What differed between commitments and orders from the beginning is made good."""
    lane.run("approve", lane.installation, "--all")
    synced(lane)
    synced(lane)


def changes_ordered(lane: Lane) -> None:
    """Change orders are approved on commitments of both kinds, which themselves were left alone."""
    for contract in (88004, 88003):
        fields = {"title": "Owner's wish", "status": "approved"}
        lines = [{"wbs_code_id": EARTH, "amount": "500.00"}] if contract == 88004 else []
        lane.act(
            "procore", "key_document", kind="change_order", parent=contract,
            fields=fields if lines else {**fields, "grand_total": "500.00"}, lines=lines,
        )  # fmt: skip


def orders_differ(lane: Lane) -> None:
    """Orders of both kinds are changed, missing, and needless; a person approves all that the hub would do."""
    lane.act("acumatica", "edit_order", number="SC000006", line=2, amount="12345.00")
    lane.act("acumatica", "edit_order", number="PO000003", type="Normal", line=1, amount="54321.00")
    lane.act("acumatica", "edit_order", number="SC000010", status="On Hold")
    line = {"account": "54000", "amount": "4321.00", "project": "HARBOR1", "task": "02", "cost_code": "02-300"}
    lane.act("acumatica", "create_subcontract", vendor="V00001", vendor_ref="SC-NONE", lines=[line])
    lines = [{"wbs_code_id": code, "amount": "5250.10", "description": "Fill"} for code in (EARTH, CONCRETE)]
    for number, kind in (("PO-NEW", "PurchaseOrderContract"), ("SC-NEW", "WorkOrderContract")):
        fields = {"number": number, "title": "Fill", "vendor_id": VENDOR, "status": "Approved"}
        lane.act("procore", "key_document", kind="commitment", parent=PROJECT, type=kind, fields=fields, lines=lines)
    synced(lane)
    lane.run("approve", lane.installation, "--all")


# payments


def paid(lane: Lane) -> None:
    """Bills are paid in part, in full, by two checks, and a direct cost as well."""
    bills = lane.bills()
    pay = (
        ("INV-8800101", "7001", "20000.00"), ("1002", "7002", ""), ("D9100", "7003", ""),
        ("2026880041", "7004", "692.34"), ("2026880041", "7005", ""),
    )  # fmt: skip
    for number, check, amount in pay:
        some = {"amount": amount} if amount else {}
        lane.act("acumatica", "pay", number=bills[number], payment_ref=check, date=PAID_ON, **some)


def voided(*checks: str) -> Before:
    """Checks bounce."""

    def before(lane: Lane) -> None:
        for row in lane.state("acumatica", "Check"):
            if row["PaymentRef"].get("value") in checks:
                lane.act("acumatica", "void_payment", number=row["ReferenceNbr"]["value"])

    return before


# hooks


def pinged(lane: Lane) -> None:
    """Both systems know us: there are sessions to end."""
    lane.run("ping")


def registered(lane: Lane) -> None:
    """Hooks are in place, with a secret that is about to be replaced."""
    lane.run("connection", "hook", lane.connections["procore"], "--register")


def lost(vendor: str, method: str, path: str, *, nth: int = 2, flow: str = "requisitions") -> Before:
    """A sync lost the answer to the nth of such writes; then time passed."""

    def before(lane: Lane) -> None:
        fault(lane, vendor, (method, path, nth), "drop_after_write")
        lane.run("sync", lane.installation, "--flow", flow, "--wait", "5")
        if not lane.was_hit(vendor):
            raise Failed(f"no {method} {path} was lost")
        lane.control(vendor, "/faults", method="DELETE")
        lane.advance(SETTLED)

    return before
