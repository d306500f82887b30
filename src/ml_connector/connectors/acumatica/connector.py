"""The declaration of Acumatica Cloud ERP: its form, what is read and written, the lists for matching and mapping."""

from __future__ import annotations

from typing import Final

from ml_connector.connectors.acumatica import form
from ml_connector.connectors.acumatica.auth import CONNECTOR
from ml_connector.connectors.acumatica.bills import bills
from ml_connector.connectors.acumatica.client import OPERATIONS, AcumaticaClient
from ml_connector.connectors.acumatica.cost_code_changes import cost_code_changes
from ml_connector.connectors.acumatica.masters import (
    accounts,
    cost_codes,
    order_list,
    project_budgets,
    projects,
    subaccounts,
    suppliers,
    tasks,
)
from ml_connector.connectors.acumatica.matches import keyed_bills
from ml_connector.connectors.acumatica.order_changes import order_changes
from ml_connector.connectors.acumatica.payments import payments
from ml_connector.connectors.acumatica.periods import periods
from ml_connector.connectors.acumatica.ping import ping
from ml_connector.connectors.acumatica.sources import cost_code_list, orders, vendors
from ml_connector.connectors.acumatica.vendor_changes import vendor_changes
from ml_connector.connectors.acumatica.webhooks import webhooks
from ml_connector.connectors.kit.declaration import Connector

acumatica: Final = Connector(
    name=CONNECTOR,
    title="Acumatica Cloud ERP",
    fields=form.FIELDS,
    check=form.check,
    open=AcumaticaClient,
    ping=ping,
    log_out=AcumaticaClient.log_out,
    lanes=form.lanes,
    webhooks=webhooks,
    operations=OPERATIONS,
    windows=form.windows,
)

__all__ = [
    "accounts",
    "acumatica",
    "bills",
    "cost_code_changes",
    "cost_code_list",
    "cost_codes",
    "keyed_bills",
    "order_changes",
    "order_list",
    "orders",
    "payments",
    "periods",
    "project_budgets",
    "projects",
    "subaccounts",
    "suppliers",
    "tasks",
    "vendor_changes",
    "vendors",
]
