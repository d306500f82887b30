"""Procore and SAP Business One: a hub connected to both sandboxes, with choices, tables and matched vendors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pair_world import PATIENT, PairWorld, SharedClock

from ml_connector.sandbox.run import running

__all__ = ["PATIENT", "SharedClock"]
NAME = "procore-sap-b1"
CLEARING, GIVEN, COUNTERPART, ACCRUAL, RETAINAGE = "20600", "90100", "90200", "20510", "20100"
RULES = {
    "cut_over": "2025-01-01",
    "currency": "USD",
    "treatment": "invoice_clearing",
    "clearing_account": CLEARING,
    "commitments_account": GIVEN,
    "accrual_account": ACCRUAL,
    "retainage": "ledger",
    "retainage_account": RETAINAGE,
    "earlier_commitments": "accrual",
}


class SapWorld(PairWorld):
    """Both sandboxes and the installation between them."""

    integration = NAME
    rules = RULES

    def __init__(self, ready: dict[str, dict[str, Any]]) -> None:
        super().__init__(ready)
        self.sap = self.sandboxes["sap_b1"]

    def act(self, vendor: str, action: str, **fields: Any) -> Any:
        """What a person does in a vendor's screens (`procore`, `sap`)."""
        return super().act({"sap": "sap_b1"}.get(vendor, vendor), action, **fields)

    def ours(self) -> list[dict[str, Any]]:
        """The documents in SAP's books that carry our mark."""
        return self.ours_in("sap_b1")


@contextmanager
def sap_world(seed: str = "small", **options: Any) -> Iterator[SapWorld]:
    """Sandboxes as a child process, without rate limits unless asked for."""
    with running(["procore", "sap_b1"], seed, **{"rate_limits": False, **options}) as ready:
        yield SapWorld(ready)
