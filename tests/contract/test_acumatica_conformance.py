"""Acumatica against the suite for every connector."""

from __future__ import annotations

import socket

import connector_suite as suite
import pytest

from ml_connector.connectors.acumatica.connector import acumatica
from ml_connector.connectors.kit.context import Context

SETTINGS = {
    "base_url": "https://erp.example.com/inst",
    "endpoint_version": "24.200.001",
    "client_id": "8E0761D9-0000@U100",
    "client_secret": "s3cret-value",
    "username": "api",
    "password": "pw-value",
}


@pytest.fixture
def nowhere() -> Context:
    """A connection to a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return Context(connection="c1", settings={**SETTINGS, "base_url": url})


def test_files() -> None:
    suite.check_files(acumatica)


def test_declaration() -> None:
    suite.check_declaration(acumatica, SETTINGS)


def test_points() -> None:
    suite.check_points(acumatica)


def test_ping_never_raises(nowhere: Context) -> None:
    suite.check_ping_never_raises(acumatica, nowhere)


def test_no_secret_is_printed(nowhere: Context) -> None:
    suite.check_no_secret_is_printed(acumatica, nowhere)


def test_webhooks() -> None:
    suite.check_webhooks(acumatica, "hook-secret")
