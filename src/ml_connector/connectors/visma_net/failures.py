"""What an error answer of Visma.net means (vendors/visma_net.md §3, §4, §8, §12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ml_connector.connectors.kit import classify as kit
from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer

NO_COMPANY: Final = frozenset({"12002", "12027"})
"""Fault codes: no such company for this token, or no licence for it (vendors/visma_net.md §3, §4)."""
_SUPPORT: Final = re.compile(r"^VismaId: [0-9a-z-]+\.\s*", re.IGNORECASE)
_ADVICE: Final = {
    "unauthorized_client": "the company has not approved this application: have it approved there, and check tenant_id",
    "invalid_scope": "check scopes: the application has no right to some of them",
    "invalid_client": "check client_id and client_secret",
    "unsupported_grant_type": "the application is no service application: make one with client credentials",
}


class Changed(errors.Refusal):
    """Somebody else has written the record since we read it (412); nothing was changed."""


def classify(answer: Answer) -> errors.VendorError | None:
    """Our reading of an answer outside 2xx; None leaves it to the kit."""
    status, operation, told = answer.status, answer.operation, _told(answer)
    if code := _company_fault(told):
        text = (
            f"{operation}: the company of this connection is not the token's (fault {code}): check company_id and "
            "tenant_id, which must be the same company's"
        )
        return errors.BadConfiguration(text, operation=operation, status=status)
    if status == 412:
        text = f"{operation}: somebody else has changed the record meanwhile"
        return Changed(text, cause="changed_there", operation=operation, status=status)
    if status == 401:
        text = (
            f"{operation}: Visma.net refuses our token, also after one renewal ({words(answer)}): tenant_id may be "
            "that of the customer instead of the company, or the company no longer approves the application"
        )
        return errors.BadCredentials(text, operation=operation, status=status)
    if status == 403:
        text = (
            f"{operation}: our token does not allow this ({words(answer)}): add the missing one of create, read, "
            "update and delete to the application's scopes, and to the connection's"
        )
        return errors.NotPermitted(text, operation=operation, status=status)
    if status == 400 or _is_business(status, told):
        return errors.Refusal(f"Visma.net refused: {words(answer)}", operation=operation, status=status)
    return None


def login(answer: Answer) -> errors.VendorError | None:
    """What a refusal of the token address says."""
    told = _told(answer)
    word = str(told.get("error") or "") if told else ""
    if answer.status not in (400, 401, 403) or not word:
        return None
    advice = _ADVICE.get(word, "check client_id, client_secret, tenant_id and scopes")
    text = f"the token address refused the log-in ({word}): {advice}"
    return errors.BadCredentials(text, operation=answer.operation, status=answer.status)


def words(answer: Answer) -> str:
    """The vendor's own words in either of its error forms, in one line, without the support id."""
    told = _told(answer)
    said = next((str(told[key]) for key in ("message", "exceptionmessage", "exceptiondetails") if told.get(key)), "")
    if not said:
        return kit.words(answer)
    return masking.text(_SUPPORT.sub("", " ".join(said.split())).rstrip("."))[:600]


def _is_business(status: int, told: Mapping[str, Any]) -> bool:
    """The same user error is 400 here and 500 there; only that of the business layer has an id (§12)."""
    return status == 500 and "visma" in str(told.get("message") or "")[:12].lower()


def _company_fault(told: Mapping[str, Any]) -> str:
    code = str(told.get("exceptionfaultcode") or "").strip()
    return code if code in NO_COMPANY else ""


def _told(answer: Answer) -> dict[str, Any]:
    """The error object with its keys in lower case, since their case varies; empty for anything else."""
    try:
        found = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return {str(key).lower(): value for key, value in found.items()} if isinstance(found, dict) else {}
