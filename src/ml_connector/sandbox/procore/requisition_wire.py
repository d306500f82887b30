"""Requisitions and their items on the wire, summary after the AIA form (vendors/procore.md §6)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.procore import change_amounts, contracts, wording
from ml_connector.sandbox.procore import requisition_amounts as amounts
from ml_connector.sandbox.procore.budget import wbs_thin
from ml_connector.sandbox.procore.fields import Row
from ml_connector.sandbox.procore.projects import PERSON
from ml_connector.sandbox.procore.wording import ZERO, percent, sum_text
from ml_connector.sandbox.procore.world import World, live

CHANGE_ORDER_ITEMS = ("change_order_item", "whole_change_order_item")


def header(world: World, row: Row) -> Row:
    """The row of the v1.0 list."""
    items = amounts.items_of(world, row)
    holder = contracts.contract(world, row["commitment_id"]) or {}
    vendor = world.vendors.get(holder.get("vendor_id")) or {}
    done = sum((amounts.completed(item) for item in items), ZERO)
    return {
        "id": row["id"],
        "number": row["number"],
        "invoice_number": row.get("invoice_number"),
        "project_id": row["project_id"],
        "commitment_id": row["commitment_id"],
        "commitment_type": holder.get("kind"),
        "contract_name": f"{holder.get('number')}: {holder.get('title')}",
        "vendor_name": vendor.get("name"),
        "period_id": row.get("period_id"),
        "status": row["status"],
        "erp_status": "synced" if row.get("origin_id") else "unsynced",
        "final": bool(row.get("final")),
        "deletable": row["status"] in ("draft", "revise_and_resubmit"),
        "percent_complete": percent(done, _contract_sum(world, holder)) + "%",
        "total_claimed_amount": sum_text(sum((amounts.gross(item) for item in items), ZERO)),
        "origin_id": row.get("origin_id"),
        "origin_data": row.get("origin_data"),
        "electronic_signature_id": None,
        "comment": row.get("comment"),
        "created_by": {**PERSON, "company_name": world.company["name"]},
        "custom_fields": {},
        "attachments": [],
        "currency_configuration": world.currency_configuration(holder),
        "summary": summary(world, row, items),
        **{name: wording.day(row.get(name)) for name in ("billing_date", "requisition_start", "requisition_end")},
        **{name: wording.day(row.get(name)) for name in ("payment_date", "submitted_at")},
        **{name: wording.time(row[name]) for name in ("created_at", "updated_at")},
    }


def wire(world: World, row: Row, *, items: bool = False, packages: bool = False) -> Row:
    """The row of v1.1."""
    holder = contracts.contract(world, row["commitment_id"]) or {}
    earlier = [other for other in amounts.in_order(world, row["commitment_id"]) if other["number"] < row["number"]]
    shown = header(world, row) | {
        "vendor_id": holder.get("vendor_id"),
        "previous_requisition_id": earlier[-1]["id"] if earlier else None,
        "invoice_type": "standard",
        "move_materials_to_previous_work_completed": False,
        "currency_configuration": world.exchanged(holder),
    }
    shown["summary"] |= {"new_materials_quantity": None, "stored_materials_quantity": None}
    if items:
        shown["items"] = [item_wire(world, row, item) for item in amounts.items_of(world, row)]
    if packages:
        shown["item_packages"] = []
    return shown


def summary(world: World, row: Row, items: list[Row]) -> Row:
    """The G702 block. The payment due follows from the items, plus the tax, plus a planted mistake."""
    holder = contracts.contract(world, row["commitment_id"]) or {}
    orders = live(world.change_orders.of("contract_id", row["commitment_id"]))
    approved = [order for order in orders if order["status"] == "approved"]
    changes = change_amounts.approved(orders)
    original = contracts.total(world, holder) if holder else ZERO
    done = sum((amounts.completed(item) for item in items), ZERO)
    on_work = sum((amounts.work_retainage(item) for item in items), ZERO)
    on_stored = sum((amounts.stored_retainage(item) for item in items), ZERO)
    stored = sum((item["stored"] for item in items), ZERO)
    new_stored = sum((item["stored"] - item["previous_stored"] for item in items), ZERO)
    earned = amounts.earned(items)
    plus = sum((o["grand_total"] for o in approved if o["grand_total"] > 0), ZERO)
    minus = sum((o["grand_total"] for o in approved if o["grand_total"] < 0), ZERO)
    return {
        "original_contract_sum": sum_text(original),
        "net_change_by_change_orders": sum_text(changes),
        "contract_sum_to_date": sum_text(original + changes),
        "total_completed_and_stored_to_date": sum_text(done),
        "completed_work_retainage_amount": sum_text(on_work),
        "completed_work_retainage_percent": percent(on_work, done - stored),
        "stored_materials_retainage_amount": sum_text(on_stored),
        "stored_materials_retainage_percent": percent(on_stored, stored),
        "total_retainage": sum_text(on_work + on_stored),
        "total_earned_less_retainage": sum_text(earned),
        "less_previous_certificates_for_payment": sum_text(amounts.certified_before(items)),
        "tax_applicable_to_this_payment": sum_text(row["tax"]),
        "current_payment_due": sum_text(amounts.due(world, row)),
        "balance_to_finish_including_retainage": sum_text(original + changes - earned),
        "formatted_period": _period(row),
        "positive_change_order_item_total": sum_text(plus),
        "negative_change_order_item_total": sum_text(minus),
        "positive_previous_change_order_item_total": sum_text(plus),
        "negative_previous_change_order_item_total": sum_text(minus),
        "positive_new_change_order_item_total": "0.00",
        "negative_new_change_order_item_total": "0.00",
        "new_materials": sum_text(new_stored),
        "stored_materials": sum_text(stored),
    }


def _period(row: Row) -> str:
    days = (row.get("requisition_start"), row.get("requisition_end"))
    return " - ".join(day.strftime("%m/%d/%y") for day in days if day)


def _contract_sum(world: World, holder: Row) -> Decimal:
    return contracts.revised(world, holder) if holder else ZERO


def line_of(world: World, holder: Row, item: Row) -> Row:
    """What the item bills: a commitment line, a change order or one of its lines. Empty when it is gone."""
    if item["item_type"] in CHANGE_ORDER_ITEMS:
        number = item["line_item_id"]
        return world.change_order_lines.get(number) or world.change_orders.get(number) or {}
    return contracts.kind_of(holder).lines(world).get(item["line_item_id"]) or {}


def package_of(world: World, item: Row) -> int | None:
    """The change order that an item bills, whole or one of its lines."""
    if item["item_type"] not in CHANGE_ORDER_ITEMS:
        return None
    line = world.change_order_lines.get(item["line_item_id"])
    if line is None:
        return int(item["line_item_id"])
    order = world.potential_change_orders.get(line["potential_change_order_id"]) or {}
    return order.get("package_id")


def scheduled(line: Row) -> Decimal:
    amount: Decimal = line["amount"] if "amount" in line else line.get("grand_total") or ZERO
    return amount


def item_wire(world: World, row: Row, item: Row, *, older: bool = False) -> Row:
    """`older`: the v1.0 item calls, without net and gross."""
    holder = contracts.contract(world, row["commitment_id"]) or {}
    line = line_of(world, holder, item)
    wbs = world.wbs_codes.get(line.get("wbs_code_id"))
    value, done = scheduled(line), amounts.completed(item)
    shown = {
        "id": item["id"],
        "item_type": item["item_type"],
        "line_item_id": item["line_item_id"],
        "cost_code_id": wbs["cost_code_id"] if wbs else None,
        "wbs_code": wbs_thin(world, line.get("wbs_code_id")),
        "description_of_work": line.get("description") or line.get("title"),
        "accounting_method": holder.get("accounting_method"),
        "scheduled_value": sum_text(value),
        "scheduled_quantity": wording.quantity(line.get("quantity")),
        "scheduled_unit_price": wording.price(line.get("unit_cost")),
        "total_completed_and_stored_to_date": sum_text(done),
        "total_completed_and_stored_to_date_percent": percent(done, value),
        "total_completed_and_stored_to_date_from_previous": sum_text(item["previous_work"] + item["previous_stored"]),
        "change_order_package_id": package_of(world, item),
        "uom": line.get("uom"),
        "status": item.get("status") or "no_action",
        "comment": item.get("comment"),
        "position": item["position"],
        "line_number": str(item["position"]),
        "ssr_manual_override": False,
        "subcontractor_claimed_amount": sum_text(amounts.gross(item)),
        "currency_configuration": world.currency_configuration(holder),
        **_work(item, line),
        **_materials(item),
    }
    if not older:
        shown |= {"net_amount": sum_text(amounts.net(item)), "gross_amount": sum_text(amounts.gross(item))}
        shown |= {"taxes": [], "previous_progress_id": None}
    return shown


def _work(item: Row, line: Row) -> Row:
    return {
        "work_completed_from_previous_application": sum_text(item["previous_work"]),
        "work_completed_this_period": sum_text(item["work"]),
        "work_completed_this_period_quantity": _units(item["work"], line),
        "work_completed_from_previous_application_quantity": _units(item["previous_work"], line),
        "work_completed_retainage_from_previous_application": sum_text(item["previous_work_retainage"]),
        "work_completed_retainage_retained_this_period": sum_text(item["work_retained"]),
        "work_completed_retainage_released_this_period": sum_text(item["work_released"]),
        "work_completed_retainage_percent_this_period": percent(item["work_retained"], item["work"]),
        "work_completed_retainage_currently_retained": sum_text(amounts.work_retainage(item)),
    }


def _materials(item: Row) -> Row:
    new = item["stored"] - item["previous_stored"]
    return {
        "materials_presently_stored": sum_text(item["stored"]),
        "materials_presently_stored_from_previous_progress": sum_text(item["previous_stored"]),
        "materials_presently_stored_quantity": None,
        "materials_previously_stored_quantity": None,
        "materials_moved": "0.00",
        "materials_retainage_retained_moved": "0.00",
        "materials_stored_retainage_from_previous_application": sum_text(item["previous_stored_retainage"]),
        "materials_stored_retainage_retained_this_period": sum_text(item["stored_retained"]),
        "materials_stored_retainage_released_this_period": sum_text(item["stored_released"]),
        "materials_stored_retainage_currently_retained": sum_text(amounts.stored_retainage(item)),
        "materials_stored_retainage_percent_this_period": percent(item["stored_retained"], new),
        "materials_stored_retainage_new_materials": sum_text(item["stored_retained"]),
    }


def _units(amount: Decimal, line: Row) -> str | None:
    unit = line.get("unit_cost")
    return wording.quantity((amount / unit).quantize(Decimal("0.0001"))) if unit else None


def detail_wire(world: World, row: Row, item: Row) -> Row:
    """The `detail` call, which lists items of all kinds in a shape of its own."""
    shown = item_wire(world, row, item, older=True)
    holder = contracts.contract(world, row["commitment_id"]) or {}
    left = scheduled(line_of(world, holder, item)) - amounts.completed(item)
    both = item["previous_work_retainage"] + item["previous_stored_retainage"]
    return shown | {
        "item_number": item["position"],
        "balance_to_finish": sum_text(left),
        "total_retainage_from_previous_application": sum_text(both),
        "total_retainage_currently_retained": sum_text(amounts.work_retainage(item) + amounts.stored_retainage(item)),
    }
