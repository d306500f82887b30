"""The contract of the Default endpoint: entities and fields, version by version."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.contract import ledger, payables, projects, purchasing
from ml_connector.sandbox.acumatica.contract.forms import FORMS
from ml_connector.sandbox.acumatica.contract.kinds import Form, Kind, as_of, is_date

NEWEST = 25

_FULL = {kind.name: kind for kind in (*payables.KINDS, *purchasing.KINDS, *projects.KINDS, *ledger.KINDS)}
_BY_VERSION = {
    version: {name: as_of(kind, version) for name, kind in _FULL.items()} for version in range(22, NEWEST + 1)
}


def kinds(version: int = NEWEST) -> dict[str, Kind]:
    """All entities by name, as the endpoint of `version` (22..25) has them."""
    return _BY_VERSION[version]


__all__ = ["FORMS", "NEWEST", "Form", "Kind", "as_of", "is_date", "kinds"]
