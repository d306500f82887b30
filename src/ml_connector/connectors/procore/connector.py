"""The declaration of Procore: its form, its records, what it offers to the hub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from ml_connector.connectors.kit import address
from ml_connector.connectors.kit.declaration import CallWindow, Connector, Field
from ml_connector.connectors.procore import ids, objects
from ml_connector.connectors.procore.auth import BASE_URL, CONNECTOR, LOGIN_URL
from ml_connector.connectors.procore.budgets import budgets
from ml_connector.connectors.procore.change_orders import change_orders
from ml_connector.connectors.procore.client import OPERATIONS, Client
from ml_connector.connectors.procore.commitments import commitments
from ml_connector.connectors.procore.contract_changes import contract_changes
from ml_connector.connectors.procore.contracts import contracts
from ml_connector.connectors.procore.cost_code_changes import cost_code_changes
from ml_connector.connectors.procore.cost_code_lists import cost_code_list, standard_cost_codes
from ml_connector.connectors.procore.direct_costs import direct_costs
from ml_connector.connectors.procore.keyed_contracts import keyed_contracts
from ml_connector.connectors.procore.payments import payments
from ml_connector.connectors.procore.ping import ping
from ml_connector.connectors.procore.projects import project_list, projects
from ml_connector.connectors.procore.requisitions import requisitions
from ml_connector.connectors.procore.vendor_changes import vendor_changes
from ml_connector.connectors.procore.vendors import suppliers, vendors
from ml_connector.connectors.procore.webhooks import webhooks
from ml_connector.records.documents import CostCode

_LOGIN_OF: Final = {
    "api.procore.com": "login.procore.com",
    "sandbox.procore.com": "login-sandbox.procore.com",
    "api-monthly.procore.com": "login-sandbox-monthly.procore.com",
}
"""Tokens never cross environments (vendors/procore.md §1)."""

FIELDS: Final = (
    Field(
        name="base_url",
        label="API address",
        default=BASE_URL,
        help="Production https://api.procore.com, developer sandbox https://sandbox.procore.com, "
        "monthly sandbox https://api-monthly.procore.com",
    ),
    Field(
        name="login_url",
        label="Login address",
        default=LOGIN_URL,
        help="Of the same environment: https://login.procore.com, https://login-sandbox.procore.com, "
        "https://login-sandbox-monthly.procore.com",
    ),
    Field(
        name="token_url",
        label="Token address",
        required=False,
        help="Only where it is not the login address followed by /oauth/token",
    ),
    Field(name="client_id", label="Client id", help="Of the developer managed service account"),
    Field(name="client_secret", label="Client secret", secret=True),
    Field(name="company_id", label="Company id", help="The number after /companies/ in Procore's address bar"),
    Field(
        name="projects",
        label="Project ids",
        required=False,
        help="Of the projects that may be used, with commas; empty for all active projects of the company",
    ),
    Field(
        name="hourly_limit",
        label="Calls per hour",
        required=False,
        default="3600",
        help="The app's hourly limit; 0 relies on Procore's answers alone",
    ),
    Field(
        name="spike_limit",
        label="Calls per 10 seconds",
        required=False,
        default="0",
        help="The app's spike limit, counted here too; 0 relies on Procore's X-Rate-Limit headers",
    ),
)


def check(settings: Mapping[str, str]) -> list[str]:
    """Complaints about a filled form, each naming the field and what to write."""
    complaints = [
        f"{each.name}: fill in {each.label.lower()}"
        for each in FIELDS
        if each.required and not settings.get(each.name, "").strip()
    ]
    for name in ("base_url", "login_url", "token_url"):
        if (url := settings.get(name, "").strip()) and (wrong := address.complaint(url, name)):
            complaints.append(wrong)
    company = settings.get("company_id", "").strip()
    if company and not (company.isascii() and company.isdigit()):
        complaints.append("company_id: write the company's number, digits only")
    for project in sorted(ids.listed(settings.get("projects", ""))):
        if not (project.isascii() and project.isdigit()):
            complaints.append(f"projects: {project!r} is no project id: write numbers with commas")
    for name in ("hourly_limit", "spike_limit"):
        number = settings.get(name, "").strip()
        if number and not (number.isascii() and number.isdigit()):
            complaints.append(f"{name}: write a whole number of calls, or 0 for none")
    return complaints + _crossed(settings)


def windows(settings: Mapping[str, str]) -> tuple[CallWindow, ...]:
    """The limits that we count: the hourly one with a reserve of 5 % for people's own use of the app."""
    scope = f"{CONNECTOR}:{settings['client_id']}"
    hourly = int(settings.get("hourly_limit", "").strip() or 3600)
    spike = int(settings.get("spike_limit", "").strip() or 0)
    declared = (
        CallWindow(scope=scope, seconds=3600, limit=hourly, reserve=hourly // 20),
        CallWindow(scope=scope, seconds=10, limit=spike),
    )
    return tuple(window for window in declared if window.limit)


def _crossed(settings: Mapping[str, str]) -> list[str]:
    hosts = [urlsplit(settings.get(name, "").strip()).hostname or "" for name in ("base_url", "login_url")]
    wanted = _LOGIN_OF.get(hosts[0])
    if wanted is None or hosts[1] == wanted or hosts[1] not in _LOGIN_OF.values():
        return []
    return [f"login_url: {hosts[0]} takes logins of https://{wanted} only, credentials do not cross environments"]


def cost_codes(client: Client, project: str) -> list[CostCode]:
    """A project's active budget codes, for mapping suggestions."""
    return [objects.cost_code(wire, project) for wire in client.wbs_codes(project)]


procore: Final = Connector(
    name=CONNECTOR,
    title="Procore",
    fields=FIELDS,
    check=check,
    open=Client,
    ping=ping,
    log_out=Client.log_out,
    lanes=lambda settings: ("main",),
    webhooks=webhooks,
    operations=OPERATIONS,
    windows=windows,
)

__all__ = [
    "budgets",
    "change_orders",
    "commitments",
    "contract_changes",
    "contracts",
    "cost_code_changes",
    "cost_code_list",
    "cost_codes",
    "direct_costs",
    "keyed_contracts",
    "payments",
    "procore",
    "project_list",
    "projects",
    "requisitions",
    "standard_cost_codes",
    "suppliers",
    "vendor_changes",
    "vendors",
]
