"""Projects: what a company's documents are walked by, and a source of their own (vendors/procore.md §4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ml_connector.connectors.kit.source import Page, Row, Scope, Window
from ml_connector.connectors.procore import objects
from ml_connector.connectors.procore.client import Client
from ml_connector.records.documents import Project


def projects(client: Client) -> list[Project]:
    """The active projects that the service account may see."""
    return [objects.project(wire) for wire in client.projects()]


def scopes(client: Client) -> list[Scope]:
    """One scope per active project, in a stable order."""
    return [Scope(key=each.key, name=each.name) for each in sorted(projects(client), key=lambda each: int(each.key))]


class ProjectList:
    """The connection's projects, active or not, in one scope (a kit.source.Source)."""

    kind = "project"

    def scopes(self, client: Client) -> list[Scope]:
        return [Scope(key=client.company, name=f"company {client.company}")]

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        listed = client.project_page(since=window.start if window else None, page=int(position or 1))
        now = listed.at or client.context.clock.now()
        rows = tuple(
            Row(key=str(wire.id), modified=objects.time(wire.updated_at) or now, document=objects.project(wire))
            for wire in listed.rows
        )
        return Page(rows=rows, position=_text(listed.following), vendor_time=listed.at)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        rows: list[Row] = []
        position: str | None = None
        while True:
            page = self.read(client, scope, None, position)
            rows += [row for row in page.rows if row.key in keys]
            position = page.position
            if position is None:
                return Page(rows=tuple(rows), position=None, vendor_time=page.vendor_time)


project_list: Final = ProjectList()


def _text(page: int | None) -> str | None:
    return None if page is None else str(page)
