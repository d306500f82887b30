"""Suppliers of Visma.net become vendors in Procore, in bulk and once, and follow; nothing goes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from visma_masters import SUPPLIER_FLOWS, SYNC, Office, told
from visma_world import VismaWorld

from ml_connector.hub import installations, matching, replay
from ml_connector.hub.models import Match, Record

MANY = 1100


@pytest.fixture
def office(visma: VismaWorld) -> Iterator[Office]:
    yield Office(visma)
    for sandbox in visma.sandboxes.values():
        sandbox.post("/faults", None, method="DELETE")


def test_the_first_day_matches_what_both_hold_and_says_how_sure_that_is(office: Office) -> None:
    office.world.install(SUPPLIER_FLOWS)
    rows = Match.objects.filter(kind="vendors").order_by("left_key")
    assert [(row.left_key, row.score) for row in rows] == [
        (f"V{number:05d}", 100) for number in (1, 2, 3, 4, 5, 6, 8, 9)
    ]
    assert rows[0].reason == "tax id 28-4000044, similar name, same address"
    before = office.vendors()
    office.world.sync()
    assert office.writes() == {SYNC: 1}
    changed = [now for now, then in zip(office.vendors(), before, strict=False) if now != then]
    assert [(row["name"], row["is_active"]) for row in changed] == [
        ("Union Valley Drywall and Acoustics Co", True),
        ("Keystone Excavating Inc", False),
    ]
    (new,) = office.vendors()[len(before) :]
    assert (new["name"], new["origin_code"]) == ("McAllister Mechanical Co.", "V00010")
    assert new["origin_id"].startswith("ML-")
    assert office.vendor_of("V00010") == new


def test_nothing_is_made_before_somebody_has_looked_for_what_is_there(office: Office) -> None:
    world = office.world
    row = world.install(("requisitions", *SUPPLIER_FLOWS))
    Match.objects.filter(kind="vendors").delete()
    row.matched = {}
    row.save(update_fields=["matched"])
    world.sync()
    assert {told("suppliers", f"V{number:05d}")[1] for number in (1, 2, 3)} == {"no_match"}
    assert told("suppliers", "V00010")[1] == "not_matched"
    assert [called for called in office.writes() if called == SYNC] == []


def test_suppliers_go_in_a_thousand_a_call_and_only_once(office: Office) -> None:
    office.world.reset("empty")
    for place in range(MANY):
        office.supplier(f"Qx{place:05d}", city=f"Port {place}")
    office.world.install(SUPPLIER_FLOWS)
    office.world.sync()
    assert office.writes() == {SYNC: 2}
    names = [row["name"] for row in office.vendors()]
    assert len(names) == len(set(names)) == Match.objects.count() == MANY
    office.world.sync()
    assert office.writes() == {}

    for number in Match.objects.order_by("left_key").values_list("left_key", flat=True)[:3]:
        office.erp("edit_supplier", number=number, city="Troy")
    office.world.sync()
    assert office.writes() == {SYNC: 1}
    assert [row["city"] for row in office.vendors()].count("Troy") == 3
    office.quiet()


def test_a_quiet_poll_asks_once_for_each_kind_and_writes_nothing(office: Office) -> None:
    office.world.install(SUPPLIER_FLOWS)
    office.world.sync()
    office.world.clock.sleep(600)
    office.world.sync()
    office.forget()
    office.world.sync()
    assert office.world.visma.calls() == {("GET", "/v1/supplier"): 1, ("GET", "/v1/supplierInvoice"): 1}
    inactive = "/rest/v1.0/companies/{company_id}/vendors/inactive"
    assert office.world.procore.calls() == {("GET", "/rest/v1.0/vendors"): 1, ("GET", inactive): 1}


@pytest.fixture
def known(office: Office) -> str:
    """A supplier that is a vendor in Procore."""
    number = office.supplier(
        "Quill Roofing", city="Erie", street="1 Quay St", email="ap@quill.example", phone="6145550101"
    )
    office.world.install(SUPPLIER_FLOWS)
    office.world.sync()
    office.world.clock.sleep(60)
    office.forget()
    return number


def test_changes_follow_and_deactivation_too(office: Office, known: str) -> None:
    office.erp("edit_supplier", number=known, name="Quill Roofing Ltd", postal_code="44001", city="")
    office.world.sync()
    vendor = office.vendor_of(known)
    assert (vendor["name"], vendor["zip"], vendor["city"] or "") == ("Quill Roofing Ltd", "44001", "")
    office.erp("edit_supplier", number=known, status="Inactive")
    office.world.sync()
    assert office.vendor_of(known)["is_active"] is False
    office.erp("edit_supplier", number=known, status="OnHold")
    office.world.sync()
    assert office.vendor_of(known)["is_active"] is True
    assert office.writes() == {SYNC: 3}
    office.quiet()


def test_each_field_has_an_owner_where_procores_people_edit_it(office: Office, known: str) -> None:
    office.edit_vendor(known, name="Quill", email_address="site@quill.example", business_phone="")
    office.world.sync()
    vendor = office.vendor_of(known)
    assert (vendor["name"], vendor["email_address"]) == ("Quill Roofing", "site@quill.example")
    assert not vendor["business_phone"]
    office.quiet()
    office.erp("edit_supplier", number=known, email="new@quill.example", phone="6145550202")
    office.world.sync()
    vendor = office.vendor_of(known)
    assert (vendor["email_address"], vendor["business_phone"] or "") == ("site@quill.example", "")
    office.quiet()


def test_what_visma_never_filled_in_may_be_filled_in_in_procore(office: Office, known: str) -> None:
    office.edit_vendor(known, zip="44002", is_active=False)
    office.world.sync()
    vendor = office.vendor_of(known)
    assert (vendor["zip"], vendor["is_active"]) == ("44002", True)
    office.quiet()
    office.erp("edit_supplier", number=known, postal_code="44009")
    office.world.sync()
    assert office.vendor_of(known)["zip"] == "44009"


def test_a_vendor_that_is_only_in_procore_is_left_alone(office: Office, known: str) -> None:
    fields = {"name": "Site Catering", "city": "Erie"}
    made = office.site("key_document", kind="vendor", fields=fields)["id"]
    office.world.sync()
    assert told("vendors", str(made))[:2] == ("skipped", "kept")
    assert office.writes() == {}


def test_a_supplier_that_may_be_a_vendor_already_waits_for_a_person(office: Office, known: str) -> None:
    fields = {"name": "Marlow Glazing", "zip": "44003"}
    made = str(office.site("key_document", kind="vendor", fields=fields)["id"])
    number = office.supplier("Marlow Glazing Inc", postal_code="44003")
    office.world.sync()
    assert told("suppliers", number)[:2] == ("held", "no_match")
    assert "Marlow Glazing" in told("suppliers", number)[2]
    matching.accept_pairs(office.world.installation, "vendors", [(1, number, made)], "test")
    office.world.sync()
    vendor = office.vendor_of(number)
    assert (str(vendor["id"]), vendor["name"]) == (made, "Marlow Glazing Inc")
    office.quiet()


def test_a_vendor_whose_creation_got_no_answer_is_made_once(office: Office, known: str) -> None:
    number = office.supplier("Marlow Glazing")
    office.world.procore.fault("drop_after_write", path="/vendors/sync", method="PATCH")
    office.world.sync()
    assert [row["name"] for row in office.vendors()].count("Marlow Glazing") == 1
    assert office.vendor_of(number)["name"] == "Marlow Glazing"
    office.quiet()


class TestInvoices:
    """What an invoice names is a vendor in Procore, at the latest then."""

    def test_a_supplier_first_seen_on_an_invoice_is_made(self, office: Office, known: str) -> None:
        number = office.supplier("Marlow Glazing")
        invoice = office.invoice(number)
        office.world.sync()
        vendor = office.vendor_of(number)
        assert vendor["name"] == "Marlow Glazing"
        state, cause, message = told("supplier-invoices", f"Invoice|{invoice}")
        assert (state, cause, str(vendor["id"]) in message) == ("skipped", "kept", True)

    def test_it_waits_as_long_as_its_supplier_does(self, office: Office, known: str) -> None:
        world = office.world
        world.rule(new_vendors="hold")
        number = office.supplier("Marlow Glazing")
        invoice = office.invoice(number)
        world.sync()
        state, cause, message = told("supplier-invoices", f"Invoice|{invoice}")
        assert (state, cause) == ("held", "vendor_not_made")
        assert "Marlow Glazing" in message and "is no vendor in Procore yet" in message
        world.rule(new_vendors="create")
        assert len(replay.replay(list(Record.objects.filter(flow="suppliers", source_key=number)))[0]) == 1
        world.sync()
        assert told("supplier-invoices", f"Invoice|{invoice}")[:2] == ("skipped", "kept")

    def test_only_suppliers_in_use_are_made_where_that_is_the_rule(self, office: Office, known: str) -> None:
        world = office.world
        world.rule(new_vendors="when_used")
        idle, used = office.supplier("Idle Trading"), office.supplier("Marlow Glazing")
        ordered = office.supplier("Norwood Timber")
        office.invoice(idle, date="2025-11-30", period="202601")
        world.sync()
        assert {told("suppliers", one)[:2] for one in (idle, used, ordered)} == {("skipped", "not_used_yet")}
        assert office.writes() == {}

        invoice = office.invoice(used)
        world.sync()
        assert office.vendor_of(used)["name"] == "Marlow Glazing"
        assert told("supplier-invoices", f"Invoice|{invoice}")[:2] == ("skipped", "kept")
        assert told("suppliers", idle)[:2] == ("skipped", "not_used_yet")
        assert office.writes() == {SYNC: 1}

        line = {"amount": 500, "account": "54000"}
        office.erp("create_order", supplier=ordered, date="2026-01-20", lines=[line])
        installations.enable(world.installation, "orders")
        world.sync()
        assert office.vendor_of(ordered)["name"] == "Norwood Timber"
        assert told("suppliers", idle)[:2] == ("skipped", "not_used_yet")

    def test_a_used_supplier_that_is_woken_goes_in_after_its_double_is_ruled_out(
        self, office: Office, known: str
    ) -> None:
        world = office.world
        world.rule(new_vendors="when_used")
        office.site("key_document", kind="vendor", fields={"name": "Marlow Glazing"})
        number = office.supplier("Marlow Glazing")
        invoice = office.invoice(number)
        world.sync()
        assert told("suppliers", number)[:2] == ("held", "no_match")
        assert told("supplier-invoices", f"Invoice|{invoice}")[:2] == ("held", "vendor_not_made")
        matching.accept_pairs(world.installation, "vendors", [(1, number, "-")], "test")
        world.sync()
        assert told("supplier-invoices", f"Invoice|{invoice}")[:2] == ("skipped", "kept")
        assert [row["name"] for row in office.vendors()].count("Marlow Glazing") == 2

    def test_an_inactive_or_unknown_supplier_is_told(self, office: Office, known: str) -> None:
        world = office.world
        number = office.supplier("Marlow Glazing")
        invoice = f"Invoice|{office.invoice(number)}"
        office.erp("edit_supplier", number=number, status="Inactive")
        world.sync()
        state, cause, message = told("supplier-invoices", invoice)
        assert (state, cause, "is inactive in Visma.net" in message) == ("held", "vendor_not_made", True)
        office.erp("edit_supplier", number=number, status="Active")
        world.sync()
        assert told("supplier-invoices", invoice)[:2] == ("skipped", "kept")

        Record.objects.filter(flow="suppliers", source_key=number).update(source_key="elsewhere")
        Match.objects.filter(left_key=number).update(left_key="elsewhere")
        other = f"Invoice|{office.invoice(number)}"
        work_only = [state for state in installations.flow_states(world.installation) if state.flow == "suppliers"]
        work_only[0].enabled = False
        work_only[0].save(update_fields=["enabled"])
        world.sync()
        state, cause, message = told("supplier-invoices", other)
        assert (state, cause, "was never read" in message) == ("held", "vendor_not_made", True)
