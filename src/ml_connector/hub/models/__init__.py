"""All tables, one module per subject."""

from ml_connector.hub.models.audit import AuditEntry, AuditSeal
from ml_connector.hub.models.connections import Connection, Secret, Window
from ml_connector.hub.models.events import Event
from ml_connector.hub.models.installations import (
    Approval,
    FlowState,
    Installation,
    MappingRow,
    MappingVersion,
    Match,
    ScopeState,
)
from ml_connector.hub.models.jobs import Lane
from ml_connector.hub.models.records import Attempt, Posting, Record, Run, Version
from ml_connector.hub.models.tenants import HookAddress, Tenant

__all__ = [
    "Approval",
    "Attempt",
    "AuditEntry",
    "AuditSeal",
    "Connection",
    "Event",
    "FlowState",
    "HookAddress",
    "Installation",
    "Lane",
    "MappingRow",
    "MappingVersion",
    "Match",
    "Posting",
    "Record",
    "Run",
    "ScopeState",
    "Secret",
    "Tenant",
    "Version",
    "Window",
]
