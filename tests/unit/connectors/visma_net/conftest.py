"""A client that is connected to a small company of Visma.net in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from visma_company import FORM, Company

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.visma_net import batches, company_check, etags
from ml_connector.connectors.visma_net import company as known
from ml_connector.connectors.visma_net.client import VismaClient


@pytest.fixture
def company() -> Company:
    return Company()


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    """Every test is a process of its own."""
    known._shelves.clear()
    etags._companies.clear()
    company_check._certain.clear()
    batches._newest.clear()


@pytest.fixture
def opened(context: Context, company: Company) -> Iterator[Callable[..., VismaClient]]:
    clients: list[VismaClient] = []

    def open(**settings: str) -> VismaClient:
        context.settings = {**FORM, **settings}
        clients.append(VismaClient(context, transport=company.transport))
        return clients[-1]

    yield open
    for client in clients:
        client.close()


@pytest.fixture
def client(opened: Callable[..., VismaClient]) -> VismaClient:
    return opened()
