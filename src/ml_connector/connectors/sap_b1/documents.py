"""Purchase invoices, credit notes, orders and journal entries as one target (vendors/sap_b1.md §5, §7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ml_connector.connectors.kit.target import Target
from ml_connector.connectors.sap_b1 import form, periods

documents: Final = Target(
    kind="document",
    steps=(),
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
    periods=periods.periods,
)
