"""What people do with suppliers, accounts, cost centres, projects, periods, and with the application's access."""

from __future__ import annotations

from typing import Any

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import accounts, dimensions, projects, suppliers
from ml_connector.sandbox.visma_net.people.work import Order, People, Work, found
from ml_connector.sandbox.visma_net.records import Record, Values

_SUPPLIER = {
    "name?": "name",
    "status?": f"one of {', '.join(suppliers.STATUSES)}",
    "corporate_id?": "organisation number",
    "vat_id?": "VAT registration",
    "account_ref?": "our account number at the supplier",
    "terms?": "credit terms",
    "currency?": "currency",
    "class?": "supplier class",
    "note?": "note",
    "email?": "of the main contact",
    "phone?": "of the main contact",
    "street?": "first address line",
    "city?": "city",
    "county?": "county or state",
    "postal_code?": "postal code",
    "country?": "ISO code of two letters",
    "approval?": "its invoices wait for approval",
}
_FIELDS = {
    "name": "name", "status": "status", "corporate_id": "corporateId", "vat_id": "vatRegistrationId",
    "account_ref": "accountReference", "terms": "creditTermsId", "currency": "currencyId", "class": "supplierClassId",
    "note": "note",
}  # fmt: skip
_CONTACT = {"email": "email", "phone": "phone1"}
_ADDRESS = {
    "street": "addressLine1",
    "city": "city",
    "county": "county",
    "postal_code": "postalCode",
    "country": "countryId",
}
_USABLE: dict[str, tuple[str, str, Any, Any]] = {
    "supplier": ("Supplier", "status", "Inactive", "Active"),
    "project": ("Project", "status", "Completed", "Active"),
    "task": ("Task", "status", "Completed", "Active"),
    "account": ("Account", "active", False, True),
    "subaccount": ("Subaccount", "active", False, True),
}
"""Kind -> table, the field that says whether it may be used, its value when not and when so."""
_PERIOD = {"period": "YYYY-MM", "ledger?": "GeneralLedger or SupplierLedger; all unless given"}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    usable = {"kind": f"one of {', '.join(_USABLE)}, segment_value", "id": "its key; PROJECT/TASK; SEGMENT/VALUE"}
    value = {
        "segment": "of SUBACCOUNT: 1, 2 (cost centre) or 3 (cost code)",
        "value": "its code",
        "name?": "description",
    }
    account = {"code": "accountCD", "name?": "description", "type?": "Asset, Liability, Income, Expense"}
    project = {"id": "projectID", "name?": "description", "status?": f"one of {', '.join(projects.STATUSES)}"}
    tenants = {"tenant_id?": "the ready-file's unless given"}
    return {
        "create_supplier": people.act("enter a supplier", {"number?": "its number", **_SUPPLIER}, _create_supplier),
        "edit_supplier": people.act("change a supplier", {"number": "its number", **_SUPPLIER}, _edit_supplier),
        "deactivate": people.act("make a record unusable", usable, _set_active(active=False)),
        "activate": people.act("make a deactivated record usable again", usable, _set_active(active=True)),
        "add_segment_value": people.act("enter a cost centre or cost code", value, _segment_value("Insert")),
        "rename_segment_value": people.act("change its description", value, _segment_value("Update")),
        "delete_segment_value": people.act("delete one that nothing uses", value, _segment_value("Delete")),
        "create_account": people.act("enter an account", account, _create_account),
        "edit_account": people.act("change an account", account, _edit_account),
        "create_project": people.act("enter a project", project, _create_project),
        "edit_project": people.act("change a project", project, _edit_project),
        "close_period": people.act("close a financial period", _PERIOD, _period(closed=True)),
        "open_period": people.act("open a financial period", _PERIOD, _period(closed=False)),
        "upgrade": people.act(
            "an upgrade of the ERP touches every row of a kind, all at the same time",
            {"kind": "Supplier, Order, Journal, Invoice, Account, Project"},
            _upgrade,
        ),
        "withdraw_application": people.act(
            "the tenant no longer approves the application: its tokens are over", tenants, _access(people, given=False)
        ),
        "approve_application": people.act("the tenant approves it again", tenants, _access(people, given=True)),
    }


def _supplier_values(order: Order) -> Values:
    sent: Values = {held: str(order[name]) for name, held in _FIELDS.items() if order.get(name) is not None}
    if sent.get("status", "Active") not in suppliers.STATUSES:
        raise ActRefused(f"status is one of {', '.join(suppliers.STATUSES)}")
    for held, names in (("mainContact", _CONTACT), ("mainAddress", _ADDRESS)):
        below = {field: str(order[name]) for name, field in names.items() if order.get(name) is not None}
        if below:
            sent[held] = below
    if "approval" in order:
        sent["needs_approval"] = bool(order["approval"])
    return sent


def _create_supplier(desk: Desk, order: Order) -> object:
    sent = _supplier_values(order)
    if order.get("number"):
        sent |= {"number": str(order["number"]), "overrideNumberSeries": True}
    return _told(suppliers.create(desk, sent))


def _edit_supplier(desk: Desk, order: Order) -> object:
    row = found(desk, "Supplier", order["number"])
    suppliers.SUPPLIER.change(desk, row, _supplier_values(order))
    return _told(row)


def _told(row: Record) -> Values:
    return {"number": row.key, "name": row["name"], "status": row["status"], "timeStamp": row.stamp}


def _set_active(*, active: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        kind, key = str(order["kind"]), str(order["id"])
        if kind == "segment_value":
            segment, _, name = key.partition("/")
            _write_value(desk, segment, {"operation": "Update", "value": name, "active": {"value": active}})
            return {"kind": kind, "id": key, "active": active}
        if kind not in _USABLE:
            raise ActRefused(f"there is no kind {kind!r}; there are: {', '.join((*_USABLE, 'segment_value'))}")
        table, field, off, on = _USABLE[kind]
        row = found(desk, table, key.replace("/", " ") if kind == "task" else key)
        row[field] = on if active else off
        desk.company.touch(row)
        return {"kind": kind, "id": key, field: row[field]}

    return work


def _segment_value(operation: str) -> Work:
    def work(desk: Desk, order: Order) -> object:
        sent: Values = {"operation": operation, "value": str(order["value"])}
        if order.get("name") is not None:
            sent["description"] = {"value": str(order["name"])}
        _write_value(desk, str(order["segment"]), sent)
        return {"segment": order["segment"], "value": order["value"]}

    return work


def _write_value(desk: Desk, segment: str, sent: Values) -> None:
    row = found(desk, "Segment", f"SUBACCOUNT {segment}")
    dimensions.change(desk, row, {"segmentValues": [sent]})


def _account_values(order: Order) -> Values:
    names = {"name": "description", "type": "type"}
    return {held: str(order[name]) for name, held in names.items() if order.get(name) is not None}


def _create_account(desk: Desk, order: Order) -> object:
    row = accounts.create(desk, {"accountCD": str(order["code"]), "type": "Expense", **_account_values(order)})
    return {"code": row.key, "type": row["type"]}


def _edit_account(desk: Desk, order: Order) -> object:
    row = found(desk, "Account", order["code"])
    accounts.ACCOUNTS.change(desk, row, _account_values(order))
    return {"code": row.key, "description": row["description"]}


def _project_values(order: Order) -> Values:
    names = {"name": "description", "status": "status"}
    sent = {held: str(order[name]) for name, held in names.items() if order.get(name) is not None}
    if sent.get("status", "Active") not in projects.STATUSES:
        raise ActRefused(f"status is one of {', '.join(projects.STATUSES)}")
    return sent


def _create_project(desk: Desk, order: Order) -> object:
    row = projects.create(desk, {"projectID": str(order["id"]), "status": "Active", **_project_values(order)})
    return {"id": row.key, "status": row["status"]}


def _edit_project(desk: Desk, order: Order) -> object:
    row = found(desk, "Project", order["id"])
    projects.PROJECTS.change(desk, row, _project_values(order))
    return {"id": row.key, "status": row["status"]}


def _period(*, closed: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        row = found(desk, "Period", str(order["period"]).replace("-", ""))
        ledgers = [name for name in row.values if name.startswith("closedIn")]
        if order.get("ledger"):
            ledgers = [name for name in ledgers if name == f"closedIn{order['ledger']}"]
        if not ledgers:
            raise ActRefused(f"there is no ledger {order['ledger']}")
        for name in ledgers:
            row[name] = closed
        desk.company.touch(row)
        return {"period": order["period"], "open": not closed}

    return work


def _upgrade(desk: Desk, order: Order) -> object:
    kind = str(order["kind"])
    if kind not in desk.company.kinds:
        raise ActRefused(f"there is no kind {kind!r}; there are: {', '.join(desk.company.kinds)}")
    rows = list(desk.company[kind])
    moment = desk.company.now()
    for row in rows:
        desk.company.touch(row)
        row.modified = moment
    return {"kind": kind, "rows": len(rows)}


def _access(people: People, *, given: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        return people.system.access(str(order.get("tenant_id") or ""), given=given)

    return work
