"""Contracts that people keyed in, for matching and against doubles (vendors/procore.md §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.target import Item, Keyed
from ml_connector.connectors.procore import master_changes, objects, projects
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.contracts import KINDS, STATUS, Kind, WireCompany
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.records.commitments import Commitment

_OURS: Final = "ML-"


class WireHead(Struct, frozen=True, kw_only=True):
    """A contract without its lines."""

    id: int
    number: Id = None
    title: str | None = None
    status: str | None = None
    vendor: WireCompany | None = None
    contract_date: str | None = None
    issued_on_date: str | None = None
    grand_total: Amount = None
    currency_configuration: objects.WireCurrency | None = None
    origin_id: str | None = None


def keyed_contracts(client: Client) -> list[Commitment]:
    """The contracts of all active projects that do not bear our mark, without their lines.

    Raises Unreadable for one whose date or amount cannot be read.
    """
    return [
        _commitment(scope.key, scope.name, kind, wire)
        for scope in projects.scopes(client)
        for kind, wire in _heads(client, scope.key)
        if not (wire.origin_id or "").startswith(_OURS)
    ]


def namesakes(client: Client, items: Sequence[Item]) -> list[list[Keyed]]:
    """Contracts with the numbers of items that were never sent, in the items' projects; one list for each kind."""
    found: dict[str, dict[str, list[Keyed]]] = {}
    for project in sorted({item.document.project for item in items if _is_new(item)}):
        try:
            found[project] = _by_number(client, project)
        except (errors.NotPermitted, errors.NotFound):
            found[project] = {}  # the item itself is held for it, as soon as it is examined
    return [
        [_for(item, one) for one in found[item.document.project].get(item.document.number, [])] if _is_new(item) else []
        for item in items
    ]


def _is_new(item: Item) -> bool:
    return not item.key and not item.number


def _by_number(client: Client, project: str) -> dict[str, list[Keyed]]:
    found: dict[str, list[Keyed]] = defaultdict(list)
    for kind, wire in _heads(client, project):
        text = f"{kind.name.replace('_', ' ')} {wire.title or ''}".strip()
        number = objects.text(wire.number)
        found[number].append(Keyed(number=str(wire.id), reference=wire.origin_id or "", text=text))
    return found


def _for(item: Item, there: Keyed) -> Keyed:
    """With our mark as a whole reference: the item's own, or one that names another record."""
    if not there.reference.startswith(_OURS):
        return Keyed(number=there.number, reference="", text=there.text)
    is_own = there.reference == master_changes.mark(item)
    reference = item.reference if is_own else f"{there.reference}-0"
    return Keyed(number=there.number, reference=reference, text=there.text)


def _heads(client: Client, project: str) -> Iterator[tuple[Kind, WireHead]]:
    for kind in KINDS:
        params = [("project_id", project), ("view", "extended")]
        for wire in client.rows(kind.listing, kind.path, params, WireHead):
            yield kind, wire


def _commitment(project: str, name: str, kind: Kind, wire: WireHead) -> Commitment:
    about = f"{kind.name.replace('_', ' ')} {wire.id} (number {wire.number})"
    total = objects.amount(about, "grand_total", wire.grand_total)
    return Commitment(
        key=str(wire.id),
        kind=kind.name,
        project=project,
        project_name=name,
        number=objects.text(wire.number),
        title=wire.title or "",
        vendor=objects.text(wire.vendor.id) if wire.vendor else "",
        vendor_name=(wire.vendor.company if wire.vendor else None) or "",
        status=STATUS.get(wire.status or "", "draft"),
        currency=objects.currency(wire.currency_configuration),
        day=objects.day(about, "contract_date", wire.contract_date or wire.issued_on_date),
        original=total,
        total=total,
        lines=(),
    )
