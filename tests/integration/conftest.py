"""Hub tests run in one process against an embedded PostgreSQL of their own, emptied before each test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rehearsal import Rehearsal
    from sap_world import SapWorld
    from stage import Stage
    from visma_world import VismaWorld

_FOLDER = Path(tempfile.mkdtemp(prefix="ml-connector-test-"))
_FOLDER.chmod(0o755)
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)  # registered first, so it runs after the server's stop
os.environ["ML_CONNECTOR_TEST"] = "1"
os.environ["ML_CONNECTOR_DATA"] = str(_FOLDER)
os.environ["DJANGO_SETTINGS_MODULE"] = "ml_connector.settings"
os.environ.pop("DATABASE_URL", None)

import django  # noqa: E402

from embedded import do_not_wait_for_the_disk, tables  # noqa: E402
from ml_connector.hub import database  # noqa: E402

database.start()
do_not_wait_for_the_disk((_FOLDER / "postgres-uri").read_text())
django.setup()
database.migrate()


@pytest.fixture
def tenant() -> Iterator[int]:
    """An empty database with one tenant, which the test speaks as."""
    from ml_connector.hub import tenancy
    from ml_connector.hub.models import Tenant

    tables().empty()
    row = Tenant.objects.create(slug="default", name="Default")
    with tenancy.of(row.pk):
        yield row.pk


@pytest.fixture(scope="session")
def both_sandboxes() -> Iterator[Rehearsal]:
    """Both vendors with the small month, one pair of processes for all tests of bad input."""
    from rehearsal import rehearsal

    with rehearsal("small") as made:
        yield made


@pytest.fixture
def stage(tenant: int, both_sandboxes: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The flow over sandboxes as at start; hub and sandboxes share a clock that sleeping moves."""
    from stage import Stage

    from ml_connector.hub import clocks

    made = Stage(both_sandboxes)
    monkeypatch.setattr(clocks, "clock", lambda: made.clock)
    return made


@pytest.fixture(scope="module")
def sap_sandboxes() -> Iterator[SapWorld]:
    """Procore and SAP Business One, one process for all tests of a module."""
    from sap_world import sap_world

    with sap_world() as made:
        yield made


@pytest.fixture
def sap(tenant: int, sap_sandboxes: SapWorld, monkeypatch: pytest.MonkeyPatch) -> SapWorld:
    """The small month in both as at start; hub and sandboxes share a clock that sleeping moves."""
    from ml_connector.hub import clocks

    sap_sandboxes.reset()
    monkeypatch.setattr(clocks, "clock", lambda: sap_sandboxes.clock)
    return sap_sandboxes


@pytest.fixture(scope="module")
def visma_sandboxes() -> Iterator[VismaWorld]:
    """Procore and Visma.net, one process for all tests of a module."""
    from visma_world import visma_world

    with visma_world() as made:
        yield made


@pytest.fixture
def visma(tenant: int, visma_sandboxes: VismaWorld, monkeypatch: pytest.MonkeyPatch) -> VismaWorld:
    """The small month in both as at start; hub and sandboxes share a clock that sleeping moves."""
    from ml_connector.hub import clocks

    visma_sandboxes.reset()
    monkeypatch.setattr(clocks, "clock", lambda: visma_sandboxes.clock)
    return visma_sandboxes
