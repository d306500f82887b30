"""The hub on a PostgreSQL server that `DATABASE_URL` names; the embedded one plays the server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from ml_connector.hub import database


@pytest.fixture
def server() -> Iterator[tuple[psycopg.Connection[tuple[object, ...]], str]]:
    """An administrator's session and the connection string of an empty database with a plain owner."""
    uri = (database.data_folder() / "postgres-uri").read_text()
    with psycopg.connect(uri, autocommit=True) as admin:
        admin.execute("CREATE ROLE boss LOGIN")
        admin.execute("CREATE DATABASE books OWNER boss")
        try:
            yield admin, conninfo.make_conninfo(uri, dbname="books", user="boss")
        finally:
            admin.execute("DROP DATABASE books WITH (FORCE)")
            admin.execute("DROP ROLE boss")


def run(url: str, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command against a server."""
    environment = {**os.environ, "DATABASE_URL": url, "ML_CONNECTOR_DATA": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "ml_connector.cli.main", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_application_works_as_a_role_that_owns_nothing(
    server: tuple[psycopg.Connection[tuple[object, ...]], str], tmp_path: Path
) -> None:
    admin, url = server
    refused = run(url, tmp_path, "connections")
    assert refused.returncode == 1
    assert "GRANT ml_connector_app TO" in refused.stderr
    admin.execute("GRANT ml_connector_app TO boss")
    assert run(url, tmp_path, "connections").returncode == 0
    assert run(url, tmp_path, "tenant", "add", "acme").returncode == 0
    with psycopg.connect(url) as owner:
        assert owner.execute("SELECT slug FROM hub_tenant WHERE slug = 'acme'").fetchone() == ("acme",)
        owner.execute("SET ROLE ml_connector_app")
        assert owner.execute("SELECT count(*) FROM hub_connection").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("DELETE FROM hub_auditentry")
