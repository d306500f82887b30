"""What a connector says of itself: its form, how to open, ping and listen to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from ml_connector import points
from ml_connector.connectors.kit.context import Context


class Field(Struct, frozen=True, kw_only=True):
    """One field of the connection form. Secret ones go into the vault and are never shown again."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    help: str = ""


class PingStatus(StrEnum):
    """What a ping step found."""

    OK = "ok"
    FAILED = "failed"
    NOT_OFFERED = "not offered"


PING_STEPS = ("reachable", "authenticated", "company", "version", "permissions", "webhooks", "limits")


class PingStep(Struct, frozen=True, kw_only=True):
    """One step of `ping`: its name (of PING_STEPS), what was found, and what to do when it failed."""

    name: str
    status: PingStatus
    found: str
    todo: str = ""


class Notice(Struct, frozen=True, kw_only=True):
    """What a webhook delivery tells, reduced to what triggers need.

    `event` is the vendor's id of the event (duplicates carry the same), `resource` its word for what changed,
    `scope` the key of the scope it happened in ("" when not told), `at` the vendor's time of it.
    """

    event: str
    resource: str
    scope: str = ""
    at: datetime | None = None


class Webhooks(Struct, frozen=True, kw_only=True):
    """How deliveries are checked and read.

    `verify(headers, body, secret)` compares in constant time; header names are lower-case. `parse(body)` raises
    ValueError for a body that is not what the vendor sends. `header` is the header that carries the secret, for
    the set-up page, and `setup` tells a person what to do at the vendor. `register(client, url, secret)` does it
    through the API where there is one, as often as called, and says in words what is in place.
    """

    verify: Callable[[Mapping[str, str], bytes, str], bool]
    parse: Callable[[bytes], list[Notice]]
    header: str
    setup: str
    register: Callable[[Any, str, str], list[str]] | None = None


class CallWindow(Struct, frozen=True, kw_only=True):
    """A limit that we keep ourselves: at most `limit` less `reserve` calls in any `seconds`, counted over all workers.

    `scope` is what the vendor counts by (see Budget.take); a limit of 0 means none.
    """

    scope: str
    seconds: int
    limit: int
    reserve: int = 0


class Client(Protocol):
    """A connection that is open for calls; every connector has its own with vendor calls as methods."""

    def close(self) -> None:
        """Close sockets. Sessions at the vendor stay, for other processes."""


class Connector(Struct, frozen=True, kw_only=True):
    """The declaration of one vendor system.

    `check(settings)` returns complaints about a filled form, each naming the field and what to write.
    `log_out` frees the vendor-side session or slot, on disable and on a login-limit answer.
    `lanes(settings)` names the lanes on which deliveries may run at the same time.
    `operations` names every vendor call that the client makes. `windows(settings)` are the limits we keep.
    `prepare(client)` makes what documents of ours need at the vendor (fields for our reference), as often as it is
    called, and says in words what is in place. `session_per_cycle`: all deliveries share one lane and one session,
    which is logged out as soon as no work of the connection is left.
    """

    name: str
    title: str
    fields: tuple[Field, ...]
    check: Callable[[Mapping[str, str]], list[str]]
    open: Callable[[Context], Any]
    ping: Callable[[Any], Iterator[PingStep]]
    log_out: Callable[[Any], None]
    lanes: Callable[[Mapping[str, str]], tuple[str, ...]]
    webhooks: Webhooks | None
    operations: tuple[str, ...]
    windows: Callable[[Mapping[str, str]], tuple[CallWindow, ...]] = lambda settings: ()
    prepare: Callable[[Any], list[str]] | None = None
    session_per_cycle: bool = False

    def __post_init__(self) -> None:
        """Make the points before and after each call known (`call.procore.requisitions.list.before`)."""
        points.declare(*(f"call.{self.name}.{call}.{side}" for call in self.operations for side in ("before", "after")))
