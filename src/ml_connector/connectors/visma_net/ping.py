"""The steps of `ping`, each with what was found and what to do; trouble with the vendor is a finding, not an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import PingStatus, PingStep
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.webhooks import SETUP

_ONE: Final = {"pageNumber": "1", "pageSize": "1"}
_NEEDED: Final = (calls.SUPPLIERS, calls.ORDERS, calls.INVOICES, calls.PROJECTS, calls.SUBACCOUNTS)
_UNPAGED: Final = (calls.ACCOUNTS, calls.PERIODS)
T = TypeVar("T")


def ping(client: VismaClient) -> Iterator[PingStep]:
    """Every step once, in the order of PING_STEPS; what cannot be tried fails with the reason."""
    signed_in = _tried(client.sign_in)
    yield _reachable(client, signed_in)
    yield _authenticated(signed_in)
    if isinstance(signed_in, errors.VendorError):
        yield from _not_tried("nobody is signed in", "company", "version", "permissions", "webhooks", "limits")
        return
    company = _tried(client.check_company)
    yield _company(client, company)
    yield _version(client, company)
    if isinstance(company, errors.VendorError):
        yield from _not_tried("no company answers", "permissions", "webhooks")
    else:
        yield _permissions(client)
        yield _webhooks(client)
    yield _limits(client)


def _reachable(client: VismaClient, signed_in: str | errors.VendorError) -> PingStep:
    """The token address is asked first: nothing else is called without a token."""
    if isinstance(signed_in, errors.TryLater | errors.BadConfiguration):
        todo = "check token_url and base_url, and the network"
        return PingStep(name="reachable", status=PingStatus.FAILED, found=signed_in.message, todo=todo)
    return PingStep(name="reachable", status=PingStatus.OK, found=client.settings.token_base)


def _authenticated(signed_in: str | errors.VendorError) -> PingStep:
    if isinstance(signed_in, errors.VendorError):
        todo = "check client_id, client_secret, tenant_id and scopes, and that the company has approved the application"
        return PingStep(name="authenticated", status=PingStatus.FAILED, found=signed_in.message, todo=todo)
    return PingStep(name="authenticated", status=PingStatus.OK, found=signed_in)


def _company(client: VismaClient, company: str | errors.VendorError) -> PingStep:
    if isinstance(company, errors.VendorError):
        todo = "tenant_id and company_id must be the same company's, the tenant at company level"
        return PingStep(name="company", status=PingStatus.FAILED, found=company.message, todo=todo)
    return PingStep(name="company", status=PingStatus.OK, found=f"{company}, company {client.settings.company}")


def _version(client: VismaClient, company: str | errors.VendorError) -> PingStep:
    if isinstance(company, errors.VendorError):
        return next(_not_tried("no company answers", "version"))
    return PingStep(name="version", status=PingStatus.OK, found=f"{client.settings.base_url}, paths v1 and v2")


def _permissions(client: VismaClient) -> PingStep:
    problems = []
    for path in (*_NEEDED, *_UNPAGED):
        answer = _tried(partial(client.find, path, {} if path in _UNPAGED else _ONE))
        if isinstance(answer, errors.VendorError):
            problems.append(answer.message)
    missing = [right for right in ("create", "read", "update") if f":{right}" not in client.settings.scopes]
    if missing:
        problems.append(f"the scopes of this connection lack {', '.join(missing)}")
    if problems:
        todo = "give the application these scopes in Visma's Developer Portal, and enter them among the scopes"
        return PingStep(name="permissions", status=PingStatus.FAILED, found="; ".join(problems), todo=todo)
    found = "suppliers, orders, invoices, projects, subaccounts, accounts, periods"
    return PingStep(name="permissions", status=PingStatus.OK, found=found)


def _webhooks(client: VismaClient) -> PingStep:
    found = _tried(partial(client.find, calls.SUBSCRIPTIONS))
    if isinstance(found, errors.VendorError):
        said = "subscriptions are not made through the API; polls find everything without them"
        return PingStep(name="webhooks", status=PingStatus.NOT_OFFERED, found=said, todo=SETUP)
    events = ", ".join(sorted(wire.text(row, "event") for row in found))
    return PingStep(name="webhooks", status=PingStatus.OK, found=f"subscribed to {events or 'nothing yet'}")


def _limits(client: VismaClient) -> PingStep:
    ours = client.settings.per_hour
    kept = f"we keep to {ours} calls per hour" if ours else "no limit of our own"
    if client.rate is None:
        found = f"the vendor tells no limit; {kept}"
        return PingStep(name="limits", status=PingStatus.NOT_OFFERED, found=found)
    found = f"{client.rate.remaining} calls left until {client.rate.resets:%H:%M} UTC; {kept}"
    return PingStep(name="limits", status=PingStatus.OK, found=found)


def _not_tried(why: str, *names: str) -> Iterator[PingStep]:
    for name in names:
        yield PingStep(name=name, status=PingStatus.FAILED, found=f"not tried: {why}", todo="solve that first")


def _tried(call: Callable[[], T]) -> T | errors.VendorError:
    """The call's answer, or the vendor's trouble as a finding."""
    try:
        return call()
    except errors.VendorError as problem:
        return problem
