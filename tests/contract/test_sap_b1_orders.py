"""Purchase orders, receipts and credit notes of the SAP Business One sandbox, and copying from one to another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sap_b1_books import COSTS, MATERIALS, PAYABLES, VENDOR, balance, book, document, entry, line, sides
from sap_b1_over_http import Instance, error, instance

ORDERS, INVOICES, CREDITS = "PurchaseOrders", "PurchaseInvoices", "PurchaseCreditNotes"
UNCHANGED = (400, "-1029", "Field cannot be updated (ODBC -1029)")


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance("small") as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def order(b1: Instance, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return b1.saved(ORDERS, document(*(lines or (line(100), line(50))), **more))


def read(b1: Instance, name: str, row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = b1.get(f"{name}({row['DocEntry']})").json()
    return found


def copied(row: dict[str, Any], at: int, base_type: int = 22, **more: Any) -> dict[str, Any]:
    return {"BaseType": base_type, "BaseEntry": row["DocEntry"], "BaseLine": at} | more


def test_an_order_posts_nothing_and_needs_a_delivery_date(b1: Instance) -> None:
    entries = len(b1.rows("JournalEntries", select="JdtNum"))
    row = order(b1)
    assert (row["TransNum"], row["DocTotal"], row["DocumentStatus"]) == (None, 150.0, "bost_Open")
    assert len(b1.rows("JournalEntries", select="JdtNum")) == entries
    body = document(line(1))
    del body["DocDueDate"]
    assert error(b1.post(ORDERS, body))[1] == "-5002"
    assert "[OPOR.DocDueDate]" in error(b1.post(ORDERS, body))[2]
    assert error(b1.call("DELETE", f"{ORDERS}({row['DocEntry']})"))[1] == "-5006"


def test_lines_of_an_open_order_are_changed_added_and_removed(b1: Instance) -> None:
    row = order(b1)
    path = f"{ORDERS}({row['DocEntry']})"
    change = {"DocumentLines": [{"LineNum": 1, "LineTotal": 75, "AccountCode": MATERIALS}, line(5)]}
    assert b1.patch(path, change).status_code == 204
    changed = read(b1, ORDERS, row)
    assert [(one["LineNum"], one["AccountCode"], one["LineTotal"]) for one in changed["DocumentLines"]] == [
        (0, COSTS, 100.0),
        (1, MATERIALS, 75.0),
        (2, COSTS, 5.0),
    ]
    assert (changed["DocTotal"], changed["DataVersion"], changed["DocNum"]) == (180.0, 2, row["DocNum"])
    kept = {"DocumentLines": [{"LineNum": 1}, line(9)]}
    replacing = {"B1S-ReplaceCollectionsOnPatch": "true"}
    wrong = b1.call("PATCH", path, {"DocumentLines": [line(1, AccountCode="99999")]}, headers=replacing)
    assert "[POR1.AcctCode][line: 1]" in error(wrong)[2]
    assert b1.patch(path, {"DocumentLines": [line(9)]}, headers=replacing).status_code == 204
    assert read(b1, ORDERS, row)["DocTotal"] == 9.0
    assert error(b1.patch(path, kept | {"CardCode": "V10002"})) == UNCHANGED


def test_a_new_line_of_an_order_may_be_priced_either_way(b1: Instance) -> None:
    row = order(b1)
    b1.patch(f"{ORDERS}({row['DocEntry']})", {"DocumentLines": [line(None, UnitPrice=7), line(8)]})
    b1.patch(f"{ORDERS}({row['DocEntry']})", {"DocumentLines": [{"LineNum": 0, "UnitPrice": 60}]})
    assert [one["LineTotal"] for one in read(b1, ORDERS, row)["DocumentLines"]] == [60.0, 50.0, 7.0, 8.0]
    items = document({"ItemCode": "SUBWORK", "Quantity": 2, "UnitPrice": 5}, DocType="dDocument_Items")
    bought = b1.saved(ORDERS, items)
    added = {"ItemCode": "SUBWORK", "Quantity": 2, "LineTotal": 9}
    b1.patch(f"{ORDERS}({bought['DocEntry']})", {"DocumentLines": [added, {"LineNum": 0, "Quantity": 3}]})
    assert [one["LineTotal"] for one in read(b1, ORDERS, bought)["DocumentLines"]] == [15.0, 9.0]


def test_an_invoice_copied_from_an_order_takes_its_coding_and_closes_it(b1: Instance) -> None:
    row = order(b1, line(100, CostingCode="PC-0300"), line(50, CostingCode="OFFICE"))
    part = b1.saved(INVOICES, document(copied(row, 0, LineTotal=60)))
    assert [(one["CostingCode"], one["LineTotal"]) for one in part["DocumentLines"]] == [("PC-0300", 60.0)]
    left = read(b1, ORDERS, row)
    assert (left["DocumentLines"][0]["OpenAmount"], left["DocumentStatus"]) == (40.0, "bost_Open")
    rest = b1.saved(INVOICES, document(copied(row, 0), copied(row, 1)))
    assert [one["LineTotal"] for one in rest["DocumentLines"]] == [40.0, 50.0]
    closed = read(b1, ORDERS, row)
    assert {one["LineStatus"] for one in closed["DocumentLines"]} == {"bost_Close"}
    assert closed["DocumentStatus"] == "bost_Close"
    status, code, text = error(b1.post(INVOICES, document(copied(row, 0, LineTotal=1))))
    assert (status, code) == (400, "-5002")
    assert "closed" in text
    assert b1.call("POST", f"{INVOICES}({rest['DocEntry']})/Cancel").status_code == 204
    again = read(b1, ORDERS, row)
    assert [one["OpenAmount"] for one in again["DocumentLines"]] == [40.0, 50.0]
    assert again["DocumentStatus"] == "bost_Open"


def test_a_wrong_base_is_refused_and_leaves_no_trace(b1: Instance) -> None:
    row = order(b1)
    before = b1.control.get("/state").json()
    assert error(b1.post(INVOICES, document(copied(row, 9))))[:2] == (400, "-2028")
    assert error(b1.post(INVOICES, document(copied({"DocEntry": 999}, 0))))[:2] == (400, "-2028")
    assert error(b1.post(INVOICES, document(copied(row, 0), CardCode="V10002")))[:2] == (400, "-5002")
    assert error(b1.post(INVOICES, document(copied(row, 0, base_type=18))))[:2] == (400, "-5002")
    assert error(b1.post(CREDITS, document(copied(row, 0))))[:2] == (400, "-5002")
    assert b1.control.get("/state").json() == before


def test_what_was_copied_stays_in_the_order(b1: Instance) -> None:
    row = order(b1)
    b1.saved(INVOICES, document(copied(row, 0, LineTotal=60), copied(row, 1)))
    path = f"{ORDERS}({row['DocEntry']})"
    assert error(b1.patch(path, {"DocumentLines": [{"LineNum": 0, "LineTotal": 60}]})) == UNCHANGED
    assert error(b1.patch(path, {"DocumentLines": [{"LineNum": 1, "LineTotal": 60}]})) == UNCHANGED
    assert error(b1.call("POST", f"{path}/Cancel"))[0] == 400
    assert b1.patch(path, {"DocumentLines": [{"LineNum": 0, "LineTotal": 80}]}).status_code == 204
    assert [one["OpenAmount"] for one in read(b1, ORDERS, row)["DocumentLines"]] == [20.0, 0]


def test_orders_are_closed_reopened_and_cancelled(b1: Instance) -> None:
    row = order(b1)
    path = f"{ORDERS}({row['DocEntry']})"
    assert error(b1.call("POST", f"{path}/Reopen"))[0] == 400
    assert b1.call("POST", f"{path}/Close").status_code == 204
    assert error(b1.call("POST", f"{path}/Close"))[0] == 400
    assert error(b1.post(INVOICES, document(copied(row, 0))))[1] == "-5002"
    assert error(b1.patch(path, {"DocumentLines": [{"LineNum": 0, "LineTotal": 1}]})) == UNCHANGED
    assert b1.patch(path, {"Comments": "closed by hand"}).status_code == 204
    assert b1.call("POST", f"{path}/Reopen").status_code == 204
    assert error(b1.call("POST", f"{path}/CreateCancellationDocument"))[1] == "-5006"
    assert b1.call("POST", f"{path}/Cancel").status_code == 204
    cancelled = read(b1, ORDERS, row)
    assert (cancelled["Cancelled"], cancelled["DocumentStatus"]) == ("tYES", "bost_Close")
    assert len([one for one in b1.rows(ORDERS) if one["DocEntry"] > row["DocEntry"]]) == 0
    assert error(b1.call("POST", f"{path}/Cancel"))[0] == 400
    assert error(b1.call("POST", f"{path}/Reopen"))[0] == 400


def test_a_credit_note_posts_the_opposite_and_settles_its_invoice(b1: Instance) -> None:
    invoice = b1.saved(INVOICES, document(line(100), line(50)))
    before = balance(b1, PAYABLES)
    credit = b1.saved(CREDITS, document(copied(invoice, 1, base_type=18)))
    assert sides(entry(b1, credit["TransNum"])) == [(COSTS, COSTS, 0, 50.0), (PAYABLES, VENDOR, 50.0, 0)]
    assert (credit["DocumentStatus"], balance(b1, PAYABLES) - before) == ("bost_Close", 50)
    assert (read(b1, INVOICES, invoice)["PaidToDate"], book(b1, "credit_note", credit["DocNum"])["total"]) == (
        50,
        "50.00",
    )
    assert error(b1.call("POST", f"{INVOICES}({invoice['DocEntry']})/Cancel"))[0] == 400
    assert error(b1.post(CREDITS, document(copied(invoice, 0, base_type=18, LineTotal=101))))[0] == 400
    assert b1.call("POST", f"{CREDITS}({credit['DocEntry']})/Cancel").status_code == 204
    assert read(b1, INVOICES, invoice)["PaidToDate"] == 0
    assert b1.call("POST", f"{INVOICES}({invoice['DocEntry']})/Cancel").status_code == 204


def test_a_free_credit_note_stays_open(b1: Instance) -> None:
    credit = b1.saved(CREDITS, document(line(30)))
    assert (credit["DocumentStatus"], entry(b1, credit["TransNum"])["OriginalJournal"]) == (
        "bost_Open",
        "ttAPCreditNote",
    )


def test_people_key_edit_and_void_orders(b1: Instance) -> None:
    lines = [{"account": COSTS, "amount": "10", "profit_center": "PC-0300"}]
    keyed = b1.act(
        "key_document",
        kind="order",
        vendor=VENDOR,
        num_at_card="SC-9",
        date="2026-01-15",
        due_date="2026-02-15",
        lines=lines,
    )
    b1.act("edit", kind="order", number=keyed["number"], line=0, amount="12.5", comments="more")
    assert book(b1, "order", keyed["number"])["total"] == "12.50"
    based = [{"base_number": keyed["number"]}]
    invoice = b1.act("key_document", vendor=VENDOR, date="2026-01-20", lines=based)
    assert invoice["total"] == "12.50"
    assert book(b1, "order", keyed["number"])["status"] == "bost_Close"
    refused = b1.control.post("/act", json={"action": "void", "kind": "order", "number": keyed["number"]})
    assert refused.status_code == 409
    assert b1.act("void", number=invoice["number"])["cancelled"] == "csYes"
    assert b1.act("void", kind="order", number=keyed["number"])["cancelled"] == "csYes"
