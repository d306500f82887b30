"""Journal batches as they stand in the ledger, whoever made them: to notice what becomes of ours."""

from __future__ import annotations

from msgspec import Struct

from ml_connector.records.journals import Journal


class Batch(Struct, frozen=True, kw_only=True):
    """One batch. `number` is the ledger's own within `module`; `journal.reference` is our mark, "" without one.

    `released`: it counts in the ledger, or soon will. `voided`: it was taken out of it. `reverses` is the number of the
    batch that it takes back, "" where it takes none back. Where that is one by which we took a batch of ours back,
    `restores` is the number of ours.
    """

    module: str
    number: str
    status: str
    released: bool
    voided: bool
    reverses: str
    restores: str
    journal: Journal

    @property
    def key(self) -> str:
        """What names it among all batches: `GL|104233`."""
        return f"{self.module}|{self.number}"

    def for_the_books(self) -> Batch:
        """All of it counts."""
        return self
