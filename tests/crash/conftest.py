"""Crash tests start hub processes of their own; this process only owns the PostgreSQL server that they use."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import do_not_wait_for_the_disk

_FOLDER = Path(tempfile.mkdtemp(prefix="ml-connector-crash-server-"))
_FOLDER.chmod(0o755)
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """`ML_CRASH_ONLY` narrows the scenarios while one is being worked on; what lands is proved whole."""
    if os.environ.get("CI") and os.environ.get("ML_CRASH_ONLY"):
        raise pytest.UsageError("ML_CRASH_ONLY is for a developer's machine: unset it")


@pytest.fixture(scope="session", autouse=True)
def _server() -> Iterator[None]:
    from ml_connector.hub import database

    before = {name: os.environ.pop(name, None) for name in ("DATABASE_URL", "ML_CONNECTOR_DATA")}
    os.environ["ML_CONNECTOR_DATA"] = str(_FOLDER)
    database.start()
    do_not_wait_for_the_disk((_FOLDER / "postgres-uri").read_text())
    yield
    os.environ.update({name: value for name, value in before.items() if value is not None})
