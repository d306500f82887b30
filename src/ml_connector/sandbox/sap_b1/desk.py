"""What every rule of the books works with: the records, the switches, the time, the company's settings."""

from __future__ import annotations

from datetime import date, datetime

from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.store import Store


class Desk:
    """`opening` is true while the seeded documents are written: they are not refused for their date."""

    def __init__(self, store: Store, switches: Switches, clock: SandboxClock) -> None:
        self.store = store
        self.switches = switches
        self._clock = clock
        self.opening: datetime | None = None

    @property
    def now(self) -> datetime:
        """The server's local time, which is UTC here; while seeding, when the document was keyed in."""
        return self.opening or self._clock.now()

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def local(self) -> str:
        """The local currency."""
        return str(self.store.settings["admin"]["LocalCurrency"])

    def setting(self, name: str) -> int:
        """A whole number of AdminInfo."""
        return int(self.store.settings["admin"][name])

    def account(self, role: str) -> str:
        """The code of a standing account: payables, receivables, bank, tax, accrual, rounding."""
        return str(self.store.settings["accounts"][role])

    def account_row(self, code: str | None) -> Row | None:
        return self.store["OACT"].find(code)

    def vendor(self, code: str | None) -> Row | None:
        return self.store["OCRD"].find(code)


def stamped(desk: Desk, row: Row) -> Row:
    """The record with the time of its last change and one version more."""
    now = desk.now
    version = (row.get("DataVersion") or 0) + 1
    return row | {"UpdateDate": now.date(), "UpdateTime": f"{now:%H:%M:%S}", "DataVersion": version}
