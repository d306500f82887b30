"""Hold and approval of documents that are not released."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business
from ml_connector.sandbox.acumatica.payables import documents
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Parameters


def approve(desk: Desk, document: Row, _parameters: Parameters) -> None:
    """Balanced after this."""
    _require(document, ("Pending Approval",))
    document.beyond[documents.APPROVED] = True
    _settle(desk, document)


def reject(desk: Desk, document: Row, _parameters: Parameters) -> None:
    """Rejected until somebody puts it on hold again."""
    _require(document, ("Pending Approval",))
    document.beyond[documents.REJECTED] = True
    _settle(desk, document)


def put_on_hold(desk: Desk, document: Row, _parameters: Parameters) -> None:
    """On Hold; an approval is lost."""
    _require(document, ("Balanced", "Pending Approval", "Rejected"))
    document["Hold"] = True
    document.beyond.pop(documents.APPROVED, None)
    document.beyond.pop(documents.REJECTED, None)
    _settle(desk, document)


def release_from_hold(desk: Desk, document: Row, _parameters: Parameters) -> None:
    """Balanced, or pending approval."""
    _require(document, ("On Hold",))
    document["Hold"] = False
    _settle(desk, document)


def _require(document: Row, statuses: tuple[str, ...]) -> None:
    if document.text("Status") not in statuses:
        raise business(f"The action is not available for a document with the status '{document.text('Status')}'.")


def _settle(desk: Desk, document: Row) -> None:
    documents.set_status(desk, document)
    desk.store.touch(document)
