"""A request below the service root, come by itself or in a batch."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.sap_b1.dialect import Dialect
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.entity import User
from ml_connector.sandbox.sap_b1.errors import bad_request

_OVERRIDES = ("PATCH", "PUT", "MERGE", "DELETE")


class Request:
    """`path` begins after the service root, decoded; `root` is the root's URL; header names are in lower case."""

    def __init__(
        self,
        *,
        method: str,
        path: str,
        query_string: str,
        headers: dict[str, str],
        body: bytes,
        dialect: Dialect,
        root: str,
        user: User,
    ) -> None:
        self.method = _verb(method, headers)
        self.path = path
        self.query_string = query_string
        self.headers = headers
        self.body = body
        self.dialect = dialect
        self.root = root
        self.user = user

    @cached_property
    def options(self) -> dict[str, str]:
        """The query by name; of a name given twice the last counts."""
        return {name.strip(): value for name, value in parse_qsl(self.query_string, keep_blank_values=True)}

    @cached_property
    def preferences(self) -> dict[str, str]:
        """The Prefer header, by name."""
        found = {}
        for part in self.headers.get("prefer", "").replace(";", ",").split(","):
            name, _, value = part.partition("=")
            found[name.strip().lower()] = value.strip().strip('"')
        return found

    def flag(self, name: str) -> bool:
        """A B1S header that says true."""
        return self.headers.get(name, "").strip().lower() == "true"

    def json(self) -> Row:
        """The body as an object, whatever content type it claims; {} without one. Raises B1Error."""
        if not self.body.strip():
            return {}
        try:
            decoded: Any = wire.decode(self.body)
        except (wire.MalformedJson, UnicodeDecodeError, RecursionError) as error:
            raise bad_request("Invalid JSON format of the request body") from error
        if not isinstance(decoded, dict):
            raise bad_request("Invalid JSON format of the request body")
        return decoded


def _verb(method: str, headers: dict[str, str]) -> str:
    verb = method.upper()
    wanted = headers.get("x-http-method-override", "").strip().upper()
    if verb == "POST" and wanted in _OVERRIDES:
        verb = wanted
    return "PATCH" if verb == "MERGE" else verb
