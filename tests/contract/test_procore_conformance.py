"""Procore against the suite for every connector."""

from __future__ import annotations

import inspect
import socket

import connector_suite as suite
import pytest

from ml_connector.connectors.kit import auth as kit_auth
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.procore.connector import procore

SETTINGS = {
    "base_url": "https://api.procore.com",
    "login_url": "https://login.procore.com",
    "client_id": "the-app",
    "client_secret": "s3cret-value",
    "company_id": "9001",
}


@pytest.fixture
def nowhere() -> Context:
    """A connection to a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return Context(connection="c1", settings={**SETTINGS, "base_url": url, "login_url": url})


def test_files() -> None:
    suite.check_files(procore)


def test_declaration() -> None:
    suite.check_declaration(procore, SETTINGS)


def test_points() -> None:
    suite.check_points(procore)


def test_every_declared_operation_is_called() -> None:
    modules = [path.read_text() for path in suite.folder(procore).glob("*.py")]
    modules.append(inspect.getsource(kit_auth))  # token.fetch
    declared_in_client = 1
    for operation in procore.operations:
        assert "".join(modules).count(f'"{operation}"') > declared_in_client, f"{operation} is never called"


def test_ping_never_raises(nowhere: Context) -> None:
    suite.check_ping_never_raises(procore, nowhere)


def test_no_secret_is_printed(nowhere: Context) -> None:
    suite.check_no_secret_is_printed(procore, nowhere)


def test_webhooks() -> None:
    suite.check_webhooks(procore, "hook-secret")
