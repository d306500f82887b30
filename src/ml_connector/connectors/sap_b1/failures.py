"""What the Service Layer's error answers mean (vendors/sap_b1.md §2, §9).

One code stands for many things (-5002, -10), so code and text are read together; a session that is over is told by
HTTP 401, or by a code together with a text about it, never by -5002 alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import httpx2
import msgspec
from msgspec import Struct

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.classify import words as words_of
from ml_connector.connectors.kit.outcomes import Cause

NO_SESSION: Final = frozenset({301, -5002})
SWITCH_FAILED: Final = 305
NOT_THERE: Final = -2028
STALE: Final = -2039
_PERIOD_LOCKED: Final = -4013
_NOT_PERMITTED: Final = frozenset({-6006, 804})
_LONGEST: Final = 1000
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_SESSION: Final = re.compile(r"\bsession\b|\bnot connected\b|\bconnection\b", re.IGNORECASE)
_LOCKED: Final = re.compile(r"deadlock|locked by another user|-2038\b|\block (request )?time", re.IGNORECASE)
_PERIOD: Final = re.compile(
    r"period\b.*\b(locked|closed|inactive|not open)|deviates from permissible range", re.IGNORECASE
)
_INACTIVE: Final = re.compile(
    r"10001071|business partner\b.*\b(inactive|frozen|on hold)|inactive business partner", re.IGNORECASE
)
_USER_FIELD: Final = re.compile(r"Property '(U_\w+)'", re.IGNORECASE)
_COLUMN: Final = re.compile(r"\[(?:\w+)\.(\w+)\](?:\[line:\s*(\d+)\])?", re.IGNORECASE)
_COLUMNS: Final = {
    "ocrcode": "profit centre",
    "ocrcode2": "profit centre",
    "ocrcode3": "profit centre",
    "ocrcode4": "profit centre",
    "ocrcode5": "profit centre",
    "profitcode": "profit centre",
    "acctcode": "account",
    "account": "account",
    "project": "project",
    "taxcode": "tax code",
    "vatgroup": "VAT group",
    "cardcode": "vendor",
    "docrate": "exchange rate of the date",
    "docduedate": "due date",
    "numatcard": "vendor's number",
    "bplid": "branch, which is a setting of the connection",
}
"""What database columns are called by people (vendors/sap_b1.md §13)."""
_ADVICE: Final[dict[str, str]] = {
    Cause.PERIOD_CLOSED: ": open the period there, or choose the next open one by the rule, then replay the record",
    Cause.VENDOR_INACTIVE: ": activate the vendor there, then replay the record",
}


class NotBegun(errors.TryLater):
    """The server could not even switch to the company: nothing was done, and a moment later it may well work (§2)."""


class TooLarge(errors.Refusal):
    """The request is larger than the server takes; nothing of it was done."""


class MissingRecord(errors.Refusal):
    """A record that the call names is not there; for a document it may mean that it waits for approval as a draft."""


class Fault(Struct, frozen=True):
    """An error body that could be read; `code` is None where it is no number."""

    code: int | None
    said: str

    @property
    def ends_session(self) -> bool:
        """Whether it says, for certain, that there is no session any more."""
        return self.code in NO_SESSION and bool(_SESSION.search(self.said))


def read(body: bytes) -> Fault | None:
    """What an error body says in the form of either version; None for pages, empty or foreign bodies."""
    try:
        error = _DECODER.decode(body).get("error")
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError):
        return None
    if not isinstance(error, dict):
        return None
    said = error.get("message")
    said = said.get("value") if isinstance(said, dict) else said
    code = str(error.get("code", "")).strip()
    number = int(code) if re.fullmatch(r"-?\d{1,12}", code, re.ASCII) else None
    return Fault(number, " ".join(str(said or "").split())[:_LONGEST])


def refuses_session(answer: httpx2.Response) -> bool:
    """Whether an answer says that our session is over, so that the call was not processed (vendors/sap_b1.md §14)."""
    if answer.status_code == 401:
        return True
    fault = read(answer.content) if answer.status_code >= 400 else None
    return fault is not None and fault.ends_session


def reader(connection: str) -> Callable[[Answer], errors.VendorError | None]:
    """`classify` for one connection, whose id is named where a person has to prepare it."""
    return lambda answer: classify(answer, connection)


def classify(answer: Answer, connection: str) -> errors.VendorError | None:
    """The vendor's reading of an answer outside 2xx; None leaves it to the kit."""
    operation, status = answer.operation, answer.status
    if status == 413:
        text = f"{operation}: the request is larger than the server takes"
        return TooLarge(f"{text}: raise its limit there", operation=operation, status=status)
    fault = read(answer.body)
    if fault is None or status in (401, 429, 502, 503, 504):
        return None
    words = masking.text(fault.said) or "no explanation"
    if fault.code == SWITCH_FAILED:
        text = f"{operation}: SAP could not switch to the company ({words}); nothing was done"
        return NotBegun(text, operation=operation, status=status)
    if fault.ends_session:
        text = f"{operation}: SAP ended our session ({words}), also after a new log-in"
        return errors.TryLater(text, operation=operation, status=status)
    if _LOCKED.search(fault.said):
        return _locked(answer, words)
    return _refusal(answer, fault, words, connection) if status < 500 else None


def in_batch(answer: Answer) -> errors.VendorError:
    """The error of a failed part without words of its own: it was undone, so it may be sent again (§7)."""
    text = f"{answer.operation}: SAP failed with HTTP {answer.status} ({words_of(answer)}); nothing of it was done"
    return errors.TryLater(text, operation=answer.operation, status=answer.status)


def _locked(answer: Answer, words: str) -> errors.VendorError:
    """Two postings locked each other out: whether ours was rolled back is looked up (vendors/sap_b1.md §9)."""
    if answer.write:
        text = f"{answer.operation}: SAP gave up over a lock ({words}); the write is looked up before it is sent again"
        return errors.AnswerLost(text, operation=answer.operation, status=answer.status)
    text = f"{answer.operation}: SAP is busy with this record ({words})"
    return errors.TryLater(text, operation=answer.operation, status=answer.status)


def _refusal(answer: Answer, fault: Fault, words: str, connection: str) -> errors.VendorError:
    operation, status = answer.operation, answer.status
    if field := _USER_FIELD.search(fault.said):
        name = field.group(1)
        what = f"SAP does not know the user field {name}"
        if "too long" in fault.said.lower():
            what = f"SAP's user field {name} is too short"
        text = (
            f"{what}, without which nothing of ours can be found again: run "
            f"'ml-connector connection prepare {connection}'; nothing was posted, and nothing is lost"
        )
        return errors.BadConfiguration(text, operation=operation, status=status)
    if status == 403 or fault.code in _NOT_PERMITTED:
        text = f"{operation}: SAP forbids this to our user ({words}): grant the authorisation there"
        return errors.NotPermitted(text, operation=operation, status=status)
    if status == 404:
        return errors.NotFound(f"{operation}: not there ({words})", operation=operation, status=status)
    if fault.code == NOT_THERE:
        text = f"SAP refused: {words}: something that it names is not there"
        return MissingRecord(text, operation=operation, status=status)
    cause = _cause(fault)
    text = f"SAP refused: {words}{_place(fault.said)}{_ADVICE.get(cause, '')}"
    return errors.Refusal(text, cause=cause, operation=operation, status=status)


def _cause(fault: Fault) -> str:
    if fault.code == _PERIOD_LOCKED or _PERIOD.search(fault.said):
        return Cause.PERIOD_CLOSED
    if _INACTIVE.search(fault.said):
        return Cause.VENDOR_INACTIVE
    if fault.code == STALE:
        return Cause.CHANGED_THERE
    return Cause.REFUSED


def _place(said: str) -> str:
    """Which field a database column in the text means, for people."""
    found = _COLUMN.search(said)
    name = _COLUMNS.get(found.group(1).lower(), "") if found else ""
    if not found or not name:
        return ""
    return f" (the {name} of line {found.group(2)})" if found.group(2) else f" (the {name})"
