"""Journal transactions of the Visma.net sandbox (vendors/visma_net.md §6.4, §11)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from visma_over_http import JOURNALS, Erp, erp, journal, journal_line, segments, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


def balanced(*lines: dict[str, Any], credit: float) -> list[dict[str, Any]]:
    return [*lines, journal_line("20500", credit=credit)]


def test_a_batch_is_stored_as_it_was_meant(visma: Erp) -> None:
    number = visma.journal()
    row = visma.get(f"{JOURNALS}/{number}")
    assert (row["module"], row["batchNumber"], row["status"]) == ("ModuleGL", number, "Balanced")
    assert (row["postPeriod"], row["financialPeriod"]) == ("012026", "202601")
    assert (row["transactionDate"], row["ledger"], row["branch"]) == ("2026-01-31T00:00:00", "1", "1")
    assert row["debitTotalInCurrency"] == row["creditTotal"] == 1250.5
    cost, accrual = row["journalTransactionLines"]
    assert (cost["accountNumber"], cost["description"], cost["referenceNumber"]) == (
        "54000",
        "Subcontract costs",
        "DC-88",
    )
    assert (cost["debitAmountInCurrency"], cost["creditAmount"]) == (1250.5, 0)
    assert (cost["project"]["id"], cost["projectTask"]["id"]) == ("HARBOR1", "03")
    assert cost["subaccount"]["subaccountNumber"] == "0001103-300"
    assert [one["segmentValue"] for one in cost["subaccount"]["segments"]] == ["00", "011", "03-300"]
    assert cost["subaccount"]["segments"][1]["segmentValueDescription"] == "Harborfront Medical Office"
    assert (accrual["project"], accrual["subaccount"]["subaccountNumber"]) == (None, "00000000000")


def test_amounts_come_with_four_decimals(visma: Erp) -> None:
    number = visma.journal()
    text = visma.http.get(f"{JOURNALS}/{number}").text
    assert '"debitTotalInCurrency":1250.5000' in text
    assert '"exchangeRate":1.000000' in text


def test_release_posts_once(visma: Erp) -> None:
    number = visma.journal()
    answer = visma.http.post(f"{JOURNALS}/{number}/action/release", json={})
    assert (answer.status_code, answer.json()["actionResult"], answer.json()["errorInfo"]) == (200, "Done", "")
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Posted"
    again = visma.http.post(f"{JOURNALS}/{number}/action/release", json={})
    assert again.status_code == 400
    assert visma.change(f"{JOURNALS}/{number}", wrapped(description="Late")).status_code == 400
    book = visma.book("journal", number)
    assert (book["reference"], book["status"], book["business_number"]) == ("ML-abc-1", "Posted", "DC-88")
    cost, accrual = book["lines"]
    assert (cost["account"], cost["project"], cost["cost_code"]) == ("54000", "HARBOR1", "03-300")
    assert cost["dimensions"]["segment2"] == "011"
    assert (Decimal(cost["debit"]), Decimal(accrual["credit"])) == (Decimal("1250.5"), Decimal("1250.5"))


def test_without_auto_post_a_release_leaves_the_batch_unposted(visma: Erp) -> None:
    visma.switch(auto_post=False)
    number = visma.journal()
    visma.release(f"{JOURNALS}/{number}")
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Unposted"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"journalTransactionLines": balanced(journal_line("54000", debit=1), credit=2)}, "out of balance"),
        ({"journalTransactionLines": []}, "no lines"),
        ({"journalTransactionLines": balanced(journal_line("", debit=2), credit=2)}, "'Account' cannot be empty"),
        ({"journalTransactionLines": balanced(journal_line("99999", debit=2), credit=2)}, "99999"),
        ({"journalTransactionLines": balanced(journal_line("54900", debit=2), credit=2)}, "inactive"),
        ({"journalTransactionLines": balanced(journal_line("20000", debit=2), credit=2)}, "control account"),
        ({"journalTransactionLines": balanced(journal_line("54000", debit=2, credit=1), credit=1)}, "either"),
        ({"journalTransactionLines": balanced(journal_line("54000", debit=2, vatCodeId="01"), credit=2)}, "TaxID '01'"),
        ({"journalTransactionLines": balanced(journal_line("54000", debit=2, branch="9"), credit=2)}, "Branch '9'"),
        (
            {"journalTransactionLines": balanced(journal_line("54000", debit=2, project="NOWHERE"), credit=2)},
            "NOWHERE",
        ),
        (
            {
                "journalTransactionLines": balanced(
                    journal_line("54000", debit=2, project="HARBOR1", projectTask="99"), credit=2
                )
            },
            "task '99'",
        ),
        (
            {"journalTransactionLines": balanced(journal_line("54000", debit=2, subaccount=segments("999")), credit=2)},
            "'999'",
        ),
        ({"financialPeriod": "202602"}, "is closed"),
        ({"financialPeriod": "203512"}, "cannot be found"),
        ({"financialPeriod": None, "transactionDate": "2026-02-10T00:00:00"}, "is closed"),
        ({"postPeriod": "032026"}, "do not agree"),
        ({"ledger": "X"}, "Ledger 'X'"),
        ({"currencyId": "XXX"}, "Currency 'XXX'"),
        ({"controlTotalInCurrency": 7}, "control total"),
    ],
)
def test_what_the_books_refuse(visma: Erp, changes: dict[str, Any], word: str) -> None:
    before = len(visma.books("journal"))
    assert word in visma.refused(JOURNALS, journal(**changes))
    assert len(visma.books("journal")) == before


def test_the_month_has_a_completed_project_that_takes_nothing(visma: Erp) -> None:
    done = next(row for row in visma.rows("/v1/project") if row["status"] == "Completed")
    lines = balanced(journal_line("54000", debit=2, project=done["projectID"]), credit=2)
    assert "not active" in visma.refused(JOURNALS, journal(journalTransactionLines=lines))


def test_on_hold_a_batch_need_not_balance(visma: Erp) -> None:
    number = visma.journal(hold=True, journalTransactionLines=[journal_line("54000", debit=5)])
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Hold"
    assert visma.http.post(f"{JOURNALS}/{number}/action/release", json={}).status_code == 400
    assert visma.change(f"{JOURNALS}/{number}", wrapped(hold=False)).status_code == 400
    added = {"journalTransactionLines": [journal_line("20500", credit=5)], **wrapped(hold=False)}
    assert visma.changed(f"{JOURNALS}/{number}", added)["status"] == "Balanced"


def test_lines_are_inserted_updated_and_deleted_by_number(visma: Erp) -> None:
    path = f"{JOURNALS}/{visma.journal(hold=True)}"
    row = visma.changed(
        path, {"journalTransactionLines": [journal_line("52000", debit=7), journal_line("52000", debit=7)]}
    )
    assert [line["lineNumber"] for line in row["journalTransactionLines"]] == [1, 2, 3, 4]
    changes = [
        {"operation": "Update", **wrapped(lineNumber=3, debitAmountInCurrency=9)},
        {"operation": "Delete", **wrapped(lineNumber=4)},
    ]
    row = visma.changed(path, {"journalTransactionLines": changes})
    assert [(line["lineNumber"], line["debitAmount"]) for line in row["journalTransactionLines"]][2:] == [(3, 9)]
    row = visma.changed(path, {"journalTransactionLines": [journal_line("52000", debit=1)]})
    assert row["journalTransactionLines"][-1]["lineNumber"] == 5
    wrong = {"journalTransactionLines": [{"operation": "Update", **wrapped(lineNumber=77)}]}
    assert visma.change(path, wrong).status_code == 400
    assert visma.change(path, {"journalTransactionLines": [{"operation": "Replace"}]}).status_code == 400


def test_a_line_without_operation_is_an_insert(visma: Erp) -> None:
    path = f"{JOURNALS}/{visma.journal(hold=True)}"
    bare = {name: value for name, value in journal_line("52000", debit=3).items() if name != "operation"}
    assert len(visma.changed(path, {"journalTransactionLines": [bare]})["journalTransactionLines"]) == 3


def test_a_segment_that_is_left_out_becomes_its_zero(visma: Erp) -> None:
    line = journal_line("54000", debit=2, subaccount=[{"segmentId": 3, "segmentValue": "03-300"}])
    number = visma.journal(journalTransactionLines=balanced(line, credit=2))
    row = visma.get(f"{JOURNALS}/{number}")
    assert row["journalTransactionLines"][0]["subaccount"]["subaccountNumber"] == "0000003-300"


def test_a_new_combination_becomes_a_subaccount_or_is_refused(visma: Erp) -> None:
    line = journal_line("54000", debit=2, subaccount=segments("012", "32-310"))
    lines = balanced(line, credit=2)
    visma.switch(subaccounts_on_the_fly=False)
    assert "Subaccount" in visma.refused(JOURNALS, journal(journalTransactionLines=lines))
    visma.switch(subaccounts_on_the_fly=True)
    assert visma.http.get("/v1/subaccount/0001232-310").status_code == 404
    visma.journal(journalTransactionLines=lines)
    assert visma.get("/v1/subaccount/0001232-310")["active"]


def test_both_spellings_of_a_period(visma: Erp) -> None:
    number = visma.journal(financialPeriod=None, postPeriod="032026")
    assert visma.get(f"{JOURNALS}/{number}")["financialPeriod"] == "202603"
    number = visma.journal(financialPeriod="202603", postPeriod="032026")
    assert visma.get(f"{JOURNALS}/{number}")["postPeriod"] == "032026"


def test_dates_keep_their_calendar_day_whatever_the_zone(visma: Erp) -> None:
    number = visma.journal(transactionDate="2026-01-31T00:00:00+02:00")
    assert visma.get(f"{JOURNALS}/{number}")["transactionDate"] == "2026-01-31T00:00:00"


def test_a_foreign_currency_is_converted_at_the_companys_rate(visma: Erp) -> None:
    lines = balanced(journal_line("54000", debit=100.005), credit=100.005)
    number = visma.journal(currencyId="EUR", journalTransactionLines=lines)
    row = visma.get(f"{JOURNALS}/{number}")
    assert (row["exchangeRate"], row["debitTotalInCurrency"], row["debitTotal"]) == (1.15, 100.01, 115.01)
    number = visma.journal(currencyId="JPY", exchangeRate=0.01, journalTransactionLines=lines)
    row = visma.get(f"{JOURNALS}/{number}")
    assert (row["exchangeRate"], row["debitTotalInCurrency"]) == (0.01, 100)


def test_a_period_that_closes_before_the_release(visma: Erp) -> None:
    number = visma.journal()
    visma.act("close_period", period="2026-01")
    answer = visma.http.post(f"{JOURNALS}/{number}/action/release", json={})
    assert (answer.status_code, "closed" in answer.json()["message"]) == (400, True)
    visma.switch(release_failure="result")
    failed = visma.http.post(f"{JOURNALS}/{number}/action/release", json={})
    assert (failed.status_code, failed.json()["actionResult"]) == (200, "Failed")
    assert "closed" in failed.json()["errorInfo"]
    visma.act("open_period", period="2026-01")
    visma.release(f"{JOURNALS}/{number}")


def test_a_queued_release_is_done_later(visma: Erp) -> None:
    visma.switch(release_answer="Queued", release_ms=60_000)
    number = visma.journal()
    assert visma.http.post(f"{JOURNALS}/{number}/action/release", json={}).json()["actionResult"] == "Queued"
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Balanced"
    visma.advance(61)
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Posted"


def test_own_numbers_are_a_key_of_their_own(visma: Erp) -> None:
    assert visma.journal(batchNumber="777001", overrideNumberSeries=True) == "777001"
    assert "already exists" in visma.refused(JOURNALS, journal(batchNumber="777001", overrideNumberSeries=True))
    assert visma.journal(batchNumber="777001") != "777001"


def test_batches_of_other_modules_are_in_lists_only(visma: Erp) -> None:
    posted = visma.rows(JOURNALS, periodId="202512", module="AP")
    assert posted[0]["journalTransactionLines"][-1]["accountNumber"] == "20000"
    assert visma.http.get(f"{JOURNALS}/{posted[0]['batchNumber']}").status_code == 404


def test_general_ledger_transactions_are_the_posted_lines(visma: Erp) -> None:
    visma.release(f"{JOURNALS}/{visma.journal(financialPeriod='202605')}")
    visma.journal(financialPeriod="202605")
    path = "/v1/GeneralLedgerTransactions"
    assert visma.http.get(path).status_code == 400
    assert visma.http.get(path, params={"ledger": "X"}).status_code == 404
    rows = visma.rows(path, ledger="1", fromPeriod="202605", toPeriod="202605")
    assert [(row["account"]["number"], row["debitAmount"], row["creditAmount"]) for row in rows] == [
        ("54000", 1250.5, 0), ("20500", 0, 1250.5),
    ]  # fmt: skip
    assert rows[0]["metadata"]["totalCount"] == 2
    assert len(visma.rows(path, ledger="1", fromPeriod="202605", account="54000")) == 1
    assert len(visma.rows(path, ledger="1", fromPeriod="202605", includeUnreleased="true")) == 4


def test_files_can_be_attached(visma: Erp) -> None:
    number = visma.journal()
    files = {"file": ("costs.txt", b"lines", "text/plain")}
    answer = visma.http.post(f"{JOURNALS}/module/GL/{number}/attachment", files=files)
    assert answer.status_code == 201
    listed = visma.get(f"{JOURNALS}/{number}")["attachments"]
    assert [one["name"] for one in listed] == ["costs.txt"]
    assert visma.http.get(f"/v1/attachment/{listed[0]['id']}").content == b"lines"
    query = {"periodId": "202601", "module": "GL"}
    assert all(row["attachments"] == [] for row in visma.rows(JOURNALS, **query))
    assert [row["attachments"] for row in visma.rows(JOURNALS, **query, expandAttachments="true")][-1] == listed
    assert visma.http.post(f"{JOURNALS}/module/GL/{number}/attachment", json={}).status_code == 400


def test_hundreds_of_batches_in_seconds(visma: Erp) -> None:
    body = journal()
    started = time.monotonic()
    for _ in range(200):
        visma.create(JOURNALS, body)
    assert (time.monotonic() - started) / 200 < 0.05
