"""What happens to supplier invoices after entry: release, prebook, reversal, void, write-off, payment."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.visma_net import ledger, numbering, periods
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_links, invoices, orders, suppliers
from ml_connector.sandbox.visma_net.errors import rule, stop_at
from ml_connector.sandbox.visma_net.records import Record, Values

_NEGATIVE: Final = ("DebitAdj", "Refund")
_WAITING: Final = ("SentToApproval", "ReceivedByApproval", "InProgressApproval", "RejectedInApproval")


def release(desk: Desk, row: Record) -> None:
    """Balanced or prebooked: post it, and let it be open. Raises Refused."""
    _need(row, "released", "Balanced", "Prebooked")
    if row["approvalStatus"] in _WAITING:
        raise rule(f"The document {row['referenceNumber']} cannot be released: it is not approved.")
    problems: list[str] = []
    periods.check(desk, row["period"], "SupplierLedger", problems)
    suppliers.check(desk, row["supplierNumber"], problems)
    stop_at(problems, "releasing the supplier invoice")
    post_release(desk, row)


def post_release(desk: Desk, row: Record) -> None:
    """The postings of a release and what follows from it, unchecked."""
    if row["status"] == "Prebooked":
        _post(
            desk,
            row,
            [{"account": desk.company.set_up.prebook, "amount": -_sign(row) * row["total"]}, *_costs(desk, row)],
        )
    else:
        _post(desk, row, entries(desk, row))
    invoice_links.bill(desk, row, _sign(row))
    orders.follow_billing(desk, row)
    row["status"] = "Open" if row["balance"] else "Closed"
    desk.company.touch(row)


def entries(desk: Desk, row: Record) -> list[Values]:
    """What the release posts: costs and VAT against the payable account, debits positive."""
    supplier = desk.find("Supplier", row["supplierNumber"])
    accounts = (supplier["glAccounts"] if supplier else None) or {}
    payable = accounts.get("supplierAccount") or desk.company.set_up.payables
    return [*_costs(desk, row), {"account": payable, "amount": -_sign(row) * row["total"]}]


def _costs(desk: Desk, row: Record) -> list[Values]:
    sign = _sign(row)
    coded = ("account", "subaccount", "project", "task", "inventory", "quantity", "uom", "transactionDescription")
    found = [{name: line.get(name) for name in coded} | {"amount": sign * line["cost"]} for line in row.lines]
    vat = sign * row["vatTotal"]
    if row["taxCalculationMode"] == "Gross" and found:
        _take_out_vat(desk, row, found, vat)
    found.append({"account": desk.company.set_up.input_vat, "amount": vat})
    found.append({"account": desk.company.set_up.write_off, "amount": sign * (row["roundingDiff"] or ZERO)})
    return found


def _take_out_vat(desk: Desk, row: Record, costs: list[Values], vat: Decimal) -> None:
    """Lines that hold their VAT cost what is left of them; what rounding leaves over is the largest line's."""
    for line, cost in zip(row.lines, costs, strict=True):
        code = desk.find("Vat", line.get("vatCodeId"))
        rate = Decimal(code["rate"]) if code else ZERO
        share = desk.company.money(cost["amount"] * rate / (100 + rate), row["currencyId"])
        cost["amount"], vat = cost["amount"] - share, vat - share
    max(costs, key=_size)["amount"] -= vat


def _size(one: Values) -> Decimal:
    return abs(Decimal(one["amount"]))


def _sign(row: Record) -> int:
    return -1 if row["documentType"] in _NEGATIVE else 1


def _post(desk: Desk, row: Record, lines: list[Values]) -> None:
    batch = ledger.post(
        desk,
        ledger.Posting(
            day=row["date"],
            period=row["period"],
            text=row["description"] or "",
            currency=row["currencyId"],
            rate=row["exchangeRate"],
            branch=row["branchNumber"],
            party=row["supplierNumber"],
            reference=row["referenceNumber"],
            kind=row["documentType"],
            lines=lines,
        ),
    )
    row["batch"] = batch["batchNumber"] if batch else None


def prebook(desk: Desk, row: Record) -> None:
    """The whole amount goes to the prebooking account until the release. Raises Refused."""
    _need(row, "prebooked", "Balanced")
    problems: list[str] = []
    periods.check(desk, row["period"], "SupplierLedger", problems)
    stop_at(problems, "prebooking the supplier invoice")
    payable = entries(desk, row)[-1]
    _post(desk, row, [{"account": desk.company.set_up.prebook, "amount": -payable["amount"]}, payable])
    row["status"] = "Prebooked"
    desk.company.touch(row)


def void(desk: Desk, row: Record) -> None:
    """A prebooked document is taken back. Raises Refused."""
    _need(row, "voided", "Prebooked")
    payable = entries(desk, row)[-1]
    _post(
        desk,
        row,
        [
            {"account": desk.company.set_up.prebook, "amount": payable["amount"]},
            {**payable, "amount": -payable["amount"]},
        ],
    )
    row["status"], row["balance"] = "Voided", ZERO
    desk.company.touch(row)


def reverse(desk: Desk, row: Record) -> Record:
    """A balanced document of the opposite type with the same lines, dated today. Raises Refused."""
    _need(row, "reversed", "Open", "Closed")
    kinds = {"Invoice": "DebitAdj", "CreditAdj": "DebitAdj", "DebitAdj": "CreditAdj"}
    if row["documentType"] not in kinds:
        raise rule(f"A document of the type {row['documentType']} cannot be reversed.")
    draft = row.draft()
    draft.key = ""
    today = desk.company.today()
    problems: list[str] = []
    draft.values |= {"documentType": kinds[row["documentType"]], "status": "Balanced", "date": today, "dueDate": today}
    draft.values |= {"period": periods.of_day(desk, today), "balance": row["total"], "reverses": row.key, "batch": None}
    draft.values |= {"approvalStatus": "New", "attachments": []}
    periods.check(desk, draft["period"], "SupplierLedger", problems)
    stop_at(problems, "reversing the supplier invoice")
    made = invoices.add(desk, draft, numbering.free(desk, "invoice", "Invoice", f"{draft['documentType']} "))
    row["reversed_by"] = made["referenceNumber"]
    desk.company.touch(row)
    return made


def write_off(desk: Desk, row: Record) -> None:
    """What is left to pay goes to the write-off account. Raises Refused."""
    _need(row, "written off", "Open")
    payable = entries(desk, row)[-1]["account"]
    left = _sign(row) * row["balance"]
    kept = row["batch"]
    _post(
        desk, row, [{"account": payable, "amount": left}, {"account": desk.company.set_up.write_off, "amount": -left}]
    )
    row["batch"] = kept
    settle(desk, row, row["balance"])


def send_to_approval(desk: Desk, row: Record) -> None:
    """Raises Refused."""
    _need(row, "sent to approval", "Hold", "Balanced")
    row["approvalStatus"] = "SentToApproval"
    desk.company.touch(row)


def settle(desk: Desk, row: Record, paid: Decimal) -> None:
    """Take an amount (negative: give it back) off what is left to pay."""
    row["balance"] -= paid
    row["status"] = "Open" if row["balance"] else "Closed"
    desk.company.touch(row)


def delete(desk: Desk, row: Record) -> None:
    """Raises Refused for a released document."""
    _need(row, "deleted", "Hold", "Balanced")
    desk.company[row.kind].drop(row)


def _need(row: Record, doing: str, *statuses: str) -> None:
    if row["status"] not in statuses:
        raise rule(f"The document {row['referenceNumber']} cannot be {doing}: its status is {row['status']}.")
