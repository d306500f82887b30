"""A vendor's whole answer to one call, and how it is decoded without losing a digit."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit import masking
from ml_connector.connectors.kit.errors import AnswerLost, Unreadable, VendorError

T = TypeVar("T")
SHOWN = 200


class Answer(Struct, frozen=True, kw_only=True):
    """Status, headers (names in lower case) and complete body. `write`: whether the call changes anything."""

    operation: str
    write: bool
    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Without headers and body: they may hold tokens."""
        return f"Answer({self.operation!r}, {self.status})"

    def decode(self, type: type[T]) -> T:
        """The body as `type`; untyped numbers become Decimal or int.

        Raises Unreadable with what arrived, or AnswerLost when the call was a write: it was probably done.
        """
        try:
            decoder: msgspec.json.Decoder[T] = _decoder(cast(Hashable, type))
            return decoder.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError) as problem:
            why = "is an HTML page" if self.is_html else f"does not fit ({problem})"
            raise self.unreadable(f"the answer {why}") from None

    def unreadable(self, what: str) -> VendorError:
        """The error for an answer that cannot be used although its status is good."""
        message = f"{self.operation}: {what}; HTTP {self.status}, it began: {self.excerpt}"
        if self.write:
            message += "; the write is looked up before anything is sent again"
        kind = AnswerLost if self.write else Unreadable
        return kind(message, operation=self.operation, status=self.status)

    @property
    def excerpt(self) -> str:
        """The masked first characters of the body, for error messages."""
        shown = " ".join(masking.body(self.body, SHOWN).split())
        return repr(shown) if shown else "nothing (an empty body)"

    @property
    def is_html(self) -> bool:
        """Whether a web page arrived where JSON was expected (a proxy, a login or error page)."""
        start = self.body[:64].lstrip().lower()
        return "html" in self.headers.get("content-type", "") or start.startswith((b"<!doctype", b"<html"))

    @property
    def is_cut(self) -> bool:
        """Whether the body is JSON that ends before it is complete."""
        if not self.body[:64].lstrip().startswith((b"{", b"[")):
            return False
        try:
            msgspec.json.decode(self.body, type=msgspec.Raw)
        except msgspec.DecodeError as problem:
            return "truncated" in str(problem)
        return False

    @property
    def date(self) -> datetime | None:
        """The vendor's clock when it answered (`Date` header), in UTC."""
        return http_date(self.headers.get("date", ""))


def http_date(value: str) -> datetime | None:
    """A date of an HTTP header in UTC; None for anything else."""
    try:
        parsed = parsedate_to_datetime(value)
    except ValueError:
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)


@lru_cache(maxsize=256)
def _decoder(type: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type, float_hook=Decimal)
