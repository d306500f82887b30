"""Visma.net's purchase orders become commitments in Procore; their changes and ends follow."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest
from pair_world import PATIENT
from visma_world import VismaWorld

from ml_connector.connectors.procore import project_lists
from ml_connector.hub import gaps, matching, plan, recover
from ml_connector.hub.models import Posting, Record

ORDER = "700093"
"""An open order of the small month: supplier V00001, project HARBOR1, lines over 1250.50 and 2501.00."""
HARBOR, LINCOLN = 4711, 4712
KINDS = ("work_order_contracts", "purchase_order_contracts")
SYNC = "/rest/v1.0/purchase_order_contracts/sync"
LINES = "/rest/v1.0/purchase_order_contracts/{contract_id}/line_items/sync"
FENCES = {"account": "52000", "project": "HARBOR1", "task": "32", "segments": {"2": "011", "3": "32-310"}}
"""How a line says that it is about 32-310.M of project 4711."""


@pytest.fixture
def site(visma: VismaWorld) -> VismaWorld:
    project_lists.budget_codes.forget()
    project_lists.directory.forget()
    return visma


def ours(site: VismaWorld) -> dict[str, dict[str, Any]]:
    """The commitments that bear our mark, by number; none is there twice."""
    rows = [row for kind in KINDS for row in site.procore.stored(kind) if (row["origin_id"] or "").startswith("ML-")]
    found = {row["number"]: row for row in rows if not row["deleted_at"]}
    assert len(found) == len(rows)
    return found


def told(site: VismaWorld, number: str = ORDER) -> tuple[str, str, list[tuple[str, str]]]:
    """Status, total and lines of a commitment of ours."""
    row = ours(site)[number]
    return (
        row["status"],
        row["grand_total"],
        [(one["wbs_code"]["flat_code"], one["amount"]) for one in row["line_items"]],
    )


def writes(site: VismaWorld) -> int:
    """How many writes reached Procore since they were counted last."""
    count = sum(
        many for (method, path), many in site.procore.calls().items() if method != "GET" and "oauth" not in path
    )
    site.procore.forget_calls()
    return count


def synced(site: VismaWorld) -> None:
    """What happened since is some minutes old, and read."""
    site.clock.sleep(60)
    site.sync()


def line(amount: str, **changes: Any) -> dict[str, Any]:
    return {"amount": amount, "text": f"Part over {amount}", **FENCES, **changes}


def created(site: VismaWorld, *lines: dict[str, Any], supplier: str = "V00001", **more: Any) -> str:
    """Somebody enters an order in Visma.net; its number."""
    given = {"supplier": supplier, "lines": list(lines or [line("100.00")]), "date": "2026-02-02", **more}
    made = site.act("visma_net", "create_order", **given)
    return str(made["number"])


def edited(site: VismaWorld, number: str = ORDER, **changes: Any) -> None:
    site.act("visma_net", "edit_order", number=number, **changes)


def test_what_becomes_of_each_order_is_said(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    states = {
        number: site.state("orders", number) for number in (ORDER, *(f"7000{n}" for n in range(94, 100)), "700100")
    }
    assert states == {
        ORDER: ("posted", ""),
        "700094": ("held", "no_match"),
        "700095": ("skipped", "not_open"),
        "700096": ("skipped", "blanket_order"),
        "700097": ("held", "no_project"),
        "700098": ("skipped", "cancelled"),
        "700099": ("held", "several_projects"),
        "700100": ("held", "unmapped"),
    }
    assert site.state("orders", "SC000001") == ("skipped", "before_cut_over")
    assert told(site) == ("Approved", "3751.50", [("32-310.M", "1250.50"), ("01-520.O", "2501.00")])
    row = ours(site)[ORDER]
    assert (row["project"]["id"], row["vendor"]["company"], row["title"], row["contract_date"]) == (
        HARBOR, "Lindqvist Plumbing Group LLC", "Site fencing", "2026-01-19",
    )  # fmt: skip
    assert len(ours(site)) == 1
    writes(site)
    synced(site)
    assert writes(site) == 0


def test_many_orders_of_a_project_cost_two_calls_and_one_for_each(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    for place in range(25):
        created(site, line(f"{100 + place}.00"))
    site.procore.forget_calls()
    synced(site)
    calls = site.procore.calls()
    assert {path: many for (method, path), many in calls.items() if method == "PATCH"} == {
        SYNC: 2,
        LINES: 25,
    }
    assert len(ours(site)) == 26
    assert {row["status"] for row in ours(site).values()} == {"Approved"}


def test_changed_lines_follow_and_what_does_not_matter_is_not_written(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    writes(site)
    edited(site, line=1, amount="900.25")
    edited(site, add=[line("77.00")])
    synced(site)
    assert told(site) == (
        "Approved", "3478.25", [("32-310.M", "900.25"), ("01-520.O", "2501.00"), ("32-310.M", "77.00")],
    )  # fmt: skip
    assert writes(site) == 3
    edited(site, line=1, text="Other words", reference="B-7")
    synced(site)
    assert (writes(site), site.state("orders", ORDER)) == (0, ("posted", ""))
    site.act("visma_net", "cancel_order_line", number=ORDER, line=2)
    synced(site)
    assert told(site)[1] == "977.25"
    edited(site, remove=3)
    synced(site)
    assert [amount for _, amount in told(site)[2]] == ["900.25", "0.00", "0.00"]
    assert Posting.objects.count() == 1


def test_a_plan_tells_of_new_and_changed_orders_and_writes_nothing(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    edited(site, line=1, amount="900.25")
    made = created(site)
    site.clock.sleep(60)
    writes(site)
    found = plan.of_installation(site.installation, plan.Wish(flow="orders"))
    planned = {one.facts.number: one for one in found.planned}
    assert {number: planned[number].verdict for number in (ORDER, made)} == {ORDER: "post", made: "post"}
    assert planned[ORDER].document.total == Decimal("3401.25")
    assert writes(site) == 0


@pytest.mark.parametrize(
    ("kind", "closed", "void"), [("purchase_order", "Closed", "Closed"), ("subcontract", "Complete", "Void")]
)
def test_closes_and_cancels_are_shown(site: VismaWorld, kind: str, closed: str, void: str) -> None:
    site.install(["orders"], order_kind=kind)
    site.sync()
    other = created(site)
    synced(site)
    writes(site)
    site.act("visma_net", "close_order", number=ORDER)
    site.act("visma_net", "cancel_order", number=other)
    synced(site)
    assert (told(site)[0], told(site, other)[0], writes(site)) == (closed, void, 1)
    site.act("visma_net", "reopen_order", number=ORDER)
    synced(site)
    assert told(site)[:2] == ("Approved", "3751.50")


def test_an_order_on_hold_changes_nothing_until_it_is_open_again(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    site.act("visma_net", "put_on_hold", number=ORDER, document="order")
    edited(site, line=1, amount="1.00")
    synced(site)
    assert (site.state("orders", ORDER), told(site)[1]) == (("skipped", "not_open"), "3751.50")
    site.act("visma_net", "remove_hold", number=ORDER, document="order")
    synced(site)
    assert (site.state("orders", ORDER), told(site)[1]) == (("posted", ""), "2502.00")


def test_by_rule_an_approved_commitment_is_not_reopened(site: VismaWorld) -> None:
    site.install(["orders"], changed_orders="hold")
    site.sync()
    edited(site, line=1, amount="900.25")
    synced(site)
    assert (site.state("orders", ORDER), told(site)[1]) == (("held", "locked_there"), "3751.50")
    site.rule(changed_orders="reopen")
    site.replayed(site.record("orders", ORDER))
    site.sync()
    assert (site.state("orders", ORDER), told(site)[:2]) == (("posted", ""), ("Approved", "3401.25"))


def test_a_commitment_that_was_billed_needs_a_change_order(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    row = ours(site)[ORDER]
    item = {"item_type": "contract_item", "line_item_id": row["line_items"][0]["id"], "work_completed_this_period": "9"}
    site.act("procore", "key_document", kind="requisition", parent=row["id"], fields={"items": [item]})
    edited(site, line=1, amount="1300.50")
    synced(site)
    assert site.state("orders", ORDER) == ("held", "locked_there")
    assert "make a change order over 50.00" in site.record("orders", ORDER).message
    more = [{"wbs_code_id": row["line_items"][0]["wbs_code"]["id"], "amount": "50.00"}]
    given = {"title": "More", "status": "approved"}
    site.act("procore", "key_document", kind="change_order", parent=row["id"], fields=given, lines=more)
    site.replayed(site.record("orders", ORDER))
    site.sync()
    assert (site.state("orders", ORDER), told(site)[1]) == (("posted", ""), "3751.50")
    site.act("visma_net", "close_order", number=ORDER)
    synced(site)
    assert told(site)[0] == "Closed"


def test_what_somebody_changed_in_procore_is_not_written_over(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    row = ours(site)[ORDER]
    one = {"kind": "commitment", "id": row["id"], "line": row["line_items"][0]["id"], "unlock": True}
    site.act("procore", "edit_line", **one, fields={"amount": "5.00"})
    edited(site, line=1, amount="900.25")
    synced(site)
    assert (site.state("orders", ORDER), told(site)[1]) == (("held", "changed_there"), "2506.00")
    site.act("procore", "edit_line", **one, fields={"amount": "1250.50"})
    site.replayed(site.record("orders", ORDER))
    site.sync()
    assert told(site)[:2] == ("Approved", "3401.25")


def test_what_somebody_deleted_in_procore_is_not_made_again(site: VismaWorld) -> None:
    site.install(["orders"])
    site.sync()
    site.act("procore", "delete", kind="commitment", id=ours(site)[ORDER]["id"], unlock=True)
    edited(site, line=1, amount="900.25")
    synced(site)
    assert site.state("orders", ORDER) == ("held", "changed_there")
    assert "deleted" in site.record("orders", ORDER).message


def test_a_line_that_no_cost_code_stands_for_is_named_with_its_money(site: VismaWorld) -> None:
    site.install(["orders"])
    odd = created(site, line("12.34", account="40000"))
    site.sync()
    assert site.state("orders", odd) == ("held", "unmapped")
    assert "40000|3=32-310|32" in site.record("orders", odd).message
    assert "12.34" in site.record("orders", odd).message
    (gap,) = [one for one in gaps.missing_rows(site.installation) if one.table == "coding"]
    assert (gap.source, gap.target, gap.records, gap.money) == ("", "40000|3=32-310|32", 1, {"USD": Decimal("12.34")})
    site.add("coding", f"{HARBOR}:32-310.S,Fences,40000|3=32-310|32,,,")
    site.replayed(site.record("orders", odd))
    site.sync()
    assert told(site, odd) == ("Approved", "12.34", [("32-310.S", "12.34")])
    site.add("coding", "32-310.E,Fences,52000|3=32-310|32,,,")
    twofold = created(site)
    synced(site)
    assert site.state("orders", twofold) == ("held", "ambiguous_code")


def test_a_code_that_the_project_does_not_have_is_named_before_anything_is_sent(site: VismaWorld) -> None:
    site.install(["orders"])
    site.add("coding", "99-999.S,None,40000|3=32-310|32,,,")
    odd = created(site, line("12.34", account="40000"))
    site.sync()
    assert site.state("orders", odd) == ("held", "code_not_usable")
    assert "99-999.S" in site.record("orders", odd).message
    assert odd not in ours(site)


def test_a_project_needs_its_cost_centre_in_the_table(site: VismaWorld) -> None:
    site.install(["orders"])
    odd = created(site, line("12.34", segments={"2": "012", "3": "32-310"}))
    site.sync()
    assert site.state("orders", odd) == ("held", "unmapped")
    assert "HARBOR1" in site.record("orders", odd).message


def test_orders_in_another_currency_wait_for_a_person(site: VismaWorld) -> None:
    site.install(["orders"], currency="NOK")
    site.sync()
    assert site.state("orders", ORDER) == ("held", "other_currency")
    assert ours(site) == {}


def test_an_order_goes_on_once_its_supplier_is_a_vendor(site: VismaWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that is ready to be drafted waits for it, to go in one call, but no slice is waited out."""
    monkeypatch.setenv("ML_CONNECTOR_SLICE_SECONDS", "600")
    begun = time.monotonic()
    site.install(["suppliers", "vendors", "orders"])
    supplier = site.act("visma_net", "create_supplier", number="V00077", name="New Fences Ltd")
    made = created(site, supplier="V00077")
    synced(site)
    assert supplier
    assert (site.state("orders", made), told(site, made)[0]) == (("posted", ""), "Approved")
    assert ours(site)[made]["vendor"]["company"] == "New Fences Ltd"
    assert time.monotonic() - begun < 300


@pytest.mark.parametrize(
    ("path", "nth"), [("actions/add", 1), ("contracts/sync", 1), ("line_items/sync", 2), ("contracts/sync", 2)]
)
def test_a_lost_answer_makes_nothing_twice(site: VismaWorld, path: str, nth: int) -> None:
    site.install(["orders"])
    made = created(site, supplier="V00009")  # whose vendor is not in the project's directory
    site.procore.fault("drop_after_write", path=path, nth=nth)
    synced(site)
    assert site.state("orders", made) == site.state("orders", ORDER) == ("posted", "")
    assert told(site, made) == ("Approved", "100.00", [("32-310.M", "100.00")])
    assert told(site)[:2] == ("Approved", "3751.50")


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_lost_answer_of_a_change_is_looked_up(site: VismaWorld, nth: int) -> None:
    site.install(["orders"])
    site.sync()
    edited(site, line=1, amount="900.25")
    site.procore.fault("drop_after_write", path="/sync", method="PATCH", nth=nth)
    synced(site)
    assert (site.state("orders", ORDER), told(site)[:2]) == (("posted", ""), ("Approved", "3401.25"))


def keyed(site: VismaWorld, number: str, amount: str, title: str = "Typed in") -> dict[str, Any]:
    """Somebody keys a commitment into Procore."""
    codes = site.procore.stored("wbs_codes")
    code = next(row["id"] for row in codes if (row["project_id"], row["flat_code"]) == (HARBOR, "32-310.M"))
    vendor = next(row["id"] for row in site.procore.stored("vendors") if "Lindqvist Plumbing" in row["name"])
    made: dict[str, Any] = site.act(
        "procore", "key_document", kind="commitment", parent=HARBOR, type="PurchaseOrderContract",
        fields={"number": number, "title": title, "vendor_id": vendor, "status": "Approved"},
        lines=[{"amount": amount, "wbs_code_id": code}],
    )  # fmt: skip
    return made


def test_what_somebody_keyed_in_before_is_matched_and_only_ended(site: VismaWorld) -> None:
    there = keyed(site, f"PO-{ORDER}", "3751.50")
    row = site.install(["orders"])
    site.sync()
    assert site.state("orders", ORDER) == ("held", "keyed_by_hand")
    matching.accept_above(row, 50, "test", "commitments")
    site.replayed(site.record("orders", ORDER))
    site.sync()
    assert (site.state("orders", ORDER)[0], ours(site)) == ("posted", {})
    site.act("visma_net", "close_order", number=ORDER)
    synced(site)
    stored = {one["id"]: one for one in site.procore.stored("purchase_order_contracts")}[there["id"]]
    assert (stored["status"], stored["origin_id"], stored["grand_total"]) == ("Closed", None, "3751.50")
    assert site.state("orders", ORDER) == ("posted", "")


def test_what_somebody_keys_in_later_is_not_doubled(site: VismaWorld) -> None:
    site.install(["orders"])
    keyed(site, ORDER, "3751.50")
    site.sync()
    assert site.state("orders", ORDER) == ("held", "keyed_by_hand")
    assert ours(site) == {}
    assert Decimal(site.record("orders", ORDER).amount) == Decimal("3751.5")


@pytest.mark.parametrize("path", ["contracts/sync", "line_items/sync"])
@pytest.mark.parametrize(
    ("effect", "args"),
    [
        ("drop_before_write", {}),
        ("html_error", {"status": 502}),
        ("status", {"status": 200, "body": {"entities": [], "errors": []}}),
        ("status", {"status": 200, "body": "no JSON"}),
    ],
)
def test_odd_answers_of_a_write_end_well(site: VismaWorld, path: str, effect: str, args: dict[str, Any]) -> None:
    site.install(["orders"])
    site.procore.fault(effect, path=path, method="PATCH", **args)
    site.sync()
    if site.state("orders", ORDER)[0] == "refused":  # lines that the answer does not mention are told, and sent again
        site.replayed(site.record("orders", ORDER))
        site.sync()
    assert site.state("orders", ORDER) == ("posted", "")
    assert told(site)[:2] == ("Approved", "3751.50")


class TestRestoredBackup:
    """The hub's notes are older than what Procore holds."""

    def test_commitments_are_found_by_their_mark(self, site: VismaWorld) -> None:
        site.install(["orders"])
        site.sync()
        writes(site)
        Record.objects.all().delete()
        found = recover.recover(site.installation, PATIENT)
        assert (found.finished, found.created, len(found.adopted), writes(site)) == (True, (), 1, 0)
        edited(site, line=1, amount="900.25")
        synced(site)
        assert told(site)[:2] == ("Approved", "3401.25")

    def test_a_draft_that_was_left_half_done_is_finished(self, site: VismaWorld) -> None:
        site.install(["orders"])
        site.procore.fault("status", path="line_items/sync", method="PATCH", status=422, body={"errors": "no"})
        site.sync()
        assert site.state("orders", ORDER)[0] == "refused"
        Record.objects.all().delete()
        recover.recover(site.installation, PATIENT)
        assert (site.state("orders", ORDER), told(site)[:2]) == (("posted", ""), ("Approved", "3751.50"))

    def test_an_order_that_changed_since_is_told_and_not_written_over(self, site: VismaWorld) -> None:
        site.install(["orders"])
        site.sync()
        edited(site, line=1, amount="900.25")
        Record.objects.all().delete()
        recover.recover(site.installation, PATIENT)
        assert (site.state("orders", ORDER), told(site)[1]) == (("held", "changed_there"), "3751.50")
        site.act("procore", "edit", kind="commitment", id=ours(site)[ORDER]["id"], fields={"status": "Draft"})
        site.replayed(site.record("orders", ORDER))
        site.sync()
        assert told(site)[:2] == ("Approved", "3401.25")
