"""All acts of the instance's people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_connector.sandbox.acumatica.people import access, money, payables, purchasing, records
from ml_connector.sandbox.acumatica.people.work import People
from ml_connector.sandbox.kit.vendor import Act

if TYPE_CHECKING:
    from ml_connector.sandbox.acumatica.web.server import Acumatica


def acts(instance: Acumatica) -> dict[str, Act]:
    """The actions by name; each one is a transaction of its own."""
    people = People(instance)
    parts = (payables, money, records, purchasing, access)
    return {name: act for part in parts for name, act in part.acts(people).items()}
