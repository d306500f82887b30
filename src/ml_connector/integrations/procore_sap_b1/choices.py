"""What a company decides before costs of Procore are posted into SAP Business One."""

from __future__ import annotations

from typing import Final

from ml_connector.integrations.cost_journals import ACCOUNT
from ml_connector.integrations.declaration import Choice, Desk, Hold

SYSTEM: Final = "SAP Business One"
INVOICE_CLEARING: Final = "invoice_clearing"
JOURNAL_CLEARING: Final = "journal_clearing"
PURCHASE_ORDER: Final = "purchase_order"

TREATMENT = Choice(
    name="treatment",
    question="What becomes of a commitment and its change orders, so that their cost is booked only once?",
    advice="set invoice_clearing (a purchase invoice on a clearing account, that requisitions relieve), "
    "journal_clearing (a journal of clearing account and commitments given, relieved by requisitions) or "
    "purchase_order (a purchase order, that is not posted); never change it while commitments are open",
    options=(INVOICE_CLEARING, JOURNAL_CLEARING, PURCHASE_ORDER),
)
CLEARING_ACCOUNT = Choice(
    name="clearing_account",
    question="Which account holds what is committed and not yet billed?",
    advice="set the code of the commitment clearing account",
    pattern=ACCOUNT,
    when=("treatment", INVOICE_CLEARING, JOURNAL_CLEARING),
)
COMMITMENTS_ACCOUNT = Choice(
    name="commitments_account",
    question="Which off-result account stands for commitments given?",
    advice="set the code of the account of commitments given",
    pattern=ACCOUNT,
    when=("treatment", JOURNAL_CLEARING),
)
UNBUDGETED = Choice(
    name="unbudgeted",
    question="What happens with a cost whose code has no budget in Procore?",
    advice="set flag to post it and list it among the differences, or hold",
    default="flag",
    options=("flag", "hold"),
)
EARLIER_COMMITMENTS = Choice(
    name="earlier_commitments",
    question="What happens with requisitions and change orders of a commitment that was not posted from here?",
    advice="set hold, or accrual to post its requisitions against the accrual account and no change orders of it",
    default="hold",
    options=("hold", "accrual"),
)
_APART: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    INVOICE_CLEARING: (),
    JOURNAL_CLEARING: (
        ("clearing_account", "commitments_account"),
        ("clearing_account", "accrual_account"),
        ("commitments_account", "accrual_account"),
    ),
    PURCHASE_ORDER: (),
}
_APART_FROM_RETAINAGE: Final[dict[str, tuple[str, ...]]] = {
    INVOICE_CLEARING: ("clearing_account", "accrual_account"),
    JOURNAL_CLEARING: ("clearing_account", "commitments_account", "accrual_account"),
    PURCHASE_ORDER: ("accrual_account",),
}


def require_apart(desk: Desk) -> None:
    """Raises Hold where one account stands for two things, which would cancel out or hide each other."""
    treatment = desk.rule("treatment")
    pairs = list(_APART[treatment])
    if desk.rule("retainage") == "ledger":
        pairs += [("retainage_account", name) for name in _APART_FROM_RETAINAGE[treatment]]
    for one, other in pairs:
        if desk.rule(one) == desk.rule(other):
            raise Hold(
                "same_account",
                f"the rules {one} and {other} are both {desk.rule(one)}: set one of them anew (ml-connector rules), "
                "then replay this record",
            )
