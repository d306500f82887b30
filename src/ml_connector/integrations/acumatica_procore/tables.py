"""The mapping tables of Acumatica and Procore."""

from __future__ import annotations

from ml_connector.integrations import procore_tables
from ml_connector.integrations.acumatica_procore import suggest
from ml_connector.integrations.declaration import Table

_ORDER_KINDS = ("Normal", "Subcontract")
_METHODS = ("check", "credit_card", "electronic")  # vendors/procore.md §8


def check_coding(target: str) -> str:
    """Complains about a coding target that is not `account|subaccount|task|cost code`."""
    parts = target.split("|")
    if len(parts) != 4 or not parts[0]:
        return f"{target!r} is no coding: write account|subaccount|task|cost code, for example 54000|000000|03|03-300"
    return ""


def check_order(target: str) -> str:
    """Complains about an order link that is not `Normal|number|line` or `Subcontract|number|line`."""
    parts = target.split("|")
    if len(parts) != 3 or parts[0] not in _ORDER_KINDS or not parts[1] or not parts[2].isdigit():
        return f"{target!r} is no order line: write Normal|number|line or Subcontract|number|line"
    return ""


def check_method(target: str) -> str:
    """Complains about a payment method that Procore does not know."""
    return "" if target in _METHODS else f"{target!r} is none of {', '.join(_METHODS)}"


TABLES = (
    procore_tables.projects("Acumatica ProjectID", suggest.projects),
    procore_tables.coding("account|subaccount|task|cost code", suggest.coding, check_coding),
    Table(
        name="orders",
        title="Commitment lines",
        source="Procore commitment line id",
        target="Normal|order number|line or Subcontract|number|line",
        check=check_order,
        suggest=suggest.orders,
        pairs="commitments",
    ),
    procore_tables.employees("Acumatica vendor that the expense is owed to"),
    Table(
        name="payment methods",
        title="Payment methods",
        source="Acumatica payment method",
        target="check, credit_card or electronic",
        check=check_method,
        suggest=suggest.payment_methods,
    ),
    procore_tables.tax("Acumatica tax category"),
)
