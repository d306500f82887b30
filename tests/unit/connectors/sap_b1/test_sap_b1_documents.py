"""Posting, finding again, comparing and taking back documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import httpx2
import pytest
from msgspec import Struct, structs
from sap_server import Row, Server, bill, fault, held_lines, journal, line, order, period

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Done, Held, NotRun, Refused
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.connectors.sap_b1.documents import create, documents
from ml_connector.connectors.sap_b1.matches import find_keyed, keyed_documents
from ml_connector.connectors.sap_b1.reversal import STEPS
from ml_connector.connectors.sap_b1.stored import look_up, read

CHECK, TAKE_BACK, CONFIRM = STEPS


def posted(client: SapClient, *items: Item) -> list[Item]:
    """Items as the hub knows them after they were posted."""
    outcomes = create(client, items)
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    return [
        structs.replace(item, key=outcome.key, number=outcome.number)
        for item, outcome in zip(items, outcomes, strict=True)
        if isinstance(outcome, Done)
    ]


def taken_back(client: SapClient, item: Item) -> Item:
    """The item after all steps of a reversal."""
    for step in STEPS:
        if step.needed is None or step.needed(item):
            (outcome,) = step.run(client, [item])
            assert isinstance(outcome, Done), outcome
            item = structs.replace(item, memo={**item.memo, **outcome.memo})
    return item


def test_an_invoice_is_posted_as_a_service_document_and_compares_equal(client: SapClient, server: Server) -> None:
    item = bill()
    (outcome,) = create(client, [item])
    assert isinstance(outcome, Done) and outcome.key == "PurchaseInvoices(1)" and outcome.number == "1001"
    assert documents.compare is not None and documents.compare(item.document, outcome.stored) == []
    (row,) = server.tables["PurchaseInvoices"]
    assert (row["DocType"], row["DocDate"][:10], row["NumAtCard"], row["DocCurrency"]) == (
        "dDocument_Service", "2026-03-31", "SC-0001", "$",
    )  # fmt: skip
    assert (row["U_MlcRef"], row["U_MlcSource"], row["U_MlcOrder"]) == (
        item.reference,
        "change_order:88",
        "commitment:7731",
    )
    (stored,) = row["DocumentLines"]
    assert stored == {
        "ItemDescription": "Concrete, level 2", "AccountCode": "_SYS164", "CostingCode": "PC-0310",
        "ProjectCode": "P-100", "TaxCode": "EX", "U_MlcSource": "line:1", "LineTotal": 12500.5,
    }  # fmt: skip


def test_settings_choose_dimension_vat_branch_and_series(opened: Callable[..., SapClient], server: Server) -> None:
    client = opened(dimension="2", tax_code="", vat_group="I0", branch="3", series="17", journal_series="9")
    posted(client, bill())
    posted(client, journal())
    (invoice,), (entry,) = server.tables["PurchaseInvoices"], server.tables["JournalEntries"]
    assert (invoice["BPL_IDAssignedToInvoice"], invoice["Series"], entry["Series"]) == (3, 17, 9)
    (row,) = invoice["DocumentLines"]
    assert row["CostingCode2"] == "PC-0310" and row["VatGroup"] == "I0" and "CostingCode" not in row
    assert [one["BPLID"] for one in entry["JournalEntryLines"]] == [3, 3]


def test_credit_notes_and_orders_go_to_their_own_places(client: SapClient, server: Server) -> None:
    credit = structs.replace(bill(1), document=structs.replace(bill(1).document, credit=True))
    (done,) = create(client, [credit])
    assert isinstance(done, Done) and done.stored.credit and done.key == "PurchaseCreditNotes(1)"
    (done,) = create(client, [order(2)])
    assert isinstance(done, Done) and documents.compare is not None
    assert documents.compare(order(2).document, done.stored) == []
    assert server.tables["PurchaseOrders"][0]["DocDueDate"] == "2026-03-31"


def test_a_journal_is_posted_balanced_with_its_marks(client: SapClient, server: Server) -> None:
    item = journal()
    (done,) = create(client, [item])
    assert isinstance(done, Done) and documents.compare is not None
    assert documents.compare(item.document, done.stored) == []
    assert [one.role for one in done.stored.lines] == [one.role for one in item.document.lines]
    (row,) = server.tables["JournalEntries"]
    assert (row["Reference"], row["Reference2"], row["U_MlcOrder"]) == ("DC-1", "V10000", "commitment:7731")
    assert [(one["Debit"], one["Credit"]) for one in row["JournalEntryLines"]] == [(830.25, 0), (0, 830.25)]


def test_a_foreign_journal_leaves_the_rate_to_the_company(client: SapClient, server: Server) -> None:
    item = journal(amount="500", currency="JPY")
    (done,) = create(client, [item])
    assert isinstance(done, Done) and done.stored.currency == "JPY"
    first = next(held_lines(server, "JournalEntries"))
    assert (first["FCDebit"], first["FCCurrency"]) == (500, "JPY") and "Debit" not in first


def test_a_foreign_invoice_has_its_amounts_in_its_own_currency(client: SapClient, server: Server) -> None:
    server.rate = Decimal("0.0065")
    item = bill(1, line("50000"), currency="JPY")
    (done,) = create(client, [item])
    assert isinstance(done, Done) and documents.compare is not None
    assert documents.compare(item.document, done.stored) == []
    (row,) = server.tables["PurchaseInvoices"]
    assert (row["DocTotal"], row["DocTotalFc"], row["DocumentLines"][0]["RowTotalFC"]) == (325.0, 50000, 50000)


def test_a_moved_period_is_posted_on_its_first_day_and_keeps_the_document_day(
    client: SapClient, server: Server
) -> None:
    item = bill(period="2026-04")
    (done,) = create(client, [item])
    (row,) = server.tables["PurchaseInvoices"]
    assert (row["DocDate"][:10], row["TaxDate"][:10]) == ("2026-04-01", "2026-03-31")
    assert isinstance(done, Done) and (done.stored.date, done.stored.period) == (date(2026, 3, 31), "2026-04")


def test_several_documents_are_one_request(client: SapClient, server: Server) -> None:
    items = [bill(1), journal(2), order(3), bill(4, line("10.05", text="Größe <ä>"))]
    outcomes = create(client, items)
    assert [outcome.key for outcome in outcomes if isinstance(outcome, Done)] == [
        "PurchaseInvoices(1)", "JournalEntries(1)", "PurchaseOrders(1)", "PurchaseInvoices(2)",
    ]  # fmt: skip
    assert server.writes == ["/b1s/v2/$batch"]
    assert server.tables["PurchaseInvoices"][1]["DocumentLines"][0]["ItemDescription"] == "Größe <ä>"


def test_behind_the_first_refused_document_nothing_was_run(client: SapClient, server: Server) -> None:
    text = "Enter valid code  [PCH1.OcrCode][line: 1]"
    server.refuse_document = lambda entity, body: fault(400, -5002, text) if body["NumAtCard"] == "SC-0002" else None
    outcomes = create(client, [bill(1), bill(2), bill(3)])
    assert [type(outcome) for outcome in outcomes] == [Done, Refused, NotRun]
    assert isinstance(outcomes[1], Refused) and "the profit centre of line 1" in outcomes[1].message
    assert len(server.tables["PurchaseInvoices"]) == 1


def test_a_closed_period_and_an_inactive_vendor_are_held(client: SapClient, server: Server) -> None:
    server.refuse_document = lambda entity, body: fault(
        400, -4013, "Posting period locked; specify an alternative date"
    )
    (held,) = create(client, [bill()])
    assert isinstance(held, Held) and held.cause == "period_closed"
    server.refuse_document = lambda entity, body: fault(400, -10, "10001071 - Business partner is inactive")
    outcomes = create(client, [bill(1), bill(2)])
    assert isinstance(outcomes[0], Held) and outcomes[0].cause == "vendor_inactive"


def test_an_answer_without_our_mark_or_cut_off_is_looked_up(client: SapClient, server: Server) -> None:
    def cut(request: httpx2.Request) -> httpx2.Response | None:
        if not request.url.path.endswith("$batch"):
            return None
        whole = server._batch(request)
        return httpx2.Response(200, headers=whole.headers, content=whole.content[: len(whole.content) // 2])

    server.refuse = cut
    with pytest.raises(errors.AnswerLost):
        create(client, [bill(1), bill(2)])
    server.refuse = lambda request: None
    found = look_up(client, [bill(1), bill(2), bill(3)])
    assert [type(one) for one in found] == [Done, Done, Absent]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_failed_proxy_loses_the_answer_of_a_write(client: SapClient, server: Server, status: int) -> None:
    posted(client, bill(1))
    server.refuse = lambda request: (
        httpx2.Response(status, html="<html>Proxy Error</html>") if request.method == "POST" else None
    )
    with pytest.raises(errors.AnswerLost):
        create(client, [bill(2)])


def test_a_lock_is_looked_up_for_one_and_undone_in_a_batch(client: SapClient, server: Server) -> None:
    server.refuse_document = lambda entity, body: fault(400, -2038, "Record is locked by another user (ODBC -2038)")
    with pytest.raises(errors.AnswerLost):
        create(client, [bill()])
    with pytest.raises(errors.TryLater):
        create(client, [bill(1), bill(2)])


def test_a_missing_user_field_stops_the_connection_and_says_what_to_run(client: SapClient, server: Server) -> None:
    server.fields_known = False
    for call in (
        lambda: create(client, [bill()]),
        lambda: create(client, [bill(1), bill(2)]),
        lambda: look_up(client, [bill()]),
    ):
        with pytest.raises(errors.BadConfiguration, match="connection prepare c1"):
            call()
    assert server.tables["PurchaseInvoices"] == []


def test_a_request_that_is_too_large_is_halved(client: SapClient, server: Server) -> None:
    def small_only(request: httpx2.Request) -> httpx2.Response | None:
        too_large = request.url.path.endswith("$batch") and request.content.count(b"Content-ID") > 2
        return httpx2.Response(413, html="<html>too large</html>") if too_large else None

    server.refuse = small_only
    outcomes = create(client, [bill(number) for number in range(1, 6)])
    assert [type(one) for one in outcomes] == [Done] * 5 and len(server.tables["PurchaseInvoices"]) == 5


def test_look_up_passes_over_cancelled_documents_and_never_adopts_one_of_two(client: SapClient, server: Server) -> None:
    (item,) = posted(client, bill())
    client.cancel("PurchaseInvoices", 1)
    assert look_up(client, [bill()]) == [Absent()]
    posted(client, bill())
    server.tables["PurchaseInvoices"].append(server.tables["PurchaseInvoices"][-1] | {"DocEntry": 9, "DocNum": 1009})
    (held,) = look_up(client, [bill()])
    assert isinstance(held, Held) and held.cause == "not_searchable" and "1009" in held.message
    assert item.key == "PurchaseInvoices(1)"


def test_a_document_that_waits_for_approval_is_held_and_found_as_such(client: SapClient, server: Server) -> None:
    item = bill()
    draft = {
        "DocEntry": 5,
        "U_MlcRef": item.reference,
        "AuthorizationStatus": "dasPending",
        "DocumentStatus": "bost_Open",
    }
    server.tables["Drafts"].append(draft)
    server.refuse_document = lambda entity, body: fault(400, -2028, "No matching records found (ODBC -2028)")
    (held,) = create(client, [item])
    assert isinstance(held, Held) and held.cause == "waits_for_approval" and held.look_after is not None
    (found,) = look_up(client, [item])
    assert isinstance(found, Held) and "draft 5" in found.message


def test_in_a_batch_such_a_document_is_sent_again_alone(client: SapClient, server: Server) -> None:
    """A change set that fails is undone, and the draft with it."""

    def refuse(entity: str, body: Row) -> httpx2.Response | None:
        if server.requests[-1].url.path.endswith("PurchaseInvoices"):
            draft = {"DocEntry": 5, "U_MlcRef": body["U_MlcRef"], "AuthorizationStatus": "dasPending"}
            server.tables["Drafts"].append(draft)
        return fault(400, -2028, "No matching records found (ODBC -2028)")

    server.refuse_document = refuse
    outcomes = create(client, [bill(1), bill(2)])
    assert isinstance(outcomes[0], Held) and outcomes[0].cause == "waits_for_approval" and outcomes[1] == NotRun()
    assert len(server.tables["Drafts"]) == 1


def test_trouble_behind_a_posted_document_never_makes_it_seem_undone(client: SapClient, server: Server) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        alone = request.method == "POST" and request.url.path.endswith("PurchaseInvoices")
        return fault(500, 305, "Switch company error: -1102") if alone else None

    server.refuse = refuse
    missing = fault(400, -2028, "No matching records found (ODBC -2028)")
    server.refuse_document = lambda entity, body: missing if body["NumAtCard"] == "SC-0002" else None
    assert [type(one) for one in create(client, [bill(1), bill(2)])] == [Done, NotRun]
    server.refuse = lambda request: httpx2.Response(503) if request.url.path.endswith("Drafts") else None
    with pytest.raises(errors.AnswerLost, match="waits for approval"):
        create(client, [bill(3), bill(2)])


def test_keyed_documents_are_found_by_vendor_and_number(client: SapClient, server: Server) -> None:
    by_hand = bill(7)
    posted(client, by_hand, bill(8))
    server.tables["PurchaseInvoices"][0]["U_MlcRef"] = None
    found = find_keyed(client, [bill(7), bill(8), bill(9), journal(1), order(7)])
    assert [[one.number for one in some] for some in found] == [["invoice 1001"], [], [], [], []]
    assert [(number, one.number) for number, one in keyed_documents(client, date(2026, 1, 1))] == [
        ("invoice 1001", "SC-0007")
    ]


def test_a_credit_note_that_somebody_booked_on_the_cost_accounts_is_like_a_journal_that_lowers_cost(
    client: SapClient, server: Server
) -> None:
    def booked(amount: str) -> Item:
        item = journal(1, amount)
        return structs.replace(item, document=structs.replace(item.document, number="SC-0007"))

    posted(client, bill(7, line("830.25"), credit=True))
    server.tables["PurchaseCreditNotes"][0]["U_MlcRef"] = None
    found = find_keyed(client, [booked("-830.25"), booked("830.25"), journal(2, "-830.25")])
    assert [[one.number for one in some] for some in found] == [["credit note 1001"], [], []]
    server.requests.clear()
    assert find_keyed(client, [booked("830.25")]) == [[]]
    assert not [one for one in server.requests if one.url.path.endswith("PurchaseCreditNotes")]


def test_keyed_documents_leave_out_what_is_ours_made_by_documents_or_older(client: SapClient, server: Server) -> None:
    posted(client, journal(1), journal(2), journal(3), journal(4))
    rows = server.tables["JournalEntries"]
    rows[0]["U_MlcRef"] = rows[1]["U_MlcRef"] = rows[2]["U_MlcRef"] = None
    rows[1]["OriginalJournal"] = "ttAPInvoice"
    rows[2]["ReferenceDate"] = "2025-12-31T00:00:00Z"
    assert [number for number, _ in keyed_documents(client, date(2026, 1, 1))] == ["journal 401"]


def test_an_invoice_is_cancelled_and_both_documents_are_read(client: SapClient, server: Server) -> None:
    (item,) = posted(client, bill())
    item = taken_back(client, item)
    assert item.memo["reversal"] == "invoice cancellation 1002"
    (now,) = read(client, [structs.replace(item, memo={})])
    assert isinstance(now, Done) and now.memo == {"reversal": "invoice cancellation 1002"} and not now.stored.credit
    (back,) = read(
        client, [Item(reference=item.reference, document=item.document.reversed(), number="invoice cancellation 1002")]
    )
    assert isinstance(back, Done) and back.stored.credit and back.stored.total == item.document.total


def test_a_paid_invoice_is_not_touched(client: SapClient, server: Server) -> None:
    (item,) = posted(client, bill())
    server.tables["PurchaseInvoices"][0]["PaidToDate"] = 100.0
    (held,) = CHECK.run(client, [item])
    assert isinstance(held, Held) and held.cause == "paid_there"
    assert server.tables["PurchaseInvoices"][0]["Cancelled"] == "tNO"


def test_a_cancel_with_a_lost_answer_is_looked_up(client: SapClient, server: Server) -> None:
    (item,) = posted(client, bill())
    assert TAKE_BACK.look_up is not None
    assert TAKE_BACK.look_up(client, [item]) == [Absent()]
    server.after_write = httpx2.ReadTimeout("no answer")
    with pytest.raises(errors.AnswerLost):
        TAKE_BACK.run(client, [item])
    server.after_write = None
    assert TAKE_BACK.look_up(client, [item]) == [Done()]
    (again,) = TAKE_BACK.run(client, [item])
    assert isinstance(again, Done), "what somebody cancelled before is taken back all the same"


def test_an_order_is_cancelled_unless_something_was_made_of_it(client: SapClient, server: Server) -> None:
    first, second = posted(client, order(1), order(2))
    assert taken_back(client, first).memo["reversal"] == "cancelled"
    server.tables["PurchaseOrders"][1]["DocumentStatus"] = "bost_Close"
    (held,) = CHECK.run(client, [second])
    assert isinstance(held, Held) and held.cause == "changed_there"


def test_a_journal_is_taken_back_by_one_of_ours_on_its_own_day(client: SapClient, server: Server) -> None:
    (item,) = posted(client, journal(period="2026-04"))
    item = taken_back(client, item)
    first, back = server.tables["JournalEntries"]
    assert (
        back["U_MlcRef"] == item.reference + "R"
        and back["ReferenceDate"] == first["ReferenceDate"] == "2026-04-01T00:00:00Z"
    )
    assert item.memo["reversal"] == "402"
    totals: dict[str, Decimal] = {}
    for row in held_lines(server, "JournalEntries"):
        totals[row["AccountCode"]] = (
            totals.get(row["AccountCode"], Decimal(0)) + Decimal(str(row["Debit"])) - Decimal(str(row["Credit"]))
        )
    assert set(totals.values()) == {Decimal(0)}
    (now,) = read(client, [structs.replace(item, memo={})])
    assert isinstance(now, Done) and now.memo == {"reversal": "402"}
    (other,) = read(client, [Item(reference=item.reference, document=item.document.reversed(), number="402")])
    assert isinstance(other, Done) and other.stored.lines[0].amount == -Decimal("830.25")


def test_a_journal_whose_reversal_was_lost_is_not_reversed_twice(client: SapClient, server: Server) -> None:
    (item,) = posted(client, journal())
    (checked,) = CHECK.run(client, [item])
    assert isinstance(checked, Done) and TAKE_BACK.look_up is not None
    item = structs.replace(item, memo=checked.memo)
    server.after_write = httpx2.ReadTimeout("no answer")
    with pytest.raises(errors.AnswerLost):
        TAKE_BACK.run(client, [item])
    server.after_write = None
    assert TAKE_BACK.look_up(client, [item]) == [Done(memo={"reversal": "402"})]
    (again,) = CHECK.run(client, [structs.replace(item, memo={})])
    assert isinstance(again, Done) and again.memo["reversal"] == "402"


def test_a_journal_in_a_closed_period_is_not_taken_back(client: SapClient, server: Server) -> None:
    (item,) = posted(client, journal())
    server.periods[2] = period(3, "ltLocked")
    (held,) = CHECK.run(client, [item])
    assert isinstance(held, Held) and held.cause == "period_closed" and "2026-03-31" in held.message


def test_a_journal_that_a_person_took_back_is_told(client: SapClient, server: Server) -> None:
    (item,) = posted(client, journal())
    (row,) = server.tables["JournalEntries"]
    swapped = [one | {"Debit": one["Credit"], "Credit": one["Debit"]} for one in row["JournalEntryLines"]]
    server.tables["JournalEntries"].append(
        row | {"JdtNum": 2, "Number": 402, "JournalEntryLines": swapped, "U_MlcRef": None}
    )
    (now,) = read(client, [item])
    assert isinstance(now, Done) and now.memo == {"reversal": "402"}


def test_gone_and_changed_documents_are_told(client: SapClient, server: Server) -> None:
    first, second = posted(client, bill(1), bill(2))
    server.tables["PurchaseInvoices"][0]["U_MlcRef"] = "somebody"
    server.tables["PurchaseInvoices"].pop()
    held, gone = read(client, [first, second])
    assert isinstance(held, Held) and held.cause == "changed_there" and gone == Absent()
    assert all(isinstance(one, Held) for one in CHECK.run(client, [first, second]))


def test_documents_keyed_by_hand_are_read_by_their_names_whatever_we_think_of_them(
    client: SapClient, server: Server
) -> None:
    credit = bill(4)
    credit = structs.replace(credit, document=structs.replace(credit.document, credit=True))
    posted(client, bill(1), order(2), journal(3), credit)
    for rows in server.tables.values():
        for row in rows:
            row.pop("U_MlcRef", None)

    class Nothing(Struct):
        number: str = "x"

    names = [name for name, _ in keyed_documents(client, date(2026, 1, 1))]
    assert names == ["invoice 1001", "credit note 1001", "order 1001", "journal 401"]
    found = read(client, [Item(reference="ML-A-1", document=Nothing(), number=name) for name in [*names, "?", "7"]])
    assert [getattr(one, "key", "") for one in found] == [
        "PurchaseInvoices(1)", "PurchaseCreditNotes(1)", "PurchaseOrders(1)", "JournalEntries(1)", "", "",
    ]  # fmt: skip


def test_differences_name_the_field_and_both_sides(client: SapClient) -> None:
    meant = bill().document
    stored = structs.replace(meant, lines=(line(center="PC-OLD"),), number="SC-0009", period="2026-04")
    assert documents.compare is not None
    told = [str(one) for one in documents.compare(meant, stored)]
    assert told == [
        "number: meant SC-0001, stored SC-0009",
        "period: meant 2026-03, stored 2026-04",
        "line 1 profit centre: meant PC-0310, stored PC-OLD",
    ]


def test_an_unbalanced_journal_is_refused_with_the_vendors_words(client: SapClient, server: Server) -> None:
    item = journal()
    broken = structs.replace(item.document.lines[1], amount=Decimal("-830.24"))
    (refused,) = create(
        client, [structs.replace(item, document=structs.replace(item.document, lines=(item.document.lines[0], broken)))]
    )
    assert isinstance(refused, Refused) and "Unbalanced Transaction" in refused.message
    assert server.tables["JournalEntries"] == []
