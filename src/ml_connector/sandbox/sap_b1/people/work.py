"""How an order of the control API becomes work in the company, and what the orders have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from msgspec import Struct

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import kinds
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.entity import EntitySet
from ml_connector.sandbox.sap_b1.errors import B1Error
from ml_connector.sandbox.sap_b1.user_fields import UserFields

Order: TypeAlias = dict[str, Any]


class Office(Struct, frozen=True):
    """What people work with."""

    desk: Desk
    sets: Mapping[str, EntitySet]
    user_fields: UserFields


Work: TypeAlias = Callable[[Office, Order], object]


def act(office: Office, meaning: str, fields: dict[str, str], work: Work) -> Act:
    """An act as the control API lists and calls it; what the company refuses is refused, and nothing has changed."""

    def run(order: Order) -> object:
        before = office.desk.store.snapshot()
        try:
            return work(office, order)
        except B1Error as error:
            office.desk.store.restore(before)
            raise ActRefused(f"{error.code}: {error.text}") from None

    return Act(meaning, fields, run)


DOCUMENT = {
    "number": "DocNum of the document, Number of the journal entry",
    "kind?": "invoice (unless said otherwise), credit_note, receipt, order or journal",
}
KINDS = {
    "invoice": kinds.INVOICE,
    "credit_note": kinds.CREDIT_NOTE,
    "receipt": kinds.RECEIPT,
    "order": kinds.ORDER,
}


def kind_of(order: Order) -> kinds.Kind:
    """The kind that the order names. Raises ActRefused."""
    kind = KINDS.get(str(order.get("kind", "invoice")))
    if kind is None:
        raise ActRefused(f"there is no kind {order['kind']!r}; there are: {', '.join(KINDS)}")
    return kind


def document(office: Office, order: Order) -> Row:
    """The document that the order names by its number."""
    kind = kind_of(order)
    found = office.desk.store[kind.table].where(("DocNum",), whole(order["number"]))
    if not found:
        raise ActRefused(f"there is no {order.get('kind', 'invoice')} {order['number']}")
    return found[0]


def told(row: Row) -> dict[str, Any]:
    """A document in the answer of an act."""
    return {
        "entry": row["DocEntry"],
        "number": row["DocNum"],
        "status": row["DocumentStatus"],
        "cancelled": row["CancelStatus"],
        "total": format(row["DocTotal"], "f"),
        "open": format(row["DocTotal"] - row["PaidToDate"], "f"),
    }


def amount(value: object) -> Decimal:
    """An amount as text or number. Raises ActRefused."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ActRefused(f"{value!r} is not an amount") from None
    if not number.is_finite():
        raise ActRefused(f"{value!r} is not an amount")
    return number


def whole(value: object) -> int:
    """A whole number as text or number. Raises ActRefused."""
    try:
        return int(str(value))
    except ValueError:
        raise ActRefused(f"{value!r} is not a whole number") from None


def day(value: object) -> date:
    """A date as YYYY-MM-DD. Raises ActRefused."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ActRefused(f"{value!r} is not a date; write YYYY-MM-DD") from None


def lines(value: object) -> list[Order]:
    """A list of lines, each an object. Raises ActRefused."""
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        raise ActRefused("lines is a list of objects")
    return value


def texts(order: Order, fields: dict[str, str]) -> Row:
    """The fields (name in the order -> property) that the order gives, as texts."""
    return {field: str(order[name]) for name, field in fields.items() if order.get(name) is not None}


def user_values(order: Order) -> Row:
    """What the order writes into user fields."""
    values = order.get("user_fields") or {}
    if not isinstance(values, dict) or not all(str(name).startswith("U_") for name in values):
        raise ActRefused("user_fields is an object of U_ names and values")
    return {str(name): None if value is None else str(value) for name, value in values.items()}
