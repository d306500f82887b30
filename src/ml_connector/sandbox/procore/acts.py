"""What people do in Procore's screens, for the control API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.procore import change_lines, commitments, contracts, kinds, payments
from ml_connector.sandbox.procore import requisition_amounts as amounts
from ml_connector.sandbox.procore.fields import Row, whole
from ml_connector.sandbox.procore.kinds import KINDS, Lines, row_of
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.world import World

_UNLOCK = (
    "true: as an administrator can. Takes the origin_id of a requisition, direct cost or payment away; lets the vendor "
    "and the lines of an approved commitment change"
)
_LINED = ", ".join(name for name, kind in KINDS.items() if kind.lines)
_KEYED = ", ".join(name + (f" (parent: {kind.parent})" if kind.parent else "") for name, kind in KINDS.items())
_STATUS = {"commitment": "Approved", "change_order": "approved", "requisition": "approved", "direct_cost": "approved"}
_ONE = {"kind": f"one of: {', '.join(KINDS)}", "id": "the record's id"}
_LINE = {"kind": f"one of: {_LINED}", "id": "the record's id"}


def acts(world: World) -> dict[str, Act]:
    """By action name."""
    people = _People(world)
    table = _of_documents(people) | _of_lines(people) | _of_settings(people)
    return {name: Act(act.meaning, act.fields, _by_person(world, act.do)) for name, act in table.items()}


def _of_documents(people: _People) -> dict[str, Act]:
    return {
        "approve": Act(
            "Approve a requisition, direct cost, commitment or change order.",
            {**_ONE, "status?": "requisitions: approved_as_noted", "unlock?": _UNLOCK},
            people.approve,
        ),
        "revise": Act(
            "Send a requisition or direct cost back, or change its amounts, approved or not; `items` of a requisition "
            "as in bulk_item_update, of a direct cost as its line_items.",
            {**_ONE, "status?": "revise_and_resubmit unless items are given", "items?": "rows", "unlock?": _UNLOCK},
            people.revise,
        ),
        "void": Act(
            "Void a commitment (a purchase order is closed: it knows no Void) or change order.",
            {**_ONE, "unlock?": _UNLOCK},
            people.void,
        ),
        "delete": Act(
            "Delete a record, approved or not; codes only unused.", {**_ONE, "unlock?": _UNLOCK}, people.delete
        ),
        "edit": Act(
            "Change fields of a record: status, number, vendor, amounts, origin_id, whatever the API's PATCH takes.",
            {**_ONE, "fields": "as the API's PATCH takes them", "unlock?": _UNLOCK},
            people.edit,
        ),
        "unlock": Act(
            "Take the origin_id of a requisition, direct cost or payment away, as an administrator can.",
            {"kind": "requisition, direct_cost or payment", "id": "the record's id"},
            people.unlock,
        ),
        "key_document": Act(
            "Create a record by hand.",
            {
                "kind": _KEYED,
                "parent?": "the id of the project or commitment",
                "type?": "commitments: WorkOrderContract or PurchaseOrderContract",
                "fields": "as the API's POST takes them; requisitions with items, direct costs with line_items",
                "lines?": f"line items of: {_LINED}",
            },
            people.key_document,
        ),
        "pay": Act(
            "Enter a payment of a requisition; its payment_date follows unless it is locked.",
            {"id": "the requisition", "amount?": "the payment due without it", "date?": "today without it"},
            people.pay,
        ),
        "void_payment": Act(
            "Delete a contract payment.", {"id": "the payment", "unlock?": _UNLOCK}, people.void_payment
        ),
    }


def _of_lines(people: _People) -> dict[str, Act]:
    given = "as the API's PATCH takes them"
    return {
        "add_line": Act("Add a line.", {**_LINE, "fields": given, "unlock?": _UNLOCK}, people.add_line),
        "edit_line": Act(
            "Change a line.", {**_LINE, "line": "the line's id", "fields": given, "unlock?": _UNLOCK}, people.edit_line
        ),
        "delete_line": Act(
            "Delete a line.", {**_LINE, "line": "the line's id", "unlock?": _UNLOCK}, people.delete_line
        ),
    }


def _of_settings(people: _People) -> dict[str, Act]:
    switchable = {"kind": "vendor or project", "id": "its id"}
    return {
        "close_period": Act("Close a billing period.", {"id": "the billing period"}, people.close_period),
        "open_period": Act("Open a billing period.", {"id": "the billing period"}, people.open_period),
        "deactivate": Act("Deactivate a vendor or project.", switchable, people.off),
        "activate": Act("Activate a vendor or project.", switchable, people.on),
        "hide": Act("Take a project from the service account's sight.", {"id": "the project"}, people.hide),
        "show": Act("Let the service account see a project.", {"id": "the project"}, people.show),
        "set_tiers": Act(
            "Set how many tiers the change orders of a project have.",
            {"id": "the project", "tiers": "1 (the default), 2 or 3"},
            people.set_tiers,
        ),
    }


def _by_person(world: World, do: Callable[[Row], object]) -> Callable[[Row], object]:
    def act(fields: Row) -> object:
        world.by_app, world.unlocked = False, fields.get("unlock") is True
        try:
            return do(fields)
        except Invalid as refusal:
            raise ActRefused(f"Procore refuses: {refusal.errors}") from refusal
        finally:
            world.by_app, world.unlocked = True, False

    return act


class _People:
    def __init__(self, world: World) -> None:
        self._world = world

    def approve(self, fields: Row) -> Row:
        kind = fields["kind"]
        row = self._unlocked(fields)
        if kind == "potential_change_order" and change_lines.tiers(self._world, row["project_id"]) > 1:
            return self._write(kind, row, {"status": "approved"})
        if kind not in _STATUS:
            raise ActRefused(f"a {kind} is not approved")
        return self._write(kind, row, {"status": fields.get("status", _STATUS[kind])})

    def revise(self, fields: Row) -> Row:
        kind = fields["kind"]
        row = self._unlocked(fields)
        if kind not in ("requisition", "direct_cost"):
            raise ActRefused(f"a {kind} is not sent back")
        if fields.get("items"):
            name = "items" if kind == "requisition" else "line_items"
            self._write(kind, row, {name: fields["items"]})
        status = fields.get("status", None if fields.get("items") else "revise_and_resubmit")
        return self._write(kind, row, {"status": status} if status else {})

    def void(self, fields: Row) -> Row:
        kind = fields["kind"]
        row = self._unlocked(fields)
        if kind == "commitment":
            void = "Void" if "Void" in contracts.kind_of(row).statuses else "Closed"
            return self._write(kind, row, {"status": void})
        if kind == "change_order":
            return self._write(kind, row, {"status": "void"})
        raise ActRefused(f"Procore has no void for a {kind}; delete it or send it back")

    def delete(self, fields: Row) -> Row:
        world, name = self._world, fields["kind"]
        row, kind = self._unlocked(fields), kinds.known(name)
        if kind.used is None or kind.remove is None:
            raise ActRefused(f"a {name} cannot be deleted; deactivate or archive it")
        if kind.locks and row.get("origin_id"):
            raise ActRefused(f"{name} {row['id']} is synced with the accounting system; unlock it first")
        if kind.used(world, row):
            raise ActRefused(f"{name} {row['id']} is in use")
        kind.remove(world, row)
        return {"deleted": row["id"]}

    def edit(self, fields: Row) -> Row:
        return self._write(fields["kind"], self._unlocked(fields), _object(fields["fields"]))

    def unlock(self, fields: Row) -> Row:
        name = fields["kind"]
        if not kinds.known(name).locks:
            raise ActRefused(f"an origin_id does not lock a {name}")
        return kinds.known(name).shape(self._world, self._unlocked({**fields, "unlock": True}))

    def add_line(self, fields: Row) -> Row:
        row, held = self._unlocked(fields), _lines(fields)
        line = held.new(self._world, row, _object(fields["fields"]))
        return held.shape(self._world, row, line)

    def edit_line(self, fields: Row) -> Row:
        row, held = self._unlocked(fields), _lines(fields)
        line = self._line(held, row, fields)
        held.write(self._world, row, line, _object(fields["fields"]))
        return held.shape(self._world, row, line)

    def delete_line(self, fields: Row) -> Row:
        row, held = self._unlocked(fields), _lines(fields)
        line = self._line(held, row, fields)
        held.remove(self._world, row, line)
        return {"deleted": line["id"]}

    def key_document(self, fields: Row) -> Row:
        world, name, given = self._world, fields["kind"], _object(fields["fields"])
        kind = kinds.known(name)
        above = row_of(world, kind.parent, whole(fields.get("parent"))) if kind.parent else {}
        added = [_object(line) for line in fields.get("lines") or []]
        if added and kind.lines is None:
            raise ActRefused(f"a {name} takes no lines")
        if name == "commitment":
            return kind.shape(world, self._key_commitment(above, fields, added))
        if kind.new is None:
            raise ActRefused(f"a {name} is not keyed")
        row = kind.new(world, above, given)
        for line in added:
            _lines(fields).new(world, row, line)
        return kind.shape(world, row)

    def _key_commitment(self, project: Row, fields: Row, added: list[Row]) -> Row:
        """The lines go in before the status, which may lock them."""
        wanted = fields.get("type", contracts.WORK_ORDER.type)
        kind = next((kind for kind in contracts.KINDS if kind.type == wanted), None)
        if kind is None:
            raise ActRefused(f"no type {wanted!r}; there are: {', '.join(kind.type for kind in contracts.KINDS)}")
        given = _object(fields["fields"])
        row = commitments.write_new(self._world, kind, project, {**given, "status": "Draft"})
        for line in added:
            commitments.write_new_line(self._world, row, line)
        commitments.write(self._world, row, {"status": given.get("status", "Draft")})
        return row

    def pay(self, fields: Row) -> Row:
        world = self._world
        row = row_of(world, "requisition", whole(fields["id"]))
        day = fields.get("date") or world.now().date().isoformat()
        amount = fields.get("amount", amounts.due(world, row))
        given = {"amount": amount, "date": day, "requisition_id": row["id"], "payment_method": "check"}
        given["invoice_number"] = row.get("invoice_number")
        payment = payments.write_new(world, row_of(world, "commitment", row["commitment_id"]), given)
        if not row.get("origin_id"):
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
        return self._project(fields, visible=False)  # a permission, not a change of the project

    def show(self, fields: Row) -> Row:
        return self._project(fields, visible=True)

    def set_tiers(self, fields: Row) -> Row:
        if fields["tiers"] not in (1, 2, 3):
            raise ActRefused("change orders have 1, 2 or 3 tiers")
        return self._project(fields, change_order_tiers=fields["tiers"])

    # pieces

    def _period(self, fields: Row, status: str) -> Row:
        row = row_of(self._world, "billing_period", whole(fields["id"]))
        return self._write("billing_period", row, {"status": status})

    def _active(self, fields: Row, *, on: bool) -> Row:
        row, kind = self._unlocked(fields), fields["kind"]
        if kind not in ("vendor", "project"):
            raise ActRefused(f"a {kind} has no such mark")
        return self._write(kind, row, {"is_active" if kind == "vendor" else "active": on})

    def _project(self, fields: Row, **settings: object) -> Row:
        row = row_of(self._world, "project", whole(fields["id"]))
        row.update(settings)
        return KINDS["project"].shape(self._world, row)

    def _unlocked(self, fields: Row) -> Row:
        """The record, without its lock if the act says so."""
        world, kind = self._world, kinds.known(fields["kind"])
        row = row_of(world, fields["kind"], whole(fields["id"]))
        if fields.get("unlock") is True and kind.locks and row.get("origin_id"):
            world.update(kinds.table_of(world, kind, row), row, {"origin_id": None})
        return row

    def _line(self, held: Lines, row: Row, fields: Row) -> Row:
        number = whole(fields["line"])
        line = next((one for one in held.of(self._world, row) if one["id"] == number), None)
        if line is None:
            raise ActRefused(f"{fields['kind']} {row['id']} has no line {number}")
        return line

    def _write(self, name: str, row: Row, given: Row) -> Row:
        kind = kinds.known(name)
        kind.write(self._world, row, given)
        return kind.shape(self._world, row)


def _lines(fields: Row) -> Lines:
    held = kinds.known(fields["kind"]).lines
    if held is None:
        raise ActRefused(f"a {fields['kind']} has no lines; there are: {_LINED}")
    return held


def _object(value: Any) -> Row:
    if not isinstance(value, dict):
        raise ActRefused(f"{value!r} is no JSON object")
    return value
