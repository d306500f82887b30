"""The mapping tables of Procore and SAP Business One."""

from __future__ import annotations

from ml_connector.integrations.declaration import Table
from ml_connector.integrations.procore_sap_b1 import suggest

NET = "net"


def check_place(target: str) -> str:
    """Complains about a target that is not `code`, or `code|profit centre`."""
    parts = target.split("|")
    if len(parts) > 2 or not parts[0].strip():
        return f"{target!r} has no code: write code|profit centre, the profit centre may be left out"
    return ""


def check_tax(target: str) -> str:
    """Complains about anything but the word net."""
    return "" if target == NET else f"{target!r} is not {NET}: write {NET} where costs are posted without this tax"


def _check_key(target: str) -> str:
    return "" if target.strip() else "the target is empty"


TABLES = (
    Table(
        name="projects",
        title="Projects",
        source="Procore project id",
        target="SAP project code|profit centre (the profit centre may be left out)",
        check=check_place,
        suggest=suggest.projects,
    ),
    Table(
        name="coding",
        title="Cost code and cost type",
        source="cost code.cost type as Procore shows it (03-300.S), or project id:cost code.cost type",
        target="account|profit centre (where left out, the project's)",
        check=check_place,
        suggest=suggest.coding,
    ),
    Table(
        name="employees",
        title="Employees",
        source="Procore employee id of a direct cost",
        target="account that the expense is credited to",
        check=_check_key,
        suggest=suggest.employees,
    ),
    Table(
        name="tax",
        title="Tax",
        source="the word requisition, or a Procore tax code id for direct costs",
        target="net, where costs are posted without this tax",
        check=check_tax,
        suggest=suggest.tax,
    ),
)
