"""The mapping tables of Procore and SAP Business One."""

from __future__ import annotations

from ml_connector.integrations import cost_journals, procore_tables
from ml_connector.integrations.procore_sap_b1 import suggest


def check_place(target: str) -> str:
    """Complains about a target that is not `code`, or `code|profit centre`."""
    parts = target.split("|")
    if len(parts) > 2 or not parts[0].strip():
        return f"{target!r} has no code: write code|profit centre, the profit centre may be left out"
    return ""


TABLES = (
    procore_tables.projects(
        "SAP project code|profit centre (the profit centre may be left out)", suggest.projects, check_place
    ),
    procore_tables.coding("account|profit centre (where left out, the project's)", suggest.coding, check_place),
    procore_tables.employees("account that the expense is credited to"),
    procore_tables.tax("net, where costs are posted without this tax", cost_journals.check_tax),
)
