"""Journal entries of the SAP Business One sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sap_b1_books import (
    ACCRUAL,
    COSTS,
    DAY,
    PAYABLES,
    TAX,
    VENDOR,
    balance,
    book,
    credit,
    debit,
    document,
    entry,
    journal,
    line,
    sides,
)
from sap_b1_over_http import Instance, error, instance

PATH = "JournalEntries"


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance("small") as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def refused(b1: Instance, *lines: dict[str, Any], **more: Any) -> tuple[int, str, str]:
    before = len(b1.rows(PATH, select="JdtNum"))
    answer = error(b1.post(PATH, journal(*lines, **more)))
    assert len(b1.rows(PATH, select="JdtNum")) == before
    return answer


def test_a_balanced_entry_moves_its_accounts(b1: Instance) -> None:
    costs, accrual = balance(b1, COSTS), balance(b1, ACCRUAL)
    row = b1.saved(
        PATH,
        journal(debit(COSTS, "830.25", CostingCode="PC-0300"), credit(ACCRUAL, "830.25"), Reference="DC-551"),
    )
    assert (row["OriginalJournal"], row["Original"], row["Reference"]) == ("ttJournalEntry", row["JdtNum"], "DC-551")
    assert [one["Line_ID"] for one in row["JournalEntryLines"]] == [0, 1]
    assert sides(row) == [(COSTS, COSTS, 830.25, 0), (ACCRUAL, ACCRUAL, 0, 830.25)]
    assert row["JournalEntryLines"][0]["ContraAccount"] == ACCRUAL
    assert (float(balance(b1, COSTS) - costs), float(balance(b1, ACCRUAL) - accrual)) == (830.25, -830.25)
    stated = book(b1, "journal", row["Number"])
    assert (stated["total"], stated["business_number"], stated["period"]) == ("830.25", "DC-551", "2026-01")
    assert "DataVersion" not in row


def test_an_unbalanced_or_single_line_is_refused(b1: Instance) -> None:
    unbalanced = (400, "-5002", "Unbalanced Transaction")
    assert refused(b1, debit(COSTS, 1), credit(ACCRUAL, "1.01")) == unbalanced
    assert refused(b1, debit(COSTS, 0)) == unbalanced
    assert refused(b1) == unbalanced
    b1.saved(PATH, journal(debit(COSTS, "1.001"), credit(ACCRUAL, "0.999")))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"AccountCode": "99999"}, "Enter valid code  [JDT1.Account][line: 2]"),
        ({"AccountCode": "5"}, "Enter valid code  [JDT1.Account][line: 2]"),
        ({"AccountCode": "54900"}, "inactive"),
        ({"AccountCode": "65000"}, "locked for manual transactions"),
        ({"AccountCode": PAYABLES}, "locked for manual transactions"),
        ({"CostingCode": "PC-OLD"}, "Enter valid code  [JDT1.ProfitCode][line: 2]"),
        ({"CostingCode2": "PC-0300"}, "Enter valid code  [JDT1.OcrCode2][line: 2]"),
        ({"ProjectCode": "NONE"}, "Enter valid code  [JDT1.Project][line: 2]"),
        ({"ShortName": "V99999"}, "Enter valid code  [JDT1.ShortName][line: 2]"),
    ],
)
def test_a_line_is_refused_for_its_codes(b1: Instance, changes: dict[str, str], text: str) -> None:
    status, code, told = refused(b1, credit(ACCRUAL, 1), debit(COSTS, 1, **changes))
    assert (status, code) == (400, "-5002")
    assert text in told


def test_posting_dates_follow_the_periods(b1: Instance) -> None:
    pair = (debit(COSTS, 1), credit(ACCRUAL, 1))
    assert refused(b1, *pair, ReferenceDate="2026-02-01")[:2] == (400, "-4013")
    assert refused(b1, *pair, ReferenceDate="2019-01-01")[2] == "Date deviates from permissible range [OJDT.RefDate]"
    assert b1.saved(PATH, journal(*pair, ReferenceDate="20260115"))["DueDate"].startswith("2026-01-15")


def test_a_control_account_is_posted_through_a_partner(b1: Instance) -> None:
    before = b1.get(f"BusinessPartners('{VENDOR}')").json()
    row = b1.saved(PATH, journal(debit(COSTS, 10), {"ShortName": VENDOR, "Credit": 10}))
    assert sides(row)[1] == (PAYABLES, VENDOR, 0, 10.0)
    after = b1.get(f"BusinessPartners('{VENDOR}')").json()
    assert after["CurrentAccountBalance"] - before["CurrentAccountBalance"] == -10
    assert after["DataVersion"] == before["DataVersion"]
    assert book(b1, "journal", row["Number"])["party"] == VENDOR


def test_foreign_amounts_are_converted_by_the_rate_of_the_day(b1: Instance) -> None:
    row = b1.saved(
        PATH,
        journal(
            {"AccountCode": COSTS, "FCDebit": 100, "FCCurrency": "EUR"},
            {"AccountCode": ACCRUAL, "FCCredit": 100, "FCCurrency": "EUR"},
        ),
    )
    assert sides(row) == [(COSTS, COSTS, 108.5, 0), (ACCRUAL, ACCRUAL, 0, 108.5)]
    assert "exchange rate" in refused(b1, {"AccountCode": COSTS, "FCDebit": 1, "FCCurrency": "CAD"})[2]


def test_tax_is_added_only_when_it_is_asked_for(b1: Instance) -> None:
    taxed = debit(COSTS, 100, TaxCode="LOCAL")
    plain = b1.saved(PATH, journal(taxed, credit(ACCRUAL, 100)))
    assert len(plain["JournalEntryLines"]) == 2
    row = b1.saved(PATH, journal(taxed, credit(ACCRUAL, "107.5"), AutoVAT="tYES"))
    assert sides(row)[2] == (TAX, TAX, 7.5, 0)
    assert row["JournalEntryLines"][2]["VatLine"] == "tYES"
    assert refused(b1, taxed, credit(ACCRUAL, 100), AutoVAT="tYES")[2] == "Unbalanced Transaction"


def test_only_texts_of_an_entry_change(b1: Instance) -> None:
    b1.act("add_user_field", table="OJDT", name="Ref")
    b1.act("add_user_field", table="JDT1", name="Ref")
    row = b1.saved(PATH, journal(debit(COSTS, 10), credit(ACCRUAL, 10)))
    path = f"{PATH}({row['JdtNum']})"
    lines = [{"Line_ID": 1, "LineMemo": "checked", "U_Ref": "l"}]
    change = {"Memo": "new", "Reference2": "r2", "U_Ref": "h", "JournalEntryLines": lines}
    assert b1.patch(path, change).status_code == 204
    after = entry(b1, row["JdtNum"])
    assert (after["Memo"], after["Reference2"], after["U_Ref"]) == ("new", "r2", "h")
    assert (after["JournalEntryLines"][1]["LineMemo"], after["JournalEntryLines"][1]["U_Ref"]) == ("checked", "l")
    for wrong in (
        {"ReferenceDate": "2026-01-30"},
        {"JournalEntryLines": [{"Line_ID": 0, "Debit": 5}]},
        {"JournalEntryLines": [{"Line_ID": 0, "AccountCode": "52000"}]},
        {"JournalEntryLines": [debit(COSTS, 1)]},
    ):
        assert error(b1.patch(path, wrong))[:2] == (400, "-1029")
    assert error(b1.call("DELETE", path))[:2] == (400, "-5006")


def test_cancel_makes_the_reversal_once(b1: Instance) -> None:
    b1.act("add_user_field", table="OJDT", name="Ref")
    costs = balance(b1, COSTS)
    row = b1.saved(PATH, journal(debit(COSTS, 10), credit(ACCRUAL, 10), U_Ref="dc:1"))
    assert b1.call("POST", f"{PATH}({row['JdtNum']})/Cancel").status_code == 204
    opposite = b1.rows(PATH)[-1]
    assert sides(opposite) == [(COSTS, COSTS, 0, 10.0), (ACCRUAL, ACCRUAL, 10.0, 0)]
    assert (opposite["U_Ref"], opposite["ReferenceDate"][:10]) == ("dc:1", DAY)
    assert balance(b1, COSTS) == costs
    for number in (row["JdtNum"], opposite["JdtNum"]):
        assert error(b1.call("POST", f"{PATH}({number})/Cancel"))[0] == 400
    first, second = book(b1, "journal", row["Number"]), book(b1, "journal", opposite["Number"])
    assert (first["reversed_by"], first["status"]) == (second["number"], "reversed")
    assert first["kind"] != second["kind"]


def test_entries_of_documents_are_cancelled_with_their_document(b1: Instance) -> None:
    invoice = b1.saved("PurchaseInvoices", document(line(1)))
    assert error(b1.call("POST", f"{PATH}({invoice['TransNum']})/Cancel"))[0] == 400


def test_a_reversal_needs_an_open_period(b1: Instance) -> None:
    row = b1.saved(PATH, journal(debit(COSTS, 10), credit(ACCRUAL, 10)))
    b1.act("close_period", period="2026-01")
    assert error(b1.call("POST", f"{PATH}({row['JdtNum']})/Cancel"))[:2] == (400, "-4013")
    made = b1.act("void", kind="journal", number=row["Number"], date="2026-03-01")
    opposite = b1.rows(PATH, filter=f"Number eq {made['reversed_by']}")[0]
    assert opposite["ReferenceDate"].startswith("2026-03-01")


def test_an_automatic_reversal_is_made_on_its_day(b1: Instance) -> None:
    now = b1.order("/clock", {"advance_s": 0})["now"][:10]
    pair = (debit(COSTS, 10), credit(ACCRUAL, 10))
    past = b1.saved(PATH, journal(*pair, UseAutoStorno="tYES", StornoDate="2026-03-01"))
    assert b1.rows(PATH)[-1]["ReferenceDate"].startswith("2026-03-01")
    assert book(b1, "journal", past["Number"])["status"] == "reversed"
    tomorrow = f"{now[:4]}-12-31"
    later = b1.saved(PATH, journal(*pair, UseAutoStorno="tYES", StornoDate=tomorrow))
    assert b1.rows(PATH)[-1]["JdtNum"] == later["JdtNum"]
    b1.advance(400 * 86400)
    b1.log_in()
    assert b1.rows(PATH)[-1]["ReferenceDate"].startswith(tomorrow)
    assert b1.rows(PATH)[-1]["JdtNum"] == later["JdtNum"] + 1


def test_people_key_and_edit_entries(b1: Instance) -> None:
    b1.act("add_user_field", table="OJDT", name="Ref")
    lines = [{"account": COSTS, "debit": "5", "profit_center": "PC-0300"}, {"partner": VENDOR, "credit": "5"}]
    made = b1.act("key_document", kind="journal", date=DAY, num_at_card="J-1", lines=lines)
    b1.act("edit", kind="journal", number=made["number"], memo="by hand", user_fields={"U_Ref": "stolen"})
    stated = book(b1, "journal", made["number"])
    assert (stated["business_number"], stated["reference"]) == ("J-1", "stolen")
    assert stated["lines"][0]["dimensions"] == {"profit_center": "PC-0300"}
    refused = b1.control.post("/act", json={"action": "void", "kind": "journal", "number": 9999})
    assert refused.status_code == 409
