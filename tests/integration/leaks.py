"""Looks for secrets in whatever a hub leaves behind, in the disguises in which they usually slip through."""

from __future__ import annotations

import base64
import gc
import json
import traceback
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from django.db import connections as databases

_TAIL = 16


def disguises(secret: bytes) -> Iterator[tuple[str, bytes]]:
    """A secret as it may stand in a text: as it is, escaped, and inside longer base64 at any alignment."""
    yield "clear", secret
    yield "hex", secret.hex().encode()
    yield "HEX", secret.hex().upper().encode()
    yield "url", quote(secret, safe="").encode()
    yield "url+", quote_plus(secret).encode()
    yield "json", json.dumps(secret.decode("utf-8", "surrogateescape"))[1:-1].encode()
    for offset in range(3):
        padded = base64.b64encode(b"\0" * offset + secret).rstrip(b"=")
        whole = padded[(0, 2, 3)[offset] : len(padded) - (1 if (offset + len(secret)) % 3 else 0)]
        yield f"base64/{offset}", whole
        yield f"base64url/{offset}", whole.translate(bytes.maketrans(b"+/", b"-_"))


class Finder:
    """Secrets to look for. Long random ones are also looked for by their end, in case they were cut."""

    def __init__(self) -> None:
        self.secrets: dict[bytes, str] = {}

    def add(self, name: str, secret: str | bytes) -> None:
        """Another secret; `name` is what the test calls it."""
        value = secret.encode() if isinstance(secret, str) else secret
        assert len(value) >= 12, f"{name} is too short to be looked for"
        self.secrets[value] = name
        if len(value) >= 2 * _TAIL:
            self.secrets[value[-_TAIL:]] = f"the end of {name}"

    def leaks(self, place: str, content: str | bytes) -> list[str]:
        """What stands in `content` of a place that must hold none."""
        text = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        return [
            f"{name} ({disguise}) in {place}: …{text[max(text.find(shape) - 80, 0) : text.find(shape)]!r}"
            for secret, name in self.secrets.items()
            for disguise, shape in disguises(secret)
            if shape in text
        ]


def database_dump() -> bytes:
    """Every table as COPY writes it, and every binary value once more as it is."""
    parts: list[bytes] = []
    with databases["owner"].cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            with cursor.cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                parts += [f"\n-- {table}\n".encode(), *(bytes(row) for row in rows)]
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type = 'bytea'"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT "{column}" FROM "{table}"')
            parts += [bytes(value) for (value,) in cursor.fetchall() if value is not None]
    return b"".join(parts)


def printed_objects(*packages: str) -> str:
    """`repr` and `str` of every living object whose class one of the packages defines."""
    shown = []
    for thing in gc.get_objects():
        if str(type(thing).__module__).split(".")[0] in packages:
            shown += [repr(thing), str(thing)]
    return "\n".join(shown)


def printed_errors(raised: list[BaseException]) -> str:
    """All that can be printed of errors: text, repr, arguments, fields, and the traceback with what caused them."""
    shown = []
    for error in raised:
        shown += [str(error), repr(error), repr(error.args), repr(vars(error)), *traceback.format_exception(error)]
    return "\n".join(shown)
