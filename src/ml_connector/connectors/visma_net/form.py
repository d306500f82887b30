"""The connection form, its checks, and the settings that follow from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from ml_connector.connectors.kit import address
from ml_connector.connectors.kit.declaration import CallWindow, Field

BASE_URL: Final = "https://api.finance.visma.net"
TOKEN_URL: Final = "https://connect.visma.com/connect/token"  # noqa: S105 - an address
SCOPES: Final = " ".join(f"vismanet_erp_service_api:{right}" for right in ("create", "read", "update", "delete"))
SIGNATURE: Final = "x-vwd-signature-v1"
LONGEST_WRITE: Final = 240
"""Seconds. Synchronous calls are cut there (vendors/visma_net.md §10)."""
SETTLE: Final = timedelta(minutes=5)
"""Longer than the four minutes for which a request may be worked on."""
HOUR: Final = 3600
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

FIELDS: Final = (
    Field(name="client_id", label="Client ID", help="Of the service application, often isv_..."),
    Field(name="client_secret", label="Client secret", secret=True),
    Field(
        name="tenant_id",
        label="Tenant ID of the company",
        help="A GUID, at company level: that of the customer yields a token, but no call is answered",
    ),
    Field(
        name="company_id",
        label="Company ID",
        help="The whole number that goes into ipp-company-id with every call; it must be this tenant's company",
    ),
    Field(
        name="organisation_number",
        label="Organisation number",
        required=False,
        help="To be sure: nothing is sent unless the company that answers bears this corporate or VAT number",
    ),
    Field(name="base_url", label="API address", required=False, default=BASE_URL),
    Field(name="token_url", label="Token address", required=False, default=TOKEN_URL),
    Field(name="scopes", label="Scopes", required=False, default=SCOPES),
    Field(
        name="branch", label="Branch", required=False, help="Number of the branch of new journals; empty: the main one"
    ),
    Field(name="ledger", label="Ledger", required=False, help="Of new journals; empty: the company's actual ledger"),
    Field(
        name="non_project_code",
        label="Non-project code",
        required=False,
        default="X",
        help="The project ID that stands for none",
    ),
    Field(
        name="dimensions",
        label="Dimensions",
        required=False,
        default="SUBACCOUNT",
        help="Segmented keys whose values are kept in step, separated by commas",
    ),
    Field(
        name="calls_per_hour",
        label="Calls per hour",
        required=False,
        help="A limit of our own; empty: the vendor's limit is kept to as its answers tell it",
    ),
    Field(name="page_size", label="Rows per page", required=False, default="1000"),
)


class Settings(Struct, frozen=True, kw_only=True):
    """What the form says, without its secrets. `scope` is what the vendor counts calls by: company and client."""

    base_url: str
    token_base: str
    token_path: str
    client_id: str
    tenant: str
    company: str
    organisation_number: str
    scopes: str
    branch: str
    ledger: str
    no_project: str
    dimensions: tuple[str, ...]
    per_hour: int
    page_size: int

    @property
    def scope(self) -> str:
        return f"visma_net {self.tenant.lower()} {self.company} {self.client_id}"


def check(form: Mapping[str, str]) -> list[str]:
    """Complaints about a filled form, each naming the field and what to write."""
    found = [
        f"{field.name}: enter the {field.label}" for field in FIELDS if field.required and not _given(form, field.name)
    ]
    if complaint := isolation_complaint(form):
        found.append(complaint)
    found += [address.complaint(_given(form, name), name) for name in ("base_url", "token_url")]
    for name, most in (("page_size", 100_000), ("calls_per_hour", 10_000_000)):
        text = _given(form, name)
        if text and not (re.fullmatch(r"[0-9]{1,8}", text, re.ASCII) and 0 < int(text) <= most):
            found.append(f"{name}: {text!r} is no number from 1 to {most}")
    wrong = [scope for scope in _given(form, "scopes").split() if not scope.startswith("vismanet_erp_service_api:")]
    if wrong:
        found.append(f"scopes: {wrong[0]!r} is none of the service API: write for example {SCOPES}")
    return [complaint for complaint in dict.fromkeys(found) if complaint]


def isolation_complaint(form: Mapping[str, str]) -> str:
    """Why it is not certain which company calls would reach; empty when it is (vendors/visma_net.md §3, §4)."""
    tenant, company = _given(form, "tenant_id"), _given(form, "company_id")
    if not tenant:
        return "tenant_id: enter the Tenant ID of the company"
    if not _GUID.fullmatch(tenant):
        return "tenant_id: write the company's tenant as a GUID, such as 3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e1188"
    if not company:
        return "company_id: enter the Company ID"
    if not re.fullmatch(r"[1-9][0-9]{0,18}", company, re.ASCII):
        return "company_id: write the whole number of the company, without blanks, as in Visma.net's own addresses"
    return ""


def settings(form: Mapping[str, str]) -> Settings:
    """The settings of a form that `check` did not complain about."""
    token = urlsplit(_given(form, "token_url"))
    return Settings(
        base_url=_base(_given(form, "base_url")),
        token_base=f"{token.scheme}://{token.netloc}",
        token_path=token.path or "/",
        client_id=_given(form, "client_id"),
        tenant=_given(form, "tenant_id"),
        company=_given(form, "company_id"),
        organisation_number=_given(form, "organisation_number"),
        scopes=" ".join(_given(form, "scopes").split()),
        branch=_given(form, "branch"),
        ledger=_given(form, "ledger"),
        no_project=_given(form, "non_project_code"),
        dimensions=tuple(name.strip().upper() for name in _given(form, "dimensions").split(",") if name.strip()),
        per_hour=int(_given(form, "calls_per_hour") or 0),
        page_size=int(_given(form, "page_size")),
    )


def windows(form: Mapping[str, str]) -> tuple[CallWindow, ...]:
    """A limit that somebody has entered; the vendor's own is told by every answer (vendors/visma_net.md §10)."""
    stated = settings(form)
    return (CallWindow(scope=stated.scope, seconds=HOUR, limit=stated.per_hour),) if stated.per_hour else ()


def lanes(form: Mapping[str, str]) -> tuple[str, ...]:
    """One: saves on one document must be serial (vendors/visma_net.md §10)."""
    return ("1",)


def _base(url: str) -> str:
    """The address without a version, which calls add; one of the old path form is kept as it is (§2)."""
    return re.sub(r"/v[0-9]+$", "", url.strip().rstrip("/"), flags=re.IGNORECASE)


def _given(form: Mapping[str, str], name: str) -> str:
    """What stands in a field, or its default."""
    return str(form.get(name) or "").strip() or _DEFAULTS.get(name, "")


_DEFAULTS: Final = {field.name: field.default for field in FIELDS}
