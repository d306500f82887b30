"""The user fields that carry our reference on documents and lines (vendors/sap_b1.md §5.8)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.sap_b1 import objects, wire
from ml_connector.connectors.sap_b1.client import CREATES, INVOICES, JOURNALS, Query, SapClient
from ml_connector.connectors.sap_b1.odata import eq, one_of
from ml_connector.connectors.sap_b1.wire import Record

ENTITY: Final = "UserFieldsMD"
_ALPHA: Final = frozenset({"DB_ALPHA", "A"})
_RESTART: Final = (
    "have the Service Layer restarted (it learns of new fields then), then run 'ml-connector ping' for this connection"
)


class UserField(Struct, frozen=True, kw_only=True):
    """A field that we need; `name` is without `U_`. A table's field shows on all documents of its family."""

    table: str
    name: str
    text: str
    size: int

    @property
    def place(self) -> str:
        """How people find it: `OPCH.U_MlcRef`."""
        return f"{self.table}.U_{self.name}"


_HEAD: Final = (
    ("MlcRef", "ml-connector reference", 50),
    ("MlcSource", "ml-connector source record", 100),
    ("MlcOrder", "ml-connector commitment", 100),
)
_LINE: Final = (("MlcSource", "ml-connector source line", 100),)
NEEDED: Final = tuple(
    UserField(table=table, name=name, text=text, size=size)
    for table, fields in (("OPCH", _HEAD), ("PCH1", _LINE), ("OJDT", _HEAD), ("JDT1", _LINE))
    for name, text, size in fields
)
_FAMILIES: Final = {
    "OPCH": frozenset({"OPCH", "OPOR", "ORPC", "ODRF", "OINV", "ORDR", "OPDN", "OQUT", "ODLN", "ORIN", "ORPD"}),
    "PCH1": frozenset({"PCH1", "POR1", "RPC1", "DRF1", "INV1", "RDR1", "PDN1", "QUT1", "DLN1", "RIN1", "RPD1"}),
}
"""Tables that share their user fields: the field may be listed under any of them."""


def prepare(client: SapClient) -> list[str]:
    """Make the fields that are missing, and say in words what is in place. May be repeated."""
    present = _present(client)
    told = []
    for wanted in NEEDED:
        if (found := _of(wanted, present)) is not None:
            told.append(_judged(wanted, found))
            continue
        told.append(_made(client, wanted))
    return [*told, *unusable(client)]


class Lacking(Struct, frozen=True):
    """The fields that are not there, by place, and words on those that are there but unfit."""

    absent: list[str]
    unfit: list[str]

    @property
    def is_all(self) -> bool:
        """Whether there is none at all, as in a company that was never prepared."""
        return len(self.absent) == len(NEEDED)


def lacking(client: SapClient) -> Lacking:
    """What has to be made or put right before anything can be posted."""
    present = _present(client)
    found = [(wanted, _of(wanted, present)) for wanted in NEEDED]
    return Lacking(
        absent=[wanted.place for wanted, record in found if record is None],
        unfit=[_judged(wanted, record) for wanted, record in found if record is not None and _is_unfit(wanted, record)],
    )


def unusable(client: SapClient) -> list[str]:
    """What the Service Layer itself does not know yet although it was made: it reads its fields when it starts."""
    told = []
    for entity, lines in ((INVOICES, "DocumentLines"), (JOURNALS, "JournalEntryLines")):
        try:
            query = Query(filter=eq(objects.REFERENCE, "-"), select=(*objects.MARKS, lines), top=1)
            client.find(entity, query)
        except errors.BadConfiguration:
            told.append(f"{entity} does not show the fields yet: {_RESTART}")
    return told


def _present(client: SapClient) -> list[Record]:
    names = sorted({field.name for field in NEEDED})
    return [
        record
        for condition in one_of("Name", names)
        for record in client.find(ENTITY, Query(filter=condition, order="TableName,FieldID"))
    ]


def _of(wanted: UserField, present: list[Record]) -> Record | None:
    """The field in its own table, or under another table of the family."""
    tables = _FAMILIES.get(wanted.table, frozenset({wanted.table}))
    same = [record for record in present if wire.text(record, "Name").upper() == wanted.name.upper()]
    own = [record for record in same if wire.text(record, "TableName").upper() == wanted.table]
    return next(iter(own or [one for one in same if wire.text(one, "TableName").upper() in tables]), None)


def _made(client: SapClient, wanted: UserField) -> str:
    body = {
        "TableName": wanted.table,
        "Name": wanted.name,
        "Description": wanted.text,
        "Type": "db_Alpha",
        "SubType": "st_None",
        "Size": wanted.size,
        "EditSize": wanted.size,
    }
    try:
        client.create(CREATES[ENTITY], ENTITY, body)
    except errors.AnswerLost:
        if _of(wanted, _present(client)) is None:
            raise
    except errors.Refusal as refusal:
        if _of(wanted, _present(client)) is None:  # else another table of the family had made it meanwhile
            text = f"the user field {wanted.place} could not be made: {refusal.message}"
            raise errors.BadConfiguration(text, operation=refusal.operation, status=refusal.status) from refusal
    return f"user field {wanted.place} was made ({wanted.size} characters)"


def _is_unfit(wanted: UserField, record: Record) -> bool:
    kind, size = wire.text(record, "Type").upper(), wire.whole(record, "Size")
    return (kind != "" and kind not in _ALPHA) or (size is not None and size < wanted.size)


def _judged(wanted: UserField, record: Record) -> str:
    if _is_unfit(wanted, record):
        size = wire.text(record, "Size")
        return (
            f"user field {wanted.place} is unfit ({wire.text(record, 'Type')}, {size} characters): it must be "
            f"alphanumeric with at least {wanted.size}; make it longer in SAP, or remove it and prepare again"
        )
    return f"user field {wanted.place} is in place"
