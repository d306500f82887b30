"""Calls to one Service Layer."""

from __future__ import annotations

from typing import Final

import httpx2

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.sap_b1 import form

OPERATIONS: Final = ("session.log_in", "session.log_out")


class SapClient:
    """One connection, open for calls."""

    def __init__(self, context: Context, *, transport: httpx2.BaseTransport | None = None) -> None:
        self.settings = form.settings(context.settings)

    def close(self) -> None:
        """Close sockets. The session stays, for other processes."""

    def log_out(self) -> None:
        """End the session at the vendor."""
        raise NotImplementedError
