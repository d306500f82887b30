"""What packages, requests and potential change orders have in common: statuses, dates, filters (§5.1)."""

from __future__ import annotations

from ml_connector.sandbox.procore.fields import Row
from ml_connector.sandbox.procore.lists import filters
from ml_connector.sandbox.procore.request import Request
from ml_connector.sandbox.procore.world import World, live

STATUSES = (
    "draft",
    "not_pricing",
    "pricing",
    "pending",
    "revised",
    "proceeding",
    "not_proceeding",
    "no_charge",
    "approved",
    "rejected",
    "void",
)
DATES = ("due_date", "invoiced_date", "paid_date", "signed_change_order_received_date")
FILTERS = {
    "id": "ids",
    "created_at": "time",
    "updated_at": "time",
    "reviewed_at": "time",
    **dict.fromkeys(DATES, "date"),
}


def reviewed(world: World, values: Row) -> Row:
    """A decision leaves its time."""
    decided = values.get("status") in ("approved", "rejected")
    return values | ({"reviewed_at": world.now()} if decided else {})


def by_deletion(request: Request, rows: list[Row]) -> list[Row]:
    """Without the deleted ones unless `filters[include_deleted]` says `with` or `only`."""
    wanted = filters(request).get("include_deleted", [""])[-1]
    if wanted == "only":
        return [row for row in rows if row.get("deleted_at") is not None]
    return rows if wanted == "with" else live(rows)
