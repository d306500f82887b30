"""A client that is connected to a small Service Layer in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sap_server import FORM, Server

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.sap_b1 import company
from ml_connector.connectors.sap_b1.client import SapClient


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def form(context: Context) -> Context:
    context.settings = FORM
    return context


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """Every test has companies of its own, whose sessions may have equal names."""
    company._known.clear()
    company._known_periods.clear()


@pytest.fixture
def opened(form: Context, server: Server) -> Iterator[Callable[..., SapClient]]:
    clients: list[SapClient] = []

    def open(**settings: str) -> SapClient:
        form.settings = {**FORM, **settings}
        clients.append(SapClient(form, transport=server.transport))
        return clients[-1]

    yield open
    for client in clients:
        client.close()


@pytest.fixture
def client(opened: Callable[..., SapClient]) -> SapClient:
    return opened()
