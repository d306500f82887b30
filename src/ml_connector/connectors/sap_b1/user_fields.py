"""The user fields that carry our reference on documents and lines (vendors/sap_b1.md §5.8)."""

from __future__ import annotations

from ml_connector.connectors.sap_b1.client import SapClient


def prepare(client: SapClient) -> list[str]:
    """Make the fields that are missing, and say in words what is in place."""
    raise NotImplementedError
