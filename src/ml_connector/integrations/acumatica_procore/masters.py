"""Vendors and cost codes, kept in step in both directions."""

from __future__ import annotations

from ml_connector.integrations import masters, procore_masters
from ml_connector.integrations.declaration import Choice, Desk, Side
from ml_connector.integrations.procore_masters import PROCORE
from ml_connector.records.documents import CostCode, Supplier
from ml_connector.records.masters import MasterChange

_SYSTEM = "Acumatica"
PROCORE_OWNS = procore_masters.procore_owns(_SYSTEM)
NEW_IN_PROCORE = Choice(
    name="new_vendors_in_procore",
    question="Is a vendor that is new in Acumatica made in Procore?",
    advice="create, or hold to make it there by hand and match the two, or skip",
    default="create",
    options=("create", "hold", "skip"),
)
NEW_IN_ACUMATICA = Choice(
    name="new_vendors_in_acumatica",
    question="Is a vendor that is new in Procore made in Acumatica?",
    advice="create (Acumatica must number vendors by itself), hold to make it there by hand and match, or skip",
    default="hold",
    options=("create", "hold", "skip"),
)
NEW_COST_CODES = procore_masters.new_cost_codes("create_in_acumatica")


def vendor_to_procore(vendor: Supplier, reference: str, desk: Desk) -> MasterChange:
    """What Procore lacks of a vendor in Acumatica."""
    return masters.change_of(_VENDOR_LEFT, vendor, vendor.key, reference, desk)


def vendor_to_acumatica(vendor: Supplier, reference: str, desk: Desk) -> MasterChange:
    """What Acumatica lacks of a vendor in Procore."""
    return masters.change_of(_VENDOR_RIGHT, vendor, vendor.key, reference, desk)


def cost_code_to_procore(code: CostCode, reference: str, desk: Desk) -> MasterChange:
    """What Procore's company list lacks of a cost code in Acumatica."""
    return procore_masters.with_code(masters.change_of(_CODE_LEFT, code, code.code, reference, desk), code.code)


def cost_code_to_acumatica(code: CostCode, reference: str, desk: Desk) -> MasterChange:
    """What Acumatica lacks of a cost code in Procore's company list."""
    return procore_masters.with_code(masters.change_of(_CODE_RIGHT, code, code.code, reference, desk), code.code)


def _mark(record: object) -> str:
    assert isinstance(record, Supplier)
    return record.origin


_VENDOR_LEFT = masters.Kind(
    kind="vendors",
    side=Side.LEFT,
    values=masters.values_of_supplier,
    owner=procore_masters.vendor_owner,
    create=lambda record, desk: procore_masters.require_new_vendor(NEW_IN_PROCORE.name, PROCORE, desk),
    mark=_mark,
)
_VENDOR_RIGHT = masters.Kind(
    kind="vendors",
    side=Side.RIGHT,
    values=masters.values_of_supplier,
    owner=procore_masters.vendor_owner,
    create=lambda record, desk: procore_masters.require_new_vendor(NEW_IN_ACUMATICA.name, _SYSTEM, desk),
    mark=_mark,
)
_CODE_LEFT = masters.Kind(
    kind="cost codes",
    side=Side.LEFT,
    values=masters.values_of_cost_code,
    owner=lambda field, desk: Side.LEFT,
    create=lambda record, desk: procore_masters.require_new_code(PROCORE, "create_in_procore", desk),
)
_CODE_RIGHT = masters.Kind(
    kind="cost codes",
    side=Side.RIGHT,
    values=masters.values_of_cost_code,
    owner=lambda field, desk: Side.LEFT,
    create=lambda record, desk: procore_masters.require_new_code(_SYSTEM, "create_in_acumatica", desk),
)
