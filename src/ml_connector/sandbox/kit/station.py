"""A vendor with what the kit keeps around it: its faults and its call log."""

from __future__ import annotations

from ml_connector.sandbox.kit import keeping
from ml_connector.sandbox.kit.calls import CallLog
from ml_connector.sandbox.kit.faults import Faults
from ml_connector.sandbox.kit.keeping import Kept
from ml_connector.sandbox.kit.vendor import Vendor
from ml_connector.sandbox.month.facts import Month


class Station:
    """`reset` puts everything back to how it was at start, with the facts given; `restore` to how it was when kept."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.faults = Faults()
        self.calls = CallLog()
        self.kept: dict[str, Kept] = {}
        self._built = frozenset(vars(vendor))

    def reset(self, month: Month) -> None:
        self._clear()
        self.vendor.load(month)

    def keep(self, name: str) -> None:
        """Raises keeping.NotKeepable."""
        self.kept[name] = keeping.keep(self.vendor, self._built)

    def restore(self, name: str) -> None:
        """Raises KeyError."""
        kept = self.kept[name]
        self._clear()
        keeping.restore(self.vendor, kept)

    def _clear(self) -> None:
        self.faults.remove()
        self.calls.clear()
        self.vendor.switches.reset()
        self.vendor.deliveries.clear()
