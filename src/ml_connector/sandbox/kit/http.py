"""A vendor call and its answer, as the vendors' handlers see them."""

from __future__ import annotations

import base64
import binascii
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct

from ml_connector.sandbox.kit import wire


class Call:
    """One request to a vendor's API.

    The handler may set `session` (who called: token or session id, shown in the call log) and `pattern` (the path
    with its variable parts named, by which calls are counted).
    """

    def __init__(
        self,
        *,
        method: str,
        path: str,
        query_string: str,
        headers: dict[str, str],
        body: bytes,
        listener: str,
        url: str,
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.headers = headers
        """Names in lower case."""
        self.body = body
        self.listener = listener
        """Which of the vendor's listeners was called ("" for a vendor with one)."""
        self.base_url = url
        """Scheme, host and port as the caller wrote them."""
        self.session: str | None = None
        self.pattern = path

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """Decoded pairs in order, blank values kept."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    def param(self, name: str) -> str | None:
        """The last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), None)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")

    def json(self) -> Any:
        """The body with decimals kept exact. Raises wire.MalformedJson."""
        return wire.decode(self.body)

    @property
    def bearer(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password of HTTP Basic."""
        scheme, _, packed = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(packed.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user, password


class Answer(Struct, kw_only=True):
    """What goes back. `wait_s` holds it back that many real seconds after the handler has run."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}
    wait_s: float = 0.0


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Decimals in `value` become JSON numbers."""
    known = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return Answer(status=status, body=wire.encode(value), headers=known)
