"""The declaration of Visma.net ERP: its form, what is read and written, the lists for matching and mapping."""

from __future__ import annotations

from typing import Final

from ml_connector.connectors.kit.declaration import Connector
from ml_connector.connectors.visma_net import form
from ml_connector.connectors.visma_net.auth import CONNECTOR
from ml_connector.connectors.visma_net.budgets import budgets
from ml_connector.connectors.visma_net.clearing import clearing_lines
from ml_connector.connectors.visma_net.client import OPERATIONS, VismaClient
from ml_connector.connectors.visma_net.company import base_currency
from ml_connector.connectors.visma_net.company import posting_periods as periods
from ml_connector.connectors.visma_net.journals import journals
from ml_connector.connectors.visma_net.masters import (
    accounts,
    branches,
    job_list,
    project_budgets,
    projects,
    segment_value_list,
    subaccounts,
    supplier_list,
    tasks,
    vat_codes,
)
from ml_connector.connectors.visma_net.matches import keyed_journals
from ml_connector.connectors.visma_net.ping import ping
from ml_connector.connectors.visma_net.segment_value_changes import segment_value_changes
from ml_connector.connectors.visma_net.sources import (
    posted_journals,
    projects_with_tasks,
    purchase_orders,
    segment_values,
    supplier_invoices,
    suppliers,
)
from ml_connector.connectors.visma_net.supplier_changes import supplier_changes
from ml_connector.connectors.visma_net.webhooks import webhooks

visma_net: Final = Connector(
    name=CONNECTOR,
    title="Visma.net ERP",
    fields=form.FIELDS,
    check=form.check,
    open=VismaClient,
    ping=ping,
    log_out=VismaClient.log_out,
    lanes=form.lanes,
    webhooks=webhooks,
    operations=OPERATIONS,
    windows=form.windows,
)

__all__ = [
    "accounts",
    "base_currency",
    "branches",
    "budgets",
    "clearing_lines",
    "job_list",
    "journals",
    "keyed_journals",
    "periods",
    "posted_journals",
    "project_budgets",
    "projects",
    "projects_with_tasks",
    "purchase_orders",
    "segment_value_changes",
    "segment_value_list",
    "segment_values",
    "subaccounts",
    "supplier_changes",
    "supplier_invoices",
    "supplier_list",
    "suppliers",
    "tasks",
    "vat_codes",
    "visma_net",
]
