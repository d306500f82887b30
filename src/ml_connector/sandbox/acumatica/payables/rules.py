"""Bills as an entity: what callers may set, and the actions of the form."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.payables import applications, approval, bills, corrections, documents, release
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Rules, Save


def _release(desk: Desk, document: Row, _parameters: Parameters) -> None:
    release.release(desk, document)


def _stored(save: Save, document: Row) -> None:
    applications.settle_waiting(save.desk, document)


BILL = Rules(
    read_only=frozenset({"Status", "Balance", "TaxTotal"}),
    read_only_details=frozenset({"RetainageDocuments"}),
    read_only_lines={
        "Details": frozenset({"Amount", "Description"}),
        "Applications": frozenset({"Balance", "Status"}),
    },
    key_defaults={"Type": documents.BILL},
    line_keys={"TaxDetails": "TaxID"},
    writable_beyond=frozenset(
        {
            documents.TAX_ZONE,
            documents.RETAINAGE_APPLIES,
            documents.LINE_RETAINAGE,
            documents.LINE_RETAINAGE_PERCENT,
        }
    ),
    prepare=bills.prepare,
    stored=_stored,
    number=bills.number,
    erase=corrections.erase,
    actions={
        "ReleaseBill": Action(_release, long=True),
        "ReverseBill": Action(corrections.reverse, long=True),
        "ReleaseRetainage": Action(
            corrections.release_retainage, {"AmtToRelease": "amount", "Date": "time", "PostPeriod": "text"}, long=True
        ),
    },
    screen_actions={
        "Approve": Action(approval.approve),
        "Reject": Action(approval.reject),
        "PutOnHold": Action(approval.put_on_hold),
        "ReleaseFromHold": Action(approval.release_from_hold),
    },
)
