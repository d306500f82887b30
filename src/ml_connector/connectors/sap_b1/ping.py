"""The steps of `ping`, each with what was found and what to do; trouble with the vendor is a finding, not an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, TypeVar

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import PingStatus, PingStep
from ml_connector.connectors.sap_b1 import user_fields, wire
from ml_connector.connectors.sap_b1.client import CREDITS, INVOICES, JOURNALS, ORDERS, Query, SapClient
from ml_connector.connectors.sap_b1.wire import Record

_NEEDED: Final = (
    ("BusinessPartners", "CardCode", "business partners"),
    ("ChartOfAccounts", "Code", "chart of accounts"),
    ("ProfitCenters", "CenterCode", "profit centres"),
    ("Projects", "Code", "projects"),
    ("Currencies", "Code", "currencies"),
    (INVOICES, "DocEntry", "A/P invoices"),
    (CREDITS, "DocEntry", "A/P credit notes"),
    (ORDERS, "DocEntry", "purchase orders"),
    (JOURNALS, "JdtNum", "journal entries"),
)
_SEEN: Final = "documents, journals and master data"
T = TypeVar("T")


def ping(client: SapClient) -> Iterator[PingStep]:
    """Every step once, in the order of PING_STEPS; what cannot be tried fails with the reason."""
    door = _tried(client.knock)
    reachable = _reachable(client, door)
    yield reachable
    if reachable.status is PingStatus.FAILED:
        yield from _not_tried("the server is not reachable", "authenticated", "company", "version", "permissions")
    else:
        info = _tried(partial(client.service, "CompanyService_GetCompanyInfo"))
        yield _authenticated(client, info)
        if isinstance(info, errors.VendorError):
            yield from _not_tried("nobody is logged in", "company", "version", "permissions")
        else:
            settings = _tried(partial(client.service, "CompanyService_GetAdminInfo"))
            yield _company(client, info, settings)
            yield _version(client, info)
            yield _permissions(client, settings)
    yield PingStep(
        name="webhooks", status=PingStatus.NOT_OFFERED, found="SAP Business One is asked, it does not tell by itself"
    )
    yield PingStep(
        name="limits",
        status=PingStatus.NOT_OFFERED,
        found="the Service Layer has no call limits; one session is open while there is work, and logged out after it",
    )


def _reachable(client: SapClient, door: errors.VendorError | None) -> PingStep:
    """Any answer will do: the server's own ping may be closed to the outside."""
    where = client.settings.base_url
    if door is None or door.status is not None:
        note = "" if client.settings.trust.verify else "; its certificate is not checked, as was stated"
        return PingStep(name="reachable", status=PingStatus.OK, found=f"{where} answers{note}")
    todo = "check base_url with its port (50000 unless told otherwise), the network, and the certificate"
    return PingStep(name="reachable", status=PingStatus.FAILED, found=door.message, todo=todo)


def _authenticated(client: SapClient, info: Record | errors.VendorError) -> PingStep:
    if isinstance(info, errors.VendorError):
        todo = "check company_db, username and password, and that the user has a licence for the Service Layer"
        return PingStep(name="authenticated", status=PingStatus.FAILED, found=info.message, todo=todo)
    return PingStep(name="authenticated", status=PingStatus.OK, found=f"user {client.settings.username} has a session")


def _company(client: SapClient, info: Record, settings: Record | errors.VendorError) -> PingStep:
    """The currency of its books is told, since the choice `currency` must be the same."""
    name, database = wire.text(info, "CompanyName") or "without a name", client.settings.company
    code = "" if isinstance(settings, errors.VendorError) else wire.text(settings, "LocalCurrency")
    kept = f", books in {code}" if code else ""
    return PingStep(name="company", status=PingStatus.OK, found=f"{name}, database {database}{kept}")


def _version(client: SapClient, info: Record) -> PingStep:
    odata = "OData v4" if client.settings.version == "v2" else "OData v3, which SAP will remove"
    release = wire.text(info, "Version") or "of unknown release"
    found = f"SAP Business One {release}, service {client.settings.version} ({odata})"
    todo = "" if client.settings.version == "v2" else "write base_url without /b1s/v1 when the server offers v2"
    return PingStep(name="version", status=PingStatus.OK, found=found, todo=todo)


def _permissions(client: SapClient, settings: Record | errors.VendorError) -> PingStep:
    """What is read and written must be visible, and our fields in place; posting periods only help to hold early."""
    problems = []
    for entity, key, words in _NEEDED:
        answer = _tried(partial(client.find, entity, Query(select=(key,), top=1)))
        if isinstance(answer, errors.VendorError):
            problems.append(f"{words}: {answer.message}")
    if isinstance(settings, errors.VendorError):
        problems.append(f"company settings: {settings.message}")
    if problems:
        return _unfit("; ".join(problems), "give the user authorisation for these in SAP")
    return _fields(client)


def _fields(client: SapClient) -> PingStep:
    lacking = _tried(partial(user_fields.lacking, client))
    prepare = f"'ml-connector connection prepare {client.context.connection}'"
    if isinstance(lacking, user_fields.Lacking):  # else it has no rights on the definitions, and may post all the same
        if lacking.unfit:
            return _unfit("; ".join(lacking.unfit), "do that, then ping again")
        if lacking.is_all:
            text = f"{_SEEN}; the fields for our reference are not there yet: 'install' makes them, or {prepare}"
            return PingStep(name="permissions", status=PingStatus.OK, found=text)
        if lacking.absent:
            return _unfit(f"user fields for our reference are missing: {', '.join(lacking.absent)}", f"run {prepare}")
    hidden = _tried(partial(user_fields.unusable, client))
    if isinstance(hidden, errors.VendorError):
        return _unfit(hidden.message, "see there")
    if hidden:
        return _unfit("; ".join(hidden), "restart the Service Layer")
    found = f"{_SEEN}; the user fields for our reference are in place"
    return PingStep(name="permissions", status=PingStatus.OK, found=found)


def _unfit(found: str, todo: str) -> PingStep:
    return PingStep(name="permissions", status=PingStatus.FAILED, found=found, todo=todo)


def _not_tried(why: str, *names: str) -> Iterator[PingStep]:
    for name in names:
        yield PingStep(name=name, status=PingStatus.FAILED, found=f"not tried: {why}", todo="solve that first")


def _tried(call: Callable[[], T]) -> T | errors.VendorError:
    """The call's answer, or the vendor's trouble as a finding."""
    try:
        return call()
    except errors.VendorError as problem:
        return problem
