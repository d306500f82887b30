"""Which number a new record gets (vendors/visma_net.md §8)."""

from __future__ import annotations

from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.errors import rule

SERIES = {
    "supplier": ("SUPPLIER", 50111, "Supplier ID"),
    "invoice": ("APBILL", 900416, "Reference Nbr."),
    "order": ("PURCHORDER", 700092, "Order Nbr."),
    "receipt": ("PORECEIPT", 800000, "Receipt Nbr."),
    "payment": ("APPAYMENT", 600000, "Reference Nbr."),
    "journal": ("BATCH", 104232, "Batch Nbr."),
    "ap_batch": ("APBATCH", 204000, "Batch Nbr."),
}
"""Series of the sandbox -> its id, the last number given before anything is seeded, how messages call the number."""


def number(desk: Desk, series: str, kind: str, sent: str | None, override: bool | None, *, prefix: str = "") -> str:
    """Raises Refused: an empty number of a manual series, a number that exists. `prefix` begins the table's key."""
    mode = desk.switches[f"series_{series}"]
    if mode == "manual" and not sent:
        raise rule(f"Error inserting the {kind.lower()}. Error: '{SERIES[series][2]}' cannot be empty.")
    if sent and (mode == "manual" or (mode == "auto" and override)):
        if desk.find(kind, prefix + sent) is not None:
            raise rule(f"Error inserting the {kind.lower()}. Error: '{sent}' already exists.")
        return sent
    return free(desk, series, kind, prefix)


def free(desk: Desk, series: str, kind: str, prefix: str = "") -> str:
    """The next number that nobody took by hand."""
    while True:
        found = desk.company.next_number(series)
        if desk.find(kind, prefix + found) is None:
            return found
