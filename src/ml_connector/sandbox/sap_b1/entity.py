"""What the protocol asks of the business objects: entity sets, services, users, the company; edm.py has their types.

A Row holds Python values by property name: Decimal for numbers, int, str, datetime.date, times as "HH:MM:SS", enum
values by member name, None where unset, a Row for a complex property and a list of Rows for a collection. User fields
are members like others (`U_ProcoreId`); a Row may leave unset ones out. Bodies reach an entity set decoded and checked
in this form: unknown properties and over-long texts are refused before, enum values are member names whichever way
they were sent, read-only properties are gone (also on create), and only the properties that were sent are there.
All of it must be picklable (no lambdas or closures kept), because sandboxes can be kept and restored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct

from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.vendor import Act
from ml_connector.sandbox.sap_b1.edm import EntityType, Key, Kind, Property, Row
from ml_connector.sandbox.sap_b1.user_fields import UserFields


class EntitySet(Protocol):
    """The records behind a path such as /PurchaseInvoices. All methods raise B1Error."""

    name: str
    type: EntityType
    table: str
    """The database table of messages (OPCH)."""
    actions: Mapping[str, Callable[[Key, Row], Row | None]]
    """Bound actions by name (Cancel, Close); a Row returned is a record of this set and answered with 200."""

    def rows(self) -> Sequence[Row]:
        """All records in the order of their keys. The caller does not change them."""

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""

    def create(self, body: Row) -> Row:
        """The whole new record."""

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """PATCH, or PUT with `whole`. See merging.merged for the usual way."""

    def delete(self, key: Key) -> None:
        """Raises -5006 for what cannot be deleted."""


class Service(Struct, frozen=True):
    """A service call such as CompanyService_GetAdminInfo, by POST, and by GET (v2) where `readable`.

    `takes` are the parameters of the body; `call` gets them decoded. `gives`: the type of the Row that `call` returns,
    or the kind of a single value; `many`: it returns a list of them. `gives` None: 204.
    """

    call: Callable[[Row], Any]
    readable: bool = False
    takes: tuple[Property, ...] = ()
    gives: EntityType | Kind | None = None
    many: bool = False


class User(Struct):
    """Someone who can log in. `permissions`: entity set or service name to none, read or full (full if absent)."""

    name: str
    password: str
    locked: bool = False
    permissions: dict[str, str] = {}
    wrong_passwords: int = 0


class Company(Protocol):
    """A company database with all that the business objects know.

    `entity_sets` need not have UserFieldsMD: the server adds `user_fields` under that name and also rolls it back.
    """

    databases: tuple[str, ...]
    """Accepted as CompanyDB at login. The first of them and the first user go into the ready-file."""
    services: Mapping[str, Service]
    users: Mapping[str, User]
    user_fields: UserFields

    @property
    def entity_sets(self) -> Mapping[str, EntitySet]:
        """By name."""

    def snapshot(self) -> object:
        """Everything that a write may change, to come back to."""

    def restore(self, snapshot: Any) -> None:
        """Be as at the snapshot."""

    def books(self) -> list[Book]:
        """For the control API."""

    def acts(self) -> dict[str, Act]:
        """What people do, for the control API."""
