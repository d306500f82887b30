"""The steps of `ping`, each with what was found and what to do; trouble with the vendor is a finding, not an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica.client import AcumaticaClient, Endpoint, Instance, Query
from ml_connector.connectors.acumatica.webhooks import setup
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import PingStatus, PingStep

_ONE: Final = Query(select=("LastModifiedDateTime",), top=1)
_NEEDED: Final = (
    (calls.LISTS["Bill"], "Bill", "Bills and Adjustments (AP301000)"),
    (calls.LISTS["Vendor"], "Vendor", "Vendors (AP303000)"),
)
T = TypeVar("T")


def ping(client: AcumaticaClient) -> Iterator[PingStep]:
    """Every step once, in the order of PING_STEPS; what cannot be tried fails with the reason."""
    instance = _tried(partial(client.instance, signed_in=False))
    yield _reachable(client, instance)
    if isinstance(instance, errors.VendorError):
        yield from _not_tried("the instance is not reachable", "authenticated", "company", "version", "permissions")
    else:
        signed_in = _tried(partial(client.instance, signed_in=True))
        yield _authenticated(client, signed_in)
        yield _company(client, signed_in)
        yield _version(client, instance if isinstance(signed_in, errors.VendorError) else signed_in)
        if isinstance(signed_in, errors.VendorError):
            yield from _not_tried("nobody is signed in", "permissions")
        else:
            yield _permissions(client)
    yield PingStep(
        name="webhooks",
        status=PingStatus.NOT_OFFERED,
        found="push notifications are set up by an administrator, not through the API",
        todo=setup(client.settings.webhook_header),
    )
    yield _limits(client)


def _reachable(client: AcumaticaClient, instance: Instance | errors.VendorError) -> PingStep:
    if isinstance(instance, errors.VendorError):
        todo = "check base_url: it is the address in the browser up to the virtual directory"
        return PingStep(name="reachable", status=PingStatus.FAILED, found=instance.message, todo=todo)
    build = f"build {instance.build}" if instance.build else "an old build that does not tell its number"
    return PingStep(name="reachable", status=PingStatus.OK, found=f"{client.settings.base_url}, {build}")


def _authenticated(client: AcumaticaClient, signed_in: Instance | errors.VendorError) -> PingStep:
    if isinstance(signed_in, errors.VendorError):
        todo = "check client_id (with its tenant), client_secret, username and password, and screen SM303010"
        return PingStep(name="authenticated", status=PingStatus.FAILED, found=signed_in.message, todo=todo)
    return PingStep(name="authenticated", status=PingStatus.OK, found="the API user has a token")


def _company(client: AcumaticaClient, signed_in: Instance | errors.VendorError) -> PingStep:
    """The token is given for the tenant in the client id; there is no other way to name one."""
    if isinstance(signed_in, errors.VendorError):
        return next(_not_tried("nobody is signed in", "company"))
    branch = f", branch {client.settings.branch}" if client.settings.branch else ", the user's default branch"
    return PingStep(name="company", status=PingStatus.OK, found=f"tenant {client.settings.tenant}{branch}")


def _version(client: AcumaticaClient, instance: Instance) -> PingStep:
    wanted = Endpoint(name=client.settings.endpoint, version=client.settings.version)
    if calls.is_served(wanted, instance.endpoints):
        return PingStep(name="version", status=PingStatus.OK, found=f"endpoint {wanted.name} {wanted.version}")
    found = calls.not_served(wanted, instance.endpoints)
    return PingStep(name="version", status=PingStatus.FAILED, found=found, todo="set endpoint_version")


def _permissions(client: AcumaticaClient) -> PingStep:
    """Bills and vendors are needed; posting periods only help to hold a bill before it is refused."""
    problems = []
    for operation, entity, screen in _NEEDED:
        answer = _tried(partial(client.find, operation, entity, _ONE))
        if isinstance(answer, errors.VendorError):
            problems.append(f"{screen}: {answer.message}")
    if problems:
        todo = "give the API user's role access to these screens"
        return PingStep(name="permissions", status=PingStatus.FAILED, found="; ".join(problems), todo=todo)
    return PingStep(name="permissions", status=PingStatus.OK, found=f"bills, vendors, {_periods(client)}")


def _periods(client: AcumaticaClient) -> str:
    answer = _tried(partial(client.find, calls.LIST_PERIODS, "FinancialPeriod", _ONE))
    if isinstance(answer, errors.VendorError):
        return "not posting periods (a closed one is found out when a bill is sent)"
    return "posting periods"


def _limits(client: AcumaticaClient) -> PingStep:
    ours = client.settings.per_minute
    kept = f"we keep to {ours} requests per minute" if ours else "no limit of our own, the server delays by itself"
    return PingStep(
        name="limits",
        status=PingStatus.NOT_OFFERED,
        found=f"the licence's limits are not told by the API; {kept}",
        todo="screen SM604000 shows API users, concurrent requests and requests per minute: enter the last one",
    )


def _not_tried(why: str, *names: str) -> Iterator[PingStep]:
    for name in names:
        yield PingStep(name=name, status=PingStatus.FAILED, found=f"not tried: {why}", todo="solve that first")


def _tried(call: Callable[[], T]) -> T | errors.VendorError:
    """The call's answer, or the vendor's trouble as a finding."""
    try:
        return call()
    except errors.VendorError as problem:
        return problem
