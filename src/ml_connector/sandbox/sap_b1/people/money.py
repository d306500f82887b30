"""What people do with payments, periods, rates and precision."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.sap_b1.declared.enums import DECIMALS, PERIOD_STATUS
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.people.work import (
    Office,
    Order,
    Work,
    act,
    amount,
    day,
    document,
    texts,
    told,
    whole,
)
from ml_connector.sandbox.sap_b1.rules import periods

_PAY = {
    "number": "DocNum of the invoice",
    "amount?": "what is open unless given; less leaves the invoice open",
    "date?": "YYYY-MM-DD, today unless given",
    "reference?": "number of the transfer",
}
_PERIOD = {"period": "YYYY-MM", "status?": f"another PeriodStatus: {', '.join(PERIOD_STATUS.members)}"}
_PRECISION = {
    "totals?": "decimals of amounts (TotalsAccuracy)",
    "prices?": "decimals of prices (PriceAccuracy)",
    "currency?": "a currency whose own decimals change",
    "decimals?": "its decimals, 0 to 6; null: those of the company",
}


def acts(office: Office) -> dict[str, Act]:
    """The acts by name."""
    return {
        "pay": act(office, "pay an invoice by bank transfer", _PAY, _pay),
        "void_payment": act(office, "cancel a payment", {"number": "DocNum of the payment"}, _void),
        "close_period": act(office, "lock a posting period", _PERIOD, _period("ltLocked")),
        "open_period": act(office, "unlock a posting period", _PERIOD, _period("ltUnlocked")),
        "set_precision": act(office, "change how many decimals amounts have", _PRECISION, _precision),
        "set_rate": act(
            office,
            "enter an exchange rate",
            {"currency": "its code", "rate": "in local currency; null takes it away", "date?": "all days unless given"},
            _rate,
        ),
    }


def _pay(office: Office, order: Order) -> object:
    invoice = document(office, order)
    paid = amount(order["amount"]) if "amount" in order else invoice["DocTotal"] - invoice["PaidToDate"]
    body: Row = {"CardCode": invoice["CardCode"], "TransferSum": paid}
    body |= texts(order, {"reference": "TransferReference"})
    body["PaymentInvoices"] = [{"DocEntry": invoice["DocEntry"], "SumApplied": paid}]
    if "date" in order:
        body["DocDate"] = body["TransferDate"] = day(order["date"])
    payment = office.sets["VendorPayments"].create(body)
    return told(document(office, order)) | {"payment": payment["DocNum"]}


def _void(office: Office, order: Order) -> object:
    found = office.desk.store["OVPM"].where(("DocNum",), whole(order["number"]))
    if not found:
        raise ActRefused(f"there is no payment {order['number']}")
    payments = office.sets["VendorPayments"]
    payments.actions["Cancel"](found[0]["DocEntry"], {})
    return {"payment": found[0]["DocNum"], "cancelled": payments.get(found[0]["DocEntry"])["Cancelled"]}


def _period(status: str) -> Work:
    def work(office: Office, order: Order) -> object:
        wanted = str(order.get("status", status))
        if wanted not in PERIOD_STATUS.members:
            raise ActRefused(f"there is no status {wanted!r}")
        row = periods.set_status(office.desk, str(order["period"]), wanted)
        if row is None:
            raise ActRefused(f"there is no period {order['period']}; write YYYY-MM")
        return {"period": row["PeriodCode"], "status": row["PeriodStatus"]}

    return work


def _precision(office: Office, order: Order) -> object:
    admin = office.desk.store.settings["admin"]
    for name, field in (("totals", "TotalsAccuracy"), ("prices", "PriceAccuracy")):
        if name in order:
            admin[field] = _digits(order[name])
    if "currency" in order:
        code = str(order["currency"])
        row = office.desk.store["OCRN"].find(code)
        if row is None:
            raise ActRefused(f"there is no currency {code}")
        wanted = "-1" if order.get("decimals") is None else str(_digits(order["decimals"]))
        member = next(name for name, value in DECIMALS.members.items() if value == wanted)
        office.desk.store["OCRN"].put(row | {"Decimals": member})
    return {name: admin[name] for name in ("TotalsAccuracy", "PriceAccuracy")}


def _digits(value: object) -> int:
    digits = whole(value)
    if not 0 <= digits <= 6:
        raise ActRefused("decimals are 0 to 6")
    return digits


def _rate(office: Office, order: Order) -> object:
    code = str(order["currency"])
    if office.desk.store["OCRN"].find(code) is None:
        raise ActRefused(f"there is no currency {code}")
    row = office.desk.store["ORTT"].find(code) or {"Currency": code, "Usual": None, "Days": {}}
    rate: Decimal | None = None if order["rate"] is None else amount(order["rate"])
    if "date" in order:
        row = row | {"Days": row["Days"] | {day(order["date"]).isoformat(): rate}}
    else:
        row = row | {"Usual": rate}
    office.desk.store["ORTT"].put(row)
    return {"currency": code, "rate": order["rate"]}
