"""The active projects: what a company's documents are walked by (vendors/procore.md §4.1)."""

from __future__ import annotations

from ml_connector.connectors.kit.source import Scope
from ml_connector.connectors.procore import objects
from ml_connector.connectors.procore.client import Client
from ml_connector.records.documents import Project


def projects(client: Client) -> list[Project]:
    """The active projects that the service account may see."""
    return [objects.project(wire) for wire in client.projects()]


def scopes(client: Client) -> list[Scope]:
    """One scope per active project, in a stable order."""
    return [Scope(key=each.key, name=each.name) for each in sorted(projects(client), key=lambda each: int(each.key))]
