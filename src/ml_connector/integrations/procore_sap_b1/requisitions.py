"""Approved requisitions become journals: cost by project and profit centre against clearing or accrual."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.integrations import cost_journals, posting
from ml_connector.integrations.cost_journals import Placed
from ml_connector.integrations.declaration import Desk, Difference
from ml_connector.integrations.procore_sap_b1 import budgets, commitments, journals
from ml_connector.integrations.procore_sap_b1.choices import (
    INVOICE_CLEARING,
    JOURNAL_CLEARING,
    PURCHASE_ORDER,
    require_apart,
)
from ml_connector.integrations.procore_sap_b1.coding import BOOKS
from ml_connector.records.documents import Requisition, RequisitionLine
from ml_connector.records.journals import Journal, JournalLine, Role


def journal_of(requisition: Requisition, reference: str, desk: Desk) -> Journal:
    """An approved requisition as the journal that SAP Business One should hold. Raises Hold or Skip."""
    posting.require_approved(requisition)
    require_apart(desk)
    posting.require_day(requisition.billing_date, desk)
    posted = desk.rule("treatment") != PURCHASE_ORDER and commitments.is_posted(requisition.commitment, desk)

    def require(number: str, currency: str) -> None:
        commitments.require_currency(currency, requisition.commitment, desk)
        budgets.require_budgeted(
            requisition.project, requisition.project_name, number, _amounts(requisition), currency, desk
        )

    def other_side(placed: Placed, rest: Decimal, text: str) -> list[JournalLine]:
        return _other_side(placed, rest, text, posted=posted, desk=desk)

    return cost_journals.of_requisition(
        requisition, reference, desk, BOOKS, other_side=other_side, before_coding=require
    )


def unbudgeted(requisition: Requisition, desk: Desk) -> list[Difference]:
    """The codes of an approved requisition that have no budget. Raises Hold or Skip."""
    posting.require_approved(requisition)
    posting.require_day(requisition.billing_date, desk)
    number = cost_journals.number_of_requisition(requisition)
    currency = posting.currency_of(requisition.currency, desk)
    return budgets.unbudgeted(
        requisition.project, requisition.project_name, number, _amounts(requisition), currency, desk
    )


def _amounts(requisition: Requisition) -> list[tuple[RequisitionLine, Decimal]]:
    return [(line, line.gross) for line in requisition.lines]


def _other_side(placed: Placed, rest: Decimal, text: str, *, posted: bool, desk: Desk) -> list[JournalLine]:
    """Clearing where the commitment was invoiced, else accrual; a commitment that was noted is relieved beside it."""
    treatment = desk.rule("treatment")
    if posted and treatment == INVOICE_CLEARING:
        apart = cost_journals.keeps_retainage_apart(desk)
        owed = [(place, -(line.net if apart else line.gross)) for line, place in placed]
        return journals.by_center(owed, account=desk.rule("clearing_account"), role=Role.OFFSET, text=text, rest=-rest)
    accrual = cost_journals.accrued(placed, rest, text, desk)
    if posted and treatment == JOURNAL_CLEARING:
        return [*accrual, *_relief(placed, text, desk)]
    return accrual


def _relief(placed: Placed, text: str, desk: Desk) -> list[JournalLine]:
    """The commitment's own pair the other way round, as far as it is used up now."""
    return [
        *journals.by_center(
            [(place, line.gross) for line, place in placed],
            account=desk.rule("commitments_account"),
            role=Role.COMMITMENT,
            text=text,
        ),
        *journals.by_center(
            [(place, -line.gross) for line, place in placed],
            account=desk.rule("clearing_account"),
            role=Role.COMMITMENT,
            text=text,
        ),
    ]
