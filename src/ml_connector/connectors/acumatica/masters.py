"""Vendors, coding and orders for matching, mapping and order links (vendors/acumatica.md §8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import structs

from ml_connector.connectors.acumatica import failures, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.odata import eq
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit import errors
from ml_connector.records.documents import (
    Account,
    BudgetLine,
    CostCode,
    Order,
    OrderPosition,
    Project,
    Subaccount,
    Supplier,
    Task,
)
from ml_connector.records.money import ZERO

CONTACT: Final = ("MainContact", "MainContact/Address")
_TAKES_BILLS: Final = frozenset({"Active", "One-Time", "Hold Payments"})
"""Statuses of vendors that accept bills."""
INACTIVE: Final = "Inactive"
_OPEN_ORDER: Final = frozenset({"Open", "Pending Printing", "Pending Email"})
"""Statuses of orders that count as commitments (vendors/acumatica.md §8.4)."""
SUBCONTRACT: Final = "Subcontract"


def suppliers(client: AcumaticaClient) -> list[Supplier]:
    """All vendors, without addresses where the tenant cannot list them together."""
    try:
        records = list(client.walk("Vendor", Query(expand=CONTACT)))
    except failures.NotListable:
        records = list(client.walk("Vendor", Query()))
    return [structs.replace(supplier(record), active=wire.text(record, "Status") in _TAKES_BILLS) for record in records]


def accounts(client: AcumaticaClient) -> list[Account]:
    """The chart of accounts; `group` is the account group, without which an account takes no project."""
    query = Query(select=("AccountCD", "Description", "Type", "AccountGroup", "Active"))
    return [
        Account(
            key=wire.text(record, "AccountCD"),
            name=wire.text(record, "Description"),
            kind=wire.text(record, "Type").lower(),
            group=wire.text(record, "AccountGroup"),
            active=wire.flag(record, "Active") is not False,
        )
        for record in client.walk("Account", query)
    ]


def subaccounts(client: AcumaticaClient) -> list[Subaccount]:
    """All subaccounts; they have no time stamp, so they are always read whole."""
    return [
        Subaccount(
            key=wire.text(record, "SubaccountCD"),
            name=wire.text(record, "Description"),
            active=wire.flag(record, "Active") is not False,
        )
        for record in client.walk("Subaccount", Query(select=("SubaccountCD", "Description", "Active")))
    ]


def projects(client: AcumaticaClient) -> list[Project]:
    """All projects; `other_key` is the external reference number."""
    query = Query(select=("ProjectID", "Description", "Status", "ExternalRefNbr"))
    return [
        Project(
            key=wire.text(record, "ProjectID"),
            number=wire.text(record, "ProjectID"),
            name=wire.text(record, "Description"),
            active=wire.text(record, "Status") == "Active",
            other_key=wire.text(record, "ExternalRefNbr"),
        )
        for record in client.walk("Project", query)
    ]


def tasks(client: AcumaticaClient, project: str = "") -> list[Task]:
    """The tasks of one project, or of all."""
    query = Query(
        filter=eq("ProjectID", project) if project else "",
        select=("ProjectID", "ProjectTaskID", "Description", "Status"),
    )
    return [
        Task(
            project=wire.text(record, "ProjectID"),
            key=wire.text(record, "ProjectTaskID"),
            name=wire.text(record, "Description"),
            active=wire.text(record, "Status") == "Active",
        )
        for record in client.walk("ProjectTask", query)
    ]


def cost_codes(client: AcumaticaClient) -> list[CostCode]:
    """The cost codes, which belong to the company: `project` and `cost_type` stay empty."""
    return [cost_code(record) for record in client.walk("CostCode", Query(select=("CostCodeID", "Description")))]


def cost_code(record: Record) -> CostCode:
    """One cost code."""
    code, name = wire.text(record, "CostCodeID"), wire.text(record, "Description")
    return CostCode(key=code, project="", cost_code=code, cost_type="", code=code, name=name)


def project_budgets(client: AcumaticaClient, project: str = "") -> list[BudgetLine]:
    """The cost budget of one project, or of all, each line with the default account of its account group."""
    groups = client.walk("AccountGroup", Query(select=("AccountGroupID", "DefaultAccountID")))
    account_of = {wire.text(group, "AccountGroupID"): wire.text(group, "DefaultAccountID") for group in groups}
    query = Query(
        filter=" and ".join(filter(None, (eq("Type", "Expense"), eq("ProjectID", project) if project else ""))),
        select=(
            "ProjectID",
            "ProjectTaskID",
            "CostCode",
            "AccountGroup",
            "Type",
            "Description",
            "RevisedBudgetedAmount",
            "ActualAmount",
        ),
    )
    return [
        BudgetLine(
            project=wire.text(record, "ProjectID"),
            task=wire.text(record, "ProjectTaskID"),
            cost_code=wire.text(record, "CostCode"),
            group=(group := wire.text(record, "AccountGroup")),
            account=account_of.get(group, ""),
            name=wire.text(record, "Description"),
            budgeted=wire.amount(record, "RevisedBudgetedAmount") or ZERO,
            actual=wire.amount(record, "ActualAmount") or ZERO,
        )
        for record in client.walk("ProjectBudget", query)
    ]


def order_list(client: AcumaticaClient) -> list[Order]:
    """Purchase orders and, where the edition and our user's rights offer them, subcontracts, with their lines."""
    found = list(_purchase_orders(client))
    try:
        return found + list(_subcontracts(client))
    except (errors.NotPermitted, errors.NotFound):  # also what a missing construction edition answers
        return found


def _purchase_orders(client: AcumaticaClient) -> Iterator[Order]:
    yield from map(purchase_order, client.walk("PurchaseOrder", Query(expand=("Details",))))


def _subcontracts(client: AcumaticaClient) -> Iterator[Order]:
    yield from map(subcontract, client.walk(SUBCONTRACT, Query(expand=("Details",))))


def purchase_order(record: Record) -> Order:
    """One purchase order; `kind` is its type's label."""
    number, kind = wire.text(record, "OrderNbr"), wire.text(record, "Type")
    return _order(record, kind=kind, number=number, task_field="ProjectTask", total="OrderTotal")


def subcontract(record: Record) -> Order:
    """One subcontract."""
    number = wire.text(record, "SubcontractNbr")
    return _order(record, kind=SUBCONTRACT, number=number, task_field="Task", total="SubcontractTotal")


def _order(record: Record, *, kind: str, number: str, task_field: str, total: str) -> Order:
    lines = tuple(position(row, task_field) for row in wire.rows(record, "Details"))
    return Order(
        kind=kind,
        number=number,
        vendor=wire.text(record, "VendorID"),
        vendor_number=wire.text(record, "VendorRef"),
        text=wire.text(record, "Description"),
        currency=wire.text(record, "CurrencyID"),
        status=wire.text(record, "Status"),
        active=wire.text(record, "Status") in _OPEN_ORDER,
        total=wire.amount(record, total) or ZERO,
        lines=lines,
    )


def position(row: Record, task_field: str) -> OrderPosition:
    """One line of an order; `task_field` is what the entity calls the task."""
    ended = _ended(row)
    cost = wire.amount(row, "ExtendedCost")
    return OrderPosition(
        line=wire.whole(row, "LineNbr") or 0,
        text=wire.text(row, "LineDescription"),
        account=wire.text(row, "Account"),
        subaccount=wire.text(row, "Subaccount"),
        project=wire.text(row, "Project"),
        task=wire.text(row, task_field),
        cost_code=wire.text(row, "CostCode"),
        amount=ZERO if cost is None else cost,
        active=not ended,
        ended=ended,
    )


def _ended(row: Record) -> str:
    """Purchase orders write Cancelled, subcontracts Canceled (vendors/acumatica.md §8.4, §8.5)."""
    if any(wire.flag(row, name) for name in ("Cancelled", "Canceled")):
        return "cancelled"
    return "completed" if any(wire.flag(row, name) for name in ("Completed", "Closed")) else ""


def supplier(record: Record) -> Supplier:
    """One vendor. Only Inactive ones are not active; those on hold are vendors all the same."""
    contact = wire.linked(record, "MainContact")
    place = wire.linked(contact, "Address")
    street = (wire.text(place, "AddressLine1"), wire.text(place, "AddressLine2"))
    return Supplier(
        key=wire.text(record, "VendorID"),
        name=wire.text(record, "VendorName"),
        active=wire.text(record, "Status") != INACTIVE,
        tax_id=wire.text(record, "TaxRegistrationID"),
        address=", ".join(filter(None, street)),
        city=wire.text(place, "City"),
        state=wire.text(place, "State"),
        postal_code=wire.text(place, "PostalCode"),
        country=wire.text(place, "Country").upper(),
        email=wire.text(contact, "Email"),
        phone=wire.text(contact, "Phone1"),
        origin=wire.text(record, "AccountRef"),
    )
