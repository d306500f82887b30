"""How an order of the control API becomes work at a desk, and what the orders have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeAlias

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.errors import Refused
from ml_connector.sandbox.visma_net.records import Record, Values

if TYPE_CHECKING:
    from ml_connector.sandbox.visma_net.vendor import VismaNet

Order: TypeAlias = dict[str, Any]
Work: TypeAlias = Callable[[Desk, Order], object]
_CODING = {"account": "account", "project": "project", "task": "task"}
LINE = "account, project?, task?, segments? ({number: value}), text?"


class People:
    """Whoever sits at the company's screens; each act is a transaction of its own."""

    def __init__(self, system: VismaNet) -> None:
        self.system = system

    def act(self, meaning: str, fields: dict[str, str], work: Work) -> Act:
        """An act as the control API lists and calls it; the ERP's refusals become its own."""

        def run(order: Order) -> object:
            self.system.settle()
            try:
                return work(self.system.desk(), order)
            except Refused as refused:
                raise ActRefused(refused.text) from None
            finally:
                self.system.done()

        return Act(meaning, fields, run)


def found(desk: Desk, kind: str, key: object, otherwise: str = "") -> Record:
    """The record, or a refusal that names it."""
    row = desk.find(kind, str(key))
    if row is None:
        raise ActRefused(f"there is no {otherwise or kind.lower()} {key}")
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


def coded(line: Order) -> Values:
    """The coding of a keyed line under the names that documents keep."""
    made = {held: str(line[name]) for name, held in _CODING.items() if line.get(name) is not None}
    segments = line.get("segments") or {}
    if not isinstance(segments, dict) or not all(str(number).isdigit() for number in segments):
        raise ActRefused("segments is an object of number and value")
    return made | {"segments": {int(number): str(value) for number, value in segments.items()}}


def picked(row: Record, order: Order) -> Values:
    """The line that the order numbers, by its line number; the first without one."""
    number = order.get("line")
    for line in row.lines:
        if number is None or line["lineNumber"] == number:
            return line
    raise ActRefused(f"the document has no line {number}")
