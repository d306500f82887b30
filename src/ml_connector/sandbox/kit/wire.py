"""JSON with exact decimals both ways, and the two form encodings."""

from __future__ import annotations

from decimal import Decimal
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

import msgspec

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_numbers = msgspec.json.Encoder(decimal_format="number")
_strings = msgspec.json.Encoder(decimal_format="string")

MalformedJson = msgspec.DecodeError


def decode(body: bytes) -> Any:
    """Numbers with a point or an exponent become Decimal. Raises MalformedJson."""
    return _decoder.decode(body)


def encode(value: object, *, decimals_as_text: bool = False) -> bytes:
    """Decimals become JSON numbers with the digits they have, or strings on request."""
    return (_strings if decimals_as_text else _numbers).encode(value)


def plain(amount: Decimal) -> str:
    """Digits and a point only, never an exponent."""
    return format(amount, "f")


def form_fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """The fields of a form body, urlencoded or multipart, in order; files come as their text."""
    if content_type.lower().startswith("multipart/form-data"):
        return _multipart(content_type, body)
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _multipart(content_type: str, body: bytes) -> list[tuple[str, str]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    fields = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields.append((name, content.decode("utf-8", "replace")))
    return fields
