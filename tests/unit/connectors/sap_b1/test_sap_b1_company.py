"""What a company does not take is told before anything is posted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from sap_server import Row, Server, bill, journal, line, period

from ml_connector.connectors.kit.outcomes import Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.connectors.sap_b1.company import posting_periods
from ml_connector.connectors.sap_b1.documents import create
from ml_connector.connectors.sap_b1.examine import examine
from ml_connector.connectors.sap_b1.periods import period_at, posting_day


def told(client: SapClient, item: Item) -> tuple[str, str]:
    (held,) = examine(client, [item])
    assert isinstance(held, Held), "nothing was found"
    return held.cause, held.message


def test_good_documents_pass_and_the_company_is_read_once_per_session(
    opened: Callable[..., SapClient], server: Server
) -> None:
    for _slice in range(3):
        client = opened()
        assert examine(client, [bill(1), journal(2)]) == [None, None]
        create(client, [bill(1), journal(2)])
    reads = [
        one.url.path for one in server.requests if "/ChartOfAccounts" in one.url.path or "AdminInfo" in one.url.path
    ]
    assert len(reads) == 2 and len(server.asked("GET", "BusinessPartners")) == 1
    assert len(server.asked("POST", "GetFinancePeriods")) == 1


@pytest.mark.parametrize(
    ("change", "cause", "words"),
    [
        ({"account": "_SYS999"}, "account_not_usable", "no account '_SYS999'"),
        ({"account": "5010-01"}, "account_not_usable", "map to _SYS164"),
        ({"account": "_SYS001"}, "account_not_usable", "title"),
        ({"account": "_SYS002"}, "account_not_usable", "locked for manual"),
        ({"account": "_SYS003"}, "account_not_usable", "frozen"),
        ({"account": "_SYS211"}, "account_not_usable", "control account"),
        ({"center": "PC-NONE"}, "center_not_usable", "no profit centre 'PC-NONE'"),
        ({"center": "PC-OLD"}, "center_not_usable", "until 2026-02-28"),
        ({"center": "PC-OFF"}, "center_not_usable", "not active"),
        ({"center": "PC-DIM2"}, "center_not_usable", "dimension 2"),
        ({"project": "P-NONE"}, "project_not_usable", "no project 'P-NONE'"),
        ({"project": "P-OFF"}, "project_not_usable", "not active"),
        ({"project": "P-LATE"}, "project_not_usable", "from 2026-06-01"),
    ],
)
@pytest.mark.parametrize("kind", ["bill", "journal"])
def test_codes_that_cannot_be_posted_to_are_held_with_what_to_do(
    client: SapClient, kind: str, change: Row, cause: str, words: str
) -> None:
    if kind == "bill":
        item = bill(1, line(**change))
    else:
        first, second = journal().document.lines
        item = journal(lines=(structs.replace(first, **change), second))
    found = told(client, item)
    assert found[0] == cause and words in found[1] and found[1].endswith("then replay the record")


@pytest.mark.parametrize(
    ("values", "cause", "words"),
    [
        ({"vendor": "V-NONE"}, "vendor_not_usable", "no business partner 'V-NONE'"),
        ({"vendor": "C20000"}, "vendor_not_usable", "no vendor"),
        ({"vendor": "V-OFF"}, "vendor_inactive", "activate"),
        ({"currency": "CHF"}, "currency_not_known", "'CHF'"),
        ({"total": Decimal("12500.51")}, "unbalanced", "12500.51"),
    ],
)
def test_headers_that_cannot_be_posted_are_held(client: SapClient, values: Row, cause: str, words: str) -> None:
    found = told(client, bill(1, **values))
    assert found[0] == cause and words in found[1]


def test_a_journal_one_cent_out_is_held_with_both_sums(client: SapClient) -> None:
    first, second = journal().document.lines
    cause, message = told(client, journal(lines=(first, structs.replace(second, amount=Decimal("-830.24")))))
    assert cause == "unbalanced" and "830.25" in message and "830.24" in message


def test_digits_that_the_company_does_not_keep_are_held_with_both_figures(client: SapClient, server: Server) -> None:
    cause, message = told(client, bill(1, line("10.255")))
    assert cause == "precision" and "10.255 would be posted" in message and "store 10.26" in message
    cause, message = told(client, bill(1, line("1000.5"), currency="JPY"))
    assert cause == "precision" and "1001" in message and "0 digits" in message
    assert examine(client, [bill(1, line("1000"), currency="JPY")]) == [None]


def test_totals_of_a_currency_that_is_rounded_are_held(client: SapClient, server: Server) -> None:
    server.tables["Currencies"][0]["Rounding"] = "rsRoundToFiveHundredth"
    cause, message = told(client, bill(1, line("10.02")))
    assert cause == "precision" and "10.02 would be posted" in message and "store 10.00" in message
    assert examine(client, [bill(1, line("10.05")), journal(1, "10.02")]) == [None, None]


def test_the_posting_day_counts_for_dates_of_effect(client: SapClient) -> None:
    item = bill(1, line(center="PC-OLD"), date=date(2026, 2, 28), period="2026-02")
    assert examine(client, [item]) == [None]
    moved = structs.replace(item, document=structs.replace(item.document, period="2026-03"))
    assert told(client, moved)[0] == "center_not_usable"


def test_what_was_put_right_meanwhile_is_read_anew(client: SapClient, server: Server, clock: Any) -> None:
    item = bill(1, line(center="PC-OFF"))
    assert told(client, item)[0] == "center_not_usable"
    server.tables["ProfitCenters"][2]["Active"] = "tYES"
    clock.advance(120)
    assert examine(client, [item]) == [None]


def test_a_currency_is_found_by_the_companys_own_international_code(
    opened: Callable[..., SapClient], server: Server
) -> None:
    server.tables["Currencies"][0]["DocumentsCode"] = "USD"
    client = opened(currencies="")
    assert examine(client, [bill()]) == [None]
    create(client, [bill()])
    assert server.tables["PurchaseInvoices"][0]["DocCurrency"] == "$"


def test_periods_have_their_state_and_name(client: SapClient, server: Server) -> None:
    server.periods = [
        period(1, "ltLocked"),
        period(2, "ltUnlockedExceptSales"),
        period(3, "ltPeriodClosing"),
        period(4),
    ]
    server.periods[3]["Locked"] = "tYES"
    found = posting_periods(client)
    assert found is not None
    assert [(one.period, one.open) for one in found] == [
        ("2026-01", False), ("2026-02", True), ("2026-03", False), ("2026-04", False),
    ]  # fmt: skip
    assert found[1].last == date(2026, 2, 28)


def test_periods_that_are_no_calendar_months_keep_the_day_of_their_documents(client: SapClient, server: Server) -> None:
    spans = (("2025-12-29", "2026-01-25"), ("2026-01-26", "2026-02-22"), ("2026-02-23", "2026-03-29"))
    server.periods = [
        {"PostingDateFrom": first, "PostingDateTo": last, "PeriodStatus": "ltUnlocked"} for first, last in spans
    ]
    found = posting_periods(client)
    assert found is not None and [one.period for one in found] == ["2026-01", "2026-02", "2026-03"]
    assert posting_day(date(2026, 2, 25), "2026-03", found) == date(2026, 2, 25)
    assert posting_day(date(2026, 1, 5), "2026-02", found) == date(2026, 1, 26)
    assert period_at(date(2026, 2, 25), found) == "2026-03"
    assert posting_day(date(2026, 1, 5), "2026-02", []) == date(2026, 2, 1)
