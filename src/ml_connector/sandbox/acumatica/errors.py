"""What the instance answers instead of a result: error bodies as in vendors/acumatica.md §7.4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ml_connector.sandbox.acumatica.rows import Row

OCCURRED: Final = "An error has occurred."
NOT_FOUND_TEXT: Final = "No entity satisfies the condition."
NOT_FOUND_TYPE: Final = "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
BUSINESS_TYPE: Final = "PX.Data.PXException"
OUTCOME_TYPE: Final = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"


class Fault(Exception):
    """An answer with the HttpError body."""

    def __init__(
        self,
        status: int,
        text: str,
        exception_type: str = BUSINESS_TYPE,
        headers: Mapping[str, str] | None = None,
        model_state: Mapping[str, list[str]] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.exception_type = exception_type
        self.headers = dict(headers or {})
        self.model_state = model_state

    def body(self, *, nested: bool = False) -> dict[str, Any]:
        """The HttpError object; nested, the reason is that of the innerException."""
        if nested:
            outer = Fault(self.status, "An unhandled exception has occurred.", "System.Exception").body()
            return outer | {"innerException": self.body()}
        body: dict[str, Any] = {
            "message": OCCURRED,
            "exceptionMessage": self.text,
            "exceptionType": self.exception_type,
            "stackTrace": "",
        }
        if self.model_state:
            body["message"] = "The request is invalid."
            body["modelState"] = dict(self.model_state)
        return body


class FieldErrors(Exception):
    """The draft record carries errors on itself, on fields or on lines: answered as 422 with the record echoed."""

    def __init__(self, draft: Row) -> None:
        super().__init__(draft.error or "the record has errors")
        self.draft = draft


def not_found() -> Fault:
    """A key that does not exist: 500, not 404 (vendors/acumatica.md §5)."""
    return Fault(500, NOT_FOUND_TEXT, NOT_FOUND_TYPE)


def no_such_resource(text: str) -> Fault:
    """An endpoint, entity or action that is not served: 404."""
    return Fault(404, text, "PX.Api.ContractBased.ResourceNotFoundException")


def malformed(path: str, text: str) -> Fault:
    """A body that is not of the contract's shape: 400 with the place in modelState."""
    return Fault(400, text, "Newtonsoft.Json.JsonSerializationException", model_state={path: [text]})


def business(text: str, exception_type: str = BUSINESS_TYPE) -> Fault:
    """A rule of the books that says no without a field to blame: 500."""
    return Fault(500, text, exception_type)


def cannot_find(what: str) -> str:
    """The vendor's words for a reference that leads nowhere."""
    return f"'{what}' cannot be found in the system."


def cannot_be_empty(what: str) -> str:
    """The vendor's words for a missing value."""
    return f"'{what}' cannot be empty."


def not_allowed(value: object) -> str:
    """The vendor's words for a label outside a drop-down list."""
    return f"'{value}' is not allowed."
