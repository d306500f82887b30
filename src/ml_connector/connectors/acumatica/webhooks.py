"""Push notifications: unsigned, with a shared secret in a header (vendors/acumatica.md §10)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from msgspec import Struct

from ml_connector.connectors.acumatica.form import WEBHOOK_HEADER
from ml_connector.connectors.kit.declaration import Notice, Webhooks

_FIRST_TICK: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST_TICK: Final = 3_155_378_975_999_999_999


def setup(header: str) -> str:
    """What an administrator does in Acumatica, with this header name."""
    return (
        "On screen SM302000 add a destination of type Webhook with this connection's address, "
        f"header name {header} and the secret as header value; add generic inquiries as data queries and track all "
        "their fields: vendors (key, name, status, tax registration, address), bills (type, reference number, status, "
        "balance), payments (type, reference number, status), purchase orders and subcontracts (number, status, total, "
        "last modified)"
    )


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the secret came in a header.

    The header's name is the administrator's choice on screen SM302000, so every header's value is compared,
    each in constant time. The body is not signed.
    """
    wanted = secret.encode()
    matches = [hmac.compare_digest(value.encode(), wanted) for value in headers.values()]
    return bool(wanted) and any(matches)


def parse(body: bytes) -> list[Notice]:
    """One notice per notification; `Id` is a database transaction that may touch several queries."""
    try:
        told = msgspec.json.decode(body, type=_Notification)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"this is no push notification: {problem}") from None
    if not told.event or not told.query:
        raise ValueError("this is no push notification: Id or Query is empty")
    return [Notice(event=f"{told.event}:{told.query}", resource=told.query, at=_time(told.time_stamp))]


def _time(ticks: int | None) -> datetime | None:
    """The time of .NET ticks: 100 ns since the year 1, UTC."""
    if ticks is None or not 0 <= ticks <= _LAST_TICK:
        return None
    return _FIRST_TICK + timedelta(microseconds=ticks // 10)


class _Notification(Struct, frozen=True):
    event: str = msgspec.field(name="Id")
    query: str = msgspec.field(name="Query")
    inserted: list[dict[str, Any]] | None = msgspec.field(name="Inserted", default=None)
    deleted: list[dict[str, Any]] | None = msgspec.field(name="Deleted", default=None)
    time_stamp: int | None = msgspec.field(name="TimeStamp", default=None)


webhooks: Final = Webhooks(verify=verify, parse=parse, header=WEBHOOK_HEADER.lower(), setup=setup(WEBHOOK_HEADER))
