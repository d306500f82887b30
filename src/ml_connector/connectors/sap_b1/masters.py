"""Vendors, accounts, profit centres and projects for matching and mapping (vendors/sap_b1.md §5)."""

from __future__ import annotations

from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.records.documents import Account, ProfitCenter, Project, Supplier


def suppliers(client: SapClient) -> list[Supplier]:
    """All vendors; frozen ones are not active."""
    raise NotImplementedError


def accounts(client: SapClient) -> list[Account]:
    """The accounts that take postings, titles as not active; `number` is what people call them."""
    raise NotImplementedError


def profit_centers(client: SapClient) -> list[ProfitCenter]:
    """The profit centres of the connection's dimension."""
    raise NotImplementedError


def projects(client: SapClient) -> list[Project]:
    """All projects."""
    raise NotImplementedError
