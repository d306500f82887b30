"""A client that is connected to an instance of scripted answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from acumatica_instance import FORM, Instance

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.kit.context import Context


@pytest.fixture
def instance() -> Instance:
    return Instance()


@pytest.fixture
def form(context: Context) -> Context:
    context.settings = FORM
    return context


@pytest.fixture
def client(form: Context, instance: Instance) -> Iterator[AcumaticaClient]:
    opened = AcumaticaClient(form, transport=instance.transport)
    yield opened
    opened.close()
