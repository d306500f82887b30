"""A vendor with what the kit keeps around it: its faults and its call log."""

from __future__ import annotations

from ml_connector.sandbox.kit.calls import CallLog
from ml_connector.sandbox.kit.faults import Faults
from ml_connector.sandbox.kit.vendor import Vendor
from ml_connector.sandbox.month.facts import Month


class Station:
    """`reset` puts everything back to how it was at start, with the facts given."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.faults = Faults()
        self.calls = CallLog()

    def reset(self, month: Month) -> None:
        self.faults.remove()
        self.calls.clear()
        self.vendor.switches.reset()
        self.vendor.deliveries.clear()
        self.vendor.load(month)
