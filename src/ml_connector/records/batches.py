"""Journal batches as they stand in the ledger, whoever made them: to notice what becomes of ours."""

from __future__ import annotations

from msgspec import Struct

from ml_connector.records.journals import Journal


class Batch(Struct, frozen=True, kw_only=True):
    """One batch. `number` is the ledger's own within `module`; `journal.reference` is our mark, "" without one.

    `posted`: it counts in the ledger. `voided`: it was taken out of it. `reverses` is the number of the batch that it
    takes back, "" where it takes none back.
    """

    module: str
    number: str
    status: str
    posted: bool
    voided: bool
    reverses: str
    journal: Journal

    @property
    def key(self) -> str:
        """What names it among all batches: `GL|104233`."""
        return f"{self.module}|{self.number}"

    def for_the_books(self) -> Batch:
        """All of it counts."""
        return self
