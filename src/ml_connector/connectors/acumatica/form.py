"""The connection form, its checks, and the settings that follow from it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from ml_connector.connectors.acumatica.objects import Chart, Retainage
from ml_connector.connectors.kit import address
from ml_connector.connectors.kit.declaration import CallWindow, Field

IDENTITY_PATH: Final = "/identity/connect/token"
WEBHOOK_HEADER: Final = "X-Acumatica-Secret"
LONGEST_WRITE: Final = 180
"""Seconds. Releases take over a minute; the server says nothing while it queues (vendors/acumatica.md §7.2, §9)."""
SETTLE: Final = timedelta(minutes=15)
"""Acumatica may queue a request for 10 minutes, then works on it for up to three (vendors/acumatica.md §9)."""
_VIEW_FIELD: Final = re.compile(r"\w+\.\w+")

FIELDS: Final = (
    Field(
        name="base_url",
        label="Instance URL",
        help="As in the browser, with the virtual directory and nothing behind it: https://host/instance",
    ),
    Field(name="endpoint_version", label="Endpoint version", help="For example 24.200.001; screen SM207060 lists them"),
    Field(name="endpoint", label="Endpoint name", required=False, default="Default"),
    Field(
        name="client_id",
        label="Client ID",
        help="Complete, with the tenant: 8E0761D9-...@TENANT (screen SM303010, flow Resource Owner Password)",
    ),
    Field(name="client_secret", label="Client secret", secret=True),
    Field(name="username", label="API user", help="A user of its own, in English, with rights on the screens used"),
    Field(name="password", label="Password", secret=True),
    Field(
        name="tenant_id", label="Tenant", required=False, help="To be sure: must equal what follows @ in the client ID"
    ),
    Field(name="branch", label="Branch", required=False, help="Branch of new bills; empty: the user's default branch"),
    Field(name="token_url", label="Token address", required=False, help=f"Empty: instance URL with {IDENTITY_PATH}"),
    Field(
        name="requests_per_minute",
        label="Requests per minute",
        required=False,
        help="The licence's limit (screen SM604000); empty: no limit of our own, the server delays by itself",
    ),
    Field(
        name="sessions",
        label="Deliveries at the same time",
        required=False,
        default="1",
        help="They share one API session, in which a running release makes other bill calls wait: leave 1 when unsure",
    ),
    Field(
        name="write_seconds",
        label="Longest wait for the answer to a write",
        required=False,
        default=str(LONGEST_WRITE),
        help="Seconds; releases may take over a minute. An answer that comes later is looked up",
    ),
    Field(name="page_size", label="Rows per page", required=False, default="500"),
    Field(
        name="retainage_line_field",
        label="Retainage amount of a bill line",
        required=False,
        default="Transactions.CuryRetainageAmt",
        help="View.Field of the custom field; used for bills with native retainage only",
    ),
    Field(
        name="retainage_switch_field",
        label="Apply Retainage of a bill",
        required=False,
        default="Document.RetainageApply",
        help="View.Field of the custom field; 'none' when the tenant has no such field",
    ),
    Field(
        name="retainage_unreleased_field",
        label="Unreleased retainage of a bill",
        required=False,
        default="Document.CuryRetainageUnreleasedAmt",
        help="View.Field of the custom field; used when retainage is released",
    ),
    Field(name="non_project_code", label="Non-project code", required=False, default="X"),
    Field(
        name="webhook_header",
        label="Header of push notifications",
        required=False,
        default=WEBHOOK_HEADER,
        help="The header name that is entered on screen SM302000",
    ),
)


class Settings(Struct, frozen=True, kw_only=True):
    """What the form says, without its secrets. `scope` is what the vendor counts calls by: the instance."""

    base_url: str
    endpoint: str
    version: str
    tenant: str
    branch: str
    token_base: str
    token_path: str
    per_minute: int
    lanes: int
    write_seconds: int
    page_size: int
    chart: Chart
    webhook_header: str

    @property
    def scope(self) -> str:
        return self.base_url

    @property
    def entities(self) -> str:
        """The path below the instance URL under which the endpoint's entities are."""
        return f"/entity/{self.endpoint}/{self.version}"


def check(form: Mapping[str, str]) -> list[str]:
    """Complaints about a filled form, each naming the field and what to write."""
    found = [f"{field.name}: must be filled in" for field in FIELDS if field.required and not _given(form, field.name)]
    found += [address.complaint(_given(form, name), name) for name in ("base_url", "token_url") if _given(form, name)]
    found += [tenant_complaint(form)]
    if "/entity" in urlsplit(_given(form, "base_url")).path:
        found.append("base_url: leave out /entity and what follows, only the instance's own address is wanted")
    if (version := _given(form, "endpoint_version")) and not re.fullmatch(r"\d+\.\d{3}\.\d{3}", version):
        found.append(f"endpoint_version: {version!r} is no version: write it like 24.200.001")
    for name, least in (("requests_per_minute", 1), ("sessions", 1), ("write_seconds", 1), ("page_size", 1)):
        text = _given(form, name)
        if text and not (text.isascii() and text.isdigit() and int(text) >= least):
            found.append(f"{name}: {text!r} is not a whole number of {least} or more")
    if len(seconds := _given(form, "write_seconds")) > 3 or (seconds.isdigit() and int(seconds) > LONGEST_WRITE):
        found.append(f"write_seconds: at most {LONGEST_WRITE}, or a lost answer would be looked up too early")
    for name in ("retainage_line_field", "retainage_switch_field", "retainage_unreleased_field"):
        if (text := _given(form, name)) not in ("", "none") and not _VIEW_FIELD.fullmatch(text):
            found.append(f"{name}: {text!r} is no custom field: write View.Field, for example Document.RetainageApply")
    return [complaint for complaint in found if complaint]


def tenant_complaint(form: Mapping[str, str]) -> str:
    """Why it is not certain which tenant calls would reach; empty when it is (vendors/acumatica.md §3.1)."""
    client_id, tenant = _given(form, "client_id"), _given(form, "tenant_id")
    application, _, suffix = client_id.partition("@")
    if not client_id:
        return ""
    if not application or not suffix or "@" in suffix:
        return "client_id: write it with its tenant, GUID@TENANT; without it calls would reach no certain company"
    if tenant and tenant != suffix:
        return f"tenant_id: {tenant!r} is not the tenant of client_id, which is {suffix!r}: one of them is wrong"
    return ""


def settings(form: Mapping[str, str]) -> Settings:
    """The settings of a form that `check` did not complain about."""
    base = _given(form, "base_url").rstrip("/")
    token = urlsplit(_given(form, "token_url") or base + IDENTITY_PATH)
    switch = _given(form, "retainage_switch_field")
    return Settings(
        base_url=base,
        endpoint=_given(form, "endpoint"),
        version=_given(form, "endpoint_version"),
        tenant=_given(form, "client_id").partition("@")[2],
        branch=_given(form, "branch"),
        token_base=f"{token.scheme}://{token.netloc}",
        token_path=token.path,
        per_minute=int(_given(form, "requests_per_minute") or 0),
        lanes=int(_given(form, "sessions")),
        write_seconds=int(_given(form, "write_seconds") or LONGEST_WRITE),
        page_size=int(_given(form, "page_size")),
        chart=Chart(
            retainage=Retainage(
                line=_given(form, "retainage_line_field"),
                switch="" if switch == "none" else switch,
                unreleased=_given(form, "retainage_unreleased_field"),
            ),
            no_project=_given(form, "non_project_code"),
        ),
        webhook_header=_given(form, "webhook_header"),
    )


def windows(form: Mapping[str, str]) -> tuple[CallWindow, ...]:
    """The licence's requests per minute, when somebody has entered them (vendors/acumatica.md §9)."""
    stated = settings(form)
    return (CallWindow(scope=stated.scope, seconds=60, limit=stated.per_minute),) if stated.per_minute else ()


def lanes(form: Mapping[str, str]) -> tuple[str, ...]:
    """One lane per delivery at the same time."""
    return tuple(str(number) for number in range(1, settings(form).lanes + 1))


def _given(form: Mapping[str, str], name: str) -> str:
    """What stands in a field, or its default."""
    return str(form.get(name) or "").strip() or _DEFAULTS.get(name, "")


_DEFAULTS: Final = {field.name: field.default for field in FIELDS}
