"""How calls are refused: the two shapes of error, and those of the gateway (vendors/visma_net.md §3, §4, §8)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, Final

COMPANY_FAULT: Final = "12002"


class Refused(Exception):
    """A refusal with its HTTP status. `business`: a rule of the ERP, whose status differs between endpoints."""

    def __init__(
        self, status: int, text: str, *, business: bool = False, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.business = business
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The entity's shape: one text, with an id for the vendor's support."""
        return {"message": f"VismaId: {uuid.uuid4()}. {self.text}\r\n"}


class AtGateway(Refused):
    """Refused before the ERP: a status and a message (vendors/visma_net.md §3, §10)."""

    def body(self) -> dict[str, Any]:
        return {"statusCode": self.status, "message": self.text}


class WrongCompany(Refused):
    """The company header is missing, empty or of a company that the token does not cover (§4)."""

    def __init__(self) -> None:
        super().__init__(400, "the company does not fit")

    def body(self) -> dict[str, Any]:
        return {
            "ExceptionType": "IPPException",
            "ExceptionMessage": "",
            "ExceptionFaultCode": COMPANY_FAULT,
            "ExceptionMessageID": f"{COMPANY_FAULT}_{uuid.uuid4()}",
            "ExceptionDetails": "",
        }


def unauthorized() -> Refused:
    """401 of a missing, unknown or expired token."""
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return AtGateway(401, "Unauthorized. Access token is missing or invalid.", headers=headers)


def not_found(what: str) -> Refused:
    return Refused(404, f"{what} cannot be found in the system.")


def malformed(text: str) -> Refused:
    """400 of a query or body that cannot be read."""
    return Refused(400, text)


def rule(text: str) -> Refused:
    """400 (or 500) of a rule of the books."""
    return Refused(400, text, business=True)


def stop_at(problems: Iterable[str], doing: str) -> None:
    """Raise one refusal that lists all problems, if there are any (§8: joined by newlines, no field list)."""
    if found := [f"Error: {text}" for text in dict.fromkeys(problems)]:
        raise rule("\r\n".join([f"Error {doing}. {found[0]}", *found[1:]]))
