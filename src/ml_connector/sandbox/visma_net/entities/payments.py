"""Supplier payments: entry, release, void (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.visma_net import coding, ledger, numbering, periods
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount, day
from ml_connector.sandbox.visma_net.entities import invoice_life, suppliers
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep
from ml_connector.sandbox.visma_net.errors import rule, stop_at
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import DAY, FLAG, NUMBER, TEXT, Fields, choice, lines, texts
from ml_connector.sandbox.visma_net.web.query import Query

PAYMENT, VOID, PREPAYMENT = "Payment", "VoidPayment", "Prepayment"
_ENTERED: Final = (PAYMENT, PREPAYMENT)
FIELDS: Final[Fields] = {
    **texts("referenceNumber applicationPeriod paymentRef supplier location paymentMethod cashAccount currency"),
    **texts("description branch"),
    "type": choice(PAYMENT, "DebitAdj", PREPAYMENT, "Refund", VOID, "VoidRefund"),
    "hold": FLAG,
    "applicationDate": DAY,
    "paymentAmount": NUMBER,
    "overrideNumberSeries": FLAG,
    "paymentLines": lines(
        {
            "documentType": choice("Invoice", "CreditAdj", "DebitAdj", "Prepayment", "Refund", "Payment"),
            "refNbr": TEXT,
            "amountPaid": NUMBER,
        }
    ),
}
_APART: Final = ("paymentLines", "referenceNumber", "overrideNumberSeries", "type")


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    set_up = desk.company.set_up
    supplier = desk.find("Supplier", sent.get("supplier"))
    values = {"type": sent.get("type") or PAYMENT, "hold": False, "branch": set_up.branch, "cashAccount": set_up.cash}
    values |= {"currency": supplier["currencyId"] if supplier else set_up.currency, "paymentMethod": "1"}
    draft = Record(kind="Payment", key="", values=values)
    apply(desk, draft, {"applicationDate": desk.company.today(), **sent})
    kind, override = draft["type"], sent.get("overrideNumberSeries")
    number = numbering.number(desk, "payment", "Payment", sent.get("referenceNumber"), override, prefix=f"{kind} ")
    draft["number"] = number
    return desk.company.add("Payment", f"{kind} {number}", draft.values, draft.lines)


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """Fill and check a payment that is not released. Raises Refused."""
    doing = "updating the payment" if draft.key else "inserting the payment"
    if draft["status"] not in (None, "Hold", "Balanced") or draft["type"] not in _ENTERED:
        raise rule(f"Error {doing}. Error: a {draft['type']} that is {draft['status'] or 'new'} cannot be entered.")
    problems: list[str] = []
    draft.values |= {name: value for name, value in sent.items() if name not in _APART}
    draft["supplier"] = suppliers.check(desk, draft["supplier"], problems)
    supplier = desk.find("Supplier", draft["supplier"])
    if supplier is not None and supplier["status"] == "HoldPayments":
        problems.append(f"Payments to the supplier '{supplier.key}' are on hold.")
    for line in sent.get("paymentLines", []):
        _merge(draft, line, problems)
    for line in draft.lines:
        _check_line(desk, draft, line, problems)
    _header(desk, draft, sent, problems)
    stop_at(problems, doing)
    draft["status"] = "Hold" if draft["hold"] else "Balanced"


def _merge(draft: Record, sent: Values, problems: list[str]) -> None:
    """Lines are told apart by the document that they pay."""
    key = (sent.get("documentType") or "Invoice", sent.get("refNbr"))
    known = next((line for line in draft.lines if (line["documentType"], line["refNbr"]) == key), None)
    if known is None and sent["operation"] == "Insert":
        draft.lines.append({"documentType": key[0], "refNbr": key[1], "amountPaid": sent.get("amountPaid")})
    elif known is None:
        problems.append(f"The document '{key[1] or ''}' is not paid by this payment.")
    elif sent["operation"] == "Delete":
        draft.lines.remove(known)
    else:
        known["amountPaid"] = sent.get("amountPaid")


def _check_line(desk: Desk, draft: Record, line: Values, problems: list[str]) -> None:
    invoice = _paid(desk, line)
    if invoice is None or invoice["supplierNumber"] != draft["supplier"]:
        problems.append(f"The document '{line['refNbr'] or ''}' of the supplier cannot be found in the system.")
        return
    if line["amountPaid"] is None:
        line["amountPaid"] = invoice["balance"]
    line["amountPaid"] = desk.company.money(line["amountPaid"], draft["currency"] or "")
    if invoice["status"] != "Open" or not ZERO < line["amountPaid"] <= invoice["balance"]:
        problems.append(
            f"The document '{line['refNbr']}' cannot be paid: {invoice['status']}, {invoice['balance']} left."
        )
    if invoice["currencyId"] != draft["currency"]:
        problems.append(f"The document '{line['refNbr']}' is in another currency.")


def _paid(desk: Desk, line: Values) -> Record | None:
    return desk.find("Invoice", f"{line['documentType']} {line['refNbr']}")


def _header(desk: Desk, draft: Record, sent: Values, problems: list[str]) -> None:
    lists = (
        ("Account", "cashAccount"),
        ("Branch", "branch"),
        ("PaymentMethod", "paymentMethod"),
        ("Currency", "currency"),
    )
    for kind, name in lists:
        if desk.find(kind, draft[name]) is None:
            problems.append(f"{kind} '{draft[name] or ''}' cannot be found in the system.")
    account = desk.find("Account", draft["cashAccount"])
    if account is not None and not account["cashAccount"]:
        problems.append(f"Account '{draft['cashAccount']}' is no cash account.")
    draft["rate"] = desk.company.rate(str(draft["currency"] or ""))
    applied = sum((line["amountPaid"] or ZERO for line in draft.lines), ZERO)
    total = draft["paymentAmount"]
    draft["total"] = desk.company.money(applied if total is None else total, draft["currency"] or "")
    if draft["total"] < applied or draft["total"] <= 0:
        problems.append("The payment amount is less than what is applied, or not more than zero.")
    if draft["applicationDate"] is None:
        problems.append("'Application Date' cannot be empty.")
    wanted = {"financialPeriod": draft["applicationPeriod"]} if "applicationPeriod" in sent else {}
    draft["period"] = periods.wanted(desk, wanted, draft["applicationDate"], problems)
    periods.check(desk, draft["period"], "SupplierLedger", problems)


def release(desk: Desk, row: Record) -> None:
    """Post it and settle what it pays. Raises Refused."""
    if row["status"] != "Balanced":
        raise rule(f"The payment {row['number']} cannot be released: its status is {row['status']}.")
    problems: list[str] = []
    periods.check(desk, row["period"], "SupplierLedger", problems)
    for line in row.lines:
        _check_line(desk, row, line, problems)
    stop_at(problems, "releasing the payment")
    _book(desk, row, 1)
    row["status"] = "Open" if unapplied(row) else "Closed"
    desk.company.touch(row)


def unapplied(row: Record) -> Decimal:
    """What of the payment pays no document."""
    return Decimal(row["total"]) - sum((line["amountPaid"] for line in row.lines), ZERO)


def _book(desk: Desk, row: Record, sign: int) -> None:
    """Payable against cash, and the documents' balances; `sign` -1 for a void."""
    made: list[Values] = []
    for line in row.lines:
        invoice = _paid(desk, line)
        if invoice is not None:
            payable = invoice_life.entries(desk, invoice)[-1]
            value = line["amountPaid"] * sign * (-1 if payable["amount"] > 0 else 1)
            made.append({"account": payable["account"], "amount": value})
            invoice_life.settle(desk, invoice, sign * line["amountPaid"])
    made.append({"account": desk.company.set_up.payables, "amount": sign * unapplied(row)})
    made.append({"account": row["cashAccount"], "amount": -sum((one["amount"] for one in made), ZERO)})
    posting = ledger.Posting(
        day=row["applicationDate"],
        period=row["period"],
        text=row["description"] or "",
        currency=row["currency"],
        rate=row["rate"],
        branch=row["branch"],
        party=row["supplier"],
        reference=row["number"],
        kind=row["type"],
        lines=made,
    )
    ledger.post(desk, posting)


def pay(desk: Desk, invoice: Record, paid: Decimal, when: date, reference: str) -> Record:
    """A released payment of one open document. Raises Refused."""
    line = {"operation": "Insert", "documentType": invoice["documentType"], "refNbr": invoice["referenceNumber"]}
    sent: Values = {"supplier": invoice["supplierNumber"], "paymentRef": reference, "applicationDate": when}
    sent |= {"currency": invoice["currencyId"], "paymentLines": [line | {"amountPaid": paid}]}
    row = create(desk, sent)
    release(desk, row)
    return row


def void(desk: Desk, row: Record, when: date | None = None) -> Record:
    """A payment of the type VoidPayment takes it back, and the documents are open again. Raises Refused."""
    if row["type"] not in _ENTERED or row["status"] not in ("Open", "Closed"):
        raise rule(f"The payment {row['number']} cannot be voided: {row['type']}, {row['status']}.")
    today = when or desk.company.today()
    problems: list[str] = []
    period = periods.of_day(desk, today)
    periods.check(desk, period, "SupplierLedger", problems)
    stop_at(problems, "voiding the payment")
    values = row.draft().values | {"type": VOID, "applicationDate": today, "period": period, "status": "Closed"}
    made = desk.company.add("Payment", f"{VOID} {row['number']}", values, [dict(line) for line in row.lines])
    row["status"] = "Voided"
    desk.company.touch(row)
    _book(desk, made, -1)
    return made


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    invoice, kind = query.text("invoiceRefNbr"), (query.text("paymentType") or "").lower()
    wanted = {"supplier": "supplier", "branch": "branch", "status": "status", "period": "financialPeriod"}
    asked = {name: text.lower() for name, param in wanted.items() if (text := query.text(param)) is not None}
    dated = query.when("docDate")
    return lambda row: (
        (invoice is None or any(line["refNbr"] == invoice for line in row.lines))
        and (not kind or str(row["type"]).lower() == kind)
        and all(str(row[name]).lower() == text for name, text in asked.items())
        and (dated is None or dated(row["applicationDate"]))
        and query.changed(row)
    )


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    """The read form."""
    v = row.values
    rest = unapplied(row)
    return {
        "type": v["type"],
        "documentType": v["type"],
        "refNbr": v["number"],
        "status": v["status"],
        "hold": bool(v.get("hold")),
        "applicationDate": day(v["applicationDate"]),
        "applicationPeriod": v["period"],
        "paymentRef": v.get("paymentRef"),
        "supplier": coding.supplier_ref(desk, v["supplier"]),
        "paymentMethod": v["paymentMethod"],
        "cashAccount": v["cashAccount"],
        "currency": desk.ref("Currency", v["currency"], "id"),
        "description": v.get("description") or "",
        "paymentAmount": amount(v["total"]),
        "balance": amount(rest if v["status"] == "Open" else ZERO),
        "unappliedBalance": amount(rest),
        "appliedAmount": amount(v["total"] - rest),
        "released": v["status"] not in ("Hold", "Balanced"),
        "lastModifiedDateTime": desk.stamp(row.modified),
        "branch": v["branch"],
        "paymentLines": [_line(desk, row, line) for line in row.lines],
        "timeStamp": row.stamp,
        "errorInfo": "",
    }


def _line(desk: Desk, row: Record, line: Values) -> Values:
    invoice = _paid(desk, line)
    return {
        "branch": row["branch"],
        "docType": line["documentType"],
        "invoiceRefNbr": line["refNbr"],
        "amountPaid": amount(-line["amountPaid"] if row["type"] == VOID else line["amountPaid"]),
        "cashDiscountTaken": amount(ZERO),
        "applicationPeriod": row["period"],
        "date": day(row["applicationDate"]),
        "dueDate": day(invoice["dueDate"]) if invoice else None,
        "balance": amount(invoice["balance"] if invoice else ZERO),
        "currency": row["currency"],
        "supplierRef": invoice["supplierReference"] if invoice else None,
    }


class _Payments(Entity, frozen=True, kw_only=True):
    """Keyed by type and number; a number alone means the type Payment."""

    def get(self, desk: Desk, key: str) -> Record:
        return super().get(desk, key if " " in key else f"{PAYMENT} {key}")


PAYMENTS = _Payments(
    path="/v1/supplierPayment",
    kind="Payment",
    noun="payment",
    show=show,
    keep=keep,
    fields=FIELDS,
    create=create,
    apply=apply,
)
