"""The pairs of systems that crash cases run between, with the choices of the company and the tables it fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct


class Pair(Struct, frozen=True):
    """An integration with its two sandboxes. `tables`: what is suggested is filled in, and these rows."""

    integration: str
    left: str
    right: str
    rules: Sequence[str]
    tables: Mapping[str, Sequence[str]]
    switches: Mapping[str, Mapping[str, Any]]

    @property
    def vendors(self) -> tuple[str, str]:
        """Both systems."""
        return self.left, self.right

    @property
    def prepared(self) -> str:
        """The name under which its beginning is kept."""
        return f"prepared {self.integration}"


ACUMATICA = Pair(
    "acumatica-procore",
    "acumatica",
    "procore",
    (
        "cut_over=2026-01-01", "currency=USD", "retainage=ledger", "retainage_account=20100|000000", "unlinked=post",
        "new_vendors_in_acumatica=create",
    ),
    {
        "projects": (),
        "coding": (),
        "employees": ("562949953900007,,V00002,,,",),
        "payment methods": (),
    },
    {"acumatica": {"auto_number_vendors": True}},
)  # fmt: skip
SAP = Pair(
    "procore-sap-b1",
    "procore",
    "sap_b1",
    (
        "cut_over=2026-01-01", "currency=USD", "treatment=invoice_clearing", "clearing_account=20600",
        "commitments_account=90100", "accrual_account=20510", "retainage=ledger", "retainage_account=20100",
        "earlier_commitments=accrual",
    ),
    {
        "projects": (),
        "coding": (),
        "employees": ("562949953900007,,20510,,,",),
    },
    {},
)  # fmt: skip
VISMA = Pair(
    "visma-procore",
    "visma_net",
    "procore",
    (
        "cut_over=2026-01-01", "currency=USD", "accrual_account=20500", "retainage=ledger", "retainage_account=20100",
        "cost_code_segment=SUBACCOUNT|3",
    ),
    {
        "projects": (),
        "coding": (),
        "employees": ("562949953900007,,20500,,,",),
    },
    {},
)  # fmt: skip
PAIRS = (ACUMATICA, SAP, VISMA)
VENDORS = tuple(sorted({vendor for pair in PAIRS for vendor in pair.vendors}))
