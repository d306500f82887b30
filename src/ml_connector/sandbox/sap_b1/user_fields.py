"""User-defined fields: UserFieldsMD as the company declares them, and the properties that they add to types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.sap_b1.edm import (
    MARKETING_HEADER,
    MARKETING_LINES,
    YES_NO,
    EntityType,
    Enum,
    Key,
    Kind,
    Property,
    Row,
)
from ml_connector.sandbox.sap_b1.errors import (
    already_exists,
    bad_request,
    no_matching_records,
    not_updatable,
    validation,
)

# Tables of one group share their user fields; the archive table stands for the history of each.
_HEADERS = ("OPCH", "OPOR", "ORPC", "ODRF", "OPDN", "OINV", "ORDR", "ADOC")
_LINES = ("PCH1", "POR1", "RPC1", "DRF1", "PDN1", "INV1", "RDR1", "ADO1")
_TABLES = {MARKETING_HEADER: _HEADERS, MARKETING_LINES: _LINES}
OTHER_TABLES = ("OJDT", "JDT1", "OPRC", "OACT", "OCRD", "OPRJ", "OOCR")

TYPES = Enum("BoFieldTypes", {"db_Alpha": "A", "db_Memo": "M", "db_Numeric": "N", "db_Date": "D", "db_Float": "B"})
SUB_TYPES = Enum(
    "BoFldSubTypes",
    {
        "st_None": "",
        "st_Address": "?",
        "st_Phone": "#",
        "st_Time": "T",
        "st_Rate": "R",
        "st_Sum": "S",
        "st_Price": "P",
        "st_Quantity": "Q",
        "st_Percentage": "%",
        "st_Measurement": "M",
        "st_Link": "B",
        "st_Image": "I",
    },
)
LINKED = Enum(
    "UDFLinkedSystemObjectTypesEnum",
    {
        "ulNone": "",
        "ulChartOfAccounts": "1",
        "ulBusinessPartners": "2",
        "ulItems": "4",
        "ulPurchaseInvoices": "18",
        "ulPurchaseOrders": "22",
        "ulJournalEntries": "30",
    },
)
_KINDS: dict[str, Kind] = {"db_Alpha": "string", "db_Memo": "string", "db_Numeric": "int", "db_Date": "date"}

VALID_VALUE = EntityType("ValidValueMD", (Property("Value"), Property("Description")))
USER_FIELD = EntityType(
    "UserFieldMD",
    (
        Property("Name", size=50),
        Property("Type", "enum", enum=TYPES),
        Property("Size", "int"),
        Property("Description", size=80),
        Property("SubType", "enum", enum=SUB_TYPES),
        Property("LinkedTable"),
        Property("DefaultValue"),
        Property("TableName", size=20),
        Property("FieldID", "int", read_only=True),
        Property("EditSize", "int"),
        Property("Mandatory", "enum", enum=YES_NO),
        Property("LinkedUDO"),
        Property("LinkedSystemObject", "enum", enum=LINKED),
        Property("ValidValuesMD", "collection", type=VALID_VALUE),
    ),
    keys=("TableName", "FieldID"),
)


def user_table(table: str) -> str:
    """Which EntityType.user_table a database table stands for. Raises B1Error for an unknown table."""
    for group, tables in _TABLES.items():
        if table in tables:
            return group
    if table not in OTHER_TABLES:
        raise validation(f"Invalid table name '{table}'")
    return table


class UserFields:
    """The entity set UserFieldsMD. `declare` is for seeds: a field that is known at once."""

    name = "UserFieldsMD"
    type = USER_FIELD
    table = "CUFD"
    actions: Mapping[str, Callable[[Key, Row], Row | None]] = {}

    def __init__(self, switches: Switches) -> None:
        self._switches = switches
        self._rows: dict[tuple[str, int], Row] = {}
        self._waiting: set[tuple[str, str]] = set()

    def declare(
        self, table: str, name: str, *, type_: str = "db_Alpha", size: int = 100, description: str = ""
    ) -> None:
        """A user field, such as ("OPCH", "ProcoreId"): on all marketing documents for one of their tables."""
        self._add({"TableName": table, "Name": name, "Type": type_, "Size": size, "Description": description or name})

    def of(self, group: str) -> tuple[Property, ...]:
        """The properties `U_…` of a type whose `user_table` is `group`, as far as they can be used."""
        return tuple(self._properties(group))

    def restart(self) -> None:
        """The service was restarted: all fields are known now."""
        self._waiting.clear()

    def snapshot(self) -> Any:
        """To come back to with `restore`."""
        return {key: dict(row) for key, row in self._rows.items()}, set(self._waiting)

    def restore(self, snapshot: Any) -> None:
        """Be as at the snapshot."""
        self._rows, self._waiting = {key: dict(row) for key, row in snapshot[0].items()}, set(snapshot[1])

    # as an entity set

    def rows(self) -> list[Row]:
        """By table and number."""
        return [self._rows[key] for key in sorted(self._rows)]

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""
        return self._rows[self._known(key)]

    def create(self, body: Row) -> Row:
        """Raises -2035 for a name that the table has."""
        for name in ("TableName", "Name", "Description"):
            if not body.get(name):
                raise bad_request(f"Property '{name}' of 'UserFieldMD' is required")
        row = self._add(body)
        if self._switches.on("new_udf_needs_restart"):
            self._waiting.add((user_table(row["TableName"]), row["Name"]))
        return row

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """Raises -1029 for another type, name or table, and for a size that shrinks."""
        row = self._rows[self._known(key)]
        for name in ("Type", "Name", "TableName"):
            if name in body and body[name] != row[name]:
                raise not_updatable()
        if (body.get("Size") or row["Size"]) < row["Size"]:
            raise not_updatable()
        self._each(row, lambda one: one.update(body))

    def delete(self, key: Key) -> None:
        """With its likes on the other tables of the group."""
        row = self._rows[self._known(key)]
        group, name = user_table(row["TableName"]), row["Name"]
        self._rows = {
            known: one
            for known, one in self._rows.items()
            if one["Name"] != name or user_table(one["TableName"]) != group
        }
        self._waiting.discard((group, name))

    def _known(self, key: Key) -> tuple[str, int]:
        match key:
            case (str(table), int(number)) if (table, number) in self._rows:
                return table, number
        raise no_matching_records()

    def _each(self, row: Row, change: Callable[[Row], None]) -> None:
        group, name = user_table(row["TableName"]), row["Name"]
        for one in self._rows.values():
            if one["Name"] == name and user_table(one["TableName"]) == group:
                change(one)

    def _add(self, body: Row) -> Row:
        group = user_table(body["TableName"])
        if any(row["Name"].lower() == body["Name"].lower() for row in self._of_group(group)):
            raise already_exists()
        for table in _TABLES.get(group, (group,)):
            self._rows[table, self._next(table)] = _row(body) | {"TableName": table, "FieldID": self._next(table)}
        return next(
            row for row in self._rows.values() if row["TableName"] == body["TableName"] and row["Name"] == body["Name"]
        )

    def _next(self, table: str) -> int:
        return max((number for known, number in self._rows if known == table), default=-1) + 1

    def _of_group(self, group: str) -> list[Row]:
        table = _TABLES.get(group, (group,))[0]
        return [row for (known, _), row in sorted(self._rows.items()) if known == table]

    def _properties(self, group: str) -> list[Property]:
        if not group:
            return []
        found = []
        for row in self._of_group(group):
            if (group, row["Name"]) not in self._waiting:
                size = row["Size"] if row["Type"] == "db_Alpha" else None
                found.append(Property(f"U_{row['Name']}", _kind(row), size))
        return found


def _kind(row: Row) -> Kind:
    if row["Type"] == "db_Date" and row["SubType"] == "st_Time":
        return "time"
    return _KINDS.get(row["Type"], "number")


def _row(body: Row) -> Row:
    size = body.get("Size") or body.get("EditSize") or (11 if body.get("Type") == "db_Numeric" else 10)
    return {
        "Type": "db_Alpha",
        "Description": body["Name"],
        "SubType": "st_None",
        "LinkedTable": None,
        "DefaultValue": None,
        "Mandatory": "tNO",
        "LinkedUDO": None,
        "LinkedSystemObject": "ulNone",
        "ValidValuesMD": [],
        **body,
        "Size": size,
        "EditSize": body.get("EditSize") or size,
    }
