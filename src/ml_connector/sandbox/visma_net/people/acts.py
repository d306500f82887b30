"""All acts of the company's people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml_connector.sandbox.kit.vendor import Act
from ml_connector.sandbox.visma_net.people import documents, masters, purchasing
from ml_connector.sandbox.visma_net.people.work import People

if TYPE_CHECKING:
    from ml_connector.sandbox.visma_net.vendor import VismaNet


def acts(system: VismaNet) -> dict[str, Act]:
    """The actions by name; each one is a transaction of its own."""
    people = People(system)
    return {name: act for part in (documents, purchasing, masters) for name, act in part.acts(people).items()}
