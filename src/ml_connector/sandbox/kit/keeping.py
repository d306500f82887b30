"""Keeps all that a vendor holds at a moment, so that many trials can begin there without the way being gone anew."""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.kit.vendor import Vendor


class NotKeepable(Exception):
    """Something is under way that cannot be kept; the text says what."""


class Kept(Struct, frozen=True):
    """What was held: the vendor's data and the values of its switches, and the time of the sandbox then."""

    data: bytes
    switches: dict[str, object]
    at: datetime


def keep(vendor: Vendor, built: frozenset[str]) -> Kept:
    """All but what the vendor was built with (the names in `built`). Raises NotKeepable."""
    shared = _shared(vendor)
    out = io.BytesIO()
    held = {name: value for name, value in vars(vendor).items() if name not in built}
    try:
        _Pickler(out, {id(value): name for name, value in shared.items()}).dump(held)
    except (pickle.PicklingError, AttributeError, TypeError) as problem:
        raise NotKeepable(f"{vendor.name} cannot be kept now, an action may be running: {problem}") from problem
    return Kept(out.getvalue(), vendor.switches.values(), vendor.clock.now())


def restore(vendor: Vendor, kept: Kept) -> None:
    """Let the vendor hold again what it held then; its clock is not touched."""
    vars(vendor).update(_Unpickler(io.BytesIO(kept.data), _shared(vendor)).load())
    vendor.switches.set(kept.switches)


def _shared(vendor: Vendor) -> dict[str, object]:
    """What data may point to without holding it: these live as long as the process."""
    return {
        "vendor": vendor,
        "clock": vendor.clock,
        "options": vendor.options,
        "switches": vendor.switches,
        "deliveries": vendor.deliveries,
    }


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, names: Mapping[int, str]) -> None:
        super().__init__(out, pickle.HIGHEST_PROTOCOL)
        self._names = names

    def persistent_id(self, value: Any) -> str | None:
        return self._names.get(id(value))


class _Unpickler(pickle.Unpickler):
    """Reads what this process wrote, and nothing else."""

    def __init__(self, data: io.BytesIO, shared: Mapping[str, object]) -> None:
        super().__init__(data)
        self._shared = shared

    def persistent_load(self, name: Any) -> object:
        return self._shared[name]
