"""What a translation may look up: the installation's choices, mapping tables and accepted matches."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.hub import installations
from ml_connector.hub.mapping import Gap, Tables
from ml_connector.hub.models import Installation, Match
from ml_connector.integrations.declaration import Side


class InstallationDesk:
    """An `integrations.declaration.Desk` that reads everything once, for one batch of translations."""

    def __init__(self, installation: Installation, source_side: Side) -> None:
        self._installation = installation
        self._rules: dict[str, str] = {}
        self.tables = Tables(installation)
        self._counterparts = _counterparts(installation, source_side)
        self.gaps: list[Gap] = []

    def rule(self, name: str) -> str:
        if name not in self._rules:
            self._rules[name] = installations.rule(self._installation, name)
        return self._rules[name]

    def map(self, table: str, value: str, *, name: str, day: date, money: Decimal) -> str:
        target = self.tables.find(table, value, day)
        if not target:
            self.gaps.append(Gap(table, value, name, money))
        return target

    def find(self, table: str, value: str, *, day: date) -> str:
        return self.tables.find(table, value, day)

    def counterpart(self, kind: str, key: str) -> str:
        return self._counterparts.get((kind, key), "")


def _counterparts(installation: Installation, source_side: Side) -> dict[tuple[str, str], str]:
    accepted = Match.objects.filter(installation=installation).exclude(accepted_by="")
    if source_side is Side.LEFT:
        return {(row.kind, row.left_key): row.right_key for row in accepted}
    return {(row.kind, row.right_key): row.left_key for row in accepted}
