"""Financial periods in their three spellings, and whether one takes postings (vendors/visma_net.md §11)."""

from __future__ import annotations

from datetime import date

from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.records import Record, Values


def of_day(desk: Desk, day: date) -> str:
    """The period YYYYMM that the day falls into; "" where the company has none."""
    key = f"{day.year}{day.month:02d}"
    return key if desk.find("Period", key) else ""


def post_form(period: str) -> str:
    """YYYYMM as MMYYYY."""
    return period[4:] + period[:4]


def wanted(desk: Desk, sent: Values, day: date | None, problems: list[str]) -> str:
    """The period YYYYMM that a write names in either spelling, else the date's."""
    financial, post = sent.get("financialPeriod"), sent.get("postPeriod")
    if post is not None:
        post = post[2:] + post[:2]
    if financial and post and financial != post:
        problems.append("'Post Period' and 'Financial Period' do not agree.")
    return financial or post or (of_day(desk, day) if day else "")


def check(desk: Desk, period: str, ledger: str, problems: list[str]) -> None:
    """`ledger` is the part of the books: GeneralLedger or SupplierLedger."""
    row = desk.find("Period", period)
    if row is None:
        problems.append(f"The financial period '{post_form(period)}' cannot be found in the system.")
    elif is_closed(row, ledger):
        problems.append(f"The financial period '{post_form(period)}' is closed.")


def is_closed(row: Record, ledger: str) -> bool:
    """Closed in that part, or in the general ledger, or not active."""
    return bool(row[f"closedIn{ledger}"] or row["closedInGeneralLedger"] or not row["active"])
