"""Suppliers (vendors/visma_net.md §6.1)."""

from __future__ import annotations

from ml_connector.sandbox.visma_net import numbering
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.errors import stop_at
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import BARE, FLAG, NUMBER, TEXT, WHOLE, block, choice, lines, texts
from ml_connector.sandbox.visma_net.web.query import Query

STATUSES = ("Active", "OnHold", "HoldPayments", "Inactive", "OneTime")
COUNTRIES = {"NO": "Norge", "SE": "Sverige", "DK": "Danmark", "FI": "Finland", "US": "USA", "GB": "Storbritannia"}
_ADDRESS = texts("addressLine1 addressLine2 addressLine3 postalCode city countryId county")
_CONTACT = texts("name attention email web phone1 phone2 fax")
_ACCOUNTS = texts(
    "supplierAccount supplierSubaccount expenseAccount expenseAccountNonTax expenseEUAccount expenseAccountImport"
    " expenseSubaccount"
)
_ADDRESSES = ("mainAddress", "remitAddress", "supplierAddress")
_CONTACTS = ("mainContact", "remitContact", "supplierContact")
FIELDS = {
    **texts(
        "number name accountReference parentRecordNumber supplierClassId creditTermsId documentLanguage currencyId"
        " paymentMethodId cashAccount paymentRefDisplayMask vatRegistrationId corporateId vatZoneId note naceCode"
        " retainageCashAccountID"
    ),
    "status": choice(*STATUSES),
    "chargeBearer": choice("Payer", "Beneficiary", "Shared", "ServiceLevel"),
    "accountUsedForPayment": choice("IBAN", "BBAN", "BANKGIRO", "PLUSGIRO"),
    "paymentBy": choice("DueDate", "DiscountDate"),
    "paymentLeadTime": WHOLE,
    "numberOfEmployees": WHOLE,
    "retainagePct": NUMBER,
    **dict.fromkeys(
        ("paySeparately", "landedCostSupplier", "currencyOverride", "currencyRateOverride", "retainageApply"), FLAG
    ),
    "overrideNumberSeries": FLAG,
    "overrideWithClassValues": BARE,
    **{name: block(_ADDRESS) for name in _ADDRESSES},
    **{name: block(_CONTACT) for name in _CONTACTS},
    "glAccounts": block(_ACCOUNTS),
    "attributeLines": lines({"attributeId": TEXT, "attributeValue": TEXT}),
    "supplierPaymentMethodDetails": lines({"paymentMethodDetailDescription": BARE, "paymentMethodDetailValue": TEXT}),
}
_LOOKED_UP = {
    "supplierClassId": ("SupplierClass", "Supplier class"),
    "creditTermsId": ("CreditTerm", "Terms"),
    "paymentMethodId": ("PaymentMethod", "Payment method"),
    "currencyId": ("Currency", "Currency"),
    "vatZoneId": ("VatZone", "VAT zone"),
    "parentRecordNumber": ("Supplier", "Parent record"),
}


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    draft = Record(kind="Supplier", key="", values=defaults(desk))
    if desk.switches["default_supplier_class"]:
        draft["supplierClassId"] = desk.switches["default_supplier_class"]
    apply(desk, draft, sent)
    number = numbering.number(desk, "supplier", "Supplier", sent.get("number"), sent.get("overrideNumberSeries"))
    return desk.company.add("Supplier", number, draft.values)


def defaults(desk: Desk) -> Values:
    """What a new supplier has unless it is said otherwise."""
    set_up = desk.company.set_up
    return {
        "status": "Active",
        "currencyId": set_up.currency,
        "creditTermsId": "30",
        "paymentMethodId": "1",
        "vatZoneId": "01",
        "chargeBearer": "Payer",
        "accountUsedForPayment": "BBAN",
        "paymentBy": "DueDate",
        "paymentLeadTime": 0,
        "cashAccount": set_up.cash,
        "documentLanguage": "",
        "glAccounts": {"supplierAccount": set_up.payables},
        "mainAddress": {"countryId": "NO"},
        "mainContact": {},
    }


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """A left-out field is untouched, also within addresses and contacts. Raises Refused."""
    for name, value in sent.items():
        if name in ("number", "overrideNumberSeries", "overrideWithClassValues"):
            continue
        if name == "attributeLines":
            known = {row["attributeId"]: row for row in draft[name] or []}
            known |= {row["attributeId"]: row for row in value}
            draft[name] = list(known.values())
        elif isinstance(value, dict):
            draft[name] = {**(draft[name] or {}), **value}
        else:
            draft[name] = value
    stop_at(_problems(desk, draft), "inserting the supplier" if not draft.key else "updating the supplier")


def _problems(desk: Desk, draft: Record) -> list[str]:
    found = []
    if not draft["name"]:
        found.append("'Supplier name' cannot be empty.")
    if not draft["status"]:
        found.append("'Status' cannot be empty.")
    if not draft["supplierClassId"]:
        found.append("'Supplier class' cannot be empty.")
    for name, (kind, noun) in _LOOKED_UP.items():
        if draft[name] and desk.find(kind, draft[name]) is None:
            found.append(f"{noun} '{draft[name]}' cannot be found in the system.")
    for code in (draft["glAccounts"] or {}).values():
        if code and desk.find("Account", code) is None and desk.find("Subaccount", code) is None:
            found.append(f"Account '{code}' cannot be found in the system.")
    for name in _ADDRESSES:
        country = (draft[name] or {}).get("countryId")
        if country and country not in COUNTRIES:
            found.append(f"Country '{country}' cannot be found in the system.")
    return found


def check(desk: Desk, number: object, problems: list[str]) -> object:
    """Whether documents of the supplier can be entered; returns its number as the supplier has it."""
    supplier = desk.find("Supplier", number)
    if supplier is None:
        problems.append(
            f"Supplier '{number}' cannot be found in the system." if number else "'Supplier' cannot be empty."
        )
    elif supplier["status"] == "Inactive":
        problems.append(f"Supplier '{number}' is inactive.")
    elif supplier["status"] == "OnHold" and desk.switches["on_hold_supplier"] == "refuse":
        problems.append(f"Supplier '{number}' is on hold.")
    return supplier.key if supplier else number


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    fits = same(query, status="status", vatRegistrationId="vatRegistrationId", corporateId="corporateId")
    name = (query.text("name") or "").lower()
    attributes = [pair.partition("=") for pair in (query.text("attributes") or "").split(",") if pair]

    def test(row: Record) -> bool:
        held = {one["attributeId"]: one.get("attributeValue") for one in row["attributeLines"] or []}
        return (
            fits(row)
            and name in str(row["name"]).lower()
            and all(held.get(key) == value for key, _, value in attributes)
            and query.changed(row)
        )

    return test


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    """The read form; a list leaves accounts and note out unless they are asked for."""
    v = row.values
    shown = {
        "internalId": row.id,
        "number": row.key,
        "name": v.get("name"),
        "status": v.get("status"),
        **{name: _address(row, name, place) for place, name in enumerate(_ADDRESSES)},
        **{name: _contact(row, name, place) for place, name in enumerate(_CONTACTS)},
        "accountReference": v.get("accountReference"),
        "parentRecord": desk.ref("Supplier", v.get("parentRecordNumber"), "number", "name"),
        "supplierClass": desk.ref("SupplierClass", v.get("supplierClassId"), "id"),
        "creditTerms": desk.ref("CreditTerm", v.get("creditTermsId"), "id"),
        "paymentMethod": desk.ref("PaymentMethod", v.get("paymentMethodId"), "id"),
        "vatZone": desk.ref("VatZone", v.get("vatZoneId"), "id"),
        "location": {"countryId": (v.get("mainAddress") or {}).get("countryId"), "id": "MAIN", "name": "Main"},
        "attributes": [
            {"id": one["attributeId"], "value": one.get("attributeValue"), "description": one["attributeId"]}
            for one in v.get("attributeLines") or []
        ],
        "supplierPaymentMethodDetails": [
            {name: value for name, value in one.items() if name != "operation"}
            for one in v.get("supplierPaymentMethodDetails") or []
        ],
        "lastModifiedDateTime": desk.stamp(row.modified),
        "timeStamp": row.stamp,
        "errorInfo": "",
    }
    shown |= {name: v.get(name) for name in _PLAIN}
    if query is None or query.flag("expandAccountInformation"):
        shown["glAccounts"] = _accounts(desk, v.get("glAccounts") or {})
    if query is None or query.flag("expandNote"):
        shown["note"] = v.get("note") or ""
    return shown


_PLAIN = (
    *("documentLanguage", "currencyId", "cashAccount", "chargeBearer", "accountUsedForPayment", "paymentBy"),
    *("paymentLeadTime", "paymentRefDisplayMask", "paySeparately", "vatRegistrationId", "corporateId"),
    *("retainageApply", "retainageCashAccountID", "retainagePct", "numberOfEmployees", "naceCode"),
    *("landedCostSupplier", "currencyOverride", "currencyRateOverride"),
)


def _address(row: Record, name: str, place: int) -> Values:
    """Addresses that nobody entered are the main one."""
    held = row[name] or row["mainAddress"] or {}
    shown = {key: held.get(key) for key in ("addressLine1", "addressLine2", "addressLine3", "postalCode", "city")}
    country, county = held.get("countryId"), held.get("county")
    return {
        "addressId": row.id * 10 + place,
        **shown,
        "country": country and {"id": country, "name": COUNTRIES[country], "errorInfo": ""},
        "county": county and {"id": county, "name": county},
    }


def _contact(row: Record, name: str, place: int) -> Values:
    held = row[name] or row["mainContact"] or {}
    return {"contactId": row.id * 10 + place, **{key: held.get(key) for key in _CONTACT}}


def _accounts(desk: Desk, held: Values) -> Values:
    shown: Values = {}
    for name in _ACCOUNTS:
        account = desk.find("Account", held.get(name))
        if account is not None:
            shown[name] = {"type": account["type"], "number": account.key, "description": account["description"]}
        elif held.get(name):
            shown[name] = {"active": True, "id": held[name], "description": ""}
        else:
            shown[name] = None
    return shown


SUPPLIER = Entity(
    path="/v1/supplier",
    kind="Supplier",
    noun="supplier",
    show=show,
    keep=keep,
    fields=FIELDS,
    create=create,
    apply=apply,
)
