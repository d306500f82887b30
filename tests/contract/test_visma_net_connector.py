"""The Visma.net connector against the sandbox, over HTTP: journals, their release and their reversal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from visma_net_connected import ACCRUAL, COST, CREATE, RELEASE, done, journal, opened, posted, taken_back, verified
from visma_over_http import JOURNALS, Erp, erp, invoice_line

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Done, Held, Refused, Waiting
from ml_connector.connectors.kit.target import HIGH_WATER, Item
from ml_connector.connectors.visma_net import batches, company, connector
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.connector import journals

CHECK, TAKE_BACK, VERIFY, RELEASE_BACK = journals.reversal
CREATED = {"method": "POST", "path": "(?i).*/journaltransaction"}
RELEASED = {"method": "POST", "path": "(?i).*/action/release"}


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def client(running: Erp) -> Iterator[VismaClient]:
    running.reset()
    found = opened(running)
    yield found
    found.close()


def fault(running: Erp, match: dict[str, Any], effect: str, **args: Any) -> None:
    running.order("/faults", {"match": match, "effect": effect, "times": 1, **args})


def balances(running: Erp) -> dict[str, Decimal]:
    """What the ledger holds of ours and of what reverses it, by account."""
    totals: dict[str, Decimal] = {}
    for row in running.books("journal"):
        if row["status"] == "Posted" and "ML-" in (row["reference"] or "") + str(row):
            for line in row["lines"]:
                moved = Decimal(str(line["debit"])) - Decimal(str(line["credit"]))
                totals[line["account"]] = totals.get(line["account"], Decimal(0)) + moved
    return totals


def test_journals_are_created_read_and_released_with_one_call_each(client: VismaClient, running: Erp) -> None:
    assert journals.examine is not None
    items = [journal(number, f"{number}00.10") for number in range(1, 6)]
    assert journals.periods is not None and journals.periods(client)
    journals.examine(client, items)
    running.control.delete("/calls")
    posted(client, *items)
    calls = [(one["method"], one["path"].rpartition("/")[2]) for one in running.control.get("/calls").json()]
    assert len(calls) == 15 and calls.count(("POST", "journaltransaction")) == calls.count(("POST", "release")) == 5
    assert balances(running) == {COST: Decimal("1500.50"), ACCRUAL: Decimal("-1500.50")}


def test_a_posted_journal_bears_mark_number_project_and_segments(client: VismaClient, running: Erp) -> None:
    (item,) = posted(client, journal(1))
    stored = running.get(f"{JOURNALS}/{item.key}")
    assert (stored["description"], stored["status"]) == ("ML-JJJJJJJJJJ01-1: Requisition", "Posted")
    assert stored["createVatTransaction"] is False
    line = stored["journalTransactionLines"][0]
    assert (line["referenceNumber"], line["project"]["id"], line["projectTask"]["id"]) == ("REQ-1", "HARBOR1", "03")
    assert [one["segmentValue"] for one in line["subaccount"]["segments"]] == ["00", "011", "03-300"]


def test_a_lost_create_is_found_by_its_mark_and_never_made_twice(client: VismaClient, running: Erp) -> None:
    fault(running, CREATED, "drop_after_write")
    with pytest.raises(errors.AnswerLost):
        CREATE.run(client, [journal(1)])
    assert CREATE.look_up is not None
    (found,) = CREATE.look_up(client, [journal(1)])
    assert isinstance(found, Done) and found.key
    assert CREATE.look_up(client, [journal(2)]) == [Absent()]
    verified(client, structs.replace(journal(1), key=found.key, number=found.number))


def test_the_high_water_mark_narrows_the_look_up(client: VismaClient, running: Erp) -> None:
    posted(client, journal(1))
    mark = batches.high_water(client)
    (second,) = posted(client, journal(2))
    running.control.delete("/calls")
    assert CREATE.look_up is not None
    (found,) = CREATE.look_up(client, [structs.replace(journal(2), memo={HIGH_WATER: mark})])
    assert isinstance(found, Done) and found.key == second.key
    (asked,) = running.control.get("/calls").json()
    assert "lastModifiedDateTime" in str(asked["query"]) and "periodId" not in str(asked["query"])


def test_a_reversing_batch_with_the_same_description_is_not_taken_for_ours(client: VismaClient, running: Erp) -> None:
    (item,) = posted(client, journal(1))
    running.act("reverse_journal", number=item.number, date="2026-01-31")
    assert CREATE.look_up is not None
    (found,) = CREATE.look_up(client, [journal(1)])
    assert isinstance(found, Done) and found.key == item.key


def test_a_lost_release_is_found_by_the_status(client: VismaClient, running: Erp) -> None:
    first, second = (done(CREATE, client, journal(number)) for number in (1, 2))
    fault(running, RELEASED, "drop_after_write")
    with pytest.raises(errors.AnswerLost):
        RELEASE.run(client, [first])
    assert RELEASE.look_up is not None
    assert [RELEASE.look_up(client, [item]) for item in (first, second)] == [[Done()], [Absent()]]


@pytest.mark.parametrize("answer", ["Queued", "InProcess"])
def test_a_queued_release_is_asked_after(client: VismaClient, running: Erp, answer: str) -> None:
    running.switch(release_answer=answer, release_ms=5000)
    item = done(CREATE, client, journal(1))
    (waiting,) = RELEASE.run(client, [item])
    assert isinstance(waiting, Waiting) and RELEASE.poll is not None
    item = structs.replace(item, memo=waiting.memo)
    again = RELEASE.poll(client, item)
    assert isinstance(again, Waiting) and again.after > waiting.after
    running.advance(10)
    assert RELEASE.poll(client, item) == Done()


@pytest.mark.parametrize("failure", ["status", "result"])
@pytest.mark.parametrize("status", ["400", "500"])
def test_a_release_in_a_period_that_closed_meanwhile_waits(
    client: VismaClient, running: Erp, failure: str, status: str
) -> None:
    running.switch(release_failure=failure, business_error_status=status, error_key="Message")
    item = done(CREATE, client, journal(1))
    running.act("close_period", period="2026-01")
    (held,) = RELEASE.run(client, [item])
    assert isinstance(held, Held) and held.cause == "period_closed" and "2026-01" in held.message


def test_what_somebody_released_already_is_done(client: VismaClient, running: Erp) -> None:
    item = done(CREATE, client, journal(1))
    running.act("release", document="journal", number=item.number)
    (outcome,) = RELEASE.run(client, [item])
    assert outcome == Done()


def test_what_is_changed_before_the_release_shows(client: VismaClient, running: Erp) -> None:
    first, second, third = (done(CREATE, client, journal(number)) for number in (1, 2, 3))
    running.act("edit", document="journal", number=first.number, line=1, account="55000")
    running.act("void", document="journal", number=second.number)
    running.act("edit", document="journal", number=third.number, description="mine")
    assert journals.read is not None and journals.compare is not None
    one, two, three = journals.read(client, [first, second, third])
    assert isinstance(one, Done) and [str(found) for found in journals.compare(first.document, one.stored)] == [
        "line 1 account: meant 54000, stored 55000"
    ]
    assert isinstance(two, Held) and two.cause == "changed_there" and "voided" in two.message
    assert isinstance(three, Held) and "carries no reference" in three.message


def test_many_journals_are_read_with_their_period(client: VismaClient, running: Erp) -> None:
    items = [done(CREATE, client, journal(number)) for number in range(1, 21)]
    running.switch(max_page_sizes="journaltransaction=7")
    running.control.delete("/calls")
    assert journals.read is not None and journals.compare is not None
    found = journals.read(client, items)
    assert all(isinstance(one, Done) for one in found)
    for item, one in zip(items, found, strict=True):
        assert isinstance(one, Done) and journals.compare(item.document, one.stored) == []
    assert len(running.control.get("/calls").json()) < 20


def test_a_journal_is_taken_back_to_the_cent(client: VismaClient, running: Erp) -> None:
    (item,) = posted(client, journal(1))
    back = taken_back(client, item)
    assert set(balances(running).values()) == {Decimal(0)}
    stored = running.get(f"{JOURNALS}/{back.memo['reversal']}")
    assert stored["description"].startswith(f"ML-JJJJJJJJJJ01-1R{item.number}: Reversal")
    assert stored["financialPeriod"] == "202601"
    assert journals.read is not None
    (now,) = journals.read(client, [item])
    assert isinstance(now, Done) and now.memo == {"reversal": back.memo["reversal"]}
    other = Item(reference=item.reference, document=item.document.reversed(), number=now.memo["reversal"])
    (found,) = journals.read(client, [other])
    assert isinstance(found, Done) and found.stored.total == item.document.total
    assert [line.amount for line in found.stored.lines] == [-line.amount for line in item.document.lines]


def test_a_lost_reversal_is_found_and_never_made_twice(client: VismaClient, running: Erp) -> None:
    (item,) = posted(client, journal(1))
    item = done(CHECK, client, item)
    fault(running, CREATED, "drop_after_write")
    with pytest.raises(errors.AnswerLost):
        TAKE_BACK.run(client, [item])
    assert TAKE_BACK.look_up is not None
    (found,) = TAKE_BACK.look_up(client, [item])
    assert isinstance(found, Done)
    again = done(CHECK, client, structs.replace(item, memo={}))
    assert again.memo["reversing_batch"] == found.memo["reversing_batch"]
    back = taken_back(client, structs.replace(item, memo={}))
    assert back.memo["reversal"] == found.memo["reversing_batch"]
    assert set(balances(running).values()) == {Decimal(0)}


def test_what_a_person_has_reversed_is_told_and_not_reversed_again(client: VismaClient, running: Erp) -> None:
    (item,) = posted(client, journal(1))
    told = running.act("reverse_journal", number=item.number)
    assert journals.read is not None
    (now,) = journals.read(client, [item])
    assert isinstance(now, Done) and now.memo == {"reversal": told["number"]}
    checked = done(CHECK, client, item)
    assert checked.memo["reversal"] == told["number"]
    assert not any(step.needed and step.needed(checked) for step in journals.reversal)


def test_a_reversal_in_a_closed_period_waits(client: VismaClient, running: Erp) -> None:
    (item,) = posted(client, journal(1))
    running.act("close_period", period="2026-01")
    (held,) = CHECK.run(client, [item])
    assert isinstance(held, Held) and held.cause == "period_closed"


def test_a_journal_goes_to_the_first_day_of_the_period_that_was_chosen_for_it(
    client: VismaClient, running: Erp
) -> None:
    (item,) = posted(client, journal(1, date=date(2025, 12, 28)))
    stored = running.get(f"{JOURNALS}/{item.key}")
    assert (stored["transactionDate"][:10], stored["financialPeriod"]) == ("2026-01-01", "202601")


CASES = {
    "unbalanced": {"amount": "1.01"},
    "account_not_usable": {"account": "20000"},
    "account_not_usable ": {"account": "10200"},
    "account_not_usable  ": {"account": "54900"},
    "account_not_usable   ": {"account": "99999"},
    "center_not_usable": {"subaccount": "2=999"},
    "center_not_usable ": {"subaccount": "9=011"},
    "center_not_usable  ": {"subaccount": "12345678901"},
    "project_not_usable": {"project": "DEPOT", "task": "03"},
    "project_not_usable ": {"project": "NOPE"},
    "project_not_usable  ": {"task": "77"},
}


@pytest.mark.parametrize("case", CASES)
def test_what_the_company_does_not_take_is_found_before_anything_is_sent(client: VismaClient, case: str) -> None:
    changes: dict[str, Any] = dict(CASES[case])
    if "amount" in changes:
        changes["amount"] = Decimal(changes["amount"])
    meant = journal(1)
    line = structs.replace(meant.document.lines[0], **changes)
    bad = journal(1, lines=(line, meant.document.lines[1]))
    assert journals.examine is not None
    found, good = journals.examine(client, [bad, journal(2)])
    assert found is not None and found.cause == case.strip() and good is None


def test_currencies_and_digits_are_found_before_and_periods_are_told(client: VismaClient, running: Erp) -> None:
    running.act("close_period", period="2026-02")
    assert journals.examine is not None and journals.periods is not None
    found = journals.examine(client, [journal(1, currency="XTS"), journal(2, "1.005")])
    assert [one and one.cause for one in found] == ["currency_not_known", "precision"]
    states = {one.period: one.open for one in journals.periods(client) or []}
    assert states["2026-01"] and not states["2026-02"] and len(states) == 36


@pytest.mark.parametrize("period", ["2026-02", "2019-02"])
def test_a_journal_for_a_closed_or_unknown_period_waits_when_it_is_refused(
    client: VismaClient, running: Erp, period: str
) -> None:
    running.act("close_period", period="2026-02")
    day = date(int(period[:4]), 2, 20)
    (held,) = CREATE.run(client, [journal(1, period=period, date=day)])
    assert isinstance(held, Held) and held.cause == "period_closed"


def test_what_was_put_right_meanwhile_is_looked_at_again(client: VismaClient, running: Erp) -> None:
    assert journals.examine is not None
    running.act("deactivate", kind="account", id=COST)
    assert journals.examine(client, [journal(1)]) != [None]
    running.act("activate", kind="account", id=COST)
    (shelf,) = company._shelves.values()
    shelf.read = {name: structs.replace(one, at=one.at - timedelta(minutes=2)) for name, one in shelf.read.items()}
    assert journals.examine(client, [journal(1)]) == [None]


def test_a_refusal_that_our_data_explain_waits_in_our_words(client: VismaClient, running: Erp) -> None:
    assert journals.examine is not None
    journals.examine(client, [journal(1)])
    running.act("deactivate", kind="account", id=COST)
    (held,) = CREATE.run(client, [journal(1)])
    assert isinstance(held, Held) and held.cause == "account_not_usable" and "inactive" in held.answer


@pytest.mark.parametrize(("status", "key"), [("400", "message"), ("500", "Message")])
def test_a_refusal_is_told_in_the_vendors_words_whatever_its_status(
    client: VismaClient, running: Erp, status: str, key: str
) -> None:
    running.switch(business_error_status=status, error_key=key)
    uneven = structs.replace(journal(1).document.lines[0], amount=Decimal(5))
    # Not examined: as if the company's data said nothing.
    (outcome,) = CREATE.run(client, [journal(1, lines=(uneven, structs.replace(uneven, amount=Decimal(-4))))])
    assert isinstance(outcome, Held | Refused)
    assert isinstance(outcome, Held) and outcome.cause == "unbalanced" and "out of balance" in outcome.answer


@pytest.mark.parametrize("form", ["same", "old_path", "other_host"])
def test_numbers_are_read_from_any_location(client: VismaClient, running: Erp, form: str) -> None:
    running.switch(location_form=form)
    (item,) = posted(client, journal(1))
    assert running.get(f"{JOURNALS}/{item.key}")["status"] == "Posted"


def test_keyed_journals_leave_out_ours_voided_ones_and_reversals(client: VismaClient, running: Erp) -> None:
    before = {number for number, _ in connector.keyed_journals(client, date(2026, 1, 1))}
    posted(client, journal(1))
    lines = [{"debit": 10, "account": "61000"}, {"credit": 10, "account": "20500"}]
    made = running.act("key_document", document="journal", lines=lines, date="2026-01-15", release=True)
    voided = running.act("key_document", document="journal", lines=lines, date="2026-01-15")
    running.act("void", document="journal", number=voided["number"])
    running.act("reverse_journal", number=made["number"], date="2026-01-16")
    found = dict(connector.keyed_journals(client, date(2026, 1, 1)))
    assert set(found) - before == {made["number"]}
    assert found[made["number"]].total == Decimal(10)


def test_lines_on_an_account_name_source_commitment_and_vendor(client: VismaClient, running: Erp) -> None:
    since, until = date(2026, 1, 1), date(2026, 12, 31)
    before = {(one.number, one.line) for one in connector.clearing_lines(client, ACCRUAL, since, until)}
    (item,) = posted(client, journal(1, vendor="V00001"))
    done(CREATE, client, journal(2))  # not released: it does not count
    number = running.invoice(
        description="Bill",
        invoiceLines=[invoice_line(830.25, accountNumber=ACCRUAL, projectId=None, projectTaskId=None)],
    )
    running.act("release", number=number)
    running.act("reverse_journal", number=item.number)
    found = connector.clearing_lines(opened(running), ACCRUAL, since, until)
    told = [
        (one.amount, one.source, one.order, one.vendor, one.reference)
        for one in found
        if (one.number, one.line) not in before
    ]
    marks = ("requisition:5521", "commitment:7731", "V00001", "ML-JJJJJJJJJJ01-1")
    assert sorted(told) == [
        (Decimal("-830.25"), *marks),
        (Decimal("830.25"), "", "", "V00001", ""),
        (Decimal("830.25"), *marks),
    ]


def test_a_batch_on_hold_waits_and_one_that_is_not_posted_yet_is_released(client: VismaClient, running: Erp) -> None:
    running.switch(auto_post=False)
    first, second = (done(CREATE, client, journal(number)) for number in (1, 2))
    running.act("put_on_hold", document="journal", number=first.number)
    (held,) = RELEASE.run(client, [first])
    assert isinstance(held, Held) and held.cause == "waits_for_approval" and held.look_after is not None
    released = done(RELEASE, client, second)
    verified(client, released)
    assert running.get(f"{JOURNALS}/{released.key}")["status"] == "Unposted"
    rows = {row.key: row.document for row in walked(client)}
    assert rows[f"GL|{released.key}"].released and RELEASE.look_up is not None
    assert RELEASE.look_up(client, [released]) == [Done()]


def walked(client: VismaClient) -> list[Any]:
    (scope,) = connector.posted_journals.scopes(client)
    return list(connector.posted_journals.read(client, scope, None, None).rows)
