"""What a person matches on the first day: vendors that both systems know."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import likeness
from ml_connector.integrations.declaration import Entry, Matching


def _vendors_left(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in acumatica.suppliers(client)]


def _vendors_right(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in procore.suppliers(client)]


VENDORS = Matching(
    kind="vendors",
    title="Vendors",
    left=_vendors_left,
    right=_vendors_right,
    score=likeness.of_suppliers,
    entry=likeness.supplier_entry,
)
