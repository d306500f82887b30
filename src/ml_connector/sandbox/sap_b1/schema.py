"""The properties of types as the company has them at the moment: those declared and the user fields."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.sandbox.sap_b1.edm import EntityType, Property
from ml_connector.sandbox.sap_b1.errors import invalid_property
from ml_connector.sandbox.sap_b1.user_fields import UserFields


class Schema:
    """Made anew for each request, because user fields come and go."""

    def __init__(self, user_fields: UserFields) -> None:
        self._user_fields = user_fields
        self._known: dict[str, dict[str, Property]] = {}

    def properties(self, type_: EntityType) -> Mapping[str, Property]:
        """By name, user fields last."""
        found = self._known.get(type_.name)
        if found is None:
            declared = (*type_.properties, *self._user_fields.of(type_.user_table))
            found = self._known[type_.name] = {one.name: one for one in declared}
        return found

    def require(self, type_: EntityType, name: str) -> Property:
        """Raises -1000 for a property that the type does not have."""
        found = self.properties(type_).get(name)
        if found is None:
            raise invalid_property(name, type_.name)
        return found
