"""Subcontractors and suppliers: most in both systems, some spelt differently, some in one only."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Final

from msgspec.structs import replace

from ml_connector.sandbox.month import words
from ml_connector.sandbox.month.facts import Vendor
from ml_connector.sandbox.month.keys import Keys, touched

_EARLIEST: Final = datetime(2025, 11, 3, 8, 0, tzinfo=UTC)


def clean(rng: Random, keys: Keys, count: int, *, first: int = 1, avoid: Collection[str] = frozenset()) -> list[Vendor]:
    """`count` vendors that are active in both systems, numbered from V00001 or `first`; no name is in `avoid`."""
    fresh = (name for name in _names(rng) if name not in avoid)
    return [_vendor(rng, keys, name, number) for number, name in zip(range(first, first + count), fresh, strict=False)]


def only_procore(vendor: Vendor) -> Vendor:
    """The same vendor, never entered in the ERP."""
    return replace(vendor, erp_id="", erp_name="", erp_status="")


def only_erp(vendor: Vendor) -> Vendor:
    """The same vendor, never entered in Procore."""
    return replace(vendor, in_procore=False)


def _vendor(rng: Random, keys: Keys, name: str, number: int) -> Vendor:
    city, state, zone, area = rng.choice(words.TOWNS)
    domain = "".join(letter for letter in name.lower() if letter.isalnum())[:20]
    return Vendor(
        key=keys.next("vendor"),
        erp_id=f"V{number:05d}",
        name=name,
        erp_name=_respelt(name, number),
        tax_id=f"{rng.randrange(10, 99)}-{4_000_000 + number * 37 + rng.randrange(37):07d}",
        address=f"{rng.randrange(100, 9900)} {rng.choice(words.STREETS)}",
        city=city,
        state=state,
        postal_code=f"{zone}{rng.randrange(1, 60):02d}",
        country="US",
        email=f"ap@{domain}.example",
        phone=f"({area}) 555-{rng.randrange(10_000):04d}",
        updated_at=touched(rng, _EARLIEST),
    )


def _names(rng: Random) -> Iterator[str]:
    """Different names of firms without end; beyond the first thousand they carry a branch number."""
    pairs = [(family, trade) for family in words.FAMILIES for trade in words.TRADES]
    rng.shuffle(pairs)
    branch = 1
    while True:
        for family, trade in pairs:
            suffix = f" #{branch}" if branch > 1 else ""
            yield f"{family} {trade} {rng.choice(words.FORMS)}{suffix}"
        branch += 1


def _respelt(name: str, number: int) -> str:
    """How the ERP's clerk typed the name; every fifth one differs in spelling only."""
    if number % 5:
        return name
    ways = (
        name.upper(),
        name.replace(" & ", " and "),
        name + "." if name.endswith(("Inc", "Co", "Corp")) else name.replace(" LLC", ", L.L.C."),
        name.replace(" Inc", ", Inc.").replace(" LLC", ", LLC"),
    )
    return ways[number // 5 % len(ways)]
