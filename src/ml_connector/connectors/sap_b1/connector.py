"""The declaration of SAP Business One: its form, what is written, the lists for matching, mapping and reports."""

from __future__ import annotations

from typing import Final

from ml_connector.connectors.kit.declaration import Connector
from ml_connector.connectors.sap_b1 import form
from ml_connector.connectors.sap_b1.auth import CONNECTOR
from ml_connector.connectors.sap_b1.clearing import clearing_lines
from ml_connector.connectors.sap_b1.client import OPERATIONS, SapClient
from ml_connector.connectors.sap_b1.company import base_currency
from ml_connector.connectors.sap_b1.company import posting_periods as periods
from ml_connector.connectors.sap_b1.documents import documents
from ml_connector.connectors.sap_b1.masters import accounts, profit_centers, projects, suppliers
from ml_connector.connectors.sap_b1.matches import keyed_documents
from ml_connector.connectors.sap_b1.ping import ping
from ml_connector.connectors.sap_b1.user_fields import prepare

sap_b1: Final = Connector(
    name=CONNECTOR,
    title="SAP Business One",
    fields=form.FIELDS,
    check=form.check,
    open=SapClient,
    ping=ping,
    log_out=SapClient.log_out,
    lanes=form.lanes,
    webhooks=None,
    operations=OPERATIONS,
    windows=form.windows,
    prepare=prepare,
    session_per_cycle=True,
)

__all__ = [
    "accounts",
    "base_currency",
    "clearing_lines",
    "documents",
    "keyed_documents",
    "periods",
    "profit_centers",
    "projects",
    "sap_b1",
    "suppliers",
]
