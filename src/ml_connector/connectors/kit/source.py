"""How records are read from a vendor: scopes, pages, windows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct


class Document(Protocol):
    """A source record as a frozen Struct of `records`."""

    def for_the_books(self) -> Struct:
        """The part of it that makes a version: what the target's books or master data depend on."""


class Scope(Struct, frozen=True, kw_only=True):
    """A part of the vendor's data that is walked on its own, such as a project."""

    key: str
    name: str


class Window(Struct, frozen=True, kw_only=True):
    """Records modified at `start` or later, in the vendor's time."""

    start: datetime


class Row(Struct, frozen=True, kw_only=True):
    """One source record as read. `modified` is the vendor's own time stamp.

    Two rows whose documents are equal `for_the_books` are the same version of the record.
    """

    key: str
    modified: datetime
    document: Document


class Unreadable(Struct, frozen=True, kw_only=True):
    """A source record that cannot be understood; it must not stop the others. `message` says what is wrong with it."""

    key: str
    modified: datetime | None
    message: str


class Page(Struct, frozen=True, kw_only=True):
    """One page of rows. `position` leads to the next page and is None on the last one.

    `vendor_time` is the vendor's clock when it answered (its `Date` header), None where it gave none.
    """

    rows: tuple[Row, ...]
    position: str | None
    vendor_time: datetime | None
    unreadable: tuple[Unreadable, ...] = ()


class Source(Protocol):
    """One kind of record that a connector can read.

    Where the vendor has no time of change, `read` gives everything whatever the window, with the time of the answer as
    `modified`; the hub finds what changed by comparing versions.
    """

    kind: str

    def scopes(self, client: Any) -> list[Scope]:
        """The parts to walk, in a stable order."""

    def read(self, client: Any, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page of a scope: everything, or what `window` lets through. Order is not promised."""

    def by_keys(self, client: Any, scope: Scope, keys: Sequence[str]) -> Page:
        """Rows by key, on one page; one that is missing from the answer is gone at the vendor."""
