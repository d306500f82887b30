"""What Acumatica's error answers mean: business refusals, records that are not there, limits (vendors/acumatica.md §7).

A 500 is used for business errors, for a missing record and for real failures alike; only the body tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.outcomes import Cause

NO_NUMBERING: Final = "no_numbering"
"""The cause of a new vendor that would need a key of its own."""
LOGIN_LIMIT_WAIT: Final = timedelta(minutes=2)
_BUSY_WAIT: Final = timedelta(seconds=5)
_DECODER: Final = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_LOGIN_LIMIT: Final = re.compile(r"api login limit", re.IGNORECASE)
_NOT_OURS: Final = re.compile(r"another process has (updated|added|deleted)", re.IGNORECASE)
_BUSY: Final = re.compile(
    r"\bis busy\b|long[- ]running operation|(previous|another) operation\b.*\b(complete|progress|running|finish)"
    r"|operation (is )?in progress|deadlock",
    re.IGNORECASE,
)
_NOT_THERE: Final = "NoEntitySatisfiesTheCondition"
_NOT_LISTABLE: Final = "Optimization cannot be performed"
_GENERAL: Final = re.compile(r"raised at least one error|an error has occurred", re.IGNORECASE)
_CLOSED: Final = re.compile(
    r"closed|locked|inactive|not open|not active|cannot be empty|cannot be found", re.IGNORECASE
)
_LONGEST: Final = 1000
_ADVICE: Final[dict[str, str]] = {
    Cause.PERIOD_CLOSED: ": open the period there, or choose the next open one by the rule, then replay the record",
    Cause.KEYED_BY_HAND: ": compare both bills there; if it is the same, set the record aside, else change the number",
    Cause.VENDOR_INACTIVE: ": activate the vendor there, then replay the record",
}
"""What to do about a refusal whose cause is known."""


class LoginLimit(errors.TryLater):
    """Every API session that the licence allows is taken."""


class NotListable(errors.Refusal):
    """A list with these expansions cannot be read at once; record by record it can (vendors/acumatica.md §6)."""


class Complaint(Struct, frozen=True):
    """One error of an answer. `where` is for people (`Details line 2, Project`), `field` the wire name."""

    where: str
    field: str
    said: str

    def __str__(self) -> str:
        return f"{self.where}: {self.said}" if self.where else self.said


class Fault(Struct, frozen=True):
    """An error body that could be read: what was said and by which exceptions, outermost first."""

    complaints: tuple[Complaint, ...]
    exceptions: tuple[str, ...]

    @property
    def words(self) -> str:
        """All that was said, precise things only where there are any, masked."""
        precise = [entry for entry in self.complaints if not _GENERAL.search(entry.said)]
        said = dict.fromkeys(str(entry) for entry in precise or self.complaints)
        return masking.text("; ".join(said))[:_LONGEST] or "no explanation"

    @property
    def is_business(self) -> bool:
        """Whether the vendor's own code refused, so that the transaction was rolled back for certain."""
        if not self.exceptions:
            return any(not _GENERAL.search(entry.said) for entry in self.complaints)
        own = all(name.startswith("PX.") for name in self.exceptions)
        return own and not any("Database" in name or "Timeout" in name for name in self.exceptions)


def classify(answer: Answer) -> errors.VendorError | None:
    """The vendor's reading of an answer outside 2xx; None leaves it to the kit."""
    fault = read(answer)
    if _LOGIN_LIMIT.search(answer.body.decode("utf-8", "replace")):
        return login_limit(answer)
    if fault is None or answer.status in (401, 403, 404, 429):
        return None
    return _judged(answer, fault)


def login_limit(answer: Answer) -> LoginLimit:
    """The error for a sign-in that is over the licence's number of API users."""
    return LoginLimit(
        "all API sessions of the Acumatica licence are taken: sign other integrations out or wait until their sessions "
        "end; screen SM604000 shows how many the licence allows",
        after=LOGIN_LIMIT_WAIT,
        operation=answer.operation,
        status=answer.status,
    )


def read(answer: Answer) -> Fault | None:
    """What an error body says, in either of the vendor's shapes; None for pages, empty or foreign bodies."""
    try:
        body = _DECODER.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError):
        return None
    chain = list(_exceptions(body))
    inmost = Complaint("", "", _clean(chain[-1].get("exceptionMessage") or "")) if chain else None
    said = [entry for entry in (inmost, *_echoed(body, (), "")) if entry is not None and entry.said]
    if not said:
        said = [Complaint("", "", _clean(str(body[key]))) for key in ("messageDetail", "message") if body.get(key)]
    names = tuple(str(entry["exceptionType"]) for entry in chain if entry.get("exceptionType"))
    return Fault(tuple(said) + tuple(_model_state(body)), names) if said or names else None


def _judged(answer: Answer, fault: Fault) -> errors.VendorError | None:
    operation, status, words = answer.operation, answer.status, fault.words
    if any(_NOT_THERE in name for name in fault.exceptions):
        return errors.NotFound(f"{operation}: there is no such record", operation=operation, status=status)
    if _NOT_OURS.search(words) or _BUSY.search(words):
        text = f"Acumatica is busy with this record or screen: {words}"
        return errors.TryLater(text, after=_BUSY_WAIT, operation=operation, status=status)
    if _NOT_LISTABLE in words:
        return NotListable(f"{operation}: {words}", operation=operation, status=status)
    if status >= 500 and not fault.is_business:
        return None
    cause = _cause(fault)
    text = f"Acumatica refused: {words}" + _ADVICE.get(cause, "")
    return errors.Refusal(text, cause=cause, operation=operation, status=status)


def _cause(fault: Fault) -> str:
    """The first complaint that a person can do something definite about."""
    for entry in fault.complaints:
        said = entry.said.lower()
        if entry.field == "VendorID" and "cannot be empty" in said:
            return NO_NUMBERING
        if entry.field == "PostPeriod" or ("period" in said and _CLOSED.search(said)):
            return Cause.PERIOD_CLOSED
        if entry.field == "VendorRef" and not re.search(r"cannot be empty|too long|length", said):
            return Cause.KEYED_BY_HAND
        if (entry.field == "Vendor" or "vendor" in said) and re.search(r"inactive|not active|on hold", said):
            return Cause.VENDOR_INACTIVE
    return Cause.REFUSED


def _exceptions(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The chain of exceptions, outermost first."""
    entry: Any = body
    while isinstance(entry, dict) and (entry.get("exceptionMessage") or entry.get("exceptionType")):
        yield entry
        entry = entry.get("innerException")


def _model_state(body: dict[str, Any]) -> Iterator[Complaint]:
    state = body.get("modelState")
    for name, texts in state.items() if isinstance(state, dict) else ():
        for said in texts if isinstance(texts, list) else [texts]:
            yield Complaint(name, name, _clean(str(said)))


def _echoed(entity: dict[str, Any], where: tuple[str, ...], field: str) -> Iterator[Complaint]:
    """The errors inside an echoed entity, at every level."""
    own = entity.get("error")
    if isinstance(own, str) and own.strip():
        yield Complaint(", ".join(where), field, _clean(own))
    for name, entry in entity.items():
        if isinstance(entry, dict) and name not in ("innerException", "modelState", "_links"):
            yield from _echoed(entry, (*where, name), name)
        elif isinstance(entry, list):
            for place, row in enumerate(entry, 1):
                if isinstance(row, dict):
                    yield from _echoed(row, (*where, f"{name} line {place}"), name)


def _clean(said: str) -> str:
    return re.sub(r"^Error:\s*", "", " ".join(said.split()))
