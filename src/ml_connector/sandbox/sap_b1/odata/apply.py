"""$apply: filter, groupby and aggregate (vendors/sap_b1.md §6)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.sap_b1.edm import Property, Row
from ml_connector.sandbox.sap_b1.errors import unsupported_query
from ml_connector.sandbox.sap_b1.odata.fields import Field, Fields
from ml_connector.sandbox.sap_b1.odata.listing import filtered
from ml_connector.sandbox.sap_b1.odata.options import split

_STEP = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_AGGREGATE = re.compile(r"\s*(\w+)\s+with\s+(\w+)\s+as\s+(\w+)\s*")
_COUNT = re.compile(r"\s*\$count\s+as\s+(\w+)\s*")
_GROUPS = re.compile(r"\s*\(([^()]*)\)\s*(?:,\s*aggregate\s*\((.*)\)\s*)?", re.DOTALL)


def _average(values: list[Any]) -> Decimal | None:
    return sum(values, Decimal(0)) / len(values) if values else None


def _sum(values: list[Any]) -> Decimal | None:
    return sum(values, Decimal(0)) if values else None


_METHODS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": _sum,
    "average": _average,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "countdistinct": lambda values: len(set(values)),
}


class _Aggregate(Struct, frozen=True):
    name: str
    known: Property
    of: Callable[[list[Row]], Any]


class Applied(Struct, frozen=True):
    """The result with the properties that its rows have."""

    properties: tuple[Property, ...]
    rows: list[Row]


def applied(rows: list[Row], text: str, fields: Fields, *, exact: bool) -> Applied:
    """Steps are divided by slashes; the last one groups or aggregates. Raises B1Error."""
    steps = split(text, "/")
    for step in steps[:-1]:
        name, inside = _step(step)
        if name != "filter":
            raise unsupported_query()
        rows = filtered(rows, inside, fields, exact=exact)
    name, inside = _step(steps[-1])
    if name == "aggregate":
        wanted = [_aggregate(piece, fields) for piece in split(inside)]
        return Applied(tuple(one.known for one in wanted), [{one.name: one.of(rows) for one in wanted}])
    if name != "groupby":
        raise unsupported_query()
    return _grouped(rows, inside, fields)


def _step(text: str) -> tuple[str, str]:
    match = _STEP.fullmatch(text)
    if match is None:
        raise unsupported_query()
    return match[1], match[2]


def _grouped(rows: list[Row], text: str, fields: Fields) -> Applied:
    match = _GROUPS.fullmatch(text)
    if match is None:
        raise unsupported_query()
    by = [fields.find(name.strip()) for name in match[1].split(",")]
    wanted = [_aggregate(piece, fields) for piece in split(match[2] or "")]
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(field.read(row) for field in by), []).append(row)
    found = [
        {field.known.name: value for field, value in zip(by, key, strict=True)}
        | {one.name: one.of(members) for one in wanted}
        for key, members in groups.items()
    ]
    return Applied((*(field.known for field in by), *(one.known for one in wanted)), found)


def _aggregate(text: str, fields: Fields) -> _Aggregate:
    if count := _COUNT.fullmatch(text):
        return _Aggregate(count[1], Property(count[1], "int"), len)
    match = _AGGREGATE.fullmatch(text)
    if match is None or match[2].lower() not in _METHODS:
        raise unsupported_query()
    field, method, name = fields.find(match[1]), match[2].lower(), match[3]
    if method in ("sum", "average") and field.known.kind not in ("int", "number"):
        raise unsupported_query()
    return _Aggregate(name, _property(name, field.known, method), _over(field, _METHODS[method]))


def _property(name: str, of: Property, method: str) -> Property:
    if method == "countdistinct":
        return Property(name, "int")
    kind = "number" if method in ("sum", "average") else of.kind
    return Property(name, kind, enum=of.enum)


def _over(field: Field, method: Callable[[list[Any]], Any]) -> Callable[[list[Row]], Any]:
    return lambda rows: method([value for row in rows if (value := field.read(row)) is not None])
