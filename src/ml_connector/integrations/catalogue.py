"""All integrations and the connectors that they join."""

from __future__ import annotations

from ml_connector.connectors.kit.declaration import Connector
from ml_connector.integrations.acumatica_procore import integration as acumatica_procore
from ml_connector.integrations.declaration import Integration
from ml_connector.integrations.procore_sap_b1 import integration as procore_sap_b1
from ml_connector.integrations.visma_procore import integration as visma_procore

INTEGRATIONS: dict[str, Integration] = {
    integration.name: integration
    for integration in (acumatica_procore.INTEGRATION, procore_sap_b1.INTEGRATION, visma_procore.INTEGRATION)
}

CONNECTORS: dict[str, Connector] = {
    connector.name: connector
    for integration in INTEGRATIONS.values()
    for connector in (integration.left, integration.right)
}
