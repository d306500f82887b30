"""What stands on an account, line by line: for the report of what was not cleared (vendors/sap_b1.md §5.3)."""

from __future__ import annotations

from datetime import date

from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.records.ledger import LedgerLine


def clearing_lines(client: SapClient, account: str, since: date, until: date | None = None) -> list[LedgerLine]:
    """All posted lines on an account from `since` on (until `until` inclusive), ours and others', oldest first."""
    raise NotImplementedError
