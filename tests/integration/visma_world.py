"""Visma.net and Procore: a hub connected to both sandboxes, with choices, tables and matched vendors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from pair_world import PairWorld

from ml_connector.connectors.visma_net import batches, company
from ml_connector.sandbox.run import running

ACCRUAL, RETAINAGE = "20500", "20100"


class VismaWorld(PairWorld):
    """Both sandboxes and the installation between them."""

    integration = "visma-procore"
    rules: ClassVar[dict[str, str]] = {
        "cut_over": "2026-01-01",
        "currency": "USD",
        "accrual_account": ACCRUAL,
        "retainage": "ledger",
        "retainage_account": RETAINAGE,
        "cost_code_segment": "SUBACCOUNT|3",
    }

    def __init__(self, ready: dict[str, dict[str, Any]]) -> None:
        super().__init__(ready)
        self.visma = self.sandboxes["visma_net"]

    def reset(self, seed: str = "small") -> None:
        """Both sandboxes as at start, and nothing is remembered of the company that was there."""
        super().reset(seed)
        self.forget()

    def forget(self) -> None:
        """As in a process that has just begun: nothing is known of the company."""
        company._shelves.clear()
        batches._newest.clear()

    def ours(self) -> list[dict[str, Any]]:
        """The documents in Visma.net's books that carry our mark."""
        return self.ours_in("visma_net")


@contextmanager
def visma_world(seed: str = "small", **options: Any) -> Iterator[VismaWorld]:
    """Sandboxes as a child process, without rate limits unless asked for."""
    with running(["procore", "visma_net"], seed, **{"rate_limits": False, **options}) as ready:
        yield VismaWorld(ready)
