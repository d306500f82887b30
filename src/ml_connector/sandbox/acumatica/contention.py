"""Two writers on one record: the later one is refused by switch (vendors/acumatica.md §7.1)."""

from __future__ import annotations

from datetime import timedelta

from ml_connector.sandbox.acumatica.contract import FORMS
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business
from ml_connector.sandbox.acumatica.rows import Row


def claim(desk: Desk, row: Row) -> None:
    """Note who writes the record. Raises Fault when another session wrote it a moment ago.

    Calls are served one after the other here, so that two "at the same time" are two within `write_window_ms`.
    """
    now, window = desk.store.now(), timedelta(milliseconds=desk.switches.number("write_window_ms"))
    last = desk.store.writers.get(row.id)
    if last is not None and last[0] != desk.session and now - last[1] < window:
        record = FORMS[row.kind].record
        text = f"Another process has updated the '{record}' record. Your changes will be lost."
        raise business(text, "PX.Data.PXLockViolationException")
    desk.store.writers[row.id] = (desk.session, now)
