"""The orders, hand-keyed bills and payments that the instance holds before anything is connected."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from ml_connector.sandbox.acumatica import periods
from ml_connector.sandbox.acumatica.desk import NO_PROJECT, Desk
from ml_connector.sandbox.acumatica.entities import change_orders, orders
from ml_connector.sandbox.acumatica.payables import check_life, documents, release
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.acumatica.seed import at_noon, dated, task_by_division
from ml_connector.sandbox.month import facts
from ml_connector.sandbox.month.facts import Month

ZERO = Decimal(0)


class Documents:
    """Writes the month's documents at a desk; what the facts already settled is not checked again."""

    def __init__(self, desk: Desk, month: Month) -> None:
        self._desk = desk
        self._month = month
        self._vendors = {vendor.key: vendor for vendor in month.vendors}
        self._projects = {project.key: project for project in month.projects}
        self._wbs = {wbs.key: wbs for project in month.projects for wbs in project.wbs}
        self._types = {cost_type.code: cost_type for cost_type in month.cost_types}
        self._tasks = task_by_division(month)
        self._codes = {code.code for code in month.cost_codes if code.in_erp}
        self._commitments = {commitment.key: commitment for commitment in month.commitments}
        self._requisitions = {requisition.key: requisition for requisition in month.requisitions}
        self._bills: dict[tuple[int, str], Row] = {}

    def write(self) -> None:
        """Everything, in the order in which it happened."""
        for commitment in self._month.commitments:
            if commitment.erp_number and self._vendors[commitment.vendor].erp_id:
                self._order(commitment)
        keyed = [one for one in self._month.requisitions if one.keyed_by_hand]
        for requisition in sorted(keyed, key=lambda one: (one.billing_date, one.key)):
            self._bill(requisition)
        for payment in self._month.payments:
            self._payment(payment)

    # orders

    def _order(self, fact: facts.Commitment) -> None:
        is_subcontract = fact.kind == "WorkOrderContract"
        row = Row("Subcontract" if is_subcontract else "PurchaseOrder")
        words = orders.WORDS[row.kind]
        row[words.number], row["VendorID"] = fact.erp_number, self._vendors[fact.vendor].erp_id
        row["VendorRef"], row["Description"] = fact.number, fact.title or None
        row["Date"], row["CurrencyID"], row["BaseCurrencyID"] = fact.signed, self._month.currency, self._month.currency
        row["CurrencyRate"], row["Branch"], row["Terms"], row["TaxTotal"] = Decimal(1), self._desk.branch, "30D", ZERO
        if is_subcontract:
            row["ApplyRetainage"], row["RetainagePct"] = fact.retainage_percent > 0, fact.retainage_percent
            row["StartDate"] = fact.signed
        else:
            row["Type"], row["Hold"], row["Project"] = "Normal", False, self._projects[fact.project].erp_id or None
        for line in fact.lines:
            if line.erp_line is not None:
                row.lines().append(self._order_line(row, fact, line))
        in_erp = [change for change in fact.change_orders if change.in_erp and change.status == "approved"]
        for change in in_erp:
            self._change_line(row, change.amount)
        orders.follow(self._desk, row)
        dated(self._desk.store, row, fact.updated_at)
        orders.commit(self._desk, None, row)
        for change in in_erp:
            self._change_order(row, fact, change)

    def _order_line(self, order: Row, commitment: facts.Commitment, fact: facts.CommitmentLine) -> Row:
        words = orders.WORDS[order.kind]
        line = Row(f"{order.kind}Detail", self._coding(commitment.project, fact.wbs, words.task))
        line["LineNbr"], line["LineDescription"] = fact.erp_line, fact.text
        line["OrderNbr"] = order[words.number]
        line["OrderType"] = order["Type"] if order.kind == "PurchaseOrder" else orders.SUBCONTRACT_TYPE
        line["OrderQty"], line["UnitCost"], line["UOM"] = fact.quantity, fact.unit_cost, fact.uom.upper() or None
        line["ExtendedCost"] = fact.amount
        line["Completed"], line[words.cancelled] = False, False
        if order.kind == "PurchaseOrder":
            line["LineType"] = "Service"
        else:
            line["Amount"], line["RetainagePct"] = fact.amount, commitment.retainage_percent
            line["RetainageAmount"] = self._desk.money(fact.amount * commitment.retainage_percent / 100)
            line["Closed"] = False
        return line

    def _change_line(self, order: Row, amount: Decimal) -> None:
        """An approved change is on the first line."""
        line = order.lines()[0]
        line["ExtendedCost"] = line.amount("ExtendedCost") + amount
        line.beyond[orders.CHANGED] = line.beyond_amount(*orders.CHANGED) + amount
        if order.kind == "Subcontract":
            line["Amount"] = line["ExtendedCost"]

    def _change_order(self, order: Row, commitment: facts.Commitment, fact: facts.ChangeOrder) -> None:
        row = Row("ChangeOrder", {"RefNbr": self._desk.store.next_number("ChangeOrder"), "Class": "DEFAULT"})
        row["ProjectID"], row["Description"] = self._projects[commitment.project].erp_id, fact.title or None
        row["ExternalRefNbr"], row["ReverseStatus"] = f"{commitment.number}-{fact.number}", "None"
        row["Status"], row["Hold"] = "Closed", False
        row["ChangeDate"] = row["CompletionDate"] = fact.updated_at.date()
        words, first = orders.WORDS[order.kind], order.lines()[0]
        line = Row("ChangeOrderCommitment", {"PONbr": order[words.number], "POLineNbr": first["LineNbr"]})
        line["POType"] = first["OrderType"]
        line["Vendor"], line["Account"] = order["VendorID"], first["Account"]
        line["ProjectTaskID"], line["CostCode"] = first[words.task], first["CostCode"]
        line["LineDescription"], line["Amount"], line["LineAmount"] = fact.title or None, fact.amount, fact.amount
        line["Qty"], line["UnitCost"], line["Status"] = ZERO, ZERO, "Closed"
        line["CurrencyID"], line["AmountinBaseCurrency"] = self._month.currency, fact.amount
        row.lines("Commitments").append(line)
        change_orders.total_up(row)
        dated(self._desk.store, row, fact.updated_at)

    # bills and payments

    def _bill(self, fact: facts.Requisition) -> None:
        commitment = self._commitments[fact.commitment]
        vendor = self._vendors[commitment.vendor]
        if not vendor.erp_id:
            return
        row = Row("Bill", {"Type": documents.BILL, "Vendor": vendor.erp_id, "VendorRef": fact.invoice_number})
        row["ReferenceNbr"] = self._desk.store.next_number("Bill")
        row["Date"], row["DueDate"] = fact.billing_date, fact.billing_date
        row["PostPeriod"] = periods.of_day(self._desk.store, fact.billing_date)
        row["CurrencyID"], row["Terms"], row["BranchID"] = self._month.currency, "30D", self._desk.branch
        row["LocationID"], row["Description"] = "MAIN", f"pay app {fact.sequence} {commitment.title}".strip()
        row["Hold"], row["ApprovedForPayment"], row["IsTaxValid"] = False, False, False
        row["TaxTotal"] = fact.tax
        row.details["Details"] = list(self._bill_lines(fact, commitment))
        row["Amount"] = sum((line.amount("Amount") for line in row.lines()), fact.tax)
        dated(self._desk.store, row, fact.updated_at)
        stamp = row["LastModifiedDateTime"]
        release.post(self._desk, row)
        row["LastModifiedDateTime"] = stamp
        self._date_orders(row)
        self._bills[commitment.vendor, fact.invoice_number] = row

    def _date_orders(self, bill: Row) -> None:
        """Billing an order changed it when the bill was keyed in, not now."""
        stamp = bill["LastModifiedDateTime"]
        for line in bill.lines():
            order = orders.find(self._desk, line.text("POOrderType"), line.text("POOrderNbr"))
            if order is not None:
                order["LastModifiedDateTime"] = stamp

    def _bill_lines(self, fact: facts.Requisition, commitment: facts.Commitment) -> Iterator[Row]:
        before = self._requisitions.get(fact.previous) if fact.previous is not None else None
        stored_before = {line.line: line.stored for line in before.lines} if before is not None else {}
        by_key = {line.key: line for line in commitment.lines}
        for number, line in enumerate(fact.lines):
            amount = line.work + line.stored - stored_before.get(line.line, ZERO)
            amount += line.work_released + line.stored_released - line.work_retained - line.stored_retained
            if number == 0:
                amount += fact.off_by
            if amount:
                yield self._bill_line(by_key[line.line], commitment, amount)

    def _bill_line(self, ordered: facts.CommitmentLine, commitment: facts.Commitment, amount: Decimal) -> Row:
        row = Row("BillDetail", self._coding(commitment.project, ordered.wbs, "ProjectTask"))
        row["TransactionDescription"], row["Qty"], row["UnitCost"] = ordered.text, ZERO, ZERO
        row["ExtendedCost"] = row["Amount"] = amount
        row["Branch"], row["NonBillable"] = self._desk.branch, False
        if commitment.erp_number and ordered.erp_line is not None:
            is_subcontract = commitment.kind == "WorkOrderContract"
            row["POOrderType"] = orders.SUBCONTRACT_TYPE if is_subcontract else "Normal"
            row["POOrderNbr"], row["POLine"] = commitment.erp_number, ordered.erp_line
        return row

    def _payment(self, fact: facts.Payment) -> None:
        bill = self._bills.get((fact.vendor, fact.bill_number))
        if bill is None:
            return
        row = Row("Check", {"Type": check_life.PAYMENT, "ReferenceNbr": fact.number, "Vendor": bill["Vendor"]})
        row["ApplicationDate"], row["PaymentMethod"], row["CashAccount"] = fact.date, "CHECK", self._desk.set_up.cash
        row["PaymentRef"], row["CurrencyID"] = fact.number.lstrip("0"), self._month.currency
        row["PaymentAmount"], row["UnappliedBalance"], row["Hold"] = fact.amount, ZERO, False
        row["Status"] = "Balanced"
        line = Row("CheckDetail", {"DocType": bill["Type"], "ReferenceNbr": bill["ReferenceNbr"]})
        line["AmountPaid"] = fact.amount
        row.lines().append(line)
        self._desk.store.add(row)
        self._desk.today = fact.date
        check_life.post(self._desk, row)
        if fact.voided:
            check_life.void(self._desk, row, {})
        for touched in self._of_payment(row, bill):
            touched["LastModifiedDateTime"] = at_noon(fact.date)
        if fact.number.isdigit():
            self._desk.store.start_number("Check", int(fact.number))

    def _of_payment(self, payment: Row, bill: Row) -> list[Row]:
        voided = check_life.void_of(self._desk, payment)
        return [payment, bill] + ([voided] if voided is not None else [])

    def _coding(self, project: int, wbs_key: int, task_field: str) -> dict[str, Value]:
        wbs = self._wbs[wbs_key]
        account = self._types[wbs.cost_type].erp_account
        values: dict[str, Value] = {"Account": account, "Subaccount": self._desk.set_up.subaccount}
        row = self._desk.find("Account", account)
        values["Description"] = row["Description"] if row is not None else None
        erp_project = self._projects[project].erp_id
        task = self._tasks.get((erp_project, wbs.cost_code[:2]))
        if not erp_project or task is None or wbs.cost_code not in self._codes:
            return values | {"Project": NO_PROJECT}
        return values | {"Project": erp_project, task_field: task, "CostCode": wbs.cost_code}
