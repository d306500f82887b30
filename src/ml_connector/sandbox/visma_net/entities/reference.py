"""The lists that documents refer to, read only (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.desk import Desk, day, quantity
from ml_connector.sandbox.visma_net.entities.entity import Entity
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.query import Query


def _ledger(desk: Desk, row: Record, query: Query | None) -> Values:
    return {
        "internalId": row.id,
        "number": row.key,
        "description": row["description"],
        "balanceType": "Actual",
        "currencyId": desk.company.set_up.currency,
        "consolidationSource": False,
        "consolBranch": coding.branch_ref(desk, desk.company.set_up.branch),
        "branchAccounting": False,
        "lastModifiedDateTime": desk.stamp(row.modified),
        "postInterCompany": False,
    }


def _period(desk: Desk, row: Record, query: Query | None) -> Values:
    names = ("year", "period", "description", "active")
    ledgers = (
        "SupplierLedger",
        "CustomerLedger",
        "InventoryManagement",
        "GeneralLedger",
        "CashManagement",
        "FixedAssets",
    )
    return {
        **{name: row[name] for name in names},
        "startDate": day(row["first"]),
        "endDate": day(row["last"]),
        **{f"closedIn{ledger}": bool(row[f"closedIn{ledger}"]) for ledger in ledgers},
    }


def _branch(desk: Desk, row: Record, query: Query | None) -> Values:
    set_up = desk.company.set_up
    shown = {
        "branchId": row.id,
        "number": row.key,
        "name": row["name"],
        "organizationId": 1,
        "isMainBranch": row.key == set_up.branch,
        "isActive": True,
        "lastModifiedDateTime": desk.stamp(row.modified),
        "corporateId": row["corporateId"],
        "vatRegistrationId": row["corporateId"],
    }
    if query is None or query.flag("expandCurrency"):
        shown["currency"] = desk.ref("Currency", set_up.currency, "id")
    if query is None or query.flag("expandLedger"):
        shown["ledger"] = desk.ref("Ledger", set_up.ledger, "id")
    return shown


def _organization(desk: Desk, row: Record, query: Query | None) -> Values:
    branches = [coding.branch_ref(desk, one.key) for one in desk.company["Branch"]]
    return {
        "organizationCd": row.key,
        "name": row["name"],
        "organizationType": "WithoutBranches",
        "fileTaxByBranches": False,
        "baseCurrency": desk.company.set_up.currency,
        "corporateId": row["corporateId"],
        "vatRegistrationId": row["corporateId"],
        "currency": desk.ref("Currency", desk.company.set_up.currency, "id"),
        "lastModifiedDateTime": desk.stamp(row.modified),
        "ledger": desk.ref("Ledger", desk.company.set_up.ledger, "id"),
        "branches": branches if query is None or query.flag("expandBranches") else [],
        "timeStamp": row.stamp,
    }


def _vat(desk: Desk, row: Record, query: Query | None) -> Values:
    schedule = {"startDate": "2020-01-01T00:00:00", "vatRate": quantity(row["rate"]), "groupType": "Input"}
    return {
        "vatCategoryId": row["category"],
        "vatId": row.key,
        "description": row["description"],
        "type": "Vat",
        "deductibleVat": True,
        "reverseVat": False,
        "statisticalVat": False,
        "pendingVat": False,
        "calculateOn": "ItemAmount",
        "lastModifiedDateTime": desk.stamp(row.modified),
        "glAccounts": {"vatClaimableAccount": coding.account_ref(desk, desk.company.set_up.input_vat)},
        "schedules": [schedule],
        "zones": [desk.ref("VatZone", zone, "id") for zone in row["zones"]],
    }


def _category(desk: Desk, row: Record, query: Query | None) -> Values:
    vat = desk.find("Vat", row["vat"])
    rate = {"vatRate": quantity(vat["rate"] if vat else 0), "groupType": "Input"}
    line = {"vatId": row["vat"], "description": row["description"], "type": "Vat", "calculateOn": "ItemAmount"}
    return {
        "vatCategoryId": row.key,
        "description": row["description"],
        "active": True,
        "excludeListedTaxes": False,
        "lastModifiedDateTime": desk.stamp(row.modified),
        "vatCategoryLines": [{**line, "vatRates": [rate]}],
    }


def _currency(desk: Desk, row: Record, query: Query | None) -> Values:
    return {
        "id": row.key,
        "description": row["description"],
        "symbol": row["symbol"],
        "isBaseCurrency": row.key == desk.company.set_up.currency,
        "decimalPrecision": row["decimalPrecision"],
        "isUsedForAccounting": True,
    }


def _term(desk: Desk, row: Record, query: Query | None) -> Values:
    return {
        "termsId": row.key,
        "description": row["description"],
        "visibleTo": "All",
        "dueDateType": "FixedNumberOfDays",
        "dueDay1": row["days"],
        "discountPercent": quantity(0),
        "createdDateTime": desk.stamp(row.created),
        "lastModifiedDateTime": desk.stamp(row.modified),
    }


def _method(desk: Desk, row: Record, query: Query | None) -> Values:
    means = {"paymentMethodID": row.key, "active": True, "meansOfPayment": "DirectDeposit"}
    return {**means, "description": row["description"], "useInAP": True, "details": []}


def _class(desk: Desk, row: Record, query: Query | None) -> Values:
    method = {"paymentMethodId": "1", "paymentMethodDescription": "Bank"}
    return {"id": row.key, "description": row["description"], "attributes": [], **method, "timeStamp": row.stamp}


def _group(desk: Desk, row: Record, query: Query | None) -> Values:
    own = {"accountGroupId": row.key, "active": True, "description": row["description"]}
    return {**own, "attributes": [], "errorInfo": ""}


def _sequence(desk: Desk, row: Record, query: Query | None) -> Values:
    last = desk.company.series[row["series"]].last
    one = {"numberingId": row.key, "startNbr": "1", "endNbr": "999999999", "lastNbr": str(last), "nbrStep": 1}
    return {
        "numberingId": row.key,
        "description": row["description"],
        "manualNumbering": desk.switches.values().get(f"series_{row['series']}") == "manual",
        "newNumberSymbol": "<NEW>",
        "sequence": [{**one, "startDate": "2020-01-01T00:00:00", "nextNumber": str(last + 1)}],
    }


LISTS = (
    Entity(path="/v1/ledger", kind="Ledger", noun="ledger", show=_ledger, paged=False),
    Entity(path="/v1/financialPeriod", kind="Period", noun="financial period", show=_period, paged=False),
    Entity(path="/v1/branch", kind="Branch", noun="branch", show=_branch, paged=False),
    Entity(path="/v1/organization", kind="Organization", noun="organization", show=_organization, paged=False),
    Entity(path="/v1/vat", kind="Vat", noun="VAT code", show=_vat, paged=False),
    Entity(path="/v1/vatCategory", kind="VatCategory", noun="VAT category", show=_category, paged=False),
    Entity(path="/v1/currency", kind="Currency", noun="currency", show=_currency, paged=False),
    Entity(path="/v1/creditTerm", kind="CreditTerm", noun="credit term", show=_term),
    Entity(path="/v1/paymentmethod", kind="PaymentMethod", noun="payment method", show=_method, paged=False),
    Entity(path="/v1/numberSequence", kind="Series", noun="number sequence", show=_sequence, paged=False),
    Entity(path="/v1/projectaccountgroup", kind="AccountGroup", noun="account group", show=_group),
    Entity(path="/v1/supplier/supplierClass", kind="SupplierClass", noun="supplier class", show=_class, paged=False),
)
