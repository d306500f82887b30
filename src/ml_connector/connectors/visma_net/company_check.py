"""Whether the company that answers is the connection's: nothing else is sent before that is certain (§1, §4)."""

from __future__ import annotations

import hashlib
from typing import Final

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.session import Session
from ml_connector.connectors.visma_net import auth, wire
from ml_connector.connectors.visma_net.form import Settings
from ml_connector.connectors.visma_net.wire import BadRecord, Record

ORGANISATIONS: Final = "/v1/organization"
OPERATION: Final = "organisations.list"
_NUMBERS: Final = ("corporateId", "vatRegistrationId", "organizationCd")
_KEPT: Final = 64
_certain: dict[tuple[str, ...], None] = {}


def ensure(session: Session, settings: Settings, access: str) -> None:
    """Ask the company once per token, unless the token itself says enough. Raises BadConfiguration.

    A token that names its tenant was compared already, and the vendor compares it with the company header of every
    call where it takes one. Where it takes none, the tenant alone decides, and the organisation number proves it.
    """
    if auth.names_tenant(access) and not settings.organisation_number:
        return
    key = (*_place(settings), hashlib.sha256(access.encode()).hexdigest())
    if key not in _certain:
        check(session, settings)
        _certain[key] = None
        while len(_certain) > _KEPT:
            del _certain[next(iter(_certain))]


def check(session: Session, settings: Settings) -> str:
    """What the company that answers is called. Raises BadConfiguration when it is not the one that is wanted."""
    answer = session.call(OPERATION, "GET", ORGANISATIONS, write=False)
    try:
        told = wire.objects(answer.decode(object), "the list of organisations")
    except BadRecord as problem:
        raise answer.unreadable(problem.message) from None
    if not told:
        raise _wrong(f"{settings.base_url} names no company for company_id {settings.company}")
    names = ", ".join(filter(None, (wire.text(one, "name") for one in told)))
    if (wanted := settings.organisation_number) and not any(_bears(one, wanted) for one in told):
        numbers = ", ".join(filter(None, (wire.text(one, "corporateId") for one in told)))
        raise _wrong(f"the company that answers is {names} ({numbers}), and not {wanted}: check organisation_number")
    return names


def _place(settings: Settings) -> tuple[str, ...]:
    return settings.base_url, settings.tenant, settings.company, settings.organisation_number


def _wrong(why: str) -> errors.BadConfiguration:
    text = f"nothing else was sent: {why}, and tenant_id and company_id, which must be the same company's"
    return errors.BadConfiguration(text, operation=OPERATION)


def _bears(organisation: Record, wanted: str) -> bool:
    return _bare(wanted) in {_bare(wire.text(organisation, name)) for name in _NUMBERS}


def _bare(number: str) -> str:
    return "".join(letter for letter in number.casefold() if letter.isalnum())
