"""What is still to be written of a contract: what was meant, what we wrote last and what Procore holds, compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit.outcomes import Cause, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.procore.stored_contracts import DRAFT, Line, Lines, Stored, wanted_standing
from ml_connector.records.contracts import APPROVED, VOID, Contract

REOPEN: Final = "reopen"
DIRECTORY: Final = "directory"
NEW: Final = "new"
VENDOR: Final = "vendor"
TITLE: Final = "title"
LINES: Final = "lines"
STATUS: Final = "status"
TODO: Final = "todo"
"""The memo that names what is to be written."""


class Written(Struct, frozen=True, kw_only=True):
    """What we wrote last; empty, and None for lines, where our notes do not tell."""

    vendor: str = ""
    title: str = ""
    standing: str = ""
    lines: Lines | None = None

    @classmethod
    def of(cls, memo: Mapping[str, str]) -> Written:
        """As the steps before noted it."""
        lines = memo.get("lines")
        return cls(
            vendor=memo.get("vendor", ""),
            title=memo.get("title", ""),
            standing=memo.get("standing", ""),
            lines=None if lines is None else _decoded(lines),
        )


def noted(lines: Lines) -> dict[str, str]:
    """The memo of lines that were written."""
    return {"lines": msgspec.json.encode({key: (one.code, f"{one.amount:f}") for key, one in lines.items()}).decode()}


def agreed(document: Contract, stored: Stored) -> dict[str, str]:
    """The memo of what is as it was meant, whoever wrote it."""
    meant = {"vendor": document.vendor, "title": document.title, "standing": wanted_standing(document, stored.kind)}
    found = {name: value for name, value in meant.items() if getattr(stored, name) == value}
    if document.status != VOID and counting(stored.lines) == counting(meant_lines(document)):
        found |= noted(stored.lines)
    return found


def meant_lines(document: Contract) -> Lines:
    """The lines of a document, also those over nothing."""
    return {line.key: Line(line.code, line.amount) for line in document.lines}


def counting(lines: Lines) -> Lines:
    """Without lines over nothing, which are as good as none."""
    return {key: line for key, line in lines.items() if line.amount}


OF_NEW: Final = (NEW, LINES, STATUS)
"""What is to be written of a contract that Procore does not hold yet."""


def of_stored(item: Item, stored: Stored) -> tuple[str, ...] | Held:
    """What brings a contract of ours to what is meant, or why a person must decide."""
    document: Contract = item.document
    written = Written.of(item.memo)
    steps = []
    for name, held, is_due in (
        (VENDOR, _vendor_held(document, stored, written), _vendor_due(document, stored, written)),
        (LINES, _lines_held(document, stored, written), _lines_due(document, stored, written)),
        (STATUS, _status_held(document, stored, written), _status_due(document, stored)),
    ):
        if held is not None:
            return held
        steps += [name] if is_due else []
    if _title_due(document, stored, written):
        steps.append(TITLE)
    if (VENDOR in steps or LINES in steps) and stored.standing != DRAFT:
        if locked := _locked(document, stored):
            return locked
        steps = [REOPEN, *(name for name in steps if name != STATUS), STATUS]
    return tuple(steps)


def of_adopted(item: Item, stored: Stored) -> tuple[str, ...] | Held:
    """A contract that somebody keyed in and a person matched: only its end is ours to write, never its lines."""
    document: Contract = item.document
    if document.status != VOID and (stored.total, stored.vendor) != (document.total, document.vendor):
        return Held(
            cause=Cause.KEYED_BY_HAND,
            message=f"{name_of(stored)} was keyed in by hand, over {stored.total}, and the order is over "
            f"{document.total} {document.currency} now: change it in Procore, then replay this record, or set it aside",
        )
    ends = document.status != APPROVED and stored.standing == APPROVED
    return (STATUS,) if ends else ()


def name_of(stored: Stored) -> str:
    """What a message calls the contract."""
    return f"the {stored.kind.replace('_', ' ')} {stored.number} ({stored.id}) in Procore"


def _vendor_due(document: Contract, stored: Stored, written: Written) -> bool:
    return document.status != VOID and document.vendor not in (stored.vendor, written.vendor)


def _vendor_held(document: Contract, stored: Stored, written: Written) -> Held | None:
    if document.status == VOID or stored.vendor in (document.vendor, written.vendor):
        return None
    if not written.vendor and stored.standing == DRAFT:
        return None
    if not (_vendor_due(document, stored, written) or _lines_due(document, stored, written)):
        return None
    return _edited(stored, f"its vendor is {stored.vendor or 'nobody'} there, the order's is {document.vendor}")


def _title_due(document: Contract, stored: Stored, written: Written) -> bool:
    """A title that somebody changed in Procore stays."""
    return bool(written.title) and stored.title == written.title != document.title


def _lines_agree(document: Contract, stored: Stored) -> bool:
    """Whether nothing is to be done about lines: they do not count, are as meant, or change orders made them good."""
    if document.status == VOID or (stored.changes and stored.total + stored.changes == document.total):
        return True
    return counting(meant_lines(document)) == counting(stored.lines) and not stored.others


def _lines_due(document: Contract, stored: Stored, written: Written) -> bool:
    if _lines_agree(document, stored):
        return False
    return written.lines is None or counting(meant_lines(document)) != counting(written.lines)


def _lines_held(document: Contract, stored: Stored, written: Written) -> Held | None:
    """Lines that are not as we left them are never written over, nor approved as they are."""
    if _lines_agree(document, stored):
        return None
    there = counting(stored.lines)
    as_left = stored.standing == DRAFT if written.lines is None else there == counting(written.lines)
    if as_left and not stored.others:
        return None
    is_written = _lines_due(document, stored, written) or stored.standing == DRAFT
    return _edited(stored, _told(counting(meant_lines(document)), stored)) if is_written else None


def _told(meant: Lines, stored: Stored) -> str:
    """What differs, line by line."""
    there = counting(stored.lines)
    differing = sorted(key for key in meant.keys() | there.keys() if meant.get(key) != there.get(key))
    said = [f"line {key} is {_words(there.get(key))}, the order says {_words(meant.get(key))}" for key in differing]
    if stored.others:
        said.append(f"{stored.others} lines were added by somebody else")
    return "; ".join(said)


def _words(line: Line | None) -> str:
    return f"{line.code} {line.amount}" if line else "nothing"


def _status_due(document: Contract, stored: Stored) -> bool:
    return stored.standing != wanted_standing(document, stored.kind)


def _status_held(document: Contract, stored: Stored, written: Written) -> Held | None:
    """A status that somebody set in Procore stays; one that was made a draft there may take a change of the order.

    Without our notes, drafts and approved ones are taken for ours.
    """
    if not _status_due(document, stored) or stored.standing == written.standing:
        return None
    if stored.standing == DRAFT and (_lines_due(document, stored, written) or _vendor_due(document, stored, written)):
        return None
    if not written.standing and stored.standing in (DRAFT, APPROVED):
        return None
    return _edited(stored, f"its status is {stored.status} there, the order's comes to {document.status}")


def _edited(stored: Stored, what: str) -> Held:
    return Held(
        cause=Cause.CHANGED_THERE,
        message=f"somebody changed {name_of(stored)}: {what}; nothing is written over: make it there what the order "
        "says, or what it was before, then replay this record, or set it aside",
    )


def _locked(document: Contract, stored: Stored) -> Held | None:
    """Why an approved contract may not be reopened."""
    if stored.billed or stored.changes:
        why = "has been billed or paid" if stored.billed else f"has change orders over {stored.changes}"
        revised = stored.total + stored.changes
        return Held(
            cause=Cause.LOCKED_THERE,
            message=f"{name_of(stored)} {why} already; with its change orders it is over {revised}, and the order is "
            f"over {document.total} {document.currency} now: make a change order over {document.total - revised} in "
            "Procore and approve it, then replay this record",
        )
    if not document.reopens:
        return Held(
            cause=Cause.LOCKED_THERE,
            message=f"the order was changed, and {name_of(stored)} is {stored.status}, which the rule "
            "changed_orders=hold keeps locked: set it to Draft there, or set the rule to reopen, then replay this "
            "record; or make a change order there and set it aside",
        )
    return None


def _decoded(text: str) -> Lines:
    found: dict[str, tuple[str, str]] = msgspec.json.decode(text, type=dict[str, tuple[str, str]])
    return {key: Line(code, Decimal(amount)) for key, (code, amount) in found.items()}


def needs(*names: str) -> Callable[[Item], bool]:
    """Whether one of these is to be written for an item, as the look found out."""
    return lambda item: any(is_due(item, name) for name in names)


def is_due(item: Item, name: str) -> bool:
    """Whether something is to be written for an item."""
    return name in item.memo.get(TODO, "").split()
