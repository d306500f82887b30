"""The error answers of the API, in the shapes of vendors/procore.md §9.1."""

from __future__ import annotations

from ml_connector.sandbox.kit.http import Answer, json_answer

Errors = dict[str, list[str]]


class Refusal(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}

    def answer(self) -> Answer:
        return json_answer(self.body, self.status, self.headers)


class Invalid(Refusal):
    """Field errors: 422 `{"errors": {field: [message]}}`; a sync puts them beside the row instead."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(422, {"errors": errors})
        self.errors = errors


def generic(status: int, message: str, error: str) -> Refusal:
    """The published v1 shape."""
    return Refusal(status, {"code": status, "message": message, "error": error})


def bad_request(message: str) -> Refusal:
    return generic(400, message, "bad_request")


def missing(parameter: str) -> Refusal:
    return bad_request(f"param is missing or the value is empty: {parameter}")


def not_found(what: str = "Record") -> Refusal:
    return generic(404, f"{what} not found", "not_found")


def requisition_not_found() -> Refusal:
    return Refusal(404, {"message": "Couldn't find Requisition", "exception": "ActiveRecord::RecordNotFound"})


def not_connected() -> Refusal:
    return Refusal(403, {"errors": ["App is not connected to this company."]})


def v2(status: int, code: str, message: str, source: str | None = None) -> Refusal:
    detail = {"reason_code": code, "message": message, "source": source}
    return Refusal(status, {"error": {"code": code, "message": message, "details": [detail]}})


def webhook(status: int, code: str, message: str) -> Refusal:
    return Refusal(status, {"error": {"code": code, "message": message}})
