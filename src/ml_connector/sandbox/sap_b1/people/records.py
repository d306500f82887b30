"""What people do with vendors, the codes of documents, and user fields."""

from __future__ import annotations

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.people.work import Office, Order, Work, act, texts, whole
from ml_connector.sandbox.sap_b1.user_fields import user_table

# kind -> entity set, the property that says whether it may be used, its value when not and when so
_USABLE = {
    "vendor": ("BusinessPartners", "Frozen", "tYES", "tNO"),
    "account": ("ChartOfAccounts", "FrozenFor", "tYES", "tNO"),
    "profit_center": ("ProfitCenters", "Active", "tNO", "tYES"),
    "project": ("Projects", "Active", "tNO", "tYES"),
}
_VENDOR = {
    "name?": "CardName",
    "tax_id?": "FederalTaxID",
    "email?": "EmailAddress",
    "phone?": "Phone1",
    "currency?": "Currency, ## for all",
    "approval?": "its invoices need approval",
}
_FIELDS = {
    "name": "CardName",
    "tax_id": "FederalTaxID",
    "email": "EmailAddress",
    "phone": "Phone1",
    "currency": "Currency",
}
_USER_FIELD = {"table": "such as OPCH, PCH1, OJDT, JDT1", "name": "without U_"}


def acts(office: Office) -> dict[str, Act]:
    """The acts by name."""
    usable = {"kind": f"one of {', '.join(_USABLE)}", "id": "its code"}
    return {
        "create_vendor": act(office, "enter a vendor", {"id": "CardCode", **_VENDOR}, _create_vendor),
        "edit_vendor": act(office, "change a vendor", {"id": "CardCode", **_VENDOR}, _edit_vendor),
        "deactivate": act(office, "make a record unusable", usable, _set_active(active=False)),
        "activate": act(office, "make a deactivated record usable again", usable, _set_active(active=True)),
        "create_profit_center": act(
            office,
            "enter a profit centre",
            {"id": "CenterCode", "name": "CenterName", "dimension?": "1 unless given"},
            _create_center,
        ),
        "create_project": act(office, "enter a project", {"id": "Code", "name": "Name"}, _create_project),
        "add_user_field": act(
            office, "add a user field", _USER_FIELD | {"size?": "characters, 100 unless given"}, _add_user_field
        ),
        "delete_user_field": act(office, "delete a user field with all that it holds", _USER_FIELD, _delete_user_field),
    }


def _create_vendor(office: Office, order: Order) -> object:
    body: Row = {"CardCode": str(order["id"]), "CardType": "cSupplier", "Currency": "##"}
    row = office.sets["BusinessPartners"].create(body | texts(order, _FIELDS))
    _approval(office, order)
    return {"vendor": row["CardCode"], "name": row["CardName"]}


def _edit_vendor(office: Office, order: Order) -> object:
    code = str(order["id"])
    office.sets["BusinessPartners"].update(code, texts(order, _FIELDS), whole=False, replace_collections=False)
    _approval(office, order)
    return {"vendor": code, "name": office.sets["BusinessPartners"].get(code)["CardName"]}


def _approval(office: Office, order: Order) -> None:
    if "approval" in order:
        office.desk.store.settings["approval"][str(order["id"])] = bool(order["approval"])


def _set_active(*, active: bool) -> Work:
    def work(office: Office, order: Order) -> object:
        known = _USABLE.get(str(order["kind"]))
        if known is None:
            raise ActRefused(f"there is no kind {order['kind']!r}; there are: {', '.join(_USABLE)}")
        name, field, off, on = known
        value = on if active else off
        office.sets[name].update(str(order["id"]), {field: value}, whole=False, replace_collections=False)
        return {"kind": order["kind"], "id": order["id"], field: value}

    return work


def _create_center(office: Office, order: Order) -> object:
    values: Row = {"CenterCode": str(order["id"]), "CenterName": str(order["name"])[:30]}
    values |= {"InWhichDimension": whole(order.get("dimension", 1)), "EffectiveFrom": office.desk.today}
    return {"id": office.sets["ProfitCenters"].create(values)["CenterCode"]}


def _create_project(office: Office, order: Order) -> object:
    row = office.sets["Projects"].create({"Code": str(order["id"]), "Name": str(order["name"])})
    return {"id": row["Code"]}


def _add_user_field(office: Office, order: Order) -> object:
    office.user_fields.declare(str(order["table"]), str(order["name"]), size=whole(order.get("size", 100)))
    return {"table": order["table"], "name": order["name"]}


def _delete_user_field(office: Office, order: Order) -> object:
    table, name = str(order["table"]), str(order["name"])
    group = user_table(table)
    row = next(
        (one for one in office.user_fields.rows() if one["Name"] == name and user_table(one["TableName"]) == group),
        None,
    )
    if row is None:
        raise ActRefused(f"table {table} has no user field {name}")
    office.user_fields.delete((row["TableName"], row["FieldID"]))
    forget(office, group, f"U_{name}")
    return {"table": table, "name": name}


def forget(office: Office, group: str, field: str) -> None:
    """The column is gone, and with it what it held."""
    for one in office.sets.values():
        lines = [
            known.name for known in one.type.properties if known.type is not None and known.type.user_table == group
        ]
        if one.type.user_table != group and not lines:
            continue
        for row in list(one.rows()):
            kept = {name: value for name, value in row.items() if name != field or one.type.user_table != group}
            for collection in lines:
                kept[collection] = [
                    {name: value for name, value in line.items() if name != field} for line in row[collection]
                ]
            office.desk.store[one.table].put(kept)
