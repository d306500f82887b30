"""Approved requisitions become journals: cost by project and profit centre against clearing or accrual."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.integrations import costs, posting
from ml_connector.integrations.declaration import Desk, Difference, Skip
from ml_connector.integrations.procore_sap_b1 import budgets, commitments, journals
from ml_connector.integrations.procore_sap_b1.choices import (
    INVOICE_CLEARING,
    JOURNAL_CLEARING,
    PURCHASE_ORDER,
    SYSTEM,
    require_apart,
)
from ml_connector.integrations.procore_sap_b1.coding import Place, place_of, site_of
from ml_connector.records.documents import Requisition, RequisitionLine
from ml_connector.records.journals import Journal, JournalLine, Role
from ml_connector.records.money import ZERO

_Placed = tuple[RequisitionLine, Place]


def journal_of(requisition: Requisition, reference: str, desk: Desk) -> Journal:
    """An approved requisition as the journal that SAP Business One should hold. Raises Hold or Skip."""
    posting.require_approved(requisition)
    require_apart(desk)
    day = posting.require_day(requisition.billing_date, desk)
    currency = posting.currency_of(requisition.currency, desk)
    commitments.require_currency(currency, requisition.commitment, desk)
    number = requisition.invoice_number or f"REQ-{requisition.key}"
    posting.require_number(number, journals.LONGEST_NUMBER, SYSTEM)
    amounts = [requisition.due, requisition.tax]
    amounts += [amount for line in requisition.lines for amount in (line.gross, line.retainage_held, line.net)]
    posting.require_whole_units(amounts, currency)
    nets = [line.net for line in requisition.lines]
    rest = posting.residue(requisition.due - requisition.tax, nets, currency, desk)
    vendor = posting.vendor_of(requisition.vendor, requisition.vendor_name, SYSTEM, desk)
    posted = desk.rule("treatment") != PURCHASE_ORDER and commitments.is_posted(requisition.commitment, desk)
    budgets.require_budgeted(
        requisition.project, requisition.project_name, number, _amounts(requisition), currency, desk
    )
    if requisition.tax:
        desk.map("tax", "requisition", name="tax of requisitions", day=day, money=requisition.tax)
    site = site_of(requisition.project, requisition.project_name, day=day, money=requisition.due, desk=desk)
    placed = [(line, place_of(site, line, line.gross, desk)) for line in requisition.lines]
    text = f"Requisition {requisition.sequence}, {requisition.project_name}"
    lines = [
        *_cost(placed),
        *journals.rounding(rest, desk),
        *_retainage(requisition, desk),
        *_other_side(placed, rest, text, posted=posted, desk=desk),
    ]
    if not lines:
        raise Skip("nothing_due", "no line of it moves any money")
    return Journal(
        reference=reference,
        number=number,
        date=day,
        period="",
        currency=currency,
        text=text,
        lines=tuple(lines),
        vendor=vendor,
        source=f"requisition:{requisition.key}",
        order=f"commitment:{requisition.commitment}",
    )


def unbudgeted(requisition: Requisition, desk: Desk) -> list[Difference]:
    """The codes of an approved requisition that have no budget. Raises Hold or Skip."""
    posting.require_approved(requisition)
    posting.require_day(requisition.billing_date, desk)
    number = costs.requisition_facts(requisition).number or f"REQ-{requisition.key}"
    currency = posting.currency_of(requisition.currency, desk)
    return budgets.unbudgeted(
        requisition.project, requisition.project_name, number, _amounts(requisition), currency, desk
    )


def _amounts(requisition: Requisition) -> list[tuple[RequisitionLine, Decimal]]:
    return [(line, line.gross) for line in requisition.lines]


def _cost(placed: list[_Placed]) -> list[JournalLine]:
    """The gross cost of each line: retainage is cost as well."""
    return [
        JournalLine(
            account=place.account,
            amount=line.gross,
            text=line.text,
            role=Role.COST,
            project=place.project,
            center=place.center,
            source=line.key,
        )
        for line, place in placed
        if line.gross
    ]


def _retainage(requisition: Requisition, desk: Desk) -> list[JournalLine]:
    """What is held, and what is released, on the retainage account; nothing where it stays within the other side."""
    if not _is_apart(desk):
        return []
    account = desk.rule("retainage_account")
    held = sum((line.retainage_held for line in requisition.lines), ZERO)
    released = sum((line.retainage_released for line in requisition.lines), ZERO)
    return [
        *journals.plain(account, -held, "Retainage held", Role.RETAINAGE),
        *journals.plain(account, released, "Retainage released", Role.RETAINAGE),
    ]


def _other_side(placed: list[_Placed], rest: Decimal, text: str, *, posted: bool, desk: Desk) -> list[JournalLine]:
    """Clearing where the commitment was invoiced, else accrual; a commitment that was noted is relieved beside it."""
    owed = [(place, -(line.net if _is_apart(desk) else line.gross)) for line, place in placed]
    treatment = desk.rule("treatment")
    if posted and treatment == INVOICE_CLEARING:
        return journals.by_center(owed, account=desk.rule("clearing_account"), role=Role.OFFSET, text=text, rest=-rest)
    total = sum((amount for _, amount in owed), ZERO) - rest
    accrual = journals.plain(desk.rule("accrual_account"), total, text, Role.OFFSET)
    if posted and treatment == JOURNAL_CLEARING:
        return [*accrual, *_relief(placed, text, desk)]
    return accrual


def _relief(placed: list[_Placed], text: str, desk: Desk) -> list[JournalLine]:
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


def _is_apart(desk: Desk) -> bool:
    return desk.rule("retainage") == "ledger"
