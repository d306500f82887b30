"""Visma.net against the suite for every connector."""

from __future__ import annotations

import socket

import connector_suite as suite
import pytest

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.visma_net.connector import visma_net

SETTINGS = {
    "client_id": "isv_example",
    "client_secret": "secret-value",
    "tenant_id": "3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e1188",
    "company_id": "2031188",
}


@pytest.fixture
def nowhere() -> Context:
    """A connection to a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return Context(connection="c1", settings={**SETTINGS, "base_url": url, "token_url": f"{url}/connect/token"})


def test_files() -> None:
    suite.check_files(visma_net)


def test_declaration() -> None:
    suite.check_declaration(visma_net, SETTINGS)


def test_points() -> None:
    suite.check_points(visma_net)


def test_ping_never_raises(nowhere: Context) -> None:
    suite.check_ping_never_raises(visma_net, nowhere)


def test_no_secret_is_printed(nowhere: Context) -> None:
    suite.check_no_secret_is_printed(visma_net, nowhere)


def test_webhooks() -> None:
    suite.check_webhooks(visma_net, "a-secret")
