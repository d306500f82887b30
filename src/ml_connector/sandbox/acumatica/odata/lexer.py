"""Tokens of a $filter expression, with typed literals."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.acumatica.rows import Value


class BadFilter(ValueError):
    """The expression cannot be read; the text says where or why."""


class Token(Struct, frozen=True):
    """`kind`: literal, word, open, close, comma, equals, end. `edm` is a literal's type, `text` what was written."""

    kind: str
    text: str
    value: Value = None
    edm: str = ""


_PATTERN: Final = re.compile(
    r"""\s*(?:
      (?P<typed>(?:datetimeoffset|datetime|date|guid)'[^']*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[mMdDfFlL]?)(?![\w.])
    | (?P<word>[A-Za-z_$][\w.]*(?:/[A-Za-z_]\w*)*)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,) | (?P<equals>=)
    )""",
    re.VERBOSE,
)


def tokens(text: str) -> list[Token]:
    """The tokens of `text`, ended by an `end` token. Raises BadFilter."""
    found: list[Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _PATTERN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadFilter(f"Syntax error at position {at} in '{text}'.")
        found.append(_token(match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    found.append(Token("end", ""))
    return found


def _token(group: str, text: str) -> Token:
    if group == "string":
        return Token("literal", text, text[1:-1].replace("''", "'"), "Edm.String")
    if group == "number":
        return _number(text)
    if group == "typed":
        return _typed(text)
    if group == "word" and text in ("true", "false"):
        return Token("literal", text, text == "true", "Edm.Boolean")
    if group == "word" and text == "null":
        return Token("literal", text, None, "null")
    return Token(group, text)


def _number(text: str) -> Token:
    suffix = text[-1].lower() if text[-1].isalpha() else ""
    digits = text[:-1] if suffix else text
    if suffix == "m":
        return Token("literal", text, Decimal(digits), "Edm.Decimal")
    if suffix in ("d", "f") or any(mark in digits for mark in ".eE"):
        return Token("literal", text, Decimal(digits), "Edm.Double")
    return Token("literal", text, int(digits), "Edm.Int64" if suffix == "l" else "Edm.Int32")


def _typed(text: str) -> Token:
    prefix, _, rest = text.partition("'")
    body = rest[:-1]
    if prefix == "guid":
        return Token("literal", text, body.lower(), "Edm.Guid")
    try:
        moment = instant(body)
    except ValueError:
        raise BadFilter(f"Unrecognized '{prefix}' literal '{body}'.") from None
    return Token("literal", text, moment, "Edm.DateTimeOffset")


def instant(text: str) -> datetime:
    """A date or date-time as an aware UTC time; without an offset it is read as UTC. Raises ValueError."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    moment = datetime.fromisoformat(_microseconds(text))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _microseconds(text: str) -> str:
    """`text` with a fraction of exactly six digits, which is all that Python reads."""
    return re.sub(r"\.(\d+)", lambda found: "." + found.group(1)[:6].ljust(6, "0"), text)
