"""SAP Business One: what the company does not take is held with what to do, and posts once it was put right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sap_stage import BATCH, INVOICES, JOURNALS, SOUND, WITH_APPROVAL, SapStage
from sap_world import SapWorld, sap_world

from ml_connector.hub import clocks, connections, installations
from ml_connector.hub.models import Match, Record

COSTS = "direct-costs"


@pytest.fixture(scope="module")
def running() -> Iterator[SapWorld]:
    with sap_world() as world:
        yield world


@pytest.fixture
def sap(tenant: int, running: SapWorld, monkeypatch: pytest.MonkeyPatch) -> SapStage:
    monkeypatch.setattr(clocks, "clock", lambda: running.clock)
    return SapStage(running)


def held(sap: SapStage, cause: str, words: dict[str, tuple[str, ...]]) -> None:
    """These records are held for this cause, in these words; the others are posted; a second sync changes nothing."""
    for _ in range(2):
        sap.sync()
        found = {one.business_number: one for one in Record.objects.filter(state="held", cause=cause)}
        assert set(found) == set(words), sap.world.waiting()
        for number, wanted in words.items():
            for word in wanted:
                assert word in found[number].message
        sap.assert_posted_once(but=set(words))


def posts_after(sap: SapStage, *numbers: str) -> None:
    """A person replays what was held; everything is posted, once."""
    sap.replayed(*numbers)
    sap.sync()
    sap.assert_posted_once()


def miscoded(sap: SapStage, targets: dict[str, str]) -> dict[str, str]:
    """Map a code that only one direct cost has to a target of its own; returns the rows by direct cost."""
    every = [code for number in JOURNALS for code in set(sap.codes(number))]
    rows = {}
    for number, target in targets.items():
        own = next(code for code in sap.codes(number) if every.count(code) == 1)
        rows[number] = f"4711:{own}"
        sap.fill("coding", f"4711:{own},,{target},,,")
    return rows


def corrected(sap: SapStage, rows: dict[str, str]) -> None:
    """The rows are taken out of the table again, and what was held is replayed."""
    for source in rows.values():
        sap.fill("coding", without=source)
    posts_after(sap, *rows)


def test_a_profit_centre_that_cannot_be_used_is_held_with_the_reason(sap: SapStage) -> None:
    sap.install(COSTS)
    centers = {"D9100": "PC-NONE", "D9113": "PC-OLD", "D9114": "PC-2024", "D9115": "NORTH"}
    rows = miscoded(sap, {number: f"52000|{center}" for number, center in centers.items()})
    words = {
        "D9100": ("no profit centre 'PC-NONE'", "map to one that is there"),
        "D9113": ("profit centre PC-OLD is not active", "activate it there"),
        "D9114": ("profit centre PC-2024 is in effect", "until 2024-12-31", "prolong it there"),
        "D9115": ("profit centre NORTH is of dimension 2", "map to one of 1"),
    }
    held(sap, "center_not_usable", words)
    corrected(sap, rows)


def test_an_account_that_takes_no_posting_is_held_with_the_reason(sap: SapStage) -> None:
    sap.install(COSTS)
    accounts = {"D9100": "5", "D9113": "20000", "D9114": "65000", "D9115": "54900"}
    rows = miscoded(sap, {number: f"{account}|PC-0300" for number, account in accounts.items()})
    words = {
        "D9100": ("account 5 (Job costs) is a title", "map to another"),
        "D9113": ("account 20000 (Accounts payable) is a control account", "map to another"),
        "D9114": ("account 65000 (Depreciation)", "locked for manual postings", "unlock it there"),
        "D9115": ("account 54900 (Subcontract costs (before 2020)) is frozen", "thaw it"),
    }
    held(sap, "account_not_usable", words)
    corrected(sap, rows)


def test_an_account_that_is_not_there_is_held(sap: SapStage) -> None:
    sap.install(COSTS)
    rows = miscoded(sap, {"D9100": "54999|PC-0300"})
    held(sap, "account_not_usable", {"D9100": ("no account '54999'", "map to one that is there", "replay")})
    corrected(sap, rows)


def test_a_profit_centre_that_expires_in_mid_month_is_held_and_posts_when_it_was_prolonged(sap: SapStage) -> None:
    sap.install(COSTS)
    sap.keyed("PATCH", "ProfitCenters('PC-2300')", {"EffectiveTo": "2026-01-10"})
    held(sap, "center_not_usable", {"D9113": ("PC-2300 is in effect", "until 2026-01-10", "not on 2026-01-15")})
    sap.keyed("PATCH", "ProfitCenters('PC-2300')", {"EffectiveTo": "2026-12-31"})
    posts_after(sap, "D9113")


def test_an_unknown_or_inactive_project_is_held(sap: SapStage) -> None:
    sap.install(COSTS)
    sap.fill("projects", "4711,,P-NONE|PC-24011,,,", without="4711")
    held(sap, "project_not_usable", dict.fromkeys(JOURNALS, ("no project 'P-NONE'", "map to one that is there")))
    sap.fill("projects", "4711,,P-24-011|PC-24011,,,", without="4711")
    sap.act("deactivate", kind="project", id="P-24-011")
    sap.replayed(*JOURNALS)
    held(sap, "project_not_usable", dict.fromkeys(JOURNALS, ("project P-24-011 is not active", "activate it there")))
    sap.act("activate", kind="project", id="P-24-011")
    posts_after(sap, *JOURNALS)


def test_a_locked_period_is_held_until_it_is_opened(sap: SapStage) -> None:
    sap.install(COSTS)
    sap.act("close_period", period="2026-01")
    held(sap, "period_closed", dict.fromkeys(("D9100", "D9113"), ("period 2026-01", "open it there", "replay")))
    sap.act("open_period", period="2026-01")
    posts_after(sap, "D9100", "D9113")


def test_books_in_another_currency_than_the_rule_says_take_nothing(sap: SapStage) -> None:
    sap.install(COSTS, currency="EUR")
    sap.sync()
    waiting = Record.objects.filter(state="held", cause="base_currency")
    assert {"D9100", "D9113"} <= set(waiting.values_list("business_number", flat=True))
    for record in waiting:
        assert "the rule currency says EUR" in record.message
        assert "keeps its books in USD" in record.message
    assert sap.world.ours() == []
    installations.set_rules(sap.world.installation, {"currency": "USD"})
    sap.replayed("D9100", "D9113")
    sap.sync()
    assert {row["business_number"] for row in sap.world.ours()} == {"D9100", "D9113"}


def test_a_date_outside_of_all_periods_is_held(sap: SapStage) -> None:
    sap.install(COSTS)
    found = next(row for row in sap.world.procore.get("/state")["direct_costs"] if row["invoice_number"] == "D9113")

    def dated(day: str) -> None:
        sap.world.act("procore", "edit", kind="direct_cost", id=found["id"], fields={"direct_cost_date": day})

    dated("2035-01-15")
    held(sap, "period_closed", {"D9113": ("2035-01-15",)})
    dated("2026-01-15")
    sap.sync()
    sap.assert_posted_once()


def test_an_inactive_vendor_holds_its_documents_alone(sap: SapStage) -> None:
    sap.install()
    sap.act("deactivate", kind="vendor", id="V10005")
    held(sap, "vendor_inactive", {"SC-25-012-005": ("vendor V10005 is inactive", "activate it there", "replay")})
    sap.act("activate", kind="vendor", id="V10005")
    posts_after(sap, "SC-25-012-005")


def test_a_partner_that_is_a_customer_is_no_vendor(sap: SapStage) -> None:
    sap.install()
    sap.keyed("POST", "BusinessPartners", {"CardCode": "C10", "CardName": "Union Valley", "CardType": "cCustomer"})
    match = Match.objects.get(installation=sap.world.installation, right_key="V10005")
    Match.objects.filter(pk=match.pk).update(right_key="C10")
    held(sap, "vendor_not_usable", {"SC-25-012-005": ("C10 is no vendor in SAP", "match the vendor", "replay")})
    Match.objects.filter(pk=match.pk).update(right_key="V10005")
    posts_after(sap, "SC-25-012-005")


@pytest.mark.parametrize(
    ("wrong", "right", "figures"),
    [
        ({"totals": 0}, {"totals": 2}, ("377.25", "377", "0 digits")),
        ({"totals": 1}, {"totals": 2}, ("377.25", "377.3", "1 digits")),
        ({"currency": "USD", "decimals": 1}, {"currency": "USD", "decimals": None}, ("377.25", "377.3", "USD")),
    ],
)
def test_a_precision_that_would_change_an_amount_is_held_with_both_figures(
    sap: SapStage, wrong: dict[str, Any], right: dict[str, Any], figures: tuple[str, ...]
) -> None:
    sap.install(COSTS)
    sap.act("set_precision", **wrong)
    words = dict.fromkeys(JOURNALS, ("would be posted, SAP would store", "change the company's precision", "replay"))
    held(sap, "precision", words | {"D9100": figures})
    sap.act("set_precision", **right)
    posts_after(sap, *JOURNALS)


def test_a_currency_that_the_company_does_not_know_is_held(sap: SapStage) -> None:
    sap.install()
    connections.change(sap.erp, {"currencies": "USD=US$"})
    held(sap, "currency_not_known", dict.fromkeys(INVOICES, ("no currency 'US$' (for USD)", "setting 'currencies'")))
    connections.change(sap.erp, {"currencies": "USD=USD"})
    posts_after(sap, *INVOICES)


@pytest.mark.parametrize("field", [("OJDT", "MlcRef"), ("JDT1", "MlcSource")])
def test_a_user_field_that_somebody_deleted_stops_until_it_is_made_again(sap: SapStage, field: tuple[str, str]) -> None:
    sap.install(COSTS)
    sap.act("close_period", period="2026-01")
    sap.sync()
    before = sap.books()
    table, name = field
    sap.act("delete_user_field", table=table, name=name)
    sap.act("open_period", period="2026-01")
    sap.replayed("D9100", "D9113")
    (trouble,) = sap.sync().troubles
    assert f"does not know the user field U_{name}" in trouble
    assert f"'ml-connector connection prepare {sap.erp.pk}'" in trouble
    assert "nothing was posted, and nothing is lost" in trouble
    assert len(sap.sap.get("/state")["JournalEntries"]) - len(before) == number_of_others(sap)
    assert any("was made" in line for line in connections.prepare(sap.erp))
    sap.mended()
    sap.sync()
    booked = [row["business_number"] for row in sap.world.sap.get("/books") if row["business_number"] in JOURNALS]
    assert sorted(booked) == sorted(JOURNALS)
    assert Record.objects.filter(state="posted").count() == len(JOURNALS)
    assert sap.sessions() == []


def number_of_others(sap: SapStage) -> int:
    """Journal entries that are not of ours."""
    return sum(1 for row in sap.sap.get("/state")["JournalEntries"] if row["Reference"] not in JOURNALS)


@pytest.mark.parametrize(("flow", "table"), [("commitments", "OPCH"), (COSTS, "OJDT")])
def test_a_reference_field_that_vanishes_before_a_lost_answer_was_looked_up_doubles_nothing(
    sap: SapStage, flow: str, table: str
) -> None:
    sap.install(flow)
    sap.sap.fault("drop_after_write", **BATCH)
    sap.sync(wait=0)
    entity = {"OPCH": "PurchaseInvoices", "OJDT": "JournalEntries"}[table]
    before = sap.sap.get("/state")[entity]
    references = {row["business_number"]: (row["reference"], row["number"]) for row in sap.world.ours()}
    sap.act("delete_user_field", table=table, name="MlcRef")
    (trouble,) = sap.sync().troubles
    assert "does not know the user field U_MlcRef" in trouble
    connections.prepare(sap.erp)
    sap.mended()
    sap.sync()
    sap.sync()
    assert len(sap.sap.get("/state")[entity]) == len(before)
    held = {one.business_number: one.message for one in Record.objects.filter(cause="not_searchable")}
    assert set(held) == set(references) == SOUND[flow]
    for number, (reference, there) in references.items():
        assert f"{there} in SAP is the same without one" in held[number]
        assert f"write {reference} into U_MlcRef" in held[number]
    kind = "invoice" if table == "OPCH" else "journal"
    for reference, there in references.values():
        sap.act("edit", number=int(there), kind=kind, user_fields={"U_MlcRef": reference})
    sap.replayed(*references)
    sap.sync()
    sap.assert_posted_once()


def test_a_document_that_needs_approval_is_held_and_adopted_when_it_was_given(sap: SapStage) -> None:
    sap.install()
    sap.act("edit_vendor", id=WITH_APPROVAL, approval=True)
    words = {"SC-25-012-008": ("waits for approval in SAP as draft 1", "approve it")}
    held(sap, "waits_for_approval", words)
    sap.act("approve", draft=1, add=True)
    sap.clock.sleep(16 * 60)
    sap.sync()
    sap.assert_posted_once()
    assert len([row for row in sap.world.ours() if row["business_number"] == "SC-25-012-008"]) == 1
