"""Approved requisitions and direct costs become journals: cost by project and cost centre against accrual."""

from __future__ import annotations

from ml_connector.integrations import cost_journals
from ml_connector.integrations.declaration import Desk, Hold
from ml_connector.integrations.visma_procore.coding import BOOKS
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Requisition
from ml_connector.records.journals import Journal


def journal_of_requisition(requisition: Requisition, reference: str, desk: Desk) -> Journal:
    """An approved requisition as the journal that Visma.net should hold. Raises Hold or Skip."""
    _require_apart(desk)
    return cost_journals.of_requisition(
        requisition,
        reference,
        desk,
        BOOKS,
        other_side=lambda placed, rest, text: cost_journals.accrued(placed, rest, text, desk),
    )


def journal_of_direct_cost(cost: DirectCost, reference: str, desk: Desk) -> Journal:
    """An approved direct cost as the journal that Visma.net should hold. Raises Hold or Skip."""
    return cost_journals.of_direct_cost(cost, reference, desk, BOOKS)


def _require_apart(desk: Desk) -> None:
    """Raises Hold where one account stands for retainage and for what is owed: neither could be told any more."""
    account = desk.rule("accrual_account")
    if cost_journals.keeps_retainage_apart(desk) and desk.rule("retainage_account") == account:
        raise Hold(
            "same_account",
            f"the rules accrual_account and retainage_account are both {account}: set one of them anew "
            "(ml-connector rules), then replay this record",
        )
