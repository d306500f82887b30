"""All acts of the company's people."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.sandbox.kit.vendor import Act
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.entity import EntitySet
from ml_connector.sandbox.sap_b1.people import documents, money, records
from ml_connector.sandbox.sap_b1.people.work import Office
from ml_connector.sandbox.sap_b1.user_fields import UserFields


def acts(desk: Desk, sets: Mapping[str, EntitySet], user_fields: UserFields) -> dict[str, Act]:
    """The actions by name."""
    office = Office(desk, sets, user_fields)
    return {name: one for part in (documents, money, records) for name, one in part.acts(office).items()}
