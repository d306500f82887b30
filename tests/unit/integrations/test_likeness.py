"""How surely two documents are the same: what nobody says counts for nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.integrations import likeness
from ml_connector.integrations.likeness import Invoice

DAY = date(2026, 1, 31)


def journal(amount: str) -> Invoice:
    """A journal that somebody keyed; it names no vendor."""
    return Invoice(vendor="", number="1001", amount=Decimal(amount), day=DAY, names_vendor=False)


def requisition(amount: str) -> Invoice:
    return Invoice(vendor="77", number="1001", amount=Decimal(amount), day=DAY)


def test_a_vendor_without_counterpart_is_not_the_vendor_of_a_journal_that_names_none() -> None:
    nobody = lambda kind, key: ""  # noqa: E731
    score, reason = likeness.of_invoices(journal("103.00"), requisition("48.00"), nobody)
    assert (score, "no vendor is named" in reason) == (60, True)
    score, reason = likeness.of_invoices(journal("103.00"), requisition("103.00"), nobody)
    assert (score, reason) == (75, "same number and amount, but no vendor is named")


def test_the_same_vendor_number_and_amount_leave_no_doubt() -> None:
    left = Invoice(vendor="v10", number="1001", amount=Decimal("103.00"), day=DAY)
    assert likeness.of_invoices(left, requisition("103.00"), lambda kind, key: "V10")[0] == 100
    assert likeness.of_invoices(left, requisition("103.00"), lambda kind, key: "")[0] == 75
