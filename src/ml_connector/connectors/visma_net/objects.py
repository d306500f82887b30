"""Suppliers, invoices, orders, batches, wire → records (vendors/visma_net.md §6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ml_connector.connectors.visma_net import wire
from ml_connector.connectors.visma_net.wire import BadRecord, Record
from ml_connector.records.batches import Batch
from ml_connector.records.dimensions import Job, SegmentValue
from ml_connector.records.documents import Account, Order, OrderPosition, Project, Subaccount, Supplier, Task
from ml_connector.records.invoices import SupplierInvoice
from ml_connector.records.journals import Journal, JournalLine
from ml_connector.records.money import ZERO

MODIFIED: Final = "lastModifiedDateTime"
LINES: Final = "journalTransactionLines"
OURS: Final = "ML-"
MARK_END: Final = ":"
REVERSING: Final = "R"
"""Comes between our reference and the number of the batch in the mark of one that takes that batch back."""
MARKS: Final = ("source", "order", "vendor")
GENERAL_LEDGER: Final = "GL"
INACTIVE: Final = "Inactive"
_OPEN_ORDER: Final = frozenset({"Open", "PendingPrint", "PendingEmail", "Printed"})
"""Statuses of orders that count as commitments (vendors/visma_net.md §6.3)."""
IN_LEDGER: Final = frozenset({"Posted", "Completed", "Released"})
RELEASED: Final = IN_LEDGER | {"Unposted", "PartiallyReleased"}
"""Statuses of batches that can no longer be changed."""
VOIDED: Final = "Voided"
PeriodOf = Callable[[str], str]
"""The period `YYYY-MM` of the company's own `YYYYPP`."""


def supplier(record: Record) -> Supplier:
    """One supplier. Only Inactive ones are not active; those on hold are suppliers all the same."""
    place = _object(record, "mainAddress")
    contact = _object(record, "mainContact")
    street = (wire.text(place, f"addressLine{number}") for number in (1, 2, 3))
    return Supplier(
        key=_key(record, "number"),
        name=wire.text(record, "name"),
        active=wire.text(record, "status") != INACTIVE,
        tax_id=wire.text(record, "corporateId") or wire.text(record, "vatRegistrationId"),
        address=", ".join(filter(None, street)),
        city=wire.text(place, "city"),
        state=wire.text(place, "county", "id"),
        postal_code=wire.text(place, "postalCode"),
        country=wire.text(place, "country", "id").upper(),
        email=wire.text(contact, "email"),
        phone=wire.text(contact, "phone1"),
        origin=wire.text(record, "accountReference"),
    )


def supplier_invoice(record: Record) -> SupplierInvoice:
    """One supplier invoice or credit note, its head alone."""
    net, tax = wire.amount(record, "detailTotalInCurrency"), wire.amount(record, "vatTotalInCurrency")
    return SupplierInvoice(
        kind=_key(record, "documentType"),
        number=_key(record, "referenceNumber"),
        supplier=wire.text(record, "supplier", "number"),
        supplier_name=wire.text(record, "supplier", "name"),
        supplier_number=wire.text(record, "supplierReference"),
        status=wire.text(record, "status"),
        day=wire.day(record, "date"),
        currency=wire.text(record, "currencyId"),
        total=(net or ZERO) + (tax or ZERO),
    )


def order(record: Record, no_project: str) -> Order:
    """One purchase order; `kind` is its type, `total` the sum of its lines without tax."""
    lines = wire.amount(record, "lineTotal")
    return Order(
        kind=_key(record, "orderType"),
        number=_key(record, "orderNbr"),
        vendor=wire.text(record, "supplier", "number"),
        vendor_number=wire.text(record, "supplierRef"),
        text=wire.text(record, "description"),
        currency=wire.text(record, "currency"),
        status=wire.text(record, "status"),
        total=(wire.amount(record, "orderTotal") or ZERO) if lines is None else lines,
        lines=tuple(_position(row, no_project) for row in wire.rows(record, "lines")),
        active=wire.text(record, "status") in _OPEN_ORDER,
        day=wire.day(record, "date"),
    )


def _position(row: Record, no_project: str) -> OrderPosition:
    ended = "cancelled" if wire.flag(row, "canceled") else "completed" if wire.flag(row, "completed") else ""
    divided = _object(row, "sub")
    amount = wire.amount(row, "amount")
    return OrderPosition(
        line=wire.whole(row, "lineNbr") or 0,
        text=wire.text(row, "lineDescription"),
        account=wire.text(row, "account", "number"),
        subaccount=wire.text(divided, "subaccountNumber"),
        project=project_of(row, no_project),
        task=task_of(row, no_project),
        cost_code="",
        amount=(wire.amount(row, "extCost") or ZERO) if amount is None else amount,
        active=not ended,
        ended=ended,
        segments=tuple(wire.segments(divided).values()),
    )


def batch(record: Record, period_of: PeriodOf, no_project: str) -> Batch:
    """One journal batch as it stands."""
    status = wire.text(record, "status")
    return Batch(
        module=module_of(record),
        number=_key(record, "batchNumber"),
        status=status,
        released=status in RELEASED,
        voided=status == VOIDED,
        reverses=wire.text(record, "originalBatchNumber"),
        restores=_restored(record),
        journal=journal(record, period_of, no_project),
    )


def _restored(record: Record) -> str:
    """The number of the batch that counts again: a reversal of ours, the texts of which it copies, is reversed."""
    named = mark_of(record).rpartition("-")[2].partition(REVERSING)[2]
    return named if is_reversal(record) else ""


def journal(record: Record, period_of: PeriodOf, no_project: str) -> Journal:
    """What a batch holds, in its own currency."""
    day = wire.day(record, "transactionDate")
    if day is None:
        raise BadRecord("a batch has no transactionDate")
    lines = wire.rows(record, LINES)
    marks = marks_of(record)
    return Journal(
        reference=reference_of(record),
        number=next(filter(None, (wire.text(line, "referenceNumber") for line in lines)), ""),
        date=day,
        period=period_of(wire.text(record, "financialPeriod")),
        currency=wire.text(record, "currencyId"),
        text=text_of(record),
        lines=tuple(_line(line, no_project) for line in lines),
        vendor=marks.get("vendor", ""),
        source=marks.get("source", ""),
        order=marks.get("order", ""),
    )


def noted(journal: Journal) -> str:
    """What each line of a batch of ours says of its origin: `source=requisition:5521; order=commitment:7731`."""
    said = {name: getattr(journal, name) for name in MARKS}
    return "; ".join(f"{name}={value}" for name, value in said.items() if value)


def marks_of(record: Record) -> dict[str, str]:
    """Source, order and vendor as a batch of ours notes them; a batch that reverses one may have them copied."""
    if not wire.text(record, "description").startswith(OURS):
        return {}
    note = next(filter(None, (wire.text(line, "note") for line in wire.rows(record, LINES))), "")
    pairs = (part.partition("=") for part in note.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip() in MARKS}


def _line(row: Record, no_project: str) -> JournalLine:
    debit, credit = (wire.amount(row, f"{side}AmountInCurrency") or ZERO for side in ("debit", "credit"))
    return JournalLine(
        account=wire.text(row, "accountNumber"),
        amount=debit - credit,
        text=wire.text(row, "transactionDescription"),
        project=project_of(row, no_project),
        task=task_of(row, no_project),
        subaccount=subaccount_of(_object(row, "subaccount")),
    )


def subaccount_of(divided: Record) -> str:
    """The number of a subaccount; "" for the one of zeros alone, which stands where none was given."""
    number = wire.text(divided, "subaccountNumber")
    return "" if not number.strip("0-. ") else number


def project_of(row: Record, no_project: str) -> str:
    """The project of a line, "" for none."""
    found = wire.text(row, "project", "id")
    return "" if found == no_project else found


def task_of(row: Record, no_project: str) -> str:
    """The task of a line, "" for none, and where there is no project."""
    return wire.text(row, "projectTask", "id") if project_of(row, no_project) else ""


def module_of(record: Record) -> str:
    """`GL` for `ModuleGL`."""
    return wire.text(record, "module").removeprefix("Module")


def is_reversal(record: Record) -> bool:
    """Whether a batch takes another one back; it bears the other's description, and so our mark."""
    return bool(wire.flag(record, "reversingEntry") or wire.text(record, "originalBatchNumber"))


def reference_of(record: Record) -> str:
    """Our mark at the start of a description, "" for a document of somebody else, or one that reverses ours."""
    return "" if is_reversal(record) else mark_of(record)


def mark_of(record: Record) -> str:
    """What begins the description of a batch of ours, and of one that a person made by reversing it."""
    mark, _, _ = wire.text(record, "description").partition(MARK_END)
    return mark if mark.startswith(OURS) else ""


def text_of(record: Record) -> str:
    """A description without our mark."""
    said = wire.text(record, "description")
    return said.partition(MARK_END)[2].strip() if said.startswith(OURS) else said


def account(record: Record) -> Account:
    """One account. Not active are, besides inactive ones, those that take no entries of ours: bank and control."""
    return Account(
        key=_key(record, "accountCD"),
        name=wire.text(record, "description"),
        kind=wire.text(record, "type").lower(),
        group=wire.text(record, "accountGroupCD"),
        active=wire.flag(record, "active") is not False and not account_complaint(record),
    )


def account_complaint(record: Record) -> str:
    """Why an active account is not for journals of ours; "" when it is."""
    if wire.flag(record, "cashAccount"):
        return "is a bank or cash account"
    if module := wire.text(record, "controlAccountModule"):
        return f"is the control account of {module}"
    return "takes no manual entries" if wire.flag(record, "allowManualEntry") is False else ""


def subaccount(record: Record) -> Subaccount:
    """One combination of segment values."""
    named = [wire.text(row, "segmentValueDescription") for row in wire.rows(record, "segments")]
    return Subaccount(
        key=_key(record, "subaccountNumber"),
        name=wire.text(record, "description") or ", ".join(filter(None, named)),
        active=wire.flag(record, "active") is not False,
    )


def project(record: Record) -> Project:
    """One project; `other_key` is its public id."""
    return Project(
        key=_key(record, "projectID"),
        number=wire.text(record, "projectID"),
        name=wire.text(record, "description"),
        active=wire.text(record, "status") == "Active" and not wire.flag(record, "hold"),
        other_key=wire.text(record, "publicId"),
    )


def job(record: Record) -> Job:
    """One project with its tasks."""
    tasks = (task(row, wire.text(record, "projectID")) for row in wire.rows(record, "tasks"))
    return Job(
        project=project(record),
        status=wire.text(record, "status"),
        tasks=tuple(sorted(tasks, key=lambda one: one.key)),
    )


def task(row: Record, owner: str) -> Task:
    """One task of a project."""
    return Task(
        project=owner,
        key=_key(row, "taskId"),
        name=wire.text(row, "description"),
        active=wire.text(row, "status") == "Active",
    )


def segment_value(row: Record, segment: Record, dimension: str) -> SegmentValue:
    """One value of a segment."""
    return SegmentValue(
        dimension=dimension,
        segment=wire.text(segment, "segmentId"),
        segment_name=wire.text(segment, "description"),
        value=_key(row, "valueId"),
        name=wire.text(row, "description"),
        active=wire.flag(row, "active") is not False,
    )


def _object(record: Record, name: str) -> Record:
    found = record.get(name) or {}
    if not isinstance(found, dict):
        raise BadRecord(f"{name} is not an object")
    return found


def _key(record: Record, name: str) -> str:
    found = wire.text(record, name)
    if not found:
        raise BadRecord(f"{name} is empty")
    return found
