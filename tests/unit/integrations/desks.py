"""A desk in memory: choices, tables, matches and what was posted before, for tests of translations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.integrations.declaration import Origin, Sibling, Twin


class MemoryDesk:
    """An `integrations.declaration.Desk`; `gaps` are the table, value and money of what was not mapped."""

    def __init__(self, rules: dict[str, str], tables: dict[tuple[str, str], str], vendors: dict[str, str]) -> None:
        self.rules = rules
        self.tables = tables
        self.vendors = vendors
        self.gaps: list[tuple[str, str, Decimal]] = []
        self.others: list[Sibling] = []
        self.origins: dict[str, Origin] = {}
        self.records: dict[tuple[str, str], Sibling] = {}
        self.uses: set[tuple[str, str]] = set()

    def rule(self, name: str) -> str:
        return self.rules[name]

    def map(self, table: str, value: str, *, name: str, day: date, money: Decimal) -> str:
        found = self.find(table, value, day=day)
        if not found:
            self.gaps.append((table, value, money))
        return found

    def lack(self, table: str, target: str, *, name: str, money: Decimal) -> None:
        self.gaps.append((table, f"? for {target}", money))

    def sources(self, table: str, target: str, *, day: date) -> list[str]:
        return [value for (name, value), found in self.tables.items() if (name, found) == (table, target)]

    def find(self, table: str, value: str, *, day: date) -> str:
        return self.tables.get((table, value), "")

    def counterpart(self, kind: str, key: str) -> str:
        return self.vendors.get(key, "") if kind == "vendors" else ""

    def twin(self, kind: str, key: str) -> Twin | None:
        return None

    def lookalike(self, kind: str, key: str, document: object) -> str:
        return ""

    def origin(self, number: str) -> Origin | None:
        return self.origins.get(number)

    def siblings(self, scope: str, flow: str = "") -> list[Sibling]:
        return self.others

    def record(self, flow: str, key: str) -> Sibling | None:
        return self.records.get((flow, key))

    def named(self, flow: str, key: str) -> bool:
        return (flow, key) in self.uses

    def approved(self, difference: str) -> bool:
        return False
