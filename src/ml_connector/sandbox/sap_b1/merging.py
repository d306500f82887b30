"""How PATCH and PUT change a stored record, for entity sets that take changes as they come."""

from __future__ import annotations

from ml_connector.sandbox.sap_b1.edm import EntityType, Property, Row


def merged(type_: EntityType, stored: Row, body: Row, *, whole: bool, replace_collections: bool) -> Row:
    """The record after the change: a new Row.

    PATCH leaves what was not sent and merges collections by their row key; rows without one are added. `whole` (PUT)
    sets what was not sent to None, except keys and read-only properties. User fields are in `body` like others.
    """
    row = dict(stored)
    if whole:
        stays = {*type_.keys, *(one.name for one in type_.properties if one.read_only)}
        row = {name: value if name in stays else _unset(value) for name, value in stored.items()}
    declared = {one.name: one for one in type_.properties}
    for name, value in body.items():
        known = declared.get(name)
        if known is not None and known.kind == "collection" and not (whole or replace_collections):
            row[name] = merged_rows(known, stored.get(name) or [], value or [])
        elif known is not None and known.kind == "collection":
            row[name] = numbered(known, value or [])
        else:
            row[name] = value
    return row


def merged_rows(collection: Property, stored: list[Row], sent: list[Row]) -> list[Row]:
    """Rows that carry a stored key are changed, the others are added at the end with the next number."""
    assert collection.type is not None
    key = collection.type.keys[0] if collection.type.keys else ""
    rows = [dict(row) for row in stored]
    by_key = {row.get(key): row for row in rows} if key else {}
    added = []
    for row in sent:
        known = by_key.get(row[key]) if key and row.get(key) is not None else None
        if known is None:
            added.append(row)
        else:
            known.update(row)
    return rows + numbered(collection, added, taken=rows)


def numbered(collection: Property, sent: list[Row], taken: list[Row] | None = None) -> list[Row]:
    """New rows with numbers of their own where the collection has an integer row key; keys that were sent stay."""
    assert collection.type is not None
    key = next(
        (one.name for one in collection.type.properties if one.kind == "int" and one.name in collection.type.keys), ""
    )
    if not key:
        return [dict(row) for row in sent]
    rows: list[Row] = []
    for row in sent:
        used = [one[key] for one in (*(taken or []), *rows) if one.get(key) is not None]
        number = row.get(key)
        rows.append({**row, key: number if number is not None and number not in used else max(used, default=-1) + 1})
    return rows


def _unset(value: object) -> object:
    return [] if isinstance(value, list) else None
