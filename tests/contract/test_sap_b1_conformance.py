"""SAP Business One against the suite for every connector."""

from __future__ import annotations

import socket

import connector_suite as suite
import pytest

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.sap_b1.connector import sap_b1

SETTINGS = {
    "base_url": "https://sap.example.com:50000",
    "company_db": "SBODEMO",
    "username": "connector",
    "password": "pw-value",
}


@pytest.fixture
def nowhere() -> Context:
    """A connection to a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    return Context(connection="c1", settings={**SETTINGS, "base_url": url})


def test_files() -> None:
    suite.check_files(sap_b1)


def test_declaration() -> None:
    suite.check_declaration(sap_b1, SETTINGS)


def test_points() -> None:
    suite.check_points(sap_b1)


def test_ping_never_raises(nowhere: Context) -> None:
    suite.check_ping_never_raises(sap_b1, nowhere)


def test_no_secret_is_printed(nowhere: Context) -> None:
    suite.check_no_secret_is_printed(sap_b1, nowhere)
