"""Suppliers' invoices that somebody else posts: who sent one, and that it is there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from ml_connector.records.money import ZERO


class SupplierInvoice(Struct, frozen=True, kw_only=True):
    """An invoice or credit in the ledger. `kind` and `status` in the ledger's words, `number` its own number.

    `supplier_number` is the supplier's number of it. `total` is in `currency`, tax included.
    """

    kind: str
    number: str
    supplier: str
    supplier_name: str
    supplier_number: str
    status: str
    day: date | None
    currency: str
    total: Decimal

    @property
    def key(self) -> str:
        """What names it among all of them: `Invoice|900417`."""
        return f"{self.kind}|{self.number}"

    def for_the_books(self) -> SupplierInvoice:
        """Whose it is; payments and amounts are not ours to follow."""
        return structs.replace(self, supplier_name="", supplier_number="", status="", day=None, total=ZERO)
