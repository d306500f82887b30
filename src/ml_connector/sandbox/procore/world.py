"""The data of the sandbox: all tables, who is writing, and the events that writes cause."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.procore.fields import Row
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.tables import Table

Happening = Literal["create", "update", "delete"]
_FIRST_NEW_ID = 598_134_325_600_000  # above 2^32, as ids of the live system are


class Change(Struct, frozen=True):
    """A write, for the webhooks. `by_app`: written through the API by our app, not by a person."""

    table: str
    row: Row
    what: Happening
    by_app: bool


class World:
    """One company's data."""

    def __init__(self, clock: SandboxClock, switches: Switches, changed: Callable[[Change], None]) -> None:
        self.clock = clock
        self.switches = switches
        self.by_app = True
        self.unlocked = False
        """A person sets the lock of approved contracts aside."""
        self._changed = changed
        self._last_id = _FIRST_NEW_ID
        self.company: Row = {}
        self.other_company = 0
        self.currency = ""
        self.vendors = Table("vendors")
        self.projects = Table("projects")
        self.standard_lists = Table("standard_lists")
        self.standard_cost_codes = Table("standard_cost_codes", "list_id")
        self.cost_types = Table("cost_types")
        self.tax_codes = Table("tax_codes")
        self.cost_codes = Table("cost_codes", "project_id")
        self.sub_jobs = Table("sub_jobs", "project_id")
        self.wbs_codes = Table("wbs_codes", "project_id")
        self.billing_periods = Table("billing_periods", "project_id")
        self.budget_lines = Table("budget_lines", "project_id", "wbs_code_id")
        self.work_orders = Table("work_orders", "project_id")
        self.work_order_lines = Table("work_order_lines", "contract_id", "project_id")
        self.purchase_orders = Table("purchase_orders", "project_id")
        self.purchase_order_lines = Table("purchase_order_lines", "contract_id", "project_id")
        self.change_orders = Table("change_orders", "project_id", "contract_id")
        self.change_order_requests = Table("change_order_requests", "project_id", "contract_id")
        self.potential_change_orders = Table("potential_change_orders", "project_id", "contract_id")
        self.change_order_lines = Table("change_order_lines", "potential_change_order_id", "project_id")
        self.requisitions = Table("requisitions", "project_id", "commitment_id")
        self.requisition_items = Table("requisition_items", "requisition_id")
        self.direct_costs = Table("direct_costs", "project_id")
        self.direct_cost_lines = Table("direct_cost_lines", "project_id", "direct_cost_id")
        self.payments = Table("payments", "project_id", "contract_id")
        self.hooks = Table("hooks")
        self.triggers = Table("triggers", "hook_id")

    def currency_of(self, row: Row | None = None) -> str:
        """Of a commitment or direct cost; the company's where it has none of its own."""
        return str((row or {}).get("currency_iso_code") or self.currency)

    def currency_configuration(self, row: Row | None = None) -> Row | None:
        """None while multicurrency is off (§13)."""
        return {"currency_iso_code": self.currency_of(row)} if self.switches.on("multicurrency") else None

    def currencies(self, row: Row | None = None) -> Row | None:
        """The same with the base currency."""
        shown = self.currency_configuration(row)
        return shown and shown | {"base_currency_iso_code": self.currency}

    def exchanged(self, row: Row) -> Row | None:
        """The same with the rate."""
        shown, rate = self.currencies(row), row.get("currency_exchange_rate")
        return shown and shown | {"currency_exchange_rate": None if rate is None else format(rate, "f")}

    def now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def create(self, table: Table, values: Row) -> Row:
        """Raises Invalid for an `origin_id` in use."""
        self._free_origin(table, values, None)
        now = self.now()
        row = {"id": self.new_id(), **values, "created_at": now, "updated_at": now}
        table.add(row)
        self._tell(table, row, "create")
        return row

    def update(self, table: Table, row: Row, values: Row) -> None:
        """A change that changes nothing leaves `updated_at`. Raises Invalid for an `origin_id` in use."""
        self._free_origin(table, values, row)
        if all(name in row and row[name] == value for name, value in values.items()):
            return
        table.change(row, {**values, "updated_at": self.now()})
        self._tell(table, row, "update")

    def touch(self, table: Table, row: Row) -> None:
        """`updated_at` moves because something that belongs to the row changed."""
        table.change(row, {"updated_at": self.now()})
        self._tell(table, row, "update")

    def delete(self, table: Table, row: Row) -> None:
        table.remove(row)
        self._tell(table, row, "delete")

    def mark_deleted(self, table: Table, row: Row) -> None:
        """The row stays with `deleted_at` (contracts, change orders); its origin_id is free again."""
        now = self.now()
        table.change(row, {"deleted_at": now, "updated_at": now})
        self._tell(table, row, "delete")

    def happened(self, resource: str, row: Row, what: Happening) -> None:
        """An event about something that is no row of its own."""
        self._changed(Change(resource, row, what, self.by_app))

    def _tell(self, table: Table, row: Row, what: Happening) -> None:
        self._changed(Change(table.name, row, what, self.by_app))

    def _free_origin(self, table: Table, values: Row, row: Row | None) -> None:
        origin = values.get("origin_id")
        owner = table.by_origin(origin) if origin else None
        if owner is not None and owner is not row:
            raise Invalid({"origin_id": ["has already been taken"]})


def live(rows: list[Row]) -> list[Row]:
    """Those that are not marked deleted."""
    return [row for row in rows if row.get("deleted_at") is None]
