"""Vendors and cost codes, kept in step in both directions."""

from __future__ import annotations

from msgspec import structs

from ml_connector.integrations import masters
from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Side, Skip
from ml_connector.records.documents import CostCode, Supplier
from ml_connector.records.masters import MasterChange
from ml_connector.records.money import ZERO

_NAMES = "|".join(masters.SUPPLIER_FIELDS)
PROCORE_OWNS = Choice(
    name="procore_owns",
    question="Which fields of a vendor are Procore's, where both sides changed them?",
    advice=f"list them with commas ({', '.join(masters.SUPPLIER_FIELDS)}); all others are Acumatica's",
    default="email,phone",
    pattern=rf"(?:(?:{_NAMES})(?:,(?:{_NAMES}))*)?",
)
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
NEW_COST_CODES = Choice(
    name="new_cost_codes",
    question="Are new cost codes made on the other side?",
    advice="create on both sides, create_in_procore or create_in_acumatica alone, or hold",
    default="create",
    options=("create", "create_in_procore", "create_in_acumatica", "hold"),
)


def vendor_facts(vendor: Supplier) -> Facts:
    """What the record shows of itself."""
    return Facts(title=vendor.name, number="", day=None, amount=ZERO, currency="")


def cost_code_facts(code: CostCode) -> Facts:
    """What the record shows of itself."""
    return Facts(title=f"{code.code} {code.name}", number=code.code, day=None, amount=ZERO, currency="")


def vendor_to_procore(vendor: Supplier, reference: str, desk: Desk) -> MasterChange:
    """What Procore lacks of a vendor in Acumatica."""
    return masters.change_of(_VENDOR_LEFT, vendor, vendor.key, reference, desk)


def vendor_to_acumatica(vendor: Supplier, reference: str, desk: Desk) -> MasterChange:
    """What Acumatica lacks of a vendor in Procore."""
    return masters.change_of(_VENDOR_RIGHT, vendor, vendor.key, reference, desk)


def cost_code_to_procore(code: CostCode, reference: str, desk: Desk) -> MasterChange:
    """What Procore's company list lacks of a cost code in Acumatica."""
    return _with_code(masters.change_of(_CODE_LEFT, code, code.code, reference, desk), code)


def cost_code_to_acumatica(code: CostCode, reference: str, desk: Desk) -> MasterChange:
    """What Acumatica lacks of a cost code in Procore's company list."""
    return _with_code(masters.change_of(_CODE_RIGHT, code, code.code, reference, desk), code)


def _with_code(change: MasterChange, code: CostCode) -> MasterChange:
    """A new cost code needs its number among its values; a known one keeps its own."""
    if change.key:
        return change
    return structs.replace(change, values={"code": code.code, **change.values})


def _vendor_owner(field: str, desk: Desk) -> Side:
    return Side.RIGHT if field in desk.rule("procore_owns").split(",") else Side.LEFT


def _create_vendor(rule: str, system: str, desk: Desk) -> None:
    chosen = desk.rule(rule)
    if chosen == "skip":
        raise Skip("no_counterpart", f"it has no counterpart in {system}, and none is made (rule {rule})")
    if chosen == "hold":
        raise Hold(
            "no_counterpart",
            f"it has no counterpart in {system}: make it there and match the two, or set the rule {rule}=create and "
            "replay it",
        )


def _code_owner(field: str, desk: Desk) -> Side:
    return Side.LEFT


def _create_code(system: str, word: str, desk: Desk) -> None:
    if desk.rule(NEW_COST_CODES.name) not in ("create", word):
        raise Hold(
            "no_counterpart",
            f"it has no counterpart in {system}: make it there and match the two, or set the rule "
            f"new_cost_codes={word} and replay it",
        )


def _mark(record: object) -> str:
    assert isinstance(record, Supplier)
    return record.origin


_VENDOR_LEFT = masters.Kind(
    kind="vendors",
    side=Side.LEFT,
    values=masters.values_of_supplier,
    owner=_vendor_owner,
    create=lambda record, desk: _create_vendor(NEW_IN_PROCORE.name, "Procore", desk),
    mark=_mark,
)
_VENDOR_RIGHT = masters.Kind(
    kind="vendors",
    side=Side.RIGHT,
    values=masters.values_of_supplier,
    owner=_vendor_owner,
    create=lambda record, desk: _create_vendor(NEW_IN_ACUMATICA.name, "Acumatica", desk),
    mark=_mark,
)
_CODE_LEFT = masters.Kind(
    kind="cost codes",
    side=Side.LEFT,
    values=masters.values_of_cost_code,
    owner=_code_owner,
    create=lambda record, desk: _create_code("Procore", "create_in_procore", desk),
)
_CODE_RIGHT = masters.Kind(
    kind="cost codes",
    side=Side.RIGHT,
    values=masters.values_of_cost_code,
    owner=_code_owner,
    create=lambda record, desk: _create_code("Acumatica", "create_in_acumatica", desk),
)
