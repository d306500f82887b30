"""multipart/mixed as $batch uses it, read and written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from ml_connector.sandbox.sap_b1.errors import incomplete_batch

_BOUNDARY = re.compile(r"boundary\s*=\s*(\"[^\"]*\"|[^;\s]+)", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class Part(Struct, frozen=True):
    """Header names in lower case."""

    headers: dict[str, str]
    body: bytes


def is_multipart(content_type: str) -> bool:
    """Whether it says multipart/mixed."""
    return content_type.strip().lower().startswith("multipart/mixed")


def boundary_of(content_type: str, *, quoted_status: int = 400) -> str:
    """Raises the error of a bad batch, for a boundary in quotes with that status."""
    found = _BOUNDARY.search(content_type)
    if found is None or not is_multipart(content_type):
        raise incomplete_batch()
    if found[1].startswith('"'):
        raise incomplete_batch(quoted_status)
    return found[1]


def parts(body: bytes, boundary: str) -> list[Part]:
    """Lines may end in LF alone. Raises the error of a bad batch, also when the end is missing."""
    delimiter = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r?\n|$)")
    found: list[Part] = []
    begin: int | None = None
    for match in delimiter.finditer(body):
        if begin is not None:
            found.append(part(body[begin : match.start()]))
        if match[1]:
            return found
        begin = match.end()
    raise incomplete_batch()


def part(text: bytes) -> Part:
    """Headers, a blank line, the body; `text` begins with the end of the line before."""
    head, body = _halves(text)
    return Part(header_fields(head.decode("utf-8", "replace").strip().splitlines()), body)


def _halves(text: bytes) -> tuple[bytes, bytes]:
    found = _BLANK_LINE.search(text)
    return (text, b"") if found is None else (text[: found.start()], text[found.end() :])


def header_fields(lines: Sequence[str]) -> dict[str, str]:
    """Raises the error of a bad batch for a line without a colon."""
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise incomplete_batch()
        headers[name.strip().lower()] = value.strip()
    return headers


def written(boundary: str, found: Sequence[bytes]) -> bytes:
    """Parts that are already written out, between delimiters."""
    inner = b"".join(b"--" + boundary.encode() + b"\r\n" + one + b"\r\n" for one in found)
    return inner + b"--" + boundary.encode() + b"--\r\n"
