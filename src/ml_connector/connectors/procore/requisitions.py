"""Subcontractor invoices as a source (vendors/procore.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Scope, Unreadable, Window
from ml_connector.connectors.procore import objects, projects
from ml_connector.connectors.procore.client import Client


class Requisitions:
    """Subcontractor invoices, walked per active project (a kit.source.Source)."""

    kind = "requisition"

    def scopes(self, client: Client) -> list[Scope]:
        return projects.scopes(client)

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page. Raises NotPermitted or NotFound when the project is not ours to read."""
        since = window.start if window else None
        listed = client.requisitions(scope.key, since=since, page=int(position or 1))
        following = None if listed.following is None else str(listed.following)
        return self._page(client, scope, listed.rows, following, listed.at)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        return self._page(client, scope, client.requisitions_by_id(scope.key, keys), None, None)

    def _page(
        self,
        client: Client,
        scope: Scope,
        wires: Sequence[objects.WireRequisition],
        position: str | None,
        at: datetime | None,
    ) -> Page:
        """Each with the requisition before it, which is fetched where it is not among them."""
        known = {str(wire.id): wire for wire in wires}
        wanted = {objects.text(wire.previous_requisition_id) for wire in wires} - {""}
        missing = sorted(wanted - known.keys(), key=int)
        known |= {str(wire.id): wire for wire in client.requisitions_by_id(scope.key, missing)}
        objects.require_items(wires)
        rows, unreadable = [], []
        for wire in wires:
            try:
                rows.append(objects.row(wire, scope, known.get(objects.text(wire.previous_requisition_id))))
            except errors.Unreadable as problem:
                unreadable.append(Unreadable(key=str(wire.id), modified=None, message=problem.message))
        return Page(rows=tuple(rows), position=position, vendor_time=at, unreadable=tuple(unreadable))


requisitions: Final = Requisitions()
