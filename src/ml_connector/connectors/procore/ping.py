"""What works on a Procore connection, step by step, and what to do where it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from ml_connector.connectors.kit.declaration import PING_STEPS, PingStatus, PingStep
from ml_connector.connectors.kit.errors import NotPermitted, VendorError
from ml_connector.connectors.procore import auth
from ml_connector.connectors.procore.client import Client

_TODO = {
    "reachable": "check base_url and that this machine may reach it (DNS, proxy, firewall)",
    "authenticated": "check login_url, client_id and client_secret; sandbox credentials do not work in production",
    "company": "check company_id; an administrator of the company must have installed the app there",
    "permissions": "in Procore, give the service account the projects and read access to their Commitments "
    "(subcontractor invoices)",
    "webhooks": 'in Procore, give the account "Webhooks API: Standard"; without it changes are found by polling',
    "limits": "",
}
_STOPPERS = ("reachable", "authenticated", "company")


def ping(client: Client) -> Iterator[PingStep]:
    """The steps of PING_STEPS in order. Vendor trouble ends in a failed step, never in an exception."""
    stopped = ""
    for name in PING_STEPS:
        if stopped and name not in ("version", "limits"):
            yield PingStep(name=name, status=PingStatus.FAILED, found=f"not tried, because {stopped!r} failed")
            continue
        step = _tried(name, client)
        if step.status is PingStatus.FAILED and name in _STOPPERS:
            stopped = name
        yield step


def _tried(name: str, client: Client) -> PingStep:
    try:
        return _STEPS[name](client)
    except VendorError as problem:
        return PingStep(name=name, status=PingStatus.FAILED, found=problem.message, todo=_TODO[name])


def _ok(name: str, found: str) -> PingStep:
    return PingStep(name=name, status=PingStatus.OK, found=found)


def _failed(name: str, found: str) -> PingStep:
    return PingStep(name=name, status=PingStatus.FAILED, found=found, todo=_TODO[name])


def _reachable(client: Client) -> PingStep:
    client.reach()
    return _ok("reachable", f"{auth.base_url(client.context)} answers")


def _authenticated(client: Client) -> PingStep:
    me = client.me()
    return _ok("authenticated", f"as {me.name or me.login or me.id}")


def _company(client: Client) -> PingStep:
    companies = {str(company.id): company.name or "" for company in client.companies()}
    if client.company not in companies:
        others = ", ".join(f"{key} ({name})" for key, name in list(companies.items())[:5]) or "none"
        return _failed("company", f"company {client.company} is not among those that the app sees: {others}")
    with suppress(NotPermitted):  # that is the permissions step's matter
        client.projects()  # a company in the list may still be one that the app is not connected to
    return _ok("company", f"{companies[client.company]} ({client.company})")


def _version(client: Client) -> PingStep:
    found = "Procore versions each resource on its own; there is nothing to choose"
    return PingStep(name="version", status=PingStatus.NOT_OFFERED, found=found)


def _permissions(client: Client) -> PingStep:
    projects = client.projects()
    if not projects:
        return _failed("permissions", "no active project is visible to the service account")
    if missing := client.ids.projects - {str(project.id) for project in projects}:
        listed = ", ".join(sorted(missing, key=int))
        return _failed("permissions", f"not among the active projects that the service account sees: {listed}")
    first = min(projects, key=lambda project: project.id)
    client.requisitions(str(first.id), since=None, page=1, per_page=1)
    return _ok("permissions", f"{len(projects)} active projects; subcontractor invoices of {first.name} can be read")


def _webhooks(client: Client) -> PingStep:
    hooks = client.hooks({"company_id": int(client.company)})
    return _ok("webhooks", f"allowed; {len(hooks)} company hooks of ours exist")


def _limits(client: Client) -> PingStep:
    seen = client.window
    if not seen:
        return PingStep(name="limits", status=PingStatus.NOT_OFFERED, found="no answer carried X-Rate-Limit headers")
    resets = datetime.fromtimestamp(int(seen["reset"]), UTC)
    found = f"{seen['remaining']} of {seen['limit'] or 'an unknown number of'} calls left until {resets:%H:%M:%S} UTC"
    return _ok("limits", found)


_STEPS: dict[str, Callable[[Client], PingStep]] = {
    "reachable": _reachable,
    "authenticated": _authenticated,
    "company": _company,
    "version": _version,
    "permissions": _permissions,
    "webhooks": _webhooks,
    "limits": _limits,
}
