"""The company's standard cost codes: trees of divisions and codes, as a source and for matching (§4.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit.source import Page, Row, Scope, Window
from ml_connector.connectors.procore import objects
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.objects import Id
from ml_connector.records.documents import CostCode

SEPARATOR: Final = "-"
"""Stands between a division's code and the part that a code adds to it: `03-200`."""
PATH: Final = "/rest/v1.0/standard_cost_codes"
VIEW: Final = ("view", "extended")
"""The narrower views give ids alone."""
_DIVISION: Final = "ML-division-"
"""What our marks of divisions begin with, unlike those of codes."""


class WireParent(Struct, frozen=True, kw_only=True):
    id: Id = None


class WireList(Struct, frozen=True, kw_only=True):
    id: int
    name: str | None = None
    is_erp_list: bool | None = None
    available_to_use_on_new_projects: bool | None = None


class WireStandardCode(Struct, frozen=True, kw_only=True):
    """A division or code. `code` is its own part, `full_code` has those of the divisions above it too."""

    id: int
    code: str | None = None
    full_code: str | None = None
    name: str | None = None
    parent_id: Id = None
    parent: WireParent | None = None
    origin_id: str | None = None


class Tree:
    """The codes of one list."""

    def __init__(self, wires: Iterable[WireStandardCode]) -> None:
        self.wires = {str(wire.id): wire for wire in wires}
        self.ids = {self.full(key): key for key in self.wires}

    def full(self, key: str) -> str:
        """The full code, put together from the divisions where Procore does not tell it."""
        wire = self.wires[key]
        if wire.full_code:
            return wire.full_code
        above = _above(wire)
        parts = [self.full(above)] if above in self.wires and above != key else []
        return SEPARATOR.join([*parts, wire.code or ""])

    def add(self, key: str, full: str) -> None:
        """A code that was made meanwhile."""
        self.wires[key] = WireStandardCode(id=int(key), full_code=full)
        self.ids[full] = key

    def leaves(self) -> list[CostCode]:
        """The codes that can carry cost: a division only groups others, even one that we made and that has none yet."""
        divisions = {_above(wire) for wire in self.wires.values()}
        return [self._record(key) for key, wire in self.wires.items() if key not in divisions and not _is_ours(wire)]

    def _record(self, key: str) -> CostCode:
        full = self.full(key)
        return CostCode(key=key, project="", cost_code=full, cost_type="", code=full, name=self.wires[key].name or "")


class CostCodeList:
    """Standard cost codes, one scope per list (a kit.source.Source). Procore gives no times of change for them."""

    kind = "cost code"

    def scopes(self, client: Client) -> list[Scope]:
        found = sorted(lists(client), key=lambda wire: wire.id)
        return [Scope(key=str(wire.id), name=wire.name or f"cost code list {wire.id}") for wire in found]

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """The whole list on one page: which codes are divisions is only seen from all of them."""
        wires, at = _all(client, scope.key)
        return _page(client, Tree(wires).leaves(), at)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        wires, at = _all(client, scope.key)
        return _page(client, [code for code in Tree(wires).leaves() if code.key in set(keys)], at)


cost_code_list: Final = CostCodeList()


def division_mark(list_key: str, full: str) -> str:
    """Our mark of a division that we make, by which making it may be repeated."""
    return f"{_DIVISION}{list_key}-{full}"


def standard_cost_codes(client: Client) -> list[CostCode]:
    """The codes of all lists that can carry cost, for matching."""
    return [code for wire in lists(client) for code in tree(client, str(wire.id)).leaves()]


def lists(client: Client) -> list[WireList]:
    """The company's lists of standard cost codes."""
    path = "/rest/v1.0/standard_cost_code_lists"
    return client.rows("cost_code_lists.list", path, [("company_id", client.company)], WireList)


def tree(client: Client, list_key: str) -> Tree:
    """All codes of a list."""
    return Tree(_all(client, list_key)[0])


def _all(client: Client, list_key: str) -> tuple[list[WireStandardCode], datetime | None]:
    params = [("company_id", client.company), ("standard_cost_code_list_id", list_key), VIEW]
    found: list[WireStandardCode] = []
    at: datetime | None = None
    page: int | None = 1
    while page is not None:
        listed = client.page("standard_cost_codes.list", PATH, params, WireStandardCode, page=page)
        found += listed.rows
        at, page = at or listed.at, listed.following
    return found, at


def _page(client: Client, codes: Iterable[CostCode], at: datetime | None) -> Page:
    now = at or client.context.clock.now()
    rows = tuple(Row(key=code.key, modified=now, document=code) for code in codes)
    return Page(rows=rows, position=None, vendor_time=at)


def _is_ours(wire: WireStandardCode) -> bool:
    """Whether it is a division of our making."""
    return (wire.origin_id or "").startswith(_DIVISION)


def _above(wire: WireStandardCode) -> str:
    """The id of the division above, empty at the top."""
    return objects.text(wire.parent_id) or objects.text(wire.parent.id if wire.parent else None)
