"""How an order of the control API becomes work at a desk, and what the orders have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeAlias

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.errors import Fault, FieldErrors
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.kit.vendor import Act, ActRefused

if TYPE_CHECKING:
    from ml_connector.sandbox.acumatica.web.server import Acumatica

Order: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[Desk, Order], object]
Doing: TypeAlias = Callable[[Order], object]


class People:
    """Whoever sits at the instance's screens; each act is a transaction of its own."""

    def __init__(self, instance: Acumatica) -> None:
        self.instance = instance

    def act(self, meaning: str, fields: dict[str, str], work: Work) -> Act:
        """An act as the control API lists and calls it; the instance's refusals become its own."""
        return Act(meaning, fields, self._doing(work))

    def _doing(self, work: Work) -> Doing:
        def run(order: Order) -> object:
            instance = self.instance
            instance.operations.settle(instance.clock.now())
            try:
                return work(instance.desk(), order)
            except Fault as fault:
                raise ActRefused(fault.text) from None
            except FieldErrors as refused:
                raise ActRefused(_reasons(refused.draft)) from None
            finally:
                instance.push.publish(instance.store.changes(), instance.clock.now())

        return run


def _reasons(draft: Row) -> str:
    found = [f"{name}: {text}" for row in draft.nested() for name, text in row.errors.items()]
    return "; ".join(found) or draft.error


def found(desk: Desk, kind: str, *key: str) -> Row:
    """The record, or a refusal that names it."""
    row = desk.find(kind, *key)
    if row is None:
        raise ActRefused(f"there is no {kind} {'/'.join(key)}")
    return row


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


def lines(value: object) -> list[Order]:
    """A list of lines, each an object. Raises ActRefused."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ActRefused("lines is a list of objects")
    return value


def day(value: object) -> date:
    """A date as YYYY-MM-DD. Raises ActRefused."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ActRefused(f"{value!r} is not a date; write YYYY-MM-DD") from None


def texts(order: Order, fields: dict[str, str]) -> dict[str, Value]:
    """The fields (name in the order -> name in the entity) that the order gives, as texts."""
    return {field: str(order[name]) for name, field in fields.items() if order.get(name) is not None}


def line_at(row: Row, order: Order, kind: str) -> Change:
    """A change of the line that the order numbers from 1; the first without a number."""
    at = whole(order.get("line", 1))
    if not 1 <= at <= len(row.lines()):
        raise ActRefused(f"the document has {len(row.lines())} lines")
    return Change(kind, id=row.lines()[at - 1].id)


CODING = {
    "account": "Account",
    "subaccount": "Subaccount",
    "project": "Project",
    "task": "ProjectTask",
    "cost_code": "CostCode",
}
"""What the orders call the coding of a line -> the field of a bill line."""
