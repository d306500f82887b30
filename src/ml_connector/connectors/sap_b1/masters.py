"""Vendors, accounts, profit centres and projects for matching and mapping (vendors/sap_b1.md §5)."""

from __future__ import annotations

from typing import Final

from ml_connector.connectors.sap_b1 import wire
from ml_connector.connectors.sap_b1.client import Query, SapClient
from ml_connector.connectors.sap_b1.odata import eq
from ml_connector.connectors.sap_b1.wire import Record
from ml_connector.records.documents import Account, ProfitCenter, Project, Supplier

_VENDOR: Final = (
    "CardCode", "CardName", "CardType", "Frozen", "FederalTaxID", "EmailAddress", "Phone1", "Country", "BPAddresses",
)  # fmt: skip
_ACCOUNT: Final = (
    "Code", "Name", "AccountType", "ActiveAccount", "FrozenFor", "LockManualTransaction", "FatherAccountKey",
    "FormatCode",
)  # fmt: skip
_CENTER: Final = ("CenterCode", "CenterName", "InWhichDimension", "EffectiveFrom", "EffectiveTo", "Active")
_PROJECT: Final = ("Code", "Name", "Active")
_KINDS: Final = {"at_expenses": "expense", "e": "expense", "at_revenues": "income", "i": "income"}


def suppliers(client: SapClient) -> list[Supplier]:
    """All vendors; frozen ones are not active."""
    query = Query(filter=eq("CardType", "cSupplier"), select=_VENDOR, order="CardCode")
    return [_supplier(record) for record in client.everything("BusinessPartners", query)]


def accounts(client: SapClient) -> list[Account]:
    """All accounts. Not active are titles, frozen ones, and those that take no manual postings (control accounts).

    `number` is what people call one where its key is internal. SAP does not tell assets from liabilities: such
    accounts have no kind.
    """
    query = Query(select=_ACCOUNT, order="Code")
    return [_account(record) for record in client.everything("ChartOfAccounts", query)]


def profit_centers(client: SapClient) -> list[ProfitCenter]:
    """The profit centres of the connection's dimension."""
    query = Query(select=_CENTER, order="CenterCode")
    return [
        ProfitCenter(
            key=wire.text(record, "CenterCode"),
            name=wire.text(record, "CenterName"),
            active=wire.flag(record, "Active") is not False,
            first=wire.day(record, "EffectiveFrom"),
            last=wire.day(record, "EffectiveTo"),
        )
        for record in client.everything("ProfitCenters", query)
        if (wire.whole(record, "InWhichDimension") or 1) == client.settings.dimension
    ]


def projects(client: SapClient) -> list[Project]:
    """All financial projects."""
    query = Query(select=_PROJECT, order="Code")
    return [
        Project(
            key=wire.text(record, "Code"),
            number=wire.text(record, "Code"),
            name=wire.text(record, "Name"),
            active=wire.flag(record, "Active") is not False,
        )
        for record in client.everything("Projects", query)
    ]


def _supplier(record: Record) -> Supplier:
    places = wire.rows(record, "BPAddresses")
    billing = [place for place in places if wire.text(place, "AddressType") in ("bo_BillTo", "B")]
    place: Record = next(iter(billing or places), {})
    street = " ".join(filter(None, (wire.text(place, "Street"), wire.text(place, "StreetNo"))))
    return Supplier(
        key=wire.text(record, "CardCode"),
        name=wire.text(record, "CardName"),
        active=not wire.flag(record, "Frozen"),
        tax_id=wire.text(record, "FederalTaxID"),
        address=street,
        city=wire.text(place, "City"),
        state=wire.text(place, "State"),
        postal_code=wire.text(place, "ZipCode"),
        country=(wire.text(place, "Country") or wire.text(record, "Country")).upper(),
        email=wire.text(record, "EmailAddress"),
        phone=wire.text(record, "Phone1"),
    )


def _account(record: Record) -> Account:
    code, number = wire.text(record, "Code"), wire.text(record, "FormatCode")
    shut = wire.flag(record, "FrozenFor") or wire.flag(record, "LockManualTransaction")
    return Account(
        key=code,
        name=wire.text(record, "Name"),
        kind=_KINDS.get(wire.text(record, "AccountType").lower(), ""),
        group=wire.text(record, "FatherAccountKey"),
        active=wire.flag(record, "ActiveAccount") is not False and not shut,
        number=number or code,
    )
