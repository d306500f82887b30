"""What people keyed in by hand before anything was connected: orders, invoices of December, payments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.month import facts
from ml_connector.sandbox.month.facts import Month
from ml_connector.sandbox.sap_b1 import seed
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.entity import EntitySet

ZERO: Final = Decimal(0)
_ORDERS: Final = 3
"""So many of the commitments that the ERP knows were keyed in as purchase orders."""


class Documents:
    """Writes them through the entity sets, dated as they happened."""

    def __init__(self, desk: Desk, month: Month, sets: Mapping[str, EntitySet]) -> None:
        self._desk = desk
        self._month = month
        self._sets = sets
        self._vendors = {vendor.key: vendor for vendor in month.vendors}
        self._projects = {project.key: project for project in month.projects}
        self._wbs = {wbs.key: wbs for project in month.projects for wbs in project.wbs}
        self._types = {cost_type.code: cost_type for cost_type in month.cost_types}
        self._commitments = {commitment.key: commitment for commitment in month.commitments}
        self._requisitions = {requisition.key: requisition for requisition in month.requisitions}
        self._invoices: dict[tuple[int, str], int] = {}

    def write(self) -> None:
        """Everything, in the order in which it happened."""
        keyed = [one for one in self._month.requisitions if one.keyed_by_hand]
        if keyed:
            known = (one for one in self._month.commitments if one.erp_number and one.status == "Approved")
            for commitment, _ in zip(known, range(_ORDERS), strict=False):
                self._order(commitment)
        for requisition in sorted(keyed, key=lambda one: (one.billing_date, one.key)):
            self._invoice(requisition)
        for payment in self._month.payments:
            self._payment(payment)

    def _order(self, fact: facts.Commitment) -> None:
        vendor = self._vendors[fact.vendor]
        if not vendor.erp_id:
            return
        self._desk.opening = _noon(fact.signed)
        lines = [
            self._line(fact.project, line.wbs, line.text, line.amount)
            for line in fact.lines
            if line.erp_line is not None
        ]
        self._sets["PurchaseOrders"].create(
            self._head(vendor, fact.signed, fact.number) | {"Comments": fact.title or None, "DocumentLines": lines}
        )

    def _invoice(self, fact: facts.Requisition) -> None:
        commitment = self._commitments[fact.commitment]
        vendor = self._vendors[commitment.vendor]
        lines = list(self._invoice_lines(fact, commitment))
        if not vendor.erp_id or not lines:
            return
        self._desk.opening = seed.at(fact.updated_at)
        body = self._head(vendor, fact.billing_date, fact.invoice_number)
        body |= {"Comments": f"pay app {fact.sequence} {commitment.title}".strip(), "DocumentLines": lines}
        row = self._sets["PurchaseInvoices"].create(body)
        self._invoices[commitment.vendor, fact.invoice_number] = row["DocEntry"]

    def _invoice_lines(self, fact: facts.Requisition, commitment: facts.Commitment) -> Iterator[Row]:
        """What was due for each line: retainage is taken off, as the clerk did."""
        before = self._requisitions.get(fact.previous) if fact.previous is not None else None
        stored_before = {line.line: line.stored for line in before.lines} if before is not None else {}
        by_key = {line.key: line for line in commitment.lines}
        for number, line in enumerate(fact.lines):
            amount = line.work + line.stored - stored_before.get(line.line, ZERO)
            amount += line.work_released + line.stored_released - line.work_retained - line.stored_retained
            amount += fact.off_by if number == 0 else ZERO
            if amount:
                ordered = by_key[line.line]
                yield self._line(commitment.project, ordered.wbs, ordered.text, amount)

    def _line(self, project: int, wbs_key: int, text: str, amount: Decimal) -> Row:
        wbs, job = self._wbs[wbs_key], self._projects[project]
        return {
            "ItemDescription": text or wbs.cost_code,
            "AccountCode": self._types[wbs.cost_type].erp_account,
            "LineTotal": amount,
            "CostingCode": seed.center_code(job) if job.active else None,
            "ProjectCode": seed.project_code(job) if job.active else None,
        }

    def _head(self, vendor: facts.Vendor, day: date, number: str) -> Row:
        head: Row = {"CardCode": seed.vendor_code(vendor), "DocType": "dDocument_Service", "NumAtCard": number}
        return head | {"DocDate": day, "TaxDate": day, "DocDueDate": day, "DocCurrency": self._month.currency}

    def _payment(self, fact: facts.Payment) -> None:
        entry = self._invoices.get((fact.vendor, fact.bill_number))
        if entry is None:
            return
        self._desk.opening = _noon(fact.date)
        paid = {"DocEntry": entry, "SumApplied": fact.amount, "InvoiceType": "it_PurchaseInvoice"}
        body: Row = {"CardCode": seed.vendor_code(self._vendors[fact.vendor]), "DocDate": fact.date}
        body |= {"TransferSum": fact.amount, "TransferDate": fact.date, "PaymentInvoices": [paid]}
        payments = self._sets["VendorPayments"]
        row = payments.create(body | {"TransferReference": fact.number.lstrip("0")})
        if fact.voided:
            payments.actions["Cancel"](row["DocEntry"], {})


def _noon(day: date) -> datetime:
    """A time of day for facts that have only a date."""
    return datetime.combine(day, time(12), tzinfo=UTC)
