"""What people do in the screens of the Acumatica sandbox, by the control API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from acumatica_over_http import Instance, instance


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


CODED = {"account": "54000", "project": "TOWER1", "task": "03", "cost_code": "03-300"}


def refusal(erp: Instance, action: str, **fields: Any) -> str:
    answer = erp.control.post("/act", json={"action": action, **fields})
    assert answer.status_code == 409, answer.text
    text: str = answer.json()["error"]
    return text


def test_every_act_says_what_it_means_and_needs(erp: Instance) -> None:
    listed = erp.control.get("/act").json()
    names = {row["action"] for row in listed}
    wanted = (
        "approve revise void delete edit pay void_payment close_period open_period key_document lock_user deactivate"
    )
    assert set(wanted.split()) <= names
    assert all(row["meaning"] for row in listed)
    assert all(field["meaning"] for row in listed for field in row["fields"])


# vendors and codes


def test_people_enter_change_and_delete_vendors(erp: Instance) -> None:
    made = erp.act("create_vendor", id="hand", name="Hand Made", email="a@b.test", city="Erie", country="US")
    assert (made["vendor"], made["status"]) == ("HAND", "Active")
    erp.act("edit_vendor", id="HAND", street="1 Quay", status="On Hold", account_ref="A-1", tax_id="12-3")
    shown = erp.record("Vendor/HAND", expand="MainContact,MainContact/Address")
    assert (shown["AccountRef"]["value"], shown["TaxRegistrationID"]["value"]) == ("A-1", "12-3")
    assert shown["MainContact"]["Email"] == {"value": "a@b.test"}
    assert {name: shown["MainContact"]["Address"][name]["value"] for name in ("AddressLine1", "City")} == {
        "AddressLine1": "1 Quay",
        "City": "Erie",
    }
    assert "already" in refusal(erp, "create_vendor", id="HAND", name="Twice")
    assert "Vendor Name" in refusal(erp, "create_vendor", id="OTHER")
    assert erp.act("delete_vendor", id="HAND") == {"deleted": "HAND"}
    assert "document" in refusal(erp, "delete_vendor", id="V00001")
    erp.switch(auto_number_vendors=True)
    assert erp.act("create_vendor", name="Numbered")["vendor"].isdigit()


def test_people_add_and_rename_cost_codes(erp: Instance) -> None:
    assert erp.act("add_cost_code", id="98-100", name="Extras") == {"id": "98-100", "name": "Extras"}
    assert "already" in refusal(erp, "add_cost_code", id="98-100", name="Twice")
    erp.act("rename_cost_code", id="98-100", name="More extras", new_id="98-200")
    assert erp.record("CostCode/98-200")["Description"] == {"value": "More extras"}
    assert "no CostCode" in refusal(erp, "rename_cost_code", id="98-100", name="x")


# bills


def test_people_key_a_bill_against_an_order_line(erp: Instance) -> None:
    linked = {"account": "", "amount": 500, "order_type": "Subcontract", "order": "SC000001", "order_line": 1}
    made = erp.act("key_document", vendor="V00001", vendor_ref="H-1", lines=[linked], date="2026-01-20", release=True)
    bill = erp.record(f"Bill/Bill/{made['number']}", expand="Details")
    assert (bill["Status"]["value"], bill["Details"][0]["POLine"]["value"]) == ("Open", 1)


def test_people_move_a_bill_to_another_vendor_date_and_code(erp: Instance) -> None:
    made = erp.act("key_document", vendor="V00001", vendor_ref="H-1", lines=[CODED | {"amount": 5}], date="2026-01-20")
    erp.act("add_cost_code", id="01-100", name="Supervision")
    erp.act("edit", number=made["number"], vendor="V00002", date="2026-01-25", cost_code="01-100")
    bill = erp.record(f"Bill/Bill/{made['number']}", expand="Details")
    assert (bill["Vendor"]["value"], bill["Date"]["value"][:10]) == ("V00002", "2026-01-25")
    assert bill["Details"][0]["CostCode"] == {"value": "01-100"}


def test_people_key_an_adjustment_and_apply_it(erp: Instance) -> None:
    number = erp.released()
    made = erp.act(
        "key_document",
        type="Debit Adj.",
        vendor="V00001",
        vendor_ref="CM-1",
        lines=[CODED | {"amount": 50}],
        date="2026-01-20",
        release=True,
    )
    assert erp.act("apply", number=made["number"], to=number, amount=20)["balance"] == "30.00"
    assert "not more than" in refusal(erp, "apply", number=made["number"], to=number, amount=31)
    unreleased = erp.bill()["ReferenceNbr"]["value"]
    assert "Balanced" in refusal(erp, "apply", number=made["number"], to=unreleased)


def test_people_pay_in_parts_from_an_advance_and_void(erp: Instance) -> None:
    number = erp.released()
    assert erp.act("pay", number=number, amount=100)["balance"] == "1150.50"
    advance = erp.act("pay_in_advance", vendor="V00001", amount=500, date="2026-01-20")
    assert (advance["type"], advance["status"]) == ("Prepayment", "Open")
    paid = erp.act("pay", number=number, amount=450, payment=advance["payment"])
    assert (paid["payment"], paid["balance"]) == (advance["payment"], "700.50")
    assert "unapplied" in refusal(erp, "pay", number=number, amount=51, payment=advance["payment"])
    assert erp.act("void_payment", number=advance["payment"], type="Prepayment")["status"] == "Voided"
    assert erp.record(f"Bill/Bill/{number}")["Balance"] == {"value": 1150.5}
    assert "above the balance" in refusal(erp, "pay", number=number, amount=2000)


def test_a_payment_into_a_closed_period_leaves_nothing_behind(erp: Instance) -> None:
    number = erp.released()
    before = len(erp.rows("Check"))
    erp.act("close_period", period="2026-01")
    assert "Post Period" in refusal(erp, "pay", number=number, date="2026-01-31")
    assert len(erp.rows("Check")) == before
    erp.act("open_period", period="2026-01")
    erp.act("pay", number=number, date="2026-01-31")


# orders


@pytest.mark.parametrize(("action", "kind"), [("create_order", "Normal"), ("create_subcontract", "Subcontract")])
def test_people_enter_and_change_orders(erp: Instance, action: str, kind: str) -> None:
    lines = [CODED | {"quantity": 4, "unit_cost": 25, "text": "Mix"}, CODED | {"amount": 10}]
    made = erp.act(action, vendor="V00001", lines=lines, description="Slabs", vendor_ref="C-1", date="2026-01-15")
    assert (made["type"], made["status"], made["total"]) == (kind, "Open", "110.00")
    which = {"number": made["number"], "type": kind}
    changed = erp.act("edit_order", **which, vendor="V00002", amount=150, text="Slab mix")
    assert changed["total"] == "160.00"
    more = erp.act("edit_order", **which, new_line=CODED | {"amount": 5}, delete_line=2)
    assert more["total"] == "155.00"
    assert erp.act("edit_order", **which, status="On Hold")["status"] == "On Hold"
    assert erp.act("edit_order", **which, status="Open")["status"] == "Open"
    assert erp.act("edit_order", **which, line=2, cancelled=True)["total"] == "150.00"
    assert erp.act("edit_order", **which, line=1, completed=True)["status"] == "Completed"
    assert erp.act("close_order", **which)["status"] == "Closed"
    assert erp.act("reopen_order", **which)["status"] == "Open"
    assert erp.act("edit_order", **which, status="Closed")["status"] == "Closed"
    assert erp.act("reopen_order", **which)["status"] == "Open"
    assert erp.act("cancel_order", **which)["status"] == "Canceled"
    assert "Canceled" in refusal(erp, "complete_order", **which)
    assert "no button" in refusal(erp, "edit_order", **which, status="Sleeping")
    path = f"Subcontract/{made['number']}" if kind == "Subcontract" else f"PurchaseOrder/Normal/{made['number']}"
    shown = erp.record(path)
    assert (shown["VendorID"]["value"], shown["VendorRef"]["value"]) == ("V00002", "C-1")
    assert erp.act("delete_order", **which) == {"deleted": made["number"]}
    assert erp.get(path).status_code == 500


def test_people_approve_reject_and_send_orders(erp: Instance) -> None:
    erp.switch(order_approval=True)
    erp.act("edit_vendor", id="V00001", print_orders=True)
    made = erp.act("create_subcontract", vendor="V00001", lines=[CODED | {"amount": 10}], retainage_percent=5)
    assert made["status"] == "Pending Approval"
    assert erp.act("approve_order", number=made["number"])["status"] == "Pending Printing"
    assert erp.act("send_order", number=made["number"])["status"] == "Open"
    assert erp.record(f"Subcontract/{made['number']}")["RetainageTotal"] == {"value": 0.5}
    second = erp.act("create_subcontract", vendor="V00001", lines=[CODED | {"amount": 10}])
    assert erp.act("reject_order", number=second["number"])["status"] == "Rejected"


def test_people_raise_an_order_by_a_change_order(erp: Instance) -> None:
    before = erp.record("Subcontract/SC000001")["SubcontractTotal"]["value"]
    made = erp.act("change_order", number="SC000001", project="TOWER1", amount=750, description="Extra")
    assert made["status"] == "Closed"
    assert erp.record("Subcontract/SC000001")["SubcontractTotal"] == {"value": before + 750}
    erp.switch(change_order_approval=True)
    waits = erp.act("change_order", number="SC000001", project="TOWER1", amount=1, release=False)
    assert waits["status"] == "Pending Approval"
    assert erp.act("reject_change_order", number=waits["number"])["status"] == "Rejected"
    again = erp.act("change_order", number="SC000001", project="TOWER1", amount=1, release=False)
    assert erp.act("approve_change_order", number=again["number"])["status"] == "Open"


def test_nonsense_is_refused_with_words(erp: Instance) -> None:
    assert "not an amount" in refusal(erp, "change_order", number="SC000001", project="TOWER1", amount="lots")
    assert "not a date" in refusal(erp, "pay", number=erp.released(), date="yesterday")
    assert "no order" in refusal(erp, "cancel_order", number="SC999999")
    assert "no Bill" in refusal(erp, "approve", number="999999")
    assert "lines" in refusal(erp, "edit", number="000001", line=99, amount=1)
    assert "whole number" in refusal(erp, "edit", number="000001", line="first", amount=1)
    assert "list of objects" in refusal(erp, "create_subcontract", vendor="V00001", lines="one")
    keyed = {"vendor": "V00001", "vendor_ref": "X", "lines": [{"account": "54000"}]}
    assert "not an amount" in refusal(erp, "key_document", **keyed)
    assert "no kind" in refusal(erp, "archive", kind="moon", id="1")
