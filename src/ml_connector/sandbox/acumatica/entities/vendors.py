"""Vendors and vendor classes (vendors/acumatica.md §8.1)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.desk import Desk, SetUp
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Rules, Save

STATUSES = ("Active", "On Hold", "Hold Payments", "Inactive", "One-Time")
DEFAULT_CLASS = "DEFAULT"
CONTACTS = ("MainContact", "PrimaryContact", "RemittanceContact", "ShippingContact")
CLASS_FIELDS = {
    ("VendorClassRecord", "TermsID"): "Terms",
    ("VendorClassRecord", "CuryID"): "CurrencyID",
    ("VendorClassRecord", "APAcctID"): "APAccount",
    ("VendorClassRecord", "APSubID"): "APSubaccount",
    ("VendorClassRecord", "CashAcctID"): "CashAccount",
    ("VendorClassRecord", "PaymentMethodID"): "PaymentMethod",
    ("VendorClassRecord", "TaxZoneID"): "TaxZone",
}
"""Form field of a vendor class -> field of a new vendor that takes its default from it."""
NEEDS_APPROVAL = ("BAccount", "UsrBillApproval")


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    draft["VendorID"] = draft.text("VendorID").strip().upper().removeprefix("<NEW>") or None
    if not draft.text("VendorID") and desk.switches.on("auto_number_vendors"):
        draft["VendorID"] = desk.store.next_number("Vendor")
    if not draft.text("VendorID"):
        draft.errors["VendorID"] = cannot_be_empty("Vendor ID")
    if not draft.text("VendorName"):
        draft.errors["VendorName"] = cannot_be_empty("Vendor Name")
    draft.values.setdefault("Status", "Active")
    if draft.text("Status") not in STATUSES:
        draft.errors["Status"] = not_allowed(draft["Status"])
    if save.is_new:
        _class_defaults(desk, draft)
        defaults(desk.set_up, draft)
    _check_references(desk, draft)


def _class_defaults(desk: Desk, draft: Row) -> None:
    """What the vendor class gives; the company's own for what the class leaves open."""
    row = desk.find("VendorClass", draft.text("VendorClass") or DEFAULT_CLASS)
    if row is None:
        return
    for (view, form_field), field in CLASS_FIELDS.items():
        if value := row.beyond_text(view, form_field):
            draft.values.setdefault(field, value)


def defaults(company: SetUp, draft: Row) -> None:
    """What a new vendor takes from its class and the company."""
    given = {
        "VendorClass": DEFAULT_CLASS,
        "LegalName": draft["VendorName"],
        "Terms": "30D",
        "CurrencyID": company.currency,
        "APAccount": company.payables,
        "APSubaccount": company.subaccount,
        "CashAccount": company.cash,
        "PaymentMethod": "CHECK",
        "PaymentBy": "Due Date",
        "TaxZone": company.tax_zone,
        "TaxCalculationMode": "Tax Settings",
        "LocationName": "Primary Location",
        "F1099Vendor": False,
        "RemittanceAddressOverride": False,
    }
    for name, value in given.items():
        draft.values.setdefault(name, value)
    for name in CONTACTS:
        contact = draft.linked.setdefault(name, Row("Contact"))
        contact.linked.setdefault("Address", Row("Address"))
        if name == "MainContact":
            contact.values.setdefault("CompanyName", draft["VendorName"])
            contact.values.setdefault("FullName", draft["VendorName"])


def _check_references(desk: Desk, draft: Row) -> None:
    for field, kind, label in (
        ("VendorClass", "VendorClass", "Vendor Class"),
        ("CurrencyID", "Currency", "Currency ID"),
        ("APAccount", "Account", "AP Account"),
        ("APSubaccount", "Subaccount", "AP Subaccount"),
    ):
        if draft.text(field) and desk.find(kind, draft.text(field)) is None:
            draft.errors[field] = cannot_find(label)
    for name in CONTACTS:
        address = draft.linked[name].linked.get("Address") if name in draft.linked else None
        country = address.text("Country") if address is not None else ""
        if address is not None and country and not (len(country) == 2 and country.isalpha()):
            address.errors["Country"] = cannot_find("Country")


def _erase(desk: Desk, row: Row) -> None:
    for kind, field in (
        ("Bill", "Vendor"),
        ("Check", "Vendor"),
        ("PurchaseOrder", "VendorID"),
        ("Subcontract", "VendorID"),
    ):
        if any(other.text(field) == row.text("VendorID") for other in desk.store[kind]):
            raise business("The vendor cannot be deleted because it is referenced by a document.")


def _create_contact(desk: Desk, row: Row, parameters: Parameters) -> None:
    contact = Row("Contact", {name: value for name, value in parameters.items() if value is not None})
    first, last = contact.text("FirstName"), contact.text("LastName")
    if not last:
        raise business(cannot_be_empty("Last Name"))
    contact["ContactID"] = int(desk.store.next_number("Contact"))
    contact["DisplayName"] = f"{last}, {first}" if first else last
    holder = Row("CustomerContact", {"ContactID": contact["ContactID"], "LastModifiedDateTime": desk.store.now()})
    holder.linked["Contact"] = contact
    row.lines("Contacts").append(holder)
    desk.store.touch(row)


_CONTACT_FIELDS = "FirstName LastName JobTitle Phone1Type Phone1 Phone2Type Phone2 Email ContactClass"

VENDOR = Rules(
    read_only_details=frozenset({"Contacts"}),
    line_keys={"Attributes": "AttributeID", "PaymentInstructions": "PaymentInstructionsID"},
    writable_beyond=frozenset({NEEDS_APPROVAL}),
    prepare=_prepare,
    erase=_erase,
    actions={"CreateContactFromVendor": Action(_create_contact, dict.fromkeys(_CONTACT_FIELDS.split(), "text"))},
)
VENDOR_CLASS = Rules(line_keys={"Attributes": "AttributeID"}, writable_beyond=frozenset(CLASS_FIELDS))
