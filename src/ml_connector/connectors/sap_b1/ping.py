"""The steps of `ping`, each with what was found and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from ml_connector.connectors.kit.declaration import PingStep
from ml_connector.connectors.sap_b1.client import SapClient


def ping(client: SapClient) -> Iterator[PingStep]:
    """Every step once, in the order of PING_STEPS; what cannot be tried fails with the reason."""
    raise NotImplementedError
