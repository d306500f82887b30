"""What a company adds to the rules of the books: procedures of its own, number series, branches, busy tables."""

from __future__ import annotations

from datetime import date

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import B1Error, customer_rule, enter_valid_code, no_series


def ask(desk: Desk, object_type: str, row: Row) -> None:
    """The company's transaction notification, and a busy table; asked last before a record is written."""
    if desk.opening is not None:
        return
    waiting = desk.switches.number("deadlocks")
    if waiting:
        desk.switches.set({"deadlocks": waiting - 1})
        status = int(str(desk.switches["deadlock_status"]))
        raise B1Error(status, -2038, "Record is locked by another user (ODBC -2038)")
    code = desk.switches.number("notification_code")
    objects = str(desk.switches["notification_objects"])
    if code and object_type in (objects.split(",") if objects else [object_type]):
        words = str(desk.switches["notification_match"])
        if not words or any(words in str(value) for value in row.values()):
            raise customer_rule(code, str(desk.switches["notification_text"]))


def check_series(desk: Desk, series: int | None, own: int, table: str) -> int:
    """The series that a record is numbered by."""
    if desk.opening is None and desk.switches.on("no_numbering_series"):
        raise no_series()
    if series not in (None, own, 0, -1):
        raise enter_valid_code(table, "Series")
    return own


def check_branch(desk: Desk, branch: int | None, table: str, column: str) -> None:
    """With branches every record says which one it belongs to."""
    if branch is None:
        if desk.switches.on("branches") and desk.opening is None:
            raise enter_valid_code(table, column)
        return
    row = desk.store["OBPL"].find(branch)
    if row is None or row["Disabled"] == "tYES":
        raise enter_valid_code(table, column)


def cancellation_day(desk: Desk, original: date) -> date:
    """The posting date of a cancellation that nobody gave a date."""
    return desk.today if desk.switches["cancellation_date"] == "today" else original
