"""$crossjoin: rows of several entity sets and of documents' lines side by side (vendors/sap_b1.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.sap_b1.dialect import Dialect
from ml_connector.sandbox.sap_b1.edm import EntityType, Property, Row
from ml_connector.sandbox.sap_b1.entity import EntitySet
from ml_connector.sandbox.sap_b1.errors import B1Error, bad_request, invalid_property, unknown_in_query
from ml_connector.sandbox.sap_b1.odata import listing, options
from ml_connector.sandbox.sap_b1.odata.fields import Field
from ml_connector.sandbox.sap_b1.odata.filters import Equality, compile_filter
from ml_connector.sandbox.sap_b1.odata.options import Expansion, Options
from ml_connector.sandbox.sap_b1.request import Request
from ml_connector.sandbox.sap_b1.schema import Schema
from ml_connector.sandbox.sap_b1.values import encoded, value_of

_ALLOWED = frozenset({"$expand", "$filter", "$orderby", "$top", "$skip", "$inlinecount", "$count"})


class Source(Struct, frozen=True):
    """An entity set, or with `parent` the rows of one of its collections, which also know the record's key."""

    name: str
    type: EntityType
    properties: Mapping[str, Property]
    rows: list[Row]


def invalid_crossjoin() -> B1Error:
    """A query that names no sets, or does not say what it wants of them."""
    return bad_request("invalid $crossjoin query")


def answered(
    request: Request,
    path: str,
    given: dict[str, str],
    sets: Mapping[str, EntitySet],
    schema: Schema,
    switches: Switches,
) -> dict[str, Any]:
    """The answer's body. `path`: `$crossjoin(A,B)`; `given`: the query options. Raises B1Error."""
    options.check(given, _ALLOWED)
    asked = options.of(given, options.page_size_of(request, switches.number("page_size")))
    names = [name.strip() for name in path.strip()[len("$crossjoin(") : -1].split(",")]
    if not path.strip().startswith("$crossjoin(") or not path.strip().endswith(")") or not asked.expand:
        raise invalid_crossjoin()
    sources = {name: _source(name, sets, schema) for name in names}
    wanted = [_wanted(one, sources) for one in asked.expand]
    rows = _joined(sources, asked, exact=listing.exact(request, switches))
    page, more = listing.cut(rows, asked.window)
    body: dict[str, Any] = request.dialect.context(request.root, "Collection(Edm.ComplexType)")
    body |= request.dialect.count(len(rows)) if asked.counted else {}
    body["value"] = [_shown(row, wanted, sources, schema, request.dialect) for row in page]
    return body | (listing.next_link(request, asked.window, switches, path.strip()) if more else {})


def _source(name: str, sets: Mapping[str, EntitySet], schema: Schema) -> Source:
    set_name, _, collection = name.partition("/")
    found = sets.get(set_name)
    if found is None:
        raise invalid_crossjoin()
    if not collection:
        return Source(name, found.type, schema.properties(found.type), list(found.rows()))
    known = schema.properties(found.type).get(collection)
    if known is None or known.kind != "collection" or known.type is None:
        raise invalid_crossjoin()
    keys = {key: schema.properties(found.type)[key] for key in found.type.keys}
    rows = [{**line, **{key: row[key] for key in keys}} for row in found.rows() for line in row.get(collection) or []]
    return Source(name, known.type, {**keys, **schema.properties(known.type)}, rows)


def _wanted(expansion: Expansion, sources: Mapping[str, Source]) -> Expansion:
    source = sources.get(expansion.name)
    if source is None:
        raise invalid_crossjoin()
    for name in expansion.select:
        if name not in source.properties:
            raise invalid_property(name, source.type.name)
    return expansion


class _Joined:
    """Fields by source and property: PurchaseInvoices/DocumentLines/LineNum."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources

    def find(self, path: str) -> Field:
        source, name = self.place(path)
        return Field(self._sources[source].properties[name], lambda row: row[source].get(name))

    def place(self, path: str) -> tuple[str, str]:
        source, _, name = path.rpartition("/")
        known = self._sources[source].properties.get(name) if source in self._sources else None
        if known is None or known.kind in ("collection", "complex"):
            raise unknown_in_query(path)
        return source, name

    def unknown_function(self, name: str) -> B1Error:
        return bad_request(f"Property '{name}' is invalid")


def _joined(sources: Mapping[str, Source], asked: Options, *, exact: bool) -> list[Row]:
    """Source by source; equalities of the filter keep the product small."""
    fields = _Joined(sources)
    wanted = compile_filter(asked.filter, fields, exact=exact) if asked.filter else None
    rows: list[Row] = [{}]
    for source in sources.values():
        equalities = wanted.equalities if wanted and exact else ()
        links = _links(equalities, source.name, set(rows[0]) if rows else set(), fields)
        partners = _partners(source, [own for own, _ in links])
        rows = [{**row, source.name: partner} for row in rows for partner in partners([r(row) for _, r in links])]
    found = [row for row in rows if wanted is None or wanted.keeps(row)]
    return listing.ordered(found, asked.order, fields)


def _links(
    equalities: tuple[Equality, ...], name: str, before: set[str], fields: _Joined
) -> list[tuple[str, Callable[[Row], Any]]]:
    """Properties of the source that must equal something already joined."""
    found = []
    for equality in equalities:
        for own, other in ((equality.left, equality.right), (equality.right, equality.left)):
            if fields.place(own)[0] == name and fields.place(other)[0] in before:
                found.append((fields.place(own)[1], fields.find(other).read))
    return found


def _partners(source: Source, names: list[str]) -> Callable[[list[Any]], list[Row]]:
    if not names:
        return lambda _values: source.rows
    index: dict[tuple[Any, ...], list[Row]] = {}
    for row in source.rows:
        index.setdefault(tuple(row.get(name) for name in names), []).append(row)
    return lambda values: index.get(tuple(values), [])


def _shown(
    row: Row, wanted: list[Expansion], sources: Mapping[str, Source], schema: Schema, dialect: Dialect
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for one in wanted:
        source, part = sources[one.name], row[one.name]
        if not one.select:
            shown[one.name] = encoded(schema, source.type, part, dialect)
            continue
        shown[one.name] = {
            name: value_of(schema, source.properties[name], part.get(name), dialect) for name in one.select
        }
    return shown
