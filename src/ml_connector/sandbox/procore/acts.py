"""What people do in Procore's screens, for the control API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.procore import (
    change_orders,
    commitments,
    contracts,
    direct_costs,
    payments,
    projects,
    requisition_wire,
    requisitions,
    vendors,
)
from ml_connector.sandbox.procore import requisition_amounts as amounts
from ml_connector.sandbox.procore.fields import Row, whole
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.tables import Table
from ml_connector.sandbox.procore.world import World

_KINDS = "vendor, project, commitment, change_order, requisition, direct_cost, payment"
_UNLOCK = "true: take the record's origin_id away first, as an administrator can"
_KEYED = "vendor, commitment (parent: project), requisition (parent: commitment), direct_cost (parent: project), "
_KEYED += "change_order or payment (parent: commitment)"


def acts(world: World) -> dict[str, Act]:
    """By action name."""
    people = _People(world)
    one = {"kind": f"one of: {_KINDS}", "id": "the record's id"}
    table = {
        "approve": Act(
            "Approve a requisition, direct cost, commitment or change order.",
            {**one, "status?": "requisitions: approved_as_noted"},
            people.approve,
        ),
        "revise": Act(
            "Send a requisition or direct cost back, or change its amounts; `items` of a requisition as in "
            "bulk_item_update, of a direct cost as its line_items.",
            {**one, "status?": "revise_and_resubmit unless items are given", "items?": "rows", "unlock?": _UNLOCK},
            people.revise,
        ),
        "void": Act("Void a commitment or change order.", one, people.void),
        "delete": Act("Delete a record, approved or not.", {**one, "unlock?": _UNLOCK}, people.delete),
        "edit": Act(
            "Change fields of a record.",
            {**one, "fields": "as the API's PATCH takes them", "unlock?": _UNLOCK},
            people.edit,
        ),
        "edit_line": Act(
            "Change a line of a commitment or direct cost.",
            {**one, "line": "the line's id", "fields": "as the API's PATCH takes them", "unlock?": _UNLOCK},
            people.edit_line,
        ),
        "key_document": Act(
            "Create a record by hand.",
            {
                "kind": _KEYED,
                "parent?": "the id of the project or commitment",
                "type?": "commitments: WorkOrderContract or PurchaseOrderContract",
                "fields": "as the API's POST takes them; requisitions with items, direct costs with line_items",
                "lines?": "commitments: line items",
            },
            people.key_document,
        ),
        "pay": Act(
            "Enter a payment of a requisition.",
            {"id": "the requisition", "amount?": "the payment due without it", "date?": "today without it"},
            people.pay,
        ),
        "void_payment": Act(
            "Delete a contract payment.", {"id": "the payment", "unlock?": _UNLOCK}, people.void_payment
        ),
        "close_period": Act("Close a billing period.", {"id": "the billing period"}, people.close_period),
        "open_period": Act("Open a billing period.", {"id": "the billing period"}, people.open_period),
        "deactivate": Act("Deactivate a vendor or project.", {"kind": "vendor or project", "id": "its id"}, people.off),
        "activate": Act("Activate a vendor or project.", {"kind": "vendor or project", "id": "its id"}, people.on),
        "hide": Act("Take a project from the service account's sight.", {"id": "the project"}, people.hide),
        "show": Act("Let the service account see a project.", {"id": "the project"}, people.show),
    }
    return {name: Act(act.meaning, act.fields, _by_person(world, act.do)) for name, act in table.items()}


def _by_person(world: World, do: Callable[[Row], object]) -> Callable[[Row], object]:
    def act(fields: Row) -> object:
        world.by_app = False
        try:
            return do(fields)
        except Invalid as refusal:
            raise ActRefused(f"Procore refuses: {refusal.errors}") from refusal
        finally:
            world.by_app = True

    return act


class _People:
    def __init__(self, world: World) -> None:
        self._world = world

    def approve(self, fields: Row) -> Row:
        row, kind = self._row(fields), fields["kind"]
        if kind not in ("requisition", "direct_cost", "commitment", "change_order"):
            raise ActRefused(f"a {kind} is not approved")
        word = "Approved" if kind == "commitment" else fields.get("status", "approved")
        return self._write(kind, row, {"status": word})

    def revise(self, fields: Row) -> Row:
        row, kind = self._row(fields), fields["kind"]
        if kind not in ("requisition", "direct_cost"):
            raise ActRefused(f"a {kind} is not sent back")
        self._unlock(kind, row, fields)
        if fields.get("items"):
            name = "items" if kind == "requisition" else "line_items"
            self._write(kind, row, {name: fields["items"]})
        status = fields.get("status", None if fields.get("items") else "revise_and_resubmit")
        return self._write(kind, row, {"status": status}) if status else self._shape(kind, row)

    def void(self, fields: Row) -> Row:
        row, kind = self._row(fields), fields["kind"]
        if kind == "commitment":
            void = "Void" if "Void" in contracts.kind_of(row).statuses else "Closed"
            return self._write(kind, row, {"status": void})
        if kind == "change_order":
            return self._write(kind, row, {"status": "void"})
        raise ActRefused(f"Procore has no void for a {kind}; delete it or send it back")

    def delete(self, fields: Row) -> Row:
        world, kind, row = self._world, fields["kind"], self._row(fields)
        self._unlock(kind, row, fields)
        if kind in ("requisition", "direct_cost", "payment") and row.get("origin_id"):
            raise ActRefused(f"{kind} {row['id']} is synced with the accounting system; unlock it first")
        match kind:
            case "requisition":
                requisitions.remove(world, row)
            case "direct_cost":
                direct_costs.remove(world, row)
            case "payment":
                world.delete(world.payments, row)
            case "commitment" | "change_order":
                world.mark_deleted(self._table(kind, row), row)
            case _:
                raise ActRefused(f"a {kind} cannot be deleted; deactivate it")
        return {"deleted": row["id"]}

    def edit(self, fields: Row) -> Row:
        row = self._row(fields)
        self._unlock(fields["kind"], row, fields)
        return self._write(fields["kind"], row, _object(fields["fields"]))

    def edit_line(self, fields: Row) -> Row:
        world, kind, row = self._world, fields["kind"], self._row(fields)
        self._unlock(kind, row, fields)
        given, number = _object(fields["fields"]), whole(fields["line"])
        known = {"commitment": contracts.lines_of, "direct_cost": direct_costs.lines_of}.get(kind)
        line = next((one for one in known(world, row) if one["id"] == number), None) if known else None
        if line is None:
            raise ActRefused(f"{kind} {row['id']} has no line {number}")
        if kind == "commitment":
            commitments.write_line(world, row, line, given)
            return commitments.line_wire(world, row, line)
        direct_costs.write_line(world, row, line, given)
        return direct_costs.line_wire(world, row, line)

    def key_document(self, fields: Row) -> Row:
        world, kind, given = self._world, fields["kind"], _object(fields["fields"])
        parent = whole(fields.get("parent"))
        match kind:
            case "vendor":
                row = vendors.write_new(world, given)
            case "commitment":
                row = self._key_commitment(_there(world.projects.get(parent), "project", parent), fields)
            case "direct_cost":
                row = direct_costs.write_new(world, _there(world.projects.get(parent), "project", parent), given)
            case "requisition":
                row = requisitions.write_new(world, self._commitment(parent), given)
            case "change_order":
                row = change_orders.write_new(world, self._commitment(parent), given)
            case "payment":
                row = payments.write_new(world, self._commitment(parent), given)
            case _:
                raise ActRefused(f"no kind {kind!r}; there are: {_KEYED}")
        return self._shape(kind, row)

    def _key_commitment(self, project: Row, fields: Row) -> Row:
        wanted = fields.get("type", contracts.WORK_ORDER.type)
        kind = next((kind for kind in contracts.KINDS if kind.type == wanted), None)
        if kind is None:
            raise ActRefused(f"no type {wanted!r}; there are: {', '.join(kind.type for kind in contracts.KINDS)}")
        given = _object(fields["fields"])
        row = commitments.write_new(self._world, kind, project, {**given, "status": "Draft"})
        for line in fields.get("lines") or []:
            commitments.write_new_line(self._world, row, _object(line))
        commitments.write(self._world, row, {"status": given.get("status", "Draft")})
        return row

    def pay(self, fields: Row) -> Row:
        world = self._world
        row = self._row({"kind": "requisition", **fields})
        day = fields.get("date") or world.now().date().isoformat()
        amount = fields.get("amount", amounts.due(world, row))
        given = {"amount": amount, "date": day, "requisition_id": row["id"], "payment_method": "check"}
        given["invoice_number"] = row.get("invoice_number")
        payment = payments.write_new(world, self._commitment(row["commitment_id"]), given)
        world.update(world.requisitions, row, {"payment_date": date.fromisoformat(day)})
        return payments.wire(world, payment)

    def void_payment(self, fields: Row) -> Row:
        return self.delete({"kind": "payment", **fields})

    def close_period(self, fields: Row) -> Row:
        return self._period(fields, "closed")

    def open_period(self, fields: Row) -> Row:
        return self._period(fields, "open")

    def off(self, fields: Row) -> Row:
        return self._active(fields, on=False)

    def on(self, fields: Row) -> Row:
        return self._active(fields, on=True)

    def hide(self, fields: Row) -> Row:
        return self._visible(fields, seen=False)

    def show(self, fields: Row) -> Row:
        return self._visible(fields, seen=True)

    # pieces

    def _period(self, fields: Row, status: str) -> Row:
        table = self._world.billing_periods
        row = _there(table.get(whole(fields["id"])), "billing period", fields["id"])
        self._world.update(table, row, {"status": status})
        return requisitions.period_wire(row)

    def _active(self, fields: Row, *, on: bool) -> Row:
        row, kind = self._row(fields), fields["kind"]
        if kind not in ("vendor", "project"):
            raise ActRefused(f"a {kind} has no such mark")
        self._world.update(self._table(kind, row), row, {"is_active" if kind == "vendor" else "active": on})
        return self._shape(kind, row)

    def _visible(self, fields: Row, *, seen: bool) -> Row:
        row = self._row({"kind": "project", **fields})
        row["visible"] = seen  # a permission, not a change of the project
        return self._shape("project", row)

    def _unlock(self, kind: str, row: Row, fields: Row) -> None:
        if fields.get("unlock") is True and row.get("origin_id"):
            self._world.update(self._table(kind, row), row, {"origin_id": None})

    def _commitment(self, number: object) -> Row:
        return _there(contracts.contract(self._world, number), "commitment", number)

    def _row(self, fields: Row) -> Row:
        kind, number = fields["kind"], whole(fields["id"])
        if kind == "commitment":
            return self._commitment(number)
        tables = {
            "vendor": self._world.vendors,
            "project": self._world.projects,
            "change_order": self._world.change_orders,
            "requisition": self._world.requisitions,
            "direct_cost": self._world.direct_costs,
            "payment": self._world.payments,
        }
        if kind not in tables:
            raise ActRefused(f"no kind {kind!r}; there are: {_KINDS}")
        return _there(tables[kind].get(number), kind, fields["id"])

    def _table(self, kind: str, row: Row) -> Table:
        if kind == "commitment":
            return contracts.kind_of(row).contracts(self._world)
        table: Table = getattr(self._world, f"{kind}s")
        return table

    def _write(self, kind: str, row: Row, given: Row) -> Row:
        world = self._world
        match kind:
            case "vendor":
                vendors.write(world, row, given)
            case "project":
                projects.write(world, row, given)
            case "commitment":
                commitments.write(world, row, given)
            case "change_order":
                change_orders.write(world, row, given)
            case "requisition":
                requisitions.write(world, row, given)
            case "direct_cost":
                direct_costs.write(world, row, given)
            case "payment":
                payments.write(world, row, given)
        return self._shape(kind, row)

    def _shape(self, kind: str, row: Row) -> Row:
        world = self._world
        shapes: dict[str, Callable[[], Row]] = {
            "vendor": lambda: vendors.wire(world, row),
            "project": lambda: projects.wire(world, row, shown_alone=True),
            "commitment": lambda: commitments.wire(world, row, alone=True),
            "change_order": lambda: change_orders.wire(world, row),
            "requisition": lambda: requisition_wire.wire(world, row, items=True),
            "direct_cost": lambda: direct_costs.wire(world, row),
            "payment": lambda: payments.wire(world, row),
        }
        return shapes[kind]()


def _there(row: Row | None, what: str, number: object) -> Row:
    if row is None or row.get("deleted_at") is not None:
        raise ActRefused(f"there is no {what} {number}")
    return row


def _object(value: Any) -> Row:
    if not isinstance(value, dict):
        raise ActRefused(f"{value!r} is no JSON object")
    return value
