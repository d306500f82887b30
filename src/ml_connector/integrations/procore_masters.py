"""Vendors and cost codes that a ledger shares with Procore: whose word counts, and who may make new ones."""

from __future__ import annotations

from msgspec import structs

from ml_connector.integrations import masters
from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Side, Skip
from ml_connector.records.documents import CostCode, Supplier
from ml_connector.records.masters import MasterChange
from ml_connector.records.money import ZERO

PROCORE = "Procore"
_NAMES = "|".join(masters.SUPPLIER_FIELDS)


def procore_owns(system: str) -> Choice:
    """Which fields of a vendor are Procore's; all others are the ledger's."""
    return Choice(
        name="procore_owns",
        question="Which fields of a vendor are Procore's, where both sides changed them?",
        advice=f"list them with commas ({', '.join(masters.SUPPLIER_FIELDS)}); all others are {system}'s",
        default="email,phone",
        pattern=rf"(?:(?:{_NAMES})(?:,(?:{_NAMES}))*)?",
    )


def new_cost_codes(word: str) -> Choice:
    """On which side new cost codes are made; `word` is the one for the ledger alone."""
    return Choice(
        name="new_cost_codes",
        question="Are new cost codes made on the other side?",
        advice=f"create on both sides, create_in_procore or {word} alone, or hold",
        default="create",
        options=("create", "create_in_procore", word, "hold"),
    )


def vendor_facts(vendor: Supplier) -> Facts:
    """What the record shows of itself."""
    return Facts(title=vendor.name, number="", day=None, amount=ZERO, currency="")


def cost_code_facts(code: CostCode) -> Facts:
    """What the record shows of itself."""
    return Facts(title=f"{code.code} {code.name}", number=code.code, day=None, amount=ZERO, currency="")


def vendor_owner(field: str, desk: Desk) -> Side:
    """Whose a field of a vendor is, with Procore on the right."""
    return Side.RIGHT if field in desk.rule("procore_owns").split(",") else Side.LEFT


def require_new_vendor(rule: str, system: str, desk: Desk) -> None:
    """Whether a vendor may be made in a system. Raises Skip or Hold."""
    chosen = desk.rule(rule)
    if chosen == "skip":
        raise Skip("no_counterpart", f"it has no counterpart in {system}, and none is made (rule {rule})")
    if chosen == "hold":
        raise Hold(
            "no_counterpart",
            f"it has no counterpart in {system}: make it there and match the two, or set the rule {rule}=create and "
            "replay it",
        )


def require_new_code(system: str, word: str, desk: Desk) -> None:
    """Whether a cost code may be made in a system. Raises Hold."""
    if desk.rule("new_cost_codes") not in ("create", word):
        raise Hold(
            "no_counterpart",
            f"it has no counterpart in {system}: make it there and match the two, or set the rule "
            f"new_cost_codes={word} and replay it",
        )


def with_code(change: MasterChange, code: str) -> MasterChange:
    """A new cost code needs its number among its values; a known one keeps its own."""
    if change.key:
        return change
    return structs.replace(change, values={"code": code, **change.values})
