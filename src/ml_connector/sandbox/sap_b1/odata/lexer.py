"""Tokens of a $filter expression (vendors/sap_b1.md §6)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.sap_b1.errors import unsupported_query

_PATTERN: Final = re.compile(
    r"""\s*(?:
      (?:datetime)?(?P<string>'(?:[^']|'')*')
    | (?P<number>-?\d+(?:\.\d+)?)[mMdDfFlL]?(?![\w.])
    | (?P<word>[A-Za-z_$][\w.]*(?:/[A-Za-z_$][\w.]*)*)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
    )""",
    re.VERBOSE,
)


class Token(Struct, frozen=True):
    """`kind`: string, number, word, open, close, comma, end."""

    kind: str
    text: str

    @property
    def literal(self) -> str | Decimal | None:
        """The value of a string or number; None for other tokens."""
        if self.kind == "number":
            return Decimal(self.text)
        return self.text if self.kind == "string" else None


def tokens(text: str) -> list[Token]:
    """Ended by an `end` token. Raises 201 for what is no token."""
    found: list[Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _PATTERN.match(text, at)
        if match is None or match.lastgroup is None:
            raise unsupported_query()
        piece = match.group(match.lastgroup)
        if match.lastgroup == "string":
            piece = piece[1:-1].replace("''", "'")
        found.append(Token(match.lastgroup, piece))
        at = match.end()
    found.append(Token("end", ""))
    return found
