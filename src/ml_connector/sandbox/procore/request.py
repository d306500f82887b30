"""A call as the handlers read it: path variables, parameters, body, company, project."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Call
from ml_connector.sandbox.procore import refusals
from ml_connector.sandbox.procore.brackets import nested
from ml_connector.sandbox.procore.fields import Row, whole
from ml_connector.sandbox.procore.refusals import Refusal
from ml_connector.sandbox.procore.world import World


class Request:
    """`variables` are those of the path pattern."""

    def __init__(self, world: World, call: Call, variables: dict[str, str]) -> None:
        self.world = world
        self.call = call
        self.variables = variables

    def id(self, name: str = "id") -> int:
        """Raises Refusal 404 for digits that no id can have."""
        number = whole(self.variables[name])
        if number is None:
            raise refusals.not_found()
        return number

    @cached_property
    def body(self) -> Row:
        """JSON, form or multipart; empty for no body. Raises Refusal 400."""
        call = self.call
        if not call.body.strip():
            return {}
        kind = call.content_type.lower()
        if kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
            return nested(wire.form_fields(call.content_type, call.body))
        try:
            decoded = call.json()
        except wire.MalformedJson as error:
            raise refusals.bad_request("There was a problem in the JSON you submitted") from error
        if not isinstance(decoded, dict):
            raise refusals.bad_request("The request body must be a JSON object")
        return decoded

    def wrapped(self, *names: str) -> Row:
        """The object under the first wrapper that is there. An empty body is an empty object: PATCH is a no-op."""
        if not self.body and self.call.method == "PATCH":
            return {}
        for name in names:
            inner = self.body.get(name)
            if isinstance(inner, dict):
                return inner
        raise refusals.missing(names[0])

    def updates(self, name: str = "updates") -> list[Any]:
        """The rows of a sync. Raises Refusal 400 (missing) or 413 (more than 1000)."""
        rows = self.body.get(name)
        if not isinstance(rows, list):
            raise refusals.missing(name)
        if len(rows) > 1000:
            raise refusals.generic(413, "A sync takes at most 1000 items", "payload_too_large")
        return rows

    def given(self, name: str) -> object:
        """A parameter from path, query or body."""
        if name in self.variables:
            return self.variables[name]
        in_query = self.call.param(name)
        if in_query is not None:
            return in_query
        return self.body.get(name) if self.call.method != "GET" else None

    def needed(self, name: str) -> int:
        """An id that must be given. Raises Refusal 400."""
        number = whole(self.given(name))
        if number is None:
            raise refusals.missing(name)
        return number

    def company(self) -> None:
        """Check the company id that the endpoint asks for besides the header. Raises Refusal 400, 403, 404."""
        self.check_company(self.needed("company_id"))

    def check_company(self, company: int) -> None:
        if company == self.world.other_company:
            raise refusals.not_connected()
        if company != self.world.company["id"]:
            raise refusals.not_found("Company")

    def project(self) -> Row:
        """The project of path, query or body. Raises Refusal 400; 404 also for one that the account may not see."""
        project = self.world.projects.get(self.needed("project_id"))
        if project is None or not project["visible"]:
            raise refusals.not_found("Project")
        return project


def found(row: Row | None, refusal: Refusal | None = None) -> Row:
    """The row, or 404."""
    if row is None or row.get("deleted_at") is not None:
        raise refusal or refusals.not_found()
    return row


def within(row: Row | None, field: str, value: object, refusal: Refusal | None = None) -> Row:
    """The row if it belongs to that parent, else 404."""
    inside = found(row, refusal)
    if inside[field] != value:
        raise refusal or refusals.not_found()
    return inside
