"""Posting periods (vendors/sap_b1.md §5.9)."""

from __future__ import annotations

from ml_connector.connectors.kit.target import PeriodState
from ml_connector.connectors.sap_b1.client import SapClient


def periods(client: SapClient) -> list[PeriodState] | None:
    """All periods in order, or None where our user may not see them."""
    raise NotImplementedError
