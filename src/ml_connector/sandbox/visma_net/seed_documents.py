"""The orders, hand-keyed invoices, journals and payments that the company holds before anything is connected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.month import facts
from ml_connector.sandbox.month.facts import Month
from ml_connector.sandbox.visma_net import coding, seed_alone
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_life, invoices, journals, orders, payments
from ml_connector.sandbox.visma_net.records import Record, Values, milliseconds

CUT_OVER: Final = date(2026, 1, 1)
_OPEN: Final = {"Approved": "Open", "Complete": "Closed", "Closed": "Closed", "Received": "Closed"}


class Documents:
    """Writes the month's documents; what the facts already settled is not checked again."""

    def __init__(self, desk: Desk, month: Month) -> None:
        self._desk = desk
        self._month = month
        self._vendors = {one.key: one for one in month.vendors}
        self._projects = {one.key: one for one in month.projects}
        self._wbs = {one.key: one for project in month.projects for one in project.wbs}
        self._types = {one.code: one for one in month.cost_types}
        self._tasks = {(one.project, one.division): one.code for one in month.tasks}
        self._codes = {one.code for one in month.cost_codes if one.in_erp}
        self._commitments = {one.key: one for one in month.commitments}
        self._requisitions = {one.key: one for one in month.requisitions}
        self._keyed: dict[tuple[int, str], Record] = {}
        self._retained = _named(month, "retainage", "20100")
        self._accrued = _named(month, "accrued", "20500")

    def write(self) -> None:
        """Everything, in the order in which it happened."""
        for commitment in self._month.commitments:
            if commitment.erp_number and self._vendors[commitment.vendor].erp_id:
                self._order(commitment)
        keyed = [one for one in self._month.requisitions if one.keyed_by_hand]
        for requisition in sorted(keyed, key=lambda one: (one.billing_date, one.key)):
            if requisition.billing_date < CUT_OVER:
                self._invoice(requisition)
            else:
                self._journal(requisition)
        for payment in self._month.payments:
            self._payment(payment)
        if keyed:  # a month with people in it, not one of mere numbers
            seed_alone.write(self._desk, self._month, {key: cost_centre(job) for key, job in self._projects.items()})

    # orders

    def _order(self, fact: facts.Commitment) -> None:
        company = self._desk.company
        status = _OPEN.get(fact.status, "Open")
        values: Values = {
            "orderType": "RegularOrder",
            "hold": False,
            "status": status,
            "date": fact.signed,
            "description": fact.title,
            "supplier": self._vendors[fact.vendor].erp_id,
            "supplierRef": fact.number,
            "currency": self._month.currency,
            "exchangeRate": Decimal(1),
            "terms": "30",
            "supplierVatZone": "01",
            "branch": company.set_up.branch,
            "approved": True,
        }
        lines = [self._order_line(fact, line) for line in fact.lines if line.erp_line is not None]
        for change in fact.change_orders:
            if change.in_erp and change.status == "approved":
                first = lines[0]
                first["amount"] += change.amount
                first["unitCost"] = first["amount"] / first["orderQty"]
        values["_last_line"] = max((line["lineNumber"] for line in lines), default=0)
        for line in lines:
            line["completed"] = status == "Closed"
        row = company.add("Order", fact.erp_number, values, lines, at=fact.updated_at)
        self._code(row)
        if status != "Closed":
            orders.set_status(self._desk, row)

    def _order_line(self, fact: facts.Commitment, line: facts.CommitmentLine) -> Values:
        return {
            "lineNumber": line.erp_line,
            "lineType": "Service",
            "lineDescription": line.text,
            "orderQty": line.quantity,
            "unitCost": line.unit_cost,
            "uom": line.uom,
            "amount": line.amount,
            "branch": self._desk.company.set_up.branch,
            **self._coding(fact.project, line.wbs),
        }

    def _coding(self, project: int, wbs: int) -> Values:
        """Account by cost type, task by division, cost centre by project, cost code in the third segment."""
        job, one = self._projects[project], self._wbs[wbs]
        centre = cost_centre(job)
        code = one.cost_code if one.cost_code in self._codes else "000000"
        coded: Values = {"account": self._types[one.cost_type].erp_account, "_parts": ["00", centre, code]}
        coded["subaccount"] = "".join(coded["_parts"])
        if job.erp_id:
            coded |= {"project": job.erp_id, "task": self._tasks.get((job.erp_id, one.cost_code[:2]))}
        return coded

    def _code(self, row: Record) -> None:
        for line in row.lines:
            coding.settle(self._desk, line)

    # what people keyed in

    def _invoice(self, fact: facts.Requisition) -> None:
        """A released invoice of before the cut-over, for what was due."""
        commitment = self._commitments[fact.commitment]
        supplier = self._vendors[commitment.vendor]
        if not supplier.erp_id:
            return
        lines = [
            {"transactionDescription": text, "quantity": Decimal(1), "unitCostInCurrency": due, "cost": due, **coded}
            for coded, gross, held, text in self._lines(fact)
            for due in (gross - held,)
        ]
        draft = Record(kind="Invoice", key="", values=self._invoice_header(fact, supplier.erp_id))
        branch = self._desk.company.set_up.branch
        draft.lines = [{"lineNumber": place, "branch": branch, **one} for place, one in enumerate(lines, start=1)]
        draft["_last_line"] = len(lines)
        invoices.totals(self._desk, draft, {}, [])
        row = invoices.add(self._desk, draft, str(self._desk.company.next_number("invoice")))
        row["status"] = "Balanced"
        invoice_life.post_release(self._desk, row)
        _date(row, fact.updated_at)
        self._date_batches(fact.updated_at)
        self._keyed[commitment.vendor, fact.invoice_number] = row

    def _invoice_header(self, fact: facts.Requisition, supplier: str) -> Values:
        set_up = self._desk.company.set_up
        return {
            "documentType": "Invoice",
            "supplierNumber": supplier,
            "supplierReference": fact.invoice_number,
            "description": f"Invoice {fact.invoice_number}",
            "date": fact.billing_date,
            "dueDate": date.fromordinal(fact.billing_date.toordinal() + 30),
            "period": f"{fact.billing_date:%Y%m}",
            "currencyId": self._month.currency,
            "exchangeRate": Decimal(1),
            "creditTermsId": "30",
            "paymentMethod": "1",
            "supplierTaxZone": "01",
            "branchNumber": set_up.branch,
            "cashAccount": set_up.cash,
            "hold": False,
        }

    def _lines(self, fact: facts.Requisition) -> Iterator[tuple[Values, Decimal, Decimal, str]]:
        """Coding, cost, retainage held of it, text; a line without movement is not keyed."""
        commitment = self._commitments[fact.commitment]
        contract = {line.key: line for line in commitment.lines}
        before = self._requisitions.get(fact.previous or 0)
        stored = {line.line: line.stored for line in before.lines} if before else {}
        for line in fact.lines:
            gross = line.work + line.stored - stored.get(line.line, ZERO)
            held = line.work_retained + line.stored_retained - line.work_released - line.stored_released
            if gross or held:
                text = contract[line.line].text
                yield self._coding(commitment.project, contract[line.line].wbs), gross, held, text

    def _journal(self, fact: facts.Requisition) -> None:
        """After the cut-over an accountant typed the costs as a journal, without a mark of ours."""
        commitment, company = self._commitments[fact.commitment], self._desk.company
        vendor = self._vendors[commitment.vendor]
        made: list[Values] = []
        retained = total = ZERO
        for coded, gross, held, text in self._lines(fact):
            total, retained = total + gross, retained + held
            made.append({**coded, **_side(gross), "transactionDescription": text})
        none: Values = {"_parts": ["00", "000", "000000"], "subaccount": "0" * 11}
        for account, value in ((self._retained, -retained), (self._accrued, retained - total)):
            if value:
                made.append({"account": account, **none, **_side(value), "transactionDescription": vendor.erp_name})
        draft = Record(kind="Journal", key="", values={"module": "GL", "hold": False, "status": "Posted"})
        common = {"branch": company.set_up.branch, "referenceNumber": fact.invoice_number}
        draft.lines = [{"lineNumber": place, **common, **one} for place, one in enumerate(made, start=1)]
        draft.values |= {
            "_last_line": len(made),
            "ledger": company.set_up.ledger,
            "branch": company.set_up.branch,
            "transactionDate": fact.billing_date,
            "period": f"{fact.billing_date:%Y%m}",
            "currencyId": self._month.currency,
            "exchangeRate": Decimal(1),
            "description": f"{vendor.erp_name} invoice {fact.invoice_number}",
        }
        row = journals.add(self._desk, draft, company.next_number("journal"))
        _date(row, fact.updated_at)

    def _payment(self, fact: facts.Payment) -> None:
        row = self._keyed.get((fact.vendor, fact.bill_number))
        if row is None:
            return
        payment = payments.pay(self._desk, row, fact.amount, fact.date, f"T{fact.number}")
        moment = datetime.combine(fact.date, time(12), tzinfo=UTC)
        _date(payment, moment)
        if fact.voided:
            payments.void(self._desk, payment, fact.date)
        _date(row, moment)
        self._date_batches(moment)

    def _date_batches(self, moment: datetime) -> None:
        """Let the batches posted since the last look be as old as what posted them."""
        for batch in self._desk.company.changes().get("Journal", []):
            _date(batch, moment)


def cost_centre(job: facts.Project) -> str:
    """The project's value in the segment of cost centres: the digits after the year of its number."""
    return job.number.rpartition("-")[2][-3:].rjust(3, "0")


def _side(value: Decimal) -> Values:
    """Debits are positive."""
    return {"debit": max(value, ZERO), "credit": max(-value, ZERO)}


def _date(row: Record, moment: datetime) -> None:
    row.created = row.modified = milliseconds(moment)


def _named(month: Month, word: str, otherwise: str) -> str:
    return next((one.code for one in month.accounts if word in one.name.lower()), otherwise)
