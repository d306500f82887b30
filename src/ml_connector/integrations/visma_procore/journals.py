"""What becomes of our journals in Visma.net: those that an accountant voids or reverses are shown."""

from __future__ import annotations

from typing import NoReturn

from ml_connector.integrations.declaration import Desk, Facts, Hold, Origin, Skip
from ml_connector.integrations.visma_procore.coding import SYSTEM
from ml_connector.records.batches import Batch

VOIDED = "voided_there"
REVERSED = "reversed_there"
RESTORED = "restored_there"
NOT_OURS = "not_ours"
"""Looked at again when it turns out that the batch was posted from here: the answer to its release was lost."""


def facts(batch: Batch) -> Facts:
    """What a batch shows of itself. The number is that of the batch that it is about: one that it takes back."""
    journal = batch.journal
    return Facts(
        title=f"batch {batch.number} {journal.text}",
        number=batch.reverses or batch.number,
        day=journal.date,
        amount=journal.total,
        currency=journal.currency,
    )


def watched(batch: Batch, reference: str, desk: Desk) -> NoReturn:
    """Nothing is posted. Raises Hold for what an accountant did to a journal of ours, Skip for all else."""
    if batch.voided and (origin := desk.origin(batch.number)):
        raise Hold(VOIDED, f"{_whose(origin)}: batch {batch.number} was voided in {SYSTEM}; {_TO_DO}")
    if batch.released and batch.restores and (origin := desk.origin(batch.restores)):
        raise Hold(
            RESTORED,
            f"{_whose(origin)}: batch {batch.reverses}, by which batch {batch.restores} was taken back, was reversed "
            f"in {SYSTEM} by batch {batch.number} of {batch.journal.date}, so that {batch.restores} counts again: "
            f"reverse {batch.number} there if it should not; then set this record aside",
        )
    if batch.released and batch.reverses and (origin := desk.origin(batch.reverses)):
        raise Hold(
            REVERSED,
            f"{_whose(origin)}: batch {batch.reverses} was reversed in {SYSTEM} by batch {batch.number} of "
            f"{batch.journal.date}; {_TO_DO}",
        )
    if batch.voided or batch.reverses:
        raise Skip(
            NOT_OURS, f"it takes back what was not posted from here, as far as is known: {SYSTEM}'s people do so"
        )
    raise Skip("kept", f"batches are kept here to notice what becomes of ours in {SYSTEM}")


_TO_DO = (
    "if the cost is still due, undo its record and replay it (ml-connector undo, replay), which posts it anew; else "
    "correct it in Procore; then set this record aside"
)


def _whose(origin: Origin) -> str:
    return f"{origin.flow.rstrip('s').replace('-', ' ')} {origin.document.invoice_number or origin.key}"
