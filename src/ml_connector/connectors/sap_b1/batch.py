"""Several calls in one request: `$batch`, a change set per part (vendors/sap_b1.md §7)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.sap_b1.wire import Record

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_BOUNDARY: Final = re.compile(r"boundary=\"?([^\";,\s]+)\"?", re.IGNORECASE)
_STATUS: Final = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")


class Part(Struct, frozen=True, kw_only=True):
    """One POST, done or undone as a whole. `path` is absolute on the server."""

    path: str
    body: Record


class Batch(Struct, frozen=True, kw_only=True):
    """A request that is ready to be sent."""

    headers: dict[str, str]
    content: bytes


def written(parts: Sequence[Part]) -> Batch:
    """The parts as one request, each in a change set of its own, so that one that fails undoes itself alone."""
    name = uuid.uuid4().hex
    outer = f"batch_{name}"
    lines: list[bytes] = []
    for number, part in enumerate(parts, 1):
        inner = f"changeset_{name}_{number}"
        lines += [f"--{outer}".encode(), f"Content-Type: multipart/mixed;boundary={inner}".encode(), b""]
        lines += [f"--{inner}".encode(), b"Content-Type: application/http", b"Content-Transfer-Encoding: binary"]
        lines += [f"Content-ID: {number}".encode(), b"", f"POST {part.path} HTTP/1.1".encode()]
        lines += [b"Content-Type: application/json", b"", _ENCODER.encode(part.body), f"--{inner}--".encode()]
    lines += [f"--{outer}--".encode(), b""]
    # The boundary is never quoted: quoted ones are answered 405.
    return Batch(headers={"Content-Type": f"multipart/mixed;boundary={outer}"}, content=b"\r\n".join(lines))


def answers(answer: Answer) -> list[Answer]:
    """The answers of the parts that were executed, in order. Raises AnswerLost when they are not all there."""
    found = _BOUNDARY.search(answer.headers.get("content-type", ""))
    if not found or f"--{found.group(1)}--".encode() not in answer.body:
        raise answer.unreadable("the answer to several documents is cut off or of another kind")
    read = list(_answers(answer, answer.body, found.group(1)))
    if any(one is None for one in read):
        raise answer.unreadable("a part of the answer to several documents cannot be read")
    return [one for one in read if one is not None]


def _answers(answer: Answer, body: bytes, boundary: str) -> Iterator[Answer | None]:
    """None stands for a part that is no HTTP answer."""
    for piece in body.split(f"--{boundary}".encode())[1:]:
        if piece.startswith(b"--"):
            return
        headers, inner = _parted(piece.lstrip(b"\r\n"))
        nested = _BOUNDARY.search(headers.get("content-type", ""))
        if "multipart/mixed" in headers.get("content-type", "").lower() and nested:
            yield from _answers(answer, inner, nested.group(1))
        else:
            yield _answer(answer, inner.lstrip(b"\r\n"))


def _answer(answer: Answer, message: bytes) -> Answer | None:
    first, _, rest = message.partition(b"\n")
    status = _STATUS.match(first)
    if not status:
        return None
    headers, body = _parted(rest)
    return Answer(
        operation=answer.operation, write=answer.write, status=int(status.group(1)), headers=headers, body=body.strip()
    )


def _parted(message: bytes) -> tuple[Mapping[str, str], bytes]:
    """Headers, their names in lower case, and what follows the empty line."""
    head, _, body = message.replace(b"\r\n", b"\n").partition(b"\n\n")
    pairs = (line.partition(":") for line in head.decode("latin-1").split("\n"))
    return {name.strip().lower(): value.strip() for name, mark, value in pairs if mark}, body
