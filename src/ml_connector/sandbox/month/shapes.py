"""What a requisition says of one commitment line, by shape: work, stored materials, retainage held and released."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.month.facts import CommitmentLine, RequisitionLine

ZERO: Final = Decimal("0.00")
_CENT: Final = Decimal("0.01")


class Said(Struct, frozen=True, kw_only=True):
    """The amounts of one line for one billing period; `stored` is what lies on site at its end."""

    work: Decimal = ZERO
    stored: Decimal = ZERO
    work_retained: Decimal = ZERO
    work_released: Decimal = ZERO
    stored_retained: Decimal = ZERO
    stored_released: Decimal = ZERO


class Before(Struct, frozen=True, kw_only=True):
    """Where the line stood before the period: materials on site and retainage still held."""

    stored: Decimal = ZERO
    work_held: Decimal = ZERO
    stored_held: Decimal = ZERO


class Spot(Struct, frozen=True, kw_only=True):
    """The line that is billed, its place (0 first), the contract's retainage in percent, and where it stood."""

    line: CommitmentLine
    place: int
    percent: Decimal
    before: Before = Before()


Shape = Callable[[Random, Spot], Said]


def cents(amount: Decimal) -> Decimal:
    """`amount` in cents, half up as vendors/procore.md §13 has it."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def before(earlier: RequisitionLine | None) -> Before:
    """Where a line stands after its one earlier requisition."""
    if earlier is None:
        return Before()
    return Before(
        stored=earlier.stored,
        work_held=earlier.work_retained - earlier.work_released,
        stored_held=earlier.stored_retained - earlier.stored_released,
    )


def work_only(rng: Random, spot: Spot) -> Said:
    """Work completed, retainage withheld when the contract says so; materials on site stay as they were."""
    work = _part(rng, spot, 8, 30)
    return Said(work=work, stored=spot.before.stored, work_retained=_held(work, spot))


def half_cents(rng: Random, spot: Spot) -> Said:
    """Work that is quantity times unit cost and falls on half a cent."""
    quantity = Decimal(int(spot.line.quantity * rng.randrange(10, 30) / 100)) + Decimal("0.5")
    work = cents(quantity * spot.line.unit_cost)
    return Said(work=work, work_retained=_held(work, spot))


def stored_grows(rng: Random, spot: Spot) -> Said:
    """Work, and more materials delivered than used."""
    work = _part(rng, spot, 10, 25)
    delivered = _part(rng, spot, 6, 12)
    return Said(
        work=work,
        stored=spot.before.stored + delivered,
        work_retained=_held(work, spot),
        stored_retained=_held(delivered, spot),
    )


def stored_shrinks(rng: Random, spot: Spot) -> Said:
    """Stored materials are built in: they move from stored to work, and so does their retainage.

    On the second line a tenth goes back to the supplier, so that the line itself is negative.
    """
    used = cents(spot.before.stored * Decimal(rng.randrange(55, 90)) / 100)
    freed = cents(spot.before.stored_held * used / spot.before.stored) if spot.before.stored else ZERO
    work = cents(used * 9 / 10) if spot.place == 1 else used + _part(rng, spot, 5, 15)
    return Said(work=work, stored=spot.before.stored - used, work_retained=_held(work, spot), stored_released=freed)


def some_lines(rng: Random, spot: Spot) -> Said:
    """Work on every other line, nothing on the rest."""
    return work_only(rng, spot) if spot.place % 2 == 0 else Said(stored=spot.before.stored)


def half_released(rng: Random, spot: Spot) -> Said:
    """Work without retainage from now on, and half of what was held is released."""
    held = spot.before
    return Said(
        work=_part(rng, spot, 10, 30),
        stored=held.stored,
        work_released=cents(held.work_held / 2),
        stored_released=cents(held.stored_held / 2),
    )


def release_only(rng: Random, spot: Spot) -> Said:
    """No work: all retainage is released."""
    held = spot.before
    return Said(stored=held.stored, work_released=held.work_held, stored_released=held.stored_held)


def back_charge(rng: Random, spot: Spot) -> Said:
    """Work, less a back-charge on the line that the contract has for it (the one without value)."""
    if spot.line.amount == 0:
        return Said(work=-Decimal(rng.randrange(250, 1800)) - Decimal("0.35"))
    return work_only(rng, spot)


def taken_back(rng: Random, spot: Spot) -> Said:
    """On the first line work that was billed too early is taken back, with its retainage; work on the others."""
    if spot.place:
        return work_only(rng, spot)
    work = -cents(spot.line.amount / 50)
    return Said(work=work, stored=spot.before.stored, work_released=_held(-work, spot))


def nothing(rng: Random, spot: Spot) -> Said:
    """Withdrawn: every amount taken out again."""
    return Said(stored=spot.before.stored)


def _part(rng: Random, spot: Spot, least: int, most: int) -> Decimal:
    """Between `least` and `most` percent of the line's value."""
    return cents(spot.line.amount * Decimal(rng.randrange(least * 100, most * 100)) / 10_000)


def _held(amount: Decimal, spot: Spot) -> Decimal:
    return cents(amount * spot.percent / 100)
