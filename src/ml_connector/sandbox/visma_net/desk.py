"""Whoever works on a company's books: the company, the switches, and how values are shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.visma_net.company import Company
from ml_connector.sandbox.visma_net.records import Record, Values

_AMOUNT, _QUANTITY = Decimal("0.0001"), Decimal("0.000001")


class Desk(Struct, frozen=True):
    """Passed to every rule and every read form."""

    company: Company
    switches: Switches

    def find(self, kind: str, key: object) -> Record | None:
        """The record with the key."""
        return self.company.find(kind, key)

    @property
    def offset(self) -> timedelta:
        """What change times are shown ahead of UTC."""
        return timedelta(minutes=self.switches.number("stamp_offset_minutes"))

    def stamp(self, moment: datetime) -> str:
        """A change time: milliseconds, no zone unless the switch says so."""
        text = (moment + self.offset).isoformat(timespec="milliseconds")
        return f"{text}Z" if self.switches.on("stamps_with_zone") else text

    def ref(self, kind: str, key: object, key_name: str, text: str = "description") -> Values | None:
        """A reference object of a read form: key and name of another record."""
        record = self.find(kind, key)
        return None if record is None else {key_name: record.key, text: record[text]}


def day(value: date | None) -> str | None:
    """A date of a body (vendors/visma_net.md §11)."""
    return None if value is None else f"{value.isoformat()}T00:00:00"


def amount(value: Any) -> Decimal:
    """An amount with the four decimals of the wire."""
    return Decimal(value or 0).quantize(_AMOUNT)


def quantity(value: Any) -> Decimal:
    """A quantity or unit cost with the six decimals of the wire."""
    return Decimal(value or 0).quantize(_QUANTITY)
