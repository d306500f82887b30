"""Contracts between the connector and the Procore sandbox: drafted, filled, approved, changed, closed (§5, §9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from procore_month import ACME, ANNEX, BOLT, SECRET, TOWER
from procore_over_http import World, world

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.connectors.procore.connector import contract_changes, keyed_contracts
from ml_connector.connectors.procore.project_lists import budget_codes, directory
from ml_connector.records.contracts import Contract, ContractLine, differences

STEPS = {step.name: step for step in contract_changes.steps}
LOOK, ENLIST, REOPEN, DRAFT, LINES, STATUS = contract_changes.steps
MARK = "ML-7K2QX9M4T0AB"
ORDERS, SUBCONTRACTS = "purchase_order_contracts", "work_order_contracts"
KINDS = {"purchase_order": ORDERS, "subcontract": SUBCONTRACTS}


@pytest.fixture(scope="module")
def served_world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def site(served_world: World) -> World:
    served_world.fresh()
    budget_codes.forget()
    directory.forget()
    return served_world


def line(key: str, amount: str, code: str = "03-200.M") -> ContractLine:
    cost_code, _, cost_type = code.partition(".")
    return ContractLine(key=key, cost_code=cost_code, cost_type=cost_type, text=f"Line {key}", amount=Decimal(amount))


def contract(*lines: ContractLine, **changes: Any) -> Contract:
    rows = lines or (line("1", "125000.00"), line("2", "4300.50", "07-110.M"))
    made = Contract(
        reference=f"{MARK}-1",
        kind="purchase_order",
        project=str(TOWER),
        number="700093",
        title="Foundation",
        vendor=str(ACME),
        currency="USD",
        day=date(2026, 2, 3),
        status="approved",
        lines=rows,
        total=sum((one.amount for one in rows), Decimal(0)),
    )
    return structs.replace(made, **changes)


def item(*lines: ContractLine, **changes: Any) -> Item:
    document = contract(*lines, **changes)
    return Item(reference=document.reference, document=document)


def after(one: Item, outcome: Outcome | Finding) -> Item:
    """The item as the next step gets it."""
    assert isinstance(outcome, Done), outcome
    return structs.replace(
        one, key=outcome.key or one.key, number=outcome.number or one.number, memo={**one.memo, **outcome.memo}
    )


def run(site: World, step: Step, one: Item) -> Outcome:
    (outcome,) = step.run(site.client, [one])
    return outcome


def found(site: World, step: Step, one: Item) -> Finding:
    assert step.look_up is not None
    (finding,) = step.look_up(site.client, [one])
    return finding


def delivered(site: World, one: Item, until: str = "") -> tuple[Item, Outcome]:
    """The item taken through its steps as the hub does; it ends at a hold, or before the step `until`."""
    outcome: Outcome = Done()
    for step in contract_changes.steps:
        if step.name == until:
            break
        if step.needed is not None and not step.needed(one):
            continue
        outcome = run(site, step, one)
        if not isinstance(outcome, Done):
            break
        one = after(one, outcome)
        if step.verifies:
            assert differences(one.document, outcome.stored) == []
    return one, outcome


def approved(site: World, one: Item | None = None) -> Item:
    one, outcome = delivered(site, one or item())
    assert isinstance(outcome, Done), outcome
    return one


def changed(one: Item, *lines: ContractLine, **changes: Any) -> Item:
    """The next version of an item's order."""
    reference = f"{MARK}-{int(one.reference.rpartition('-')[2]) + 1}"
    document = contract(*(lines or one.document.lines), **{"kind": one.document.kind, **changes})
    return structs.replace(one, reference=reference, document=structs.replace(document, reference=reference))


def stored(site: World, one: Item) -> dict[str, Any]:
    return site.state(KINDS[one.document.kind])[int(one.key or one.number)]


def amounts(site: World, one: Item) -> dict[str, tuple[str, str]]:
    """Code and amount of each line in Procore, by the key of our line."""
    rows = stored(site, one)["line_items"]
    return {
        (row["origin_id"] or "").removeprefix(f"{MARK}-"): (row["wbs_code"]["flat_code"], row["amount"]) for row in rows
    }


def writes(site: World) -> list[str]:
    return [call for call in site.calls() if not call.startswith("GET")]


def test_a_new_order_becomes_an_approved_contract_in_three_writes(site: World) -> None:
    one, outcome = delivered(site, item())
    assert isinstance(outcome, Done)
    assert writes(site) == [
        f"PATCH /{ORDERS}/sync",
        f"PATCH /{ORDERS}/line_items/sync",
        f"PATCH /{ORDERS}/sync",
    ]
    row = stored(site, one)
    assert (row["number"], row["title"], row["status"], row["grand_total"]) == (
        "700093", "Foundation", "Approved", "129300.50",
    )  # fmt: skip
    assert (row["origin_id"], row["origin_data"], row["vendor"]["id"]) == (MARK, f"{MARK}-1", ACME)
    assert (row["contract_date"], one.number) == ("2026-02-03", "700093")
    assert amounts(site, one) == {"1": ("03-200.M", "125000.00"), "2": ("07-110.M", "4300.50")}


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        ("purchase_order", "closed", "Closed"),
        ("purchase_order", "void", "Closed"),
        ("subcontract", "closed", "Complete"),
        ("subcontract", "void", "Void"),
    ],
)
def test_an_end_is_a_status_alone(site: World, kind: str, status: str, word: str) -> None:
    one = approved(site, item(kind=kind))
    site.calls()
    one = approved(site, changed(one, status=status))
    assert site.calls() == [f"GET /{KINDS[kind]}", f"PATCH /{KINDS[kind]}/sync"]
    assert stored(site, one)["status"] == word
    one = approved(site, changed(one, status="approved"))
    assert stored(site, one)["status"] == "Approved"


def test_what_does_not_matter_costs_no_write(site: World) -> None:
    one = approved(site)
    site.calls()
    approved(site, changed(one, number="700093 ", day=date(2026, 2, 9)))
    assert site.calls() == [f"GET /{ORDERS}"]


def test_another_title_is_written_unless_somebody_gave_it_one(site: World) -> None:
    one = approved(site, changed(approved(site), title="Ground works"))
    assert (stored(site, one)["title"], stored(site, one)["status"]) == ("Ground works", "Approved")
    site.api.act("edit", kind="commitment", id=int(one.key), fields={"title": "Phase 1"})
    approved(site, changed(one, title="Foundations"))
    assert stored(site, one)["title"] == "Phase 1"


def test_lines_change_by_way_of_a_draft(site: World) -> None:
    one = approved(site)
    site.calls()
    one = approved(site, changed(one, line("1", "90000"), line("3", "12.5", "03-200.S")))
    assert writes(site) == [
        f"PATCH /{ORDERS}/sync",
        f"PATCH /{ORDERS}/line_items/sync",
        f"PATCH /{ORDERS}/sync",
    ]
    assert amounts(site, one) == {
        "1": ("03-200.M", "90000.00"), "2": ("07-110.M", "0.00"), "3": ("03-200.S", "12.50"),
    }  # fmt: skip
    row = stored(site, one)
    assert (row["status"], row["grand_total"], row["origin_data"]) == ("Approved", "90012.50", f"{MARK}-2")


def test_a_cancelled_line_comes_to_nothing(site: World) -> None:
    one = approved(site)
    one = approved(site, changed(one, line("1", "125000"), line("2", "0", "07-110.M")))
    assert amounts(site, one)["2"] == ("07-110.M", "0.00")


def test_another_vendor_comes_by_way_of_a_draft_and_into_the_directory(site: World) -> None:
    vendor = next(key for key in (BOLT, ACME + 2) if str(key) not in directory.of(site.client, str(ANNEX)))
    one = approved(site, item(project=str(ANNEX)))
    site.calls()
    one = approved(site, changed(one, project=str(ANNEX), vendor=str(vendor)))
    assert writes(site) == [
        "POST /projects/vendors/actions/add",
        f"PATCH /{ORDERS}/sync",
        f"PATCH /{ORDERS}/sync",
        f"PATCH /{ORDERS}/sync",
    ]
    assert (stored(site, one)["vendor"]["id"], stored(site, one)["status"]) == (vendor, "Approved")


def test_by_rule_an_approved_contract_is_not_reopened(site: World) -> None:
    one = approved(site)
    one, held = delivered(site, changed(one, line("1", "1"), reopens=False))
    assert isinstance(held, Held)
    assert (held.cause, stored(site, one)["status"]) == (Cause.LOCKED_THERE, "Approved")
    site.api.act("edit", kind="commitment", id=int(one.key), fields={"status": "Draft"})
    one = approved(site, one)
    assert (stored(site, one)["status"], stored(site, one)["grand_total"]) == ("Approved", "1.00")


def test_a_contract_that_was_paid_needs_a_change_order(site: World) -> None:
    one = approved(site)
    body = {
        "project_id": TOWER,
        "contract_id": int(one.key),
        "contract_payment": {"amount": "10", "date": "2026-02-09"},
    }
    site.api.post("/rest/v1.0/contract_payments", body)
    one, held = delivered(site, changed(one, line("1", "129000")))
    assert isinstance(held, Held)
    assert held.cause == Cause.LOCKED_THERE
    assert "make a change order over -300.50" in held.message
    assert stored(site, one)["grand_total"] == "129300.50"
    wbs = stored(site, one)["line_items"][0]["wbs_code"]["id"]
    given = {"title": "Less", "status": "approved"}
    less = [{"wbs_code_id": wbs, "amount": "-300.50"}]
    site.api.act("key_document", kind="change_order", parent=int(one.key), fields=given, lines=less)
    site.calls()
    one = approved(site, one)
    assert writes(site) == []
    assert isinstance(delivered(site, changed(one, line("1", "5")))[1], Held)
    assert stored(site, approved(site, changed(one, status="closed")))["status"] == "Closed"


def test_a_contract_with_a_requisition_in_draft_is_not_reopened(site: World) -> None:
    one = approved(site)
    billed = {"item_type": "contract_item", "line_item_id": stored(site, one)["line_items"][0]["id"]}
    items = [{**billed, "work_completed_this_period": "9"}]
    site.api.act("key_document", kind="requisition", parent=int(one.key), fields={"items": items})
    _, held = delivered(site, changed(one, line("1", "129000")))
    assert isinstance(held, Held)
    assert "billed" in held.message


def test_lines_that_somebody_changed_are_not_written_over(site: World) -> None:
    one = approved(site)
    row = stored(site, one)["line_items"][0]["id"]
    edit = {"kind": "commitment", "id": int(one.key), "line": row, "unlock": True}
    site.api.act("edit_line", **edit, fields={"amount": "7.00"})
    site.calls()
    one, held = delivered(site, changed(one, line("1", "90000"), line("2", "4300.5", "07-110.M")))
    assert isinstance(held, Held)
    assert (held.cause, writes(site)) == (Cause.CHANGED_THERE, [])
    assert "line 1 is 03-200.M 7.00, the order says 03-200.M 90000" in held.message
    site.api.act("edit_line", **edit, fields={"amount": "90000.00"})
    approved(site, one)
    assert writes(site) == []


def test_a_vendor_that_somebody_set_stays(site: World) -> None:
    one = approved(site)
    site.api.act("edit", kind="commitment", id=int(one.key), fields={"vendor_id": BOLT}, unlock=True)
    site.calls()
    one, held = delivered(site, changed(one, line("1", "5")))
    assert isinstance(held, Held)
    assert (held.cause, writes(site)) == (Cause.CHANGED_THERE, [])
    assert stored(site, approved(site, changed(one, *item().document.lines, status="closed")))["vendor"]["id"] == BOLT


def test_a_line_on_a_code_that_was_retired_stays_as_it_is(site: World) -> None:
    one = approved(site)
    code = next(row["id"] for row in site.state("wbs_codes").values() if _is_dampproofing(row))
    path = f"/rest/v1.0/projects/{TOWER}/work_breakdown_structure/wbs_codes/{code}"
    site.api.patch(path, {"status": "inactive"})
    budget_codes.forget()
    one = approved(site, changed(one, line("1", "90000"), line("2", "4300.50", "07-110.M")))
    assert amounts(site, one) == {"1": ("03-200.M", "90000.00"), "2": ("07-110.M", "4300.50")}


def _is_dampproofing(row: dict[str, Any]) -> bool:
    return (row["project_id"], row["flat_code"]) == (TOWER, "07-110.M")


def test_a_status_that_somebody_set_stays(site: World) -> None:
    one = approved(site, item(kind="subcontract"))
    site.api.act("edit", kind="commitment", id=int(one.key), fields={"status": "Terminated"})
    _, held = delivered(site, changed(one, status="closed"))
    assert isinstance(held, Held)
    assert held.cause == Cause.CHANGED_THERE
    assert "Terminated" in held.message


def test_a_contract_that_somebody_deleted_is_not_made_again(site: World) -> None:
    one = approved(site)
    site.api.act("edit", kind="commitment", id=int(one.key), fields={"status": "Draft"})
    site.api.act("delete", kind="commitment", id=int(one.key))
    _, held = delivered(site, changed(one, line("1", "1")))
    assert isinstance(held, Held)
    assert "deleted" in held.message
    assert isinstance(found(site, LOOK, item()), Held)


def test_a_code_that_the_project_does_not_have_is_named_before_anything_is_sent(site: World) -> None:
    assert contract_changes.examine is not None
    odd, good, fine = item(line("1", "5", "99-999.X")), item(), item(line("1", "0.001"))
    answers = contract_changes.examine(site.client, [odd, good, fine, item(project=str(SECRET))])
    assert [held and held.cause for held in answers] == [
        Cause.CODE_NOT_USABLE, None, Cause.PRECISION, Cause.NOT_PERMITTED,
    ]  # fmt: skip
    assert answers[0] is not None
    assert "99-999.X" in answers[0].message
    assert writes(site) == []


def test_a_project_that_we_may_not_see_holds_its_own_orders_only(site: World) -> None:
    rows = [numbered(1), numbered(2, project=str(SECRET)), numbered(3, project=str(ANNEX))]
    looked = [after(rows[0], run(site, LOOK, rows[0]))]
    looked += [structs.replace(one, memo=looked[0].memo) for one in rows[1:]]
    outcomes = DRAFT.run(site.client, looked)
    assert isinstance(outcomes[0], Done)
    assert isinstance(outcomes[1], Held)
    assert isinstance(outcomes[2], Refused | Done)


def numbered(number: int, **changes: Any) -> Item:
    reference = f"ML-{number:012}-1"
    document = structs.replace(contract(**changes), reference=reference, number=f"7{number:05}")
    return Item(reference=reference, document=document)


def test_many_contracts_of_a_project_go_out_in_one_call(site: World) -> None:
    rows = [after(one, run(site, LOOK, one)) for one in map(numbered, range(40))]
    budget_codes.of(site.client, str(TOWER))
    site.calls()
    rows = moved(rows, DRAFT.run(site.client, rows))
    assert site.calls() == [f"PATCH /{ORDERS}/sync"]
    rows = [after(one, run(site, LINES, one)) for one in rows]
    assert site.calls() == [f"PATCH /{ORDERS}/line_items/sync"] * 40
    moved(rows, STATUS.run(site.client, rows))
    assert site.calls() == [f"PATCH /{ORDERS}/sync"]
    made = [row for row in site.state(ORDERS).values() if (row["origin_id"] or "").startswith("ML-0")]
    assert {(row["status"], row["grand_total"]) for row in made} == {("Approved", "129300.50")}
    assert len(made) == 40


def moved(rows: Sequence[Item], outcomes: Sequence[Outcome]) -> list[Item]:
    return [after(one, outcome) for one, outcome in zip(rows, outcomes, strict=True)]


def test_what_stands_behind_a_limited_call_was_not_run(site: World) -> None:
    rows = [numbered(1), numbered(2, kind="subcontract")]
    rows = [after(one, run(site, LOOK, one)) for one in rows]
    site.fault("rate_limit", method="PATCH", path=SUBCONTRACTS)
    outcomes = DRAFT.run(site.client, rows)
    assert [type(outcome) for outcome in outcomes] == [Done, NotRun]


@pytest.mark.parametrize("name", ["enlist", "draft", "lines", "status"])
def test_a_lost_answer_of_a_new_contract_is_looked_up(site: World, name: str) -> None:
    directory_before = directory.of(site.client, str(ANNEX))
    vendor = next(key for key in (BOLT, ACME + 2) if str(key) not in directory_before)
    one, _ = delivered(site, item(project=str(ANNEX), vendor=str(vendor)), until=name)
    assert isinstance(found(site, STEPS[name], one), Absent)
    site.fault("drop_after_write", path="/vendors/" if name == "enlist" else "sync")
    with pytest.raises(errors.AnswerLost):
        run(site, STEPS[name], one)
    directory.forget()
    one = after(one, found(site, STEPS[name], one))
    for step in contract_changes.steps[contract_changes.steps.index(STEPS[name]) + 1 :]:
        one = after(one, run(site, step, one)) if step.needed and step.needed(one) else one
    made = [row for row in site.state(ORDERS).values() if row["origin_id"] == MARK]
    assert [(row["status"], row["grand_total"]) for row in made] == [("Approved", "129300.50")]


@pytest.mark.parametrize("name", ["reopen", "draft", "lines", "status"])
def test_a_lost_answer_of_a_change_is_looked_up(site: World, name: str) -> None:
    one = changed(approved(site), line("1", "777"), vendor=str(BOLT))
    one, _ = delivered(site, one, until=name)
    assert isinstance(found(site, STEPS[name], one), Absent)
    site.fault("drop_after_write", path="sync")
    with pytest.raises(errors.AnswerLost):
        run(site, STEPS[name], one)
    one = after(one, found(site, STEPS[name], one))
    for step in contract_changes.steps[contract_changes.steps.index(STEPS[name]) + 1 :]:
        one = after(one, run(site, step, one)) if step.needed and step.needed(one) else one
    row = stored(site, one)
    assert (row["status"], row["grand_total"], row["vendor"]["id"]) == ("Approved", "777.00", BOLT)


def test_without_our_notes_a_contract_is_found_by_its_mark(site: World) -> None:
    one = approved(site)
    assert isinstance(found(site, LOOK, item(kind="subcontract")), Absent)
    again = after(item(), found(site, LOOK, item()))
    assert (again.key, again.memo["todo"]) == (one.key, "")
    approved(site, changed(again, line("1", "3")))
    assert stored(site, one)["grand_total"] == "3.00"
    other = found(site, LOOK, item())
    assert isinstance(other, Held)
    assert other.cause == Cause.CHANGED_THERE


def test_a_draft_that_was_left_half_done_is_finished_without_our_notes(site: World) -> None:
    delivered(site, item(), until="lines")
    one = after(item(), found(site, LOOK, item()))
    assert one.memo["todo"] == "lines status"
    assert stored(site, approved(site, one))["grand_total"] == "129300.50"


def test_contracts_that_people_keyed_in_are_told_by_their_number(site: World) -> None:
    assert contract_changes.find_keyed is not None
    approved(site)
    mine, theirs, other = item(), numbered(1), structs.replace(numbered(2), document=contract())
    theirs = structs.replace(theirs, document=structs.replace(theirs.document, number="C-88002"))
    answers = contract_changes.find_keyed(site.client, [mine, theirs, other, item(project=str(SECRET))])
    assert [[(one.number, one.reference) for one in row] for row in answers[1:]] == [
        [("88002", "")], [(answers[0][0].number, f"{MARK}-0")], [],
    ]  # fmt: skip
    assert answers[0][0].reference == mine.reference
    keyed = {one.number: one for one in keyed_contracts(site.client)}
    assert "700093" not in keyed
    assert (keyed["C-88002"].total, keyed["C-88002"].vendor, keyed["C-88002"].status) == (
        Decimal("12500.00"), str(ACME), "approved",
    )  # fmt: skip


def adopted(*lines: ContractLine, **changes: Any) -> Item:
    return structs.replace(item(*lines, **changes), number="88002")


def test_a_contract_that_somebody_keyed_in_is_closed_and_never_rewritten(site: World) -> None:
    same = adopted(line("1", "12500"))
    site.calls()
    approved(site, same)
    assert writes(site) == []
    _, held = delivered(site, adopted(line("1", "13000")))
    assert isinstance(held, Held)
    assert held.cause == Cause.KEYED_BY_HAND
    one = approved(site, adopted(line("1", "12500"), status="closed"))
    assert (one.key, stored(site, one)["status"], stored(site, one)["origin_id"]) == ("", "Closed", None)
