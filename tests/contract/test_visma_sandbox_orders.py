"""Purchase orders and receipts of the Visma.net sandbox (vendors/visma_net.md §6.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from visma_over_http import ORDERS, Erp, erp, order, order_line, wrapped

RECEIPTS = "/v1/PurchaseReceipt"


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


def receipt(order_number: str, **line: Any) -> dict[str, Any]:
    values = {"poOrderNbr": order_number, "poOrderLineNbr": 1} | line
    return wrapped(date="2026-01-20T00:00:00", lines=[{"operation": "Insert", **wrapped(**values)}])


def test_an_order_is_read_under_other_names_than_it_is_written(visma: Erp) -> None:
    number = visma.order_of()
    row = visma.get(f"{ORDERS}/{number}")
    assert (row["orderNbr"], row["orderType"], row["status"], row["hold"]) == (number, "RegularOrder", "Open", False)
    assert (row["supplier"]["number"], row["supplier"]["internalId"]) == ("V00001", 801)
    assert (row["currency"], row["terms"]["id"], row["branch"]["number"]) == ("USD", "30", "1")
    assert row["orderTotal"] == row["lineTotal"] == row["openBalance"] == 250000
    line = row["lines"][0]
    assert (line["lineNbr"], line["lineType"], line["inventory"]["number"]) == (1, "NonStock", "SUBCON")
    assert (line["account"]["number"], line["project"]["id"], line["projectTask"]["id"]) == ("54000", "HARBOR1", "03")
    assert line["sub"]["subaccountNumber"] == "0001103-300"
    assert (line["amount"], line["extCost"], line["completed"], line["canceled"]) == (250000, 250000, False, False)


def test_the_lighter_twin_leaves_terms_and_open_amounts_out(visma: Erp) -> None:
    number = visma.create("/v1/purchaseorderbasic", order())
    row = visma.get(f"/v1/purchaseorderbasic/{number}")
    assert not {"terms", "openBalance", "supplierVatZone"} & row.keys()
    assert visma.get(f"{ORDERS}/{number}")["openBalance"] == 250000
    assert visma.changed(f"/v1/purchaseorderbasic/{number}", wrapped(description="Twin"))["description"] == "Twin"


def test_hold_and_approval(visma: Erp) -> None:
    path = f"{ORDERS}/{visma.order_of(hold=True)}"
    assert visma.get(path)["status"] == "Hold"
    assert visma.changed(path, wrapped(hold=False))["status"] == "Open"
    visma.switch(order_approval=True)
    path = f"{ORDERS}/{visma.order_of()}"
    assert visma.get(path)["status"] == "Balanced"
    visma.act("approve", document="order", number=path.rpartition("/")[2])
    assert visma.get(path)["status"] == "Open"
    rejected = visma.order_of()
    visma.act("reject", document="order", number=rejected)
    assert visma.get(f"{ORDERS}/{rejected}")["status"] == "Hold"


def test_an_order_without_hold_sent_is_on_hold(visma: Erp) -> None:
    assert visma.get(f"{ORDERS}/{visma.order_of(hold=None)}")["status"] == "Hold"


def test_lines_are_changed_by_their_number(visma: Erp) -> None:
    path = f"{ORDERS}/{visma.order_of()}"
    changes = [
        {"operation": "Update", **wrapped(lineNumber=1, unitCost=100, orderQty=3)},
        order_line(50, inventory=None, account="52000"),
    ]
    row = visma.changed(path, {"lines": changes})
    assert [(line["lineNbr"], line["amount"]) for line in row["lines"]] == [(1, 300), (2, 50)]
    assert row["lines"][1]["lineType"] == "Service"
    row = visma.changed(path, {"lines": [{"operation": "Delete", **wrapped(lineNumber=1)}]})
    assert [line["lineNbr"] for line in row["lines"]] == [2]
    assert visma.change(path, {"lines": [{"operation": "Delete", **wrapped(lineNumber=1)}]}).status_code == 400


def test_a_repeated_insert_doubles_the_line(visma: Erp) -> None:
    path = f"{ORDERS}/{visma.order_of()}"
    visma.changed(path, {"lines": [order_line(1)]})
    assert len(visma.changed(path, {"lines": [order_line(1)]})["lines"]) == 3


def test_completed_lines_close_the_order_and_cancelling_is_not_written(visma: Erp) -> None:
    path = f"{ORDERS}/{visma.order_of(lines=[order_line(1), order_line(2)])}"
    row = visma.changed(
        path, {"lines": [{"operation": "Update", **wrapped(lineNumber=1, completed=True, canceled=True)}]}
    )
    assert (row["lines"][0]["completed"], row["lines"][0]["canceled"], row["status"]) == (True, False, "Open")
    row = visma.changed(path, {"lines": [{"operation": "Update", **wrapped(lineNumber=2, completed=True)}]})
    assert row["status"] == "Closed"
    assert visma.change(path, wrapped(description="Late")).status_code == 400


def test_orders_without_project_and_blanket_orders_are_taken(visma: Erp) -> None:
    number = visma.order_of(orderType="StandardBlanket", lines=[order_line(1, project=None, projectTask=None)])
    row = visma.get(f"{ORDERS}/{number}")
    assert (row["orderType"], row["lines"][0]["project"]) == ("StandardBlanket", None)


def test_lines_of_text_count_nothing(visma: Erp) -> None:
    text = {"operation": "Insert", **wrapped(lineType="Description", lineDescription="Note well")}
    row = visma.get(f"{ORDERS}/{visma.order_of(lines=[order_line(10), text])}")
    assert (row["orderTotal"], row["lines"][1]["account"]) == (10, None)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"supplier": None}, "'Supplier' cannot be empty"),
        ({"supplier": "NOBODY"}, "NOBODY"),
        ({"lines": [order_line(inventory="NONE")]}, "Inventory ID 'NONE'"),
        ({"lines": [order_line(inventory=None)]}, "'Account' cannot be empty"),
        ({"lines": [order_line(project="NOWHERE")]}, "NOWHERE"),
        ({"lines": [order_line(taxCategory="77")]}, "'77'"),
        ({"terms": "7"}, "'7'"),
        ({"controlTotal": 7}, "control total"),
    ],
)
def test_what_is_refused(visma: Erp, changes: dict[str, Any], word: str) -> None:
    assert word in visma.refused(ORDERS, order(**changes))


def test_a_supplier_on_hold(visma: Erp) -> None:
    visma.act("edit_supplier", number="V00001", status="OnHold")
    assert "on hold" in visma.refused(ORDERS, order())
    visma.switch(on_hold_supplier="take")
    visma.order_of()


def test_vat_of_orders_comes_from_categories(visma: Erp) -> None:
    row = visma.get(f"{ORDERS}/{visma.order_of(lines=[order_line(1000, taxCategory='01'), order_line(10)])}")
    assert (row["taxTotal"], row["orderTotal"], row["vatExemptTotal"]) == (250, 1260, 10)
    assert row["taxDetails"][0]["vatId"] == {"number": "1", "description": "Input VAT, high rate"}


def test_plain_amounts_are_in_order_currency(visma: Erp) -> None:
    row = visma.get(f"{ORDERS}/{visma.order_of(currency='EUR', lines=[order_line(100)])}")
    assert (row["orderTotal"], row["orderTotalInBaseCurrency"]) == (100, 115)
    assert (row["lines"][0]["unitCost"], row["lines"][0]["unitCostInBaseCurrency"]) == (100, 115)


def test_fields_of_ones_own_come_on_request(visma: Erp) -> None:
    number = visma.order_of(customStr1="T-7", customDec1=1.5, customInt1=3)
    assert "customStr1" not in next(row for row in visma.rows(ORDERS) if row["orderNbr"] == number)
    rows = visma.rows(ORDERS, includeCustomFreeFields="true")
    row = next(one for one in rows if one["orderNbr"] == number)
    assert (row["customStr1"], row["customDec1"], row["customInt1"]) == ("T-7", 1.5, 3)


def test_own_numbers_are_written_as_order_number(visma: Erp) -> None:
    assert visma.order_of(orderNumber="PO-1", overrideNumberSeries=True) == "PO-1"
    assert "already exists" in visma.refused(ORDERS, order(orderNumber="PO-1", overrideNumberSeries=True))
    assert visma.http.delete(f"{ORDERS}/PO-1").status_code == 405


# receipts


def test_receipts_complete_lines_and_close_the_order(visma: Erp) -> None:
    number = visma.order_of(lines=[order_line(10, orderQty=4), order_line(7)])
    made = visma.create(RECEIPTS, receipt(number, receiptQty=3))
    row = visma.get(f"{RECEIPTS}/{made}")
    assert (row["status"], row["totalQty"], row["totalAmt"]) == ("Balanced", 3, 30)
    assert (row["lines"][0]["poOrderNbr"], row["lines"][0]["poOrderLineNbr"]) == (number, 1)
    visma.release(f"{RECEIPTS}/{made}")
    order_row = visma.get(f"{ORDERS}/{number}")
    assert (order_row["lines"][0]["qtyOnReceipts"], order_row["lines"][0]["receivedAmt"]) == (3, 30)
    assert (order_row["openQuantity"], order_row["openBalance"]) == (2, 17)
    assert order_row["purchaseReceipts"][0]["receiptNumber"] == made
    answer = visma.http.post(f"{ORDERS}/{number}/action/createpurchasereceipt", json={})
    assert answer.json()["actionResult"] == "Done"
    second = visma.rows("/v2/PurchaseReceipt", poOrderNbr=number)[-1]
    assert [line["receiptQty"] for line in second["lines"]] == [1, 1]
    visma.release(f"{RECEIPTS}/{second['receiptNbr']}")
    assert visma.get(f"{ORDERS}/{number}")["status"] == "Closed"
    assert visma.http.post(f"{ORDERS}/{number}/action/createpurchasereceipt", json={}).status_code == 400
    cancelled = visma.http.post(f"{RECEIPTS}/{second['receiptNbr']}/action/cancelReceipt", json={})
    assert cancelled.status_code == 200
    assert visma.get(f"{ORDERS}/{number}")["status"] == "Open"
    assert visma.get(f"/v2/PurchaseReceipt/{second['receiptNbr']}")["status"] == "Cancelled"


def test_what_receipts_refuse(visma: Erp) -> None:
    number = visma.order_of()
    assert "more than what is left" in visma.refused(RECEIPTS, receipt(number, receiptQty=2))
    assert "cannot be found" in visma.refused(RECEIPTS, receipt("NONE"))
    assert "is Hold" in visma.refused(RECEIPTS, receipt(visma.order_of(hold=True)))
    made = visma.create(RECEIPTS, receipt(number))
    visma.release(f"{RECEIPTS}/{made}")
    assert visma.change(f"{RECEIPTS}/{made}", wrapped(note="late")).status_code == 400
    path = f"{ORDERS}/{visma.order_of(lines=[order_line(1, orderQty=5), order_line(1)])}"
    part = receipt(path.rpartition("/")[2], receiptQty=3)
    visma.release(f"{RECEIPTS}/{visma.create(RECEIPTS, part)}")
    less = {"lines": [{"operation": "Update", **wrapped(lineNumber=1, orderQty=2)}]}
    assert visma.change(path, less).status_code == 400
    gone = {"lines": [{"operation": "Delete", **wrapped(lineNumber=1)}]}
    assert visma.change(path, gone).status_code == 400


def test_orders_and_their_lines_are_added_to_a_receipt(visma: Erp) -> None:
    first, second = visma.order_of(), visma.order_of(lines=[order_line(1), order_line(2)])
    made = visma.create(RECEIPTS, receipt(first))
    action = f"{RECEIPTS}/{made}/action"
    assert visma.http.post(f"{action}/addpurchaseorderlines", json={
        "purchaseOrderLines": [{"orderNbr": second, "lines": [{"lineNbr": "2"}]}]
    }).status_code == 200  # fmt: skip
    assert visma.get(f"{RECEIPTS}/{made}")["lines"][1]["poOrderLineNbr"] == 2
    assert (
        visma.http.post(f"{action}/addpurchaseorder", json={"purchaseOrders": [{"orderNbr": "X"}]}).status_code == 404
    )
    assert visma.http.post(f"{action}/addpurchaseorder", json={}).status_code == 400
