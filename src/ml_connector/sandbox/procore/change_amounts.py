"""Sums of change orders by what their status means for the contract (vendors/procore.md §5.1)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.procore.fields import Row

_PENDING = ("not_pricing", "pricing", "pending", "revised", "proceeding", "pending_billable")


def approved(orders: list[Row]) -> Decimal:
    """Only these change the revised contract."""
    return _sum(orders, ("approved",))


def pending(orders: list[Row]) -> Decimal:
    return _sum(orders, _PENDING)


def drafted(orders: list[Row]) -> Decimal:
    return _sum(orders, ("draft",))


def _sum(orders: list[Row], statuses: tuple[str, ...]) -> Decimal:
    return sum((order["grand_total"] for order in orders if order["status"] in statuses), Decimal(0))
