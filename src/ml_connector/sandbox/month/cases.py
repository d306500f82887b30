"""Which requisitions the seeded months hold, and why: one row for each kind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.month import shapes
from ml_connector.sandbox.month.contracts import PURCHASE_ORDER, SUBCONTRACT, Case

PLAIN: Final = Case(note="plain", shape=shapes.work_only)
RETAINAGE: Final = Case(note="retainage", shape=shapes.work_only, percent="10")
RETAINAGE_LOW: Final = Case(note="retainage", shape=shapes.work_only, percent="5")
RETAINAGE_SECOND: Final = Case(
    note="retainage, second requisition", shape=shapes.work_only, percent="10", december=shapes.work_only
)
HALF_CENTS: Final = Case(note="half cents", shape=shapes.half_cents, percent="5", by_unit=True)
STORED_FIRST: Final = Case(note="stored materials grow", shape=shapes.stored_grows, percent="10", lines=3)
STORED_GROW: Final = Case(
    note="stored materials grow", shape=shapes.stored_grows, percent="10", december=shapes.stored_grows, lines=3
)
STORED_SHRINK: Final = Case(
    note="stored materials shrink", shape=shapes.stored_shrinks, percent="10", december=shapes.stored_grows, lines=3
)
HALF_RELEASED: Final = Case(
    note="retainage released with work", shape=shapes.half_released, percent="10", december=shapes.stored_grows
)
RELEASE_ONLY: Final = Case(
    note="release only", shape=shapes.release_only, percent="10", december=shapes.work_only, kind=SUBCONTRACT
)
ZERO_LINES: Final = Case(note="lines without work", shape=shapes.some_lines, lines=5)
BACK_CHARGE: Final = Case(
    note="back-charge", shape=shapes.back_charge, back_charges=True, lines=2, percent="10", kind=SUBCONTRACT
)
TAKEN_BACK: Final = Case(
    note="work taken back", shape=shapes.taken_back, december=shapes.work_only, percent="10", lines=3, kind=SUBCONTRACT
)
AS_NOTED: Final = Case(note="approved as noted", shape=shapes.work_only, status="approved_as_noted", percent="10")
AS_NOTED_BACK_CHARGE: Final = Case(
    note="approved as noted, back-charge",
    shape=shapes.back_charge,
    status="approved_as_noted",
    back_charges=True,
    lines=2,
    kind=SUBCONTRACT,
)
HUGE: Final = Case(note="thirteen digits", shape=shapes.work_only, huge=True, lines=1, kind=SUBCONTRACT)
UNLINKED: Final = Case(note="order not in the ERP", shape=shapes.work_only, linked=False)

UNMAPPED: Final = Case(note="cost code not in the ERP", shape=shapes.work_only, uncoded=True, lines=2, kind=SUBCONTRACT)
INACTIVE: Final = Case(note="vendor inactive in the ERP", shape=shapes.work_only)
MISSING: Final = Case(note="vendor not in the ERP", shape=shapes.work_only, linked=False)
APPROVAL: Final = Case(note="bill goes to approval", shape=shapes.work_only)
KEYED: Final = Case(note="keyed by hand", shape=shapes.work_only, keyed_by_hand=True)
OFF_BY: Final = Case(note="lines do not add up", shape=shapes.work_only, off_by=Decimal("10.00"))
CLOSED: Final = Case(note="closed period", shape=shapes.work_only, billed=date(2026, 2, 3))
TAXED: Final = Case(note="tax", shape=shapes.work_only, tax=Decimal("412.50"), kind=PURCHASE_ORDER)
REVISED: Final = Case(note="sent back for revision", shape=shapes.work_only, status="revise_and_resubmit")
WITHDRAWN: Final = Case(note="withdrawn", shape=shapes.nothing, status="revise_and_resubmit")
DRAFT: Final = Case(note="draft", shape=shapes.work_only, status="draft", percent="10")
UNDER_REVIEW: Final = Case(note="under review", shape=shapes.work_only, status="under_review")
PENDING_OWNER: Final = Case(note="pending owner approval", shape=shapes.work_only, status="pending_owner_approval")

MONTH: Final = (
    (PLAIN, 34), (RETAINAGE, 20), (RETAINAGE_LOW, 16), (RETAINAGE_SECOND, 12), (HALF_CENTS, 8), (STORED_FIRST, 6),
    (STORED_GROW, 4), (STORED_SHRINK, 8), (HALF_RELEASED, 6), (RELEASE_ONLY, 5), (ZERO_LINES, 6), (BACK_CHARGE, 4),
    (TAKEN_BACK, 3), (AS_NOTED, 6), (HUGE, 1), (UNLINKED, 6), (UNMAPPED, 1), (INACTIVE, 1), (MISSING, 1),
    (APPROVAL, 1), (KEYED, 2), (OFF_BY, 1), (CLOSED, 1), (TAXED, 1), (REVISED, 2), (WITHDRAWN, 1), (DRAFT, 2),
    (UNDER_REVIEW, 2), (PENDING_OWNER, 1),
)  # fmt: skip
"""Each case with how often it occurs; with their predecessors of December 200 requisitions."""
SMALL: Final = (
    PLAIN, RETAINAGE, STORED_SHRINK, AS_NOTED_BACK_CHARGE, RELEASE_ONLY, KEYED, UNMAPPED, APPROVAL, OFF_BY, DRAFT,
)  # fmt: skip
"""Ten commitments and twelve requisitions: two have a predecessor of December."""
