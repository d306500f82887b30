"""Payments and adjustments over their whole life (vendors/acumatica.md §7.2, §8.2, §8.3)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from acumatica_over_http import ENDPOINT, Instance, bill_body, instance, line, retained, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


def check(erp: Instance, *applied: tuple[str, str, float], **changes: Any) -> dict[str, Any]:
    """A stored payment of (type, number, amount), off hold."""
    header = {"Type": "Payment", "Vendor": "V00001", "ApplicationDate": "2026-01-31", "Hold": False} | changes
    lines = [wrapped(DocType=kind, ReferenceNbr=number, AmountPaid=amount) for kind, number, amount in applied]
    return erp.saved("Check", {**wrapped(**header), "Details": lines}, expand="Details")


def released_check(erp: Instance, *applied: tuple[str, str, float], **changes: Any) -> str:
    made = check(erp, *applied, **changes)
    number: str = made["ReferenceNbr"]["value"]
    assert erp.run("Check", "ReleaseCheck", number, made["Type"]["value"]).status_code == 204
    return number


def bill(erp: Instance, number: str, kind: str = "Bill") -> tuple[str, float]:
    """Status and balance."""
    row = erp.record(f"Bill/{kind}/{number}")
    return row["Status"]["value"], row["Balance"]["value"]


def payable(erp: Instance) -> Decimal:
    """What the ledger owes to vendors."""
    lines = [row for batch in erp.rows("JournalTransaction", expand="Details") for row in batch["Details"]]
    amounts = (
        Decimal(str(row["CreditAmount"]["value"])) - Decimal(str(row["DebitAmount"]["value"]))
        for row in lines
        if row["Account"]["value"] == "20000"
    )
    return sum(amounts, Decimal(0))


def actual(erp: Instance) -> float:
    test = "ProjectID eq 'TOWER1' and CostCode eq '03-300' and AccountGroup eq 'SUBCON'"
    found = erp.rows("ProjectBudget", filter=test)
    value: float = found[0]["ActualAmount"]["value"]
    return value


# polling


def test_payments_are_polled_by_change_time_with_their_history(erp: Instance) -> None:
    number = erp.released()
    erp.order("/clock", {"advance_s": 60})
    since = erp.bill()["LastModifiedDateTime"]["value"].replace("+00:00", "%2B00:00")
    paid = released_check(erp, ("Bill", number, 1000))
    url = f"{ENDPOINT}/Check?$filter=LastModifiedDateTime ge datetimeoffset'{since}'&$expand=History&$top=10&$skip=0"
    rows = erp.http.get(url).json()
    assert [row["ReferenceNbr"]["value"] for row in rows] == [paid]
    assert [(item["ReferenceNbr"]["value"], item["AmountPaid"]["value"]) for item in rows[0]["History"]] == [
        (number, 1000.0)
    ]
    assert rows[0]["History"][0]["Balance"] == {"value": 250.5}


def test_a_bill_is_paid_in_parts(erp: Instance) -> None:
    number = erp.released()
    first = released_check(erp, ("Bill", number, 1000))
    assert bill(erp, number) == ("Open", 250.5)
    second = released_check(erp, ("Bill", number, 250.5))
    assert bill(erp, number) == ("Closed", 0.0)
    rows = erp.record(f"Bill/Bill/{number}", expand="Applications")["Applications"]
    assert [row["ReferenceNbr"]["value"] for row in rows] == [first, second]


def test_one_payment_pays_several_bills(erp: Instance) -> None:
    one, two = erp.released(), erp.released()
    paid = released_check(erp, ("Bill", one, 1250.5), ("Bill", two, 50))
    shown = erp.record(f"Check/Payment/{paid}", expand="History")
    assert (shown["PaymentAmount"]["value"], len(shown["History"])) == (1300.5, 2)
    assert (bill(erp, one), bill(erp, two)) == (("Closed", 0.0), ("Open", 1200.5))
    book = erp.book(paid, "Payment", "payment")
    assert [item["dimensions"]["document"] for item in book["lines"]] == [one, two]


# prepayments and rests


@pytest.mark.parametrize("kind", ["Payment", "Prepayment"])
def test_money_paid_in_advance_is_applied_later(erp: Instance, kind: str) -> None:
    paid = released_check(erp, Type=kind, PaymentAmount=2000)
    shown = erp.record(f"Check/{kind}/{paid}")
    assert (shown["Status"]["value"], shown["UnappliedBalance"]["value"]) == ("Open", 2000.0)
    owed = payable(erp)
    number = erp.released()
    lines = [wrapped(DocType="Bill", ReferenceNbr=number, AmountPaid=1250.5)]
    entered = erp.saved("Check", {"id": shown["id"], "Details": lines}, expand="Details")
    assert entered["UnappliedBalance"] == {"value": 749.5}
    assert bill(erp, number) == ("Open", 1250.5)
    assert erp.run("Check", "ReleaseCheck", paid, kind).status_code == 204
    assert bill(erp, number) == ("Closed", 0.0)
    assert erp.record(f"Check/{kind}/{paid}")["Status"] == {"value": "Open"}
    assert payable(erp) == owed + Decimal("1250.5")  # the application itself posts nothing
    too_much = {"id": shown["id"], "Details": [wrapped(ReferenceNbr=erp.released(), AmountPaid=800)]}
    assert "unapplied" in erp.put("Check", too_much).json()["UnappliedBalance"]["error"]


def test_a_released_payment_keeps_everything_else(erp: Instance) -> None:
    paid = released_check(erp, PaymentAmount=100)
    key = wrapped(Type="Payment", ReferenceNbr=paid)
    assert erp.put("Check", key | wrapped(PaymentAmount=200)).status_code == 500
    closed = released_check(erp, ("Bill", erp.released(), 10))
    assert erp.put("Check", wrapped(Type="Payment", ReferenceNbr=closed, Description="x")).status_code == 500


# void


def test_a_void_moves_balances_back_and_bumps_payment_and_bills(erp: Instance) -> None:
    number = erp.released()
    owed = payable(erp)
    paid = released_check(erp, ("Bill", number, 1000))
    stamps = [
        erp.record(path)["LastModifiedDateTime"]["value"] for path in (f"Check/Payment/{paid}", f"Bill/Bill/{number}")
    ]
    erp.order("/clock", {"advance_s": 60})
    assert erp.run("Check", "VoidCheck", paid, "Payment").status_code == 204
    assert bill(erp, number) == ("Open", 1250.5)
    assert payable(erp) == owed
    after = [
        erp.record(path)["LastModifiedDateTime"]["value"] for path in (f"Check/Payment/{paid}", f"Bill/Bill/{number}")
    ]
    assert all(new > old for new, old in zip(after, stamps, strict=True))
    rows = erp.rows("Check", filter=f"ReferenceNbr eq '{paid}'", expand="History")
    assert [(row["Type"]["value"], row["Status"]["value"]) for row in rows] == [
        ("Payment", "Voided"),
        ("Voided Payment", "Closed"),
    ]
    assert [row["History"][0]["AmountPaid"]["value"] for row in rows] == [1000.0, -1000.0]


def test_rows_of_a_voided_payment_are_gone_by_switch(erp: Instance) -> None:
    erp.switch(void_keeps_rows=False)
    number = erp.released()
    kept = released_check(erp, ("Bill", number, 200))
    paid = released_check(erp, ("Bill", number, 1000))
    erp.act("void_payment", number=paid)
    assert erp.record(f"Check/Payment/{paid}", expand="History")["History"] == []
    rows = erp.record(f"Bill/Bill/{number}", expand="Applications")["Applications"]
    assert [row["ReferenceNbr"]["value"] for row in rows] == [kept]
    assert bill(erp, number) == ("Open", 1050.5)


def test_a_void_that_is_entered_first_is_released_by_its_own_action(erp: Instance) -> None:
    erp.switch(void_check_released=False)
    number = erp.released()
    paid = released_check(erp, ("Bill", number, 1250.5))
    erp.run("Check", "VoidCheck", paid, "Payment")
    assert bill(erp, number) == ("Closed", 0.0)
    assert erp.run("Check", "ReleaseCheck", paid, "Voided Payment").status_code == 204
    assert bill(erp, number) == ("Open", 1250.5)
    assert erp.run("Check", "ReleaseCheck", paid, "Voided Payment").status_code == 500


def test_prepayments_are_voided_with_what_they_paid(erp: Instance) -> None:
    number = erp.released()
    paid = released_check(erp, ("Bill", number, 100), Type="Prepayment", PaymentAmount=300)
    assert erp.run("Check", "VoidCheck", paid, "Prepayment").status_code == 204
    assert bill(erp, number) == ("Open", 1250.5)
    assert erp.record(f"Check/Voided Payment/{paid}")["PaymentAmount"] == {"value": -300.0}


def test_a_payment_is_not_voided_into_a_closed_period(erp: Instance) -> None:
    number = erp.released()
    paid = released_check(erp, ("Bill", number, 100))
    today = erp.control.get("/clock").json()["now"][:7]
    erp.act("close_period", period=today)
    assert erp.run("Check", "VoidCheck", paid, "Payment").json()["exceptionMessage"] == "'Post Period' cannot be empty."
    assert bill(erp, number) == ("Open", 1150.5)
    assert erp.get(f"Check/Voided Payment/{paid}").status_code == 500


# approval and printing


def test_payments_wait_for_approval_and_printing_by_switch(erp: Instance) -> None:
    erp.switch(check_approval=True, print_checks=True)
    number = erp.released()
    made = check(erp, ("Bill", number, 100))
    paid = made["ReferenceNbr"]["value"]
    assert made["Status"] == {"value": "Pending Approval"}
    assert erp.run("Check", "ReleaseCheck", paid, "Payment").status_code == 500
    assert erp.act("approve_payment", number=paid)["status"] == "Pending Print"
    assert erp.run("Check", "ReleaseCheck", paid, "Payment").status_code == 500
    assert erp.start("Check", "PrintCheck", paid, "Payment").status_code == 204
    assert erp.record(f"Check/Payment/{paid}")["Status"] == {"value": "Printed"}
    assert erp.run("Check", "ReleaseCheck", paid, "Payment").status_code == 204
    other = check(erp, ("Bill", number, 100))["ReferenceNbr"]["value"]
    assert erp.act("reject_payment", number=other)["status"] == "Rejected"
    held = erp.saved("Check", wrapped(Type="Payment", ReferenceNbr=other, Hold=True))
    assert held["Status"] == {"value": "On Hold"}
    assert erp.saved("Check", {"id": held["id"], **wrapped(Hold=False)})["Status"] == {"value": "Pending Approval"}


# debit and credit adjustments


def adjustment(erp: Instance, amount: float, kind: str = "Debit Adj.", **changes: Any) -> str:
    """The number of a released adjustment."""
    number: str = erp.bill(Type=kind, Details=[line(ExtendedCost=amount)], **changes)["ReferenceNbr"]["value"]
    erp.release(number, kind)
    return number


def test_a_debit_adjustment_lowers_cost_and_what_is_owed(erp: Instance) -> None:
    number = erp.released()
    owed, spent = payable(erp), actual(erp)
    made = adjustment(erp, 200)
    assert bill(erp, made, "Debit Adj.") == ("Open", 200.0)
    assert (payable(erp), actual(erp)) == (owed - 200, spent - 200)
    assert bill(erp, number) == ("Open", 1250.5)
    assert erp.book(number)["reversed_by"] is None
    lines = erp.book(made, "Debit Adj.")["lines"]
    assert [(row["account"], row["debit"], row["credit"]) for row in lines] == [
        ("54000", "0", "200.00"),
        ("20000", "200.00", "0"),
    ]


def test_a_debit_adjustment_is_applied_by_its_applications(erp: Instance) -> None:
    number, made = erp.released(), adjustment(erp, 200)
    owed = payable(erp)
    wanted = [wrapped(DocType="Bill", ReferenceNbr=number, AmountPaid=150)]
    erp.saved("Bill", {**wrapped(Type="Debit Adj.", ReferenceNbr=made), "Applications": wanted})
    assert (bill(erp, number), bill(erp, made, "Debit Adj.")) == (("Open", 1100.5), ("Open", 50.0))
    assert payable(erp) == owed
    paid_by = erp.record(f"Bill/Bill/{number}", expand="Applications")["Applications"]
    assert [(row["DocType"]["value"], row["AmountPaid"]["value"]) for row in paid_by] == [("Debit Adj.", 150.0)]
    applied = erp.record(f"Bill/Debit Adj./{made}", expand="Applications")["Applications"]
    assert [(row["DocType"]["value"], row["Balance"]["value"]) for row in applied] == [("Bill", 1100.5)]
    too_much = [wrapped(DocType="Bill", ReferenceNbr=number, AmountPaid=51)]
    refused = erp.put("Bill", {**wrapped(Type="Debit Adj.", ReferenceNbr=made), "Applications": too_much})
    assert "not more than" in refused.json()["Applications"][1]["AmountPaid"]["error"]
    assert erp.act("apply", number=made, to=number)["status"] == "Closed"
    assert bill(erp, number) == ("Open", 1050.5)


def test_applications_of_an_unreleased_adjustment_wait_for_its_release(erp: Instance) -> None:
    number = erp.released()
    wanted = [wrapped(DocType="Bill", ReferenceNbr=number, AmountPaid=80)]
    body = bill_body(Type="Debit Adj.", Details=[line(ExtendedCost=100)], Applications=wanted)
    made = erp.saved("Bill", body)["ReferenceNbr"]["value"]
    assert bill(erp, number) == ("Open", 1250.5)
    erp.release(made, "Debit Adj.")
    assert (bill(erp, number), bill(erp, made, "Debit Adj.")) == (("Open", 1170.5), ("Open", 20.0))


def test_applications_sent_for_a_bill_are_ignored(erp: Instance) -> None:
    number, other = erp.released(), erp.released()
    wanted = [wrapped(DocType="Bill", ReferenceNbr=other, AmountPaid=80)]
    erp.saved("Bill", {**wrapped(Type="Bill", ReferenceNbr=number), "Applications": wanted})
    assert erp.record(f"Bill/Bill/{number}", expand="Applications")["Applications"] == []
    assert bill(erp, other) == ("Open", 1250.5)


def test_a_payment_nets_a_debit_adjustment_and_a_refund_brings_one_back(erp: Instance) -> None:
    number, made = erp.released(), adjustment(erp, 200)
    paid = released_check(erp, ("Bill", number, 1250.5), ("Debit Adj.", made, 150))
    assert erp.record(f"Check/Payment/{paid}")["PaymentAmount"] == {"value": 1100.5}
    assert (bill(erp, number), bill(erp, made, "Debit Adj.")) == (("Closed", 0.0), ("Open", 50.0))
    owed = payable(erp)
    refund = released_check(erp, ("Debit Adj.", made, 50), Type="Refund")
    assert bill(erp, made, "Debit Adj.") == ("Closed", 0.0)
    assert payable(erp) == owed + 50
    assert erp.run("Check", "VoidCheck", refund, "Refund").status_code == 204
    assert erp.record(f"Check/Voided Refund/{refund}")["Status"] == {"value": "Closed"}
    assert (bill(erp, made, "Debit Adj."), payable(erp)) == (("Open", 50.0), owed)
    wrong = {**wrapped(Type="Refund", Vendor="V00001"), "Details": [wrapped(DocType="Bill", ReferenceNbr=number)]}
    assert erp.put("Check", wrong).json()["Details"][0]["DocType"]["error"] == "'Bill' is not allowed."


def test_a_credit_adjustment_is_owed_like_a_bill(erp: Instance) -> None:
    owed = payable(erp)
    made = adjustment(erp, 75, "Credit Adj.")
    assert payable(erp) == owed + 75
    released_check(erp, ("Credit Adj.", made, 75))
    assert bill(erp, made, "Credit Adj.") == ("Closed", 0.0)


# reversal


def test_a_reversal_takes_ledger_and_budget_back(erp: Instance) -> None:
    owed, spent = payable(erp), actual(erp)
    number = erp.released(Details=[retained(line(ExtendedCost=1000), 100)])
    assert actual(erp) == spent + 1000
    made = erp.act("reverse", number=number)["number"]
    assert (payable(erp), actual(erp)) == (owed, spent)
    assert erp.book(number)["reversed_by"] == made
    shown = erp.record(f"Bill/Bill/{number}", custom="Document.CuryRetainageUnreleasedAmt")
    assert shown["custom"]["Document"]["CuryRetainageUnreleasedAmt"]["value"] == 0.0


def test_a_reversal_of_a_partly_paid_bill_leaves_the_rest_on_the_adjustment(erp: Instance) -> None:
    number = erp.released()
    paid = released_check(erp, ("Bill", number, 1000))
    made = erp.act("reverse", number=number)["number"]
    assert bill(erp, number) == ("Closed", 0.0)
    assert bill(erp, made, "Debit Adj.") == ("Open", 1000.0)
    erp.act("void_payment", number=paid)
    assert bill(erp, number) == ("Open", 1000.0)
    erp.act("apply", number=made, to=number)
    assert (bill(erp, number), bill(erp, made, "Debit Adj.")) == (("Closed", 0.0), ("Closed", 0.0))


def test_a_reversal_into_a_closed_period_is_refused(erp: Instance) -> None:
    number = erp.released()
    today = erp.control.get("/clock").json()["now"][:7]
    erp.act("close_period", period=today)
    assert erp.run("Bill", "ReverseBill", number).json()["exceptionMessage"] == "'Post Period' cannot be empty."
    assert erp.rows("Bill", filter="Type eq 'Debit Adj.'") == []
    body = {"entity": wrapped(Type="Bill", ReferenceNbr=number)}
    dated = erp.http.post(f"{ENDPOINT}/Bill/ReverseBill", json=body, headers={"PX-CbApiBusinessDate": "2026-01-31"})
    assert erp.poll(dated).status_code == 204
    assert erp.rows("Bill", filter="Type eq 'Debit Adj.'")[0]["PostPeriod"] == {"value": "012026"}


def test_a_deleted_reversal_leaves_the_bill_to_be_reversed_again(erp: Instance) -> None:
    number = erp.released()
    assert erp.run("Bill", "ReverseBill", number).status_code == 204
    made = erp.rows("Bill", filter="Type eq 'Debit Adj.'")[0]
    assert erp.http.delete(f"{ENDPOINT}/Bill/{made['id']}").status_code == 204
    assert erp.book(number)["reversed_by"] is None
    assert erp.run("Bill", "ReverseBill", number).status_code == 204


def test_a_reversal_relieves_the_order_line_again(erp: Instance) -> None:
    link = wrapped(POOrderType="Subcontract", POOrderNbr="SC000001", POLine=1)
    first = erp.bill(Details=[link])["Amount"]["value"]
    number = erp.released(Details=[link | wrapped(ExtendedCost=500)])
    assert erp.bill(Details=[link])["Amount"]["value"] == first - 500
    erp.act("reverse", number=number)
    assert erp.bill(Details=[link])["Amount"]["value"] == first


# statuses that other screens lead to


@pytest.mark.parametrize("status", ["Scheduled", "Pre-Released", "Under Reclassification", "Voided"])
def test_bills_that_are_set_aside_are_neither_released_nor_paid(erp: Instance, status: str) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    assert erp.act("set_aside", number=number, status=status)["status"] == status
    assert status in erp.run("Bill", "ReleaseBill", number).json()["exceptionMessage"]
    lines = [wrapped(DocType="Bill", ReferenceNbr=number, AmountPaid=1)]
    assert erp.put("Check", {**wrapped(Vendor="V00001"), "Details": lines}).status_code == 422
    assert erp.act("set_aside", number=number)["status"] == "Balanced"
    erp.release(number)


# values that follow others


def test_defaults_of_a_bill_follow_vendor_and_date_only_when_these_change(erp: Instance) -> None:
    erp.act("edit_vendor", id="V00002", terms="10D")
    made = erp.bill(Date="2026-01-10", DueDate="2026-01-15")
    same = erp.saved("Bill", {"id": made["id"], **wrapped(Date="2026-01-10", DueDate="2026-01-20")})
    assert same["DueDate"]["value"][:10] == "2026-01-20"
    moved = erp.saved("Bill", {"id": made["id"], **wrapped(Date="2026-03-10", PostPeriod="012026")})
    assert (moved["DueDate"]["value"][:10], moved["PostPeriod"]["value"]) == ("2026-04-09", "032026")
    other = erp.saved("Bill", {"id": made["id"], **wrapped(Vendor="V00002", Terms="60D")})
    assert other["Terms"] == {"value": "10D"}
    patched = erp.http.patch(
        "/entity/Default/25.200.001/Bill", json={"id": made["id"], **wrapped(Date="2026-01-12", PostPeriod="032026")}
    )
    assert patched.json()["PostPeriod"] == {"value": "032026"}


def test_documents_in_another_currency_keep_it_and_its_precision(erp: Instance) -> None:
    assert erp.put("Bill", bill_body(CurrencyID="JPY")).json()["CurrencyID"]["error"]
    erp.saved("Currency", wrapped(CurrencyID="JPY", Description="Yen", DecimalPrecision=0))
    erp.saved("Vendor", wrapped(VendorID="V00002", CurrencyID="JPY"))
    made = erp.bill(Vendor="V00002", Details=[line(ExtendedCost=1000.5)])
    assert (made["CurrencyID"]["value"], made["Amount"]["value"]) == ("JPY", 1001.0)
    number = made["ReferenceNbr"]["value"]
    erp.release(number)
    body = {**wrapped(Vendor="V00002"), "Details": [wrapped(ReferenceNbr=number)]}
    assert "JPY" in erp.put("Check", body | wrapped(CurrencyID="USD")).json()["Details"][0]["ReferenceNbr"]["error"]
    assert erp.saved("Check", body)["CurrencyID"] == {"value": "JPY"}
    assert erp.saved("Subcontract", wrapped(VendorID="V00002"))["CurrencyID"] == {"value": "JPY"}


def test_an_advance_is_applied_after_its_own_period_is_closed(erp: Instance) -> None:
    paid = released_check(erp, Type="Prepayment", PaymentAmount=100)
    number = erp.released()
    erp.act("close_period", period="2026-01")
    assert erp.act("pay", number=number, amount=60, payment=paid)["balance"] == "1190.50"
