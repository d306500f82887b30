"""What an answer with a bad status means for the caller: the kit's rules where a vendor has none of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer, http_date

Classify = Callable[[Answer], errors.VendorError | None]
"""A vendor's own reading of an answer outside 2xx; None leaves it to `default`."""

LONGEST_WAIT: Final = timedelta(days=1)
_LONGEST_WORDS: Final = 600
_TEXT_KEYS: Final = ("message", "error_description", "exceptionMessage", "error", "errors", "reason", "detail", "title")
_UNTYPED: Final = msgspec.json.Decoder(float_hook=Decimal)


def default(answer: Answer, now: datetime) -> errors.VendorError:
    """The error that follows from an answer outside 2xx (429 has its own rule in the session)."""
    name, status, said = answer.operation, answer.status, words(answer)
    match status:
        case 401:
            text = (
                f"{name}: the vendor refuses our credentials, also after one renewal ({said}): "
                "check the connection's secrets and that its user is active there"
            )
            return errors.BadCredentials(text, operation=name, status=status)
        case 403:
            text = f"{name}: the vendor forbids this to our user ({said}): grant the right there"
            return errors.NotPermitted(text, operation=name, status=status)
        case 404 | 410:
            text = f"{name}: not there, or not visible to our user ({said})"
            return errors.NotFound(text, operation=name, status=status)
        case _ if status >= 500 or status == 408:
            return unavailable(answer, now)
        case _ if status >= 400:
            return errors.Refusal(f"{name}: the vendor refused: {said}", operation=name, status=status)
    return answer.unreadable("a redirection or an unknown status, which is never followed")


def unavailable(answer: Answer, now: datetime) -> errors.VendorError:
    """The vendor failed: a read is repeated later, a write may have been done."""
    name, status = answer.operation, answer.status
    message = f"{name}: the vendor failed with HTTP {status} ({words(answer)})"
    if answer.write:
        text = f"{message}; whether the write was done is not known, it is looked up before anything is sent again"
        return errors.AnswerLost(text, operation=name, status=status)
    return errors.TryLater(message, after=retry_after(answer, now), operation=name, status=status)


def retry_after(answer: Answer, now: datetime) -> timedelta | None:
    """The wait that the `Retry-After` header (seconds or a date) asks for."""
    value = answer.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", value, re.ASCII):
        return min(timedelta(seconds=float(value)), LONGEST_WAIT)
    at = http_date(value)
    return None if at is None else min(max(at - now, timedelta(0)), LONGEST_WAIT)


def words(answer: Answer) -> str:
    """The vendor's own words in an error body, nested ones flattened to readable text, masked."""
    if answer.is_html:
        return "an HTML page"
    if not answer.body.strip():
        return "no explanation"
    try:
        body = _UNTYPED.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError):
        return answer.excerpt
    said = list(dict.fromkeys(_sentences(body)))
    text = masking.text("; ".join(said)) if said else masking.body(answer.body, _LONGEST_WORDS)
    return text if len(text) <= _LONGEST_WORDS else text[:_LONGEST_WORDS] + " …"


def _sentences(body: Any) -> Iterator[str]:
    """The texts of the known message keys of an object, or of a bare text or array."""
    if not isinstance(body, dict):
        yield from _flat(body, "")
        return
    known = [key for key in _TEXT_KEYS if body.get(key)]
    for key in known:
        yield from _flat(body[key], "")


def _flat(value: Any, path: str) -> Iterator[str]:
    """`{"vendor_id": ["must exist"]}` as `vendor_id: must exist`; keys that only say "message" are left out."""
    if isinstance(value, dict):
        for key, entry in value.items():
            name = path if key in _TEXT_KEYS else f"{path}.{key}" if path else str(key)
            yield from _flat(entry, name)
    elif isinstance(value, list):
        for entry in value:
            yield from _flat(entry, path)
    elif value not in (None, "", False, True):
        yield f"{path}: {value}" if path else str(value)
