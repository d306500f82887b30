"""What people do with vendors, cost codes and the records that documents are coded with."""

from __future__ import annotations

from ml_connector.sandbox.acumatica import saving
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import masters
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.entities.vendors import NEEDS_APPROVAL
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.people.work import Order, People, Work, found, texts
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.kit.vendor import Act, ActRefused

# kind -> entity, the field that says whether it may be used, its value when not and when so
_USABLE: dict[str, tuple[str, str, Value, Value]] = {
    "vendor": ("Vendor", "Status", "Inactive", "Active"),
    "project": ("Project", "Status", "Completed", "Active"),
    "task": ("ProjectTask", "Status", "Completed", "Active"),
    "account": ("Account", "Active", False, True),
    "subaccount": ("Subaccount", "Active", False, True),
}
_ARCHIVED = {
    "vendor": "Vendor",
    "bill": "Bill",
    "payment": "Check",
    "purchase_order": "PurchaseOrder",
    "subcontract": "Subcontract",
    "project": "Project",
}
_VENDOR = {
    "name?": "name",
    "status?": "status label",
    "account_ref?": "our account number at the vendor",
    "legal_name?": "legal name",
    "tax_id?": "tax registration",
    "class?": "vendor class",
    "terms?": "payment terms",
    "email?": "of the main contact",
    "phone?": "of the main contact",
    "street?": "first address line",
    "city?": "city",
    "state?": "state",
    "postal_code?": "postal code",
    "country?": "ISO code of two letters",
    "approval?": "its bills need approval",
    "print_orders?": "its orders are printed before they are open",
    "send_orders?": "its orders are emailed before they are open",
}
_FIELDS = {
    "name": "VendorName",
    "status": "Status",
    "account_ref": "AccountRef",
    "legal_name": "LegalName",
    "tax_id": "TaxRegistrationID",
    "class": "VendorClass",
    "terms": "Terms",
}
_CONTACT = {"email": "Email", "phone": "Phone1"}
_ADDRESS = {
    "street": "AddressLine1",
    "city": "City",
    "state": "State",
    "postal_code": "PostalCode",
    "country": "Country",
}
_FLAGS = {"print_orders": "PrintOrders", "send_orders": "SendOrdersbyEmail"}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    usable = {"kind": f"one of {', '.join(_USABLE)}", "id": "its key; of a task PROJECT/TASK"}
    archived = {"kind": f"one of {', '.join(_ARCHIVED)}", "id": "its key; of two parts TYPE/NUMBER"}
    new_vendor = {"id?": "VendorID; needed unless vendors are numbered", **_VENDOR}
    code = {"id": "CostCodeID", "name": "Description"}
    return {
        "create_vendor": people.act("enter a vendor", new_vendor, _create_vendor),
        "edit_vendor": people.act("change a vendor", {"id": "VendorID", **_VENDOR}, _edit_vendor),
        "delete_vendor": people.act("delete a vendor without documents", {"id": "VendorID"}, _delete_vendor),
        "add_cost_code": people.act("enter a cost code", code, _add_cost_code),
        "rename_cost_code": people.act(
            "change a cost code's description, its id, or both; whatever is coded with it follows",
            {"id": "CostCodeID", "name?": "new Description", "new_id?": "new CostCodeID"},
            _rename_cost_code,
        ),
        "deactivate": people.act("make a record unusable", usable, _set_active(active=False)),
        "activate": people.act("make a deactivated record usable again", usable, _set_active(active=True)),
        "archive": people.act("archive a record: hidden unless a caller asks", archived, _archive(archived=True)),
        "restore": people.act("take a record out of the archive", archived, _archive(archived=False)),
    }


def _vendor_change(order: Order, change: Change) -> Change:
    change.values |= texts(order, _FIELDS)
    change.values |= {field: bool(order[name]) for name, field in _FLAGS.items() if name in order}
    contact, address = texts(order, _CONTACT), texts(order, _ADDRESS)
    if contact or address:
        linked = Change("Contact", values=contact)
        if address:
            linked.linked["Address"] = Change("Address", values=address)
        change.linked["MainContact"] = linked
    if "approval" in order:
        change.beyond[NEEDS_APPROVAL] = bool(order["approval"])
    return change


def _create_vendor(desk: Desk, order: Order) -> object:
    if order.get("id") and desk.find("Vendor", str(order["id"])) is not None:
        raise ActRefused(f"there is a vendor {order['id']} already")
    change = _vendor_change(order, Change("Vendor"))
    if order.get("id"):
        change.values["VendorID"] = str(order["id"])
    return _told(saving.save(desk, RULES["Vendor"], change))


def _edit_vendor(desk: Desk, order: Order) -> object:
    row = found(desk, "Vendor", str(order["id"]))
    return _told(saving.save(desk, RULES["Vendor"], _vendor_change(order, Change("Vendor", id=row.id))))


def _told(row: Row) -> dict[str, Value]:
    return {"id": row.id, "vendor": row["VendorID"], "name": row["VendorName"], "status": row["Status"]}


def _delete_vendor(desk: Desk, order: Order) -> object:
    row = found(desk, "Vendor", str(order["id"]))
    erase = RULES["Vendor"].erase
    if erase is not None:
        erase(desk, row)
    desk.store.drop(row)
    return {"deleted": row.text("VendorID")}


def _add_cost_code(desk: Desk, order: Order) -> object:
    if desk.find("CostCode", str(order["id"])) is not None:
        raise ActRefused(f"there is a cost code {order['id']} already")
    change = Change("CostCode", values=texts(order, {"id": "CostCodeID", "name": "Description"}))
    row = saving.save(desk, RULES["CostCode"], change)
    return {"id": row["CostCodeID"], "name": row["Description"]}


def _rename_cost_code(desk: Desk, order: Order) -> object:
    row = found(desk, "CostCode", str(order["id"]))
    if order.get("new_id"):
        masters.change_cost_code(desk, row, {"CostCodeID": str(order["new_id"])})
    if "name" in order:
        saving.save(desk, RULES["CostCode"], Change("CostCode", id=row.id, values={"Description": str(order["name"])}))
    return {"id": row["CostCodeID"], "name": row["Description"]}


def _set_active(*, active: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        known = _USABLE.get(str(order["kind"]))
        if known is None:
            raise ActRefused(f"there is no kind {order['kind']!r}; there are: {', '.join(_USABLE)}")
        entity, field, off, on = known
        row = found(desk, entity, *str(order["id"]).split("/"))
        row[field] = on if active else off
        desk.store.touch(row)
        return {"kind": order["kind"], "id": order["id"], field: row[field]}

    return work


def _archive(*, archived: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        entity = _ARCHIVED.get(str(order["kind"]))
        if entity is None:
            raise ActRefused(f"there is no kind {order['kind']!r}; there are: {', '.join(_ARCHIVED)}")
        row = found(desk, entity, *str(order["id"]).split("/"))
        row.archived = archived
        return {"kind": order["kind"], "id": order["id"], "archived": archived}

    return work
