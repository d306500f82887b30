"""Segmented keys and the values of their segments: how cost centres are kept (vendors/visma_net.md §6.5)."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Final

from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.errors import malformed, not_found, stop_at
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import FLAG, TEXT, Fields, lines, read
from ml_connector.sandbox.visma_net.web.query import Query

NAMES: Final = ("ACCOUNT", "PROJECT", "PROTASK", "SUBACCOUNT", "VENDOR")
FIELDS: Final[Fields] = {
    "description": TEXT,
    "segmentValues": lines({"description": TEXT, "active": FLAG}),
}


def add_segment(desk: Desk, dimension: str, number: int, text: str, length: int) -> Record:
    """A segment without values."""
    values = {"dimension": dimension, "segmentId": number, "description": text, "length": length, "segmentValues": {}}
    values |= {"publicId": str(uuid.uuid4())}
    return desk.company.add("Segment", f"{dimension} {number}", values)


def new_value(desk: Desk, segment: Record, value: str, text: str, *, active: bool = True) -> None:
    """Enter a value; it carries times and versions of its own."""
    desk.company.touch(segment)
    held = {"internalId": f"{segment.id}{len(segment['segmentValues']) + 1:05d}", "publicId": str(uuid.uuid4())}
    segment["segmentValues"][value] = held | {"description": text, "active": active} | _stamped(segment)


def _stamped(segment: Record) -> Values:
    return {"modified": segment.modified, "timeStamp": segment.stamp}


def listing(desk: Desk) -> list[str]:
    """The names of the segmented keys, as plain texts."""
    return list(NAMES)


def dimension(desk: Desk, name: str, query: Query) -> Values:
    """A key with its segments. Raises Refused."""
    rows = [row for row in desk.company["Segment"] if row["dimension"] == name.upper()]
    if name.upper() not in NAMES:
        raise not_found(f"Dimension '{name}'")
    whole = query.flag("expandSegmentsValues") is not False
    return {
        "id": name.upper(),
        "length": sum(row["length"] for row in rows),
        "description": name.capitalize(),
        "segments": [show(desk, row, query if whole else None, values=whole) for row in rows],
    }


def segment(desk: Desk, name: str, number: str) -> Record:
    """Raises Refused."""
    found = desk.find("Segment", f"{name} {number}")
    if found is None:
        raise not_found(f"Segment '{number}' of '{name}'")
    return found


def show(desk: Desk, row: Record, query: Query | None, *, values: bool = True) -> Values:
    """A segment; a query picks its values by their change time."""
    since = query.when("lastModifiedDateTime") if query else None
    offset = desk.offset
    shown = [
        value(desk, row, one)
        for one, held in sorted(row["segmentValues"].items())
        if values and (since is None or since(held["modified"] + offset))
    ]
    return {
        "internalId": str(row.id),
        "segmentId": row["segmentId"],
        "description": row["description"],
        "length": row["length"],
        "publicId": row["publicId"],
        "timeStamp": row.stamp,
        "lastModified": desk.stamp(row.modified),
        "validate": True,
        "segmentValues": shown,
        "isAutoNumber": False,
    }


def value(desk: Desk, row: Record, name: str) -> Values:
    """A value. Raises Refused."""
    held = row["segmentValues"].get(name)
    if held is None:
        raise not_found(f"Segment value '{name}'")
    return {
        "internalId": held["internalId"],
        "segmentId": row["segmentId"],
        "valueId": name,
        "description": held["description"],
        "publicId": held["publicId"],
        "active": held["active"],
        "timeStamp": held["timeStamp"],
        "lastModified": desk.stamp(held["modified"]),
        "mappedSegValue": "",
    }


def named_value(desk: Desk, row: Record, encoded: str) -> Values:
    """The value whose name the path has in base64. Raises Refused."""
    try:
        padded = encoded.replace("-", "+").replace("_", "/") + "=" * (-len(encoded) % 4)
        return value(desk, row, base64.b64decode(padded, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        raise malformed("The value id is not base64.") from None


def public_value(desk: Desk, row: Record, public: str) -> Values:
    """The value with the public id. Raises Refused."""
    for name, held in row["segmentValues"].items():
        if held["publicId"].lower() == public.lower():
            return value(desk, row, name)
    raise not_found(f"Segment value '{public}'")


def change(desk: Desk, row: Record, body: object) -> None:
    """Insert, update and delete values, all or none. Raises Refused."""
    sent = read(FIELDS, body)
    problems: list[str] = []
    raw = body.get("segmentValues") if isinstance(body, dict) else None
    values = {name: dict(held) for name, held in row["segmentValues"].items()}
    rows = zip(raw or [], sent.get("segmentValues", []), strict=True)
    touched = [name for bare, one in rows if (name := _one(desk, row, values, bare.get("value"), one, problems))]
    stop_at(problems, "updating the segment")
    row["segmentValues"] = values
    if sent.get("description"):
        row["description"] = sent["description"]
    desk.company.touch(row)
    for name in touched:
        values[name] |= _stamped(row)


def _one(desk: Desk, row: Record, values: Values, name: object, one: Values, problems: list[str]) -> str | None:
    """The name of a value that was written."""
    if not isinstance(name, str) or not name:
        problems.append("'Value' cannot be empty.")
        return None
    known = values.get(name)
    if one["operation"] == "Insert":
        if known is not None:
            problems.append(f"'{name}' already exists.")
        if len(name) != row["length"]:
            problems.append(f"'{name}' does not have the length {row['length']} of the segment.")
        fresh = {"internalId": f"{row.id}{len(values) + 1:05d}", "publicId": str(uuid.uuid4())}
        values[name] = fresh | {"description": one.get("description") or "", "active": one.get("active", True)}
        return name
    if known is None:
        problems.append(f"Segment value '{name}' cannot be found in the system.")
        return None
    if one["operation"] == "Delete":
        if _used(desk, row, name):
            problems.append(f"Segment value '{name}' is used in subaccounts and cannot be deleted.")
        del values[name]
        return None
    known |= {key: one[key] for key in ("description", "active") if key in one}
    return name


def _used(desk: Desk, row: Record, name: str) -> bool:
    if row["dimension"] != coding.DIMENSION:
        return False
    place = row["segmentId"] - 1
    return any(one["parts"][place] == name for one in desk.company["Subaccount"])
