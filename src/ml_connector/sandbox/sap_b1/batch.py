"""$batch: parts run one after the other, the first that fails ends it, change sets are atomic (sap_b1.md §7)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.sap_b1.errors import incomplete_batch
from ml_connector.sandbox.sap_b1.multipart import Part, boundary_of, header_fields, is_multipart, parts, written
from ml_connector.sandbox.sap_b1.request import Request

_REQUEST_LINE = re.compile(r"([A-Za-z]+)\s+(\S.*?)(?:\s+HTTP/\d(?:\.\d)?)?", re.IGNORECASE)
_REFERENCE = re.compile(r"\$([^/?]+)(.*)", re.DOTALL)
_ROOTED = re.compile(r"/+b1s/+v\d+/+")
_VERBS = ("GET", "POST", "PUT", "PATCH", "MERGE", "DELETE")


class Operation(Struct, frozen=True):
    """A request within the batch."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    content_id: str


class ChangeSet(Struct, frozen=True):
    """All of it or nothing."""

    operations: list[Operation]


class Books(Struct, frozen=True):
    """How a change set is undone."""

    snapshot: Callable[[], object]
    restore: Callable[[object], None]


class _Wrapped(Struct, frozen=True):
    part: bytes
    failed: bool


def served(request: Request, serve: Callable[[Request], Answer], books: Books) -> Answer:
    """`serve` answers a single request, errors included. Raises B1Error when the batch cannot be read."""
    wanted = read(request)
    answered = []
    for item in wanted:
        done = _changed(request, item, serve, books) if isinstance(item, ChangeSet) else _single(request, item, serve)
        answered.append(done.part)
        if done.failed:
            break
    boundary = f"batchresponse_{uuid.uuid4()}"
    headers = {"Content-Type": f"multipart/mixed;boundary={boundary}", **request.dialect.marks}
    return Answer(status=200 if request.dialect.v4 else 202, body=written(boundary, answered), headers=headers)


# reading


def read(request: Request) -> list[Operation | ChangeSet]:
    """The parts in order. Raises B1Error; nothing has run then."""
    boundary = boundary_of(request.headers.get("content-type", ""), quoted_status=405)
    return [_item(one, request) for one in parts(request.body, boundary)]


def _item(part: Part, request: Request) -> Operation | ChangeSet:
    content_type = part.headers.get("content-type", "")
    if not is_multipart(content_type):
        return _operation(part)
    found = [_operation(one) for one in parts(part.body, boundary_of(content_type))]
    for one in found:
        # Content-ID is mandatory in V4 only.
        if one.method == "GET" or (request.dialect.v4 and not one.content_id):
            raise incomplete_batch()
    return ChangeSet(found)


def _operation(part: Part) -> Operation:
    if not part.headers.get("content-type", "").lower().startswith("application/http"):
        raise incomplete_batch()
    head, body = _request_halves(part.body)
    lines = head.decode("utf-8", "replace").strip().splitlines()
    found = _REQUEST_LINE.fullmatch(lines[0].strip()) if lines else None
    if found is None or found[1].upper() not in _VERBS:
        raise incomplete_batch()
    headers = header_fields(lines[1:])
    content_id = part.headers.get("content-id") or headers.get("content-id", "")
    # If-Match has no effect within a batch.
    kept = {name: value for name, value in headers.items() if name != "if-match"}
    return Operation(found[1].upper(), found[2], kept, body, content_id)


def _request_halves(text: bytes) -> tuple[bytes, bytes]:
    text = text.lstrip(b"\r\n")
    found = re.search(rb"\r?\n\r?\n", text)
    return (text, b"") if found is None else (text[: found.start()], text[found.end() :].strip())


# running


def _single(outer: Request, operation: Operation, serve: Callable[[Request], Answer]) -> _Wrapped:
    answer = serve(_request(outer, operation, {}))
    return _Wrapped(_http(answer, outer, operation.content_id), answer.status >= 400)


def _changed(outer: Request, changes: ChangeSet, serve: Callable[[Request], Answer], books: Books) -> _Wrapped:
    before = books.snapshot()
    created: dict[str, str] = {}
    found = []
    for operation in changes.operations:
        answer = serve(_request(outer, operation, created))
        if answer.status >= 400:
            books.restore(before)
            return _Wrapped(_http(answer, outer, ""), failed=True)
        if operation.content_id and "Location" in answer.headers:
            created[operation.content_id] = answer.headers["Location"][len(outer.root) + 1 :]
        found.append(_http(answer, outer, operation.content_id, end=b"\n"))
    boundary = f"changesetresponse_{uuid.uuid4()}"
    head = f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n".encode()
    return _Wrapped(head + written(boundary, found).rstrip(b"\r\n"), failed=False)


def _request(outer: Request, operation: Operation, created: dict[str, str]) -> Request:
    path, _, query = _below_root(operation.target).partition("?")
    reference = _REFERENCE.fullmatch(path)
    if reference is not None and reference[1] in created:
        path = created[reference[1]] + reference[2]
    return Request(
        method=operation.method,
        path=unquote(path).strip("/"),
        query_string=query,
        headers=operation.headers,
        body=operation.body,
        dialect=outer.dialect,
        root=outer.root,
        user=outer.user,
    )


def _below_root(target: str) -> str:
    """Targets may be absolute, rooted or relative to the service root."""
    if "://" in target.partition("?")[0]:
        address = urlsplit(target)
        target = address.path + (f"?{address.query}" if address.query else "")
    return _ROOTED.sub("", target, count=1)


# writing


def _http(answer: Answer, outer: Request, content_id: str, end: bytes = b"") -> bytes:
    """One answer as a part. V4 echoes the Content-ID among the part's headers, V3 among those of the answer."""
    outside = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    inside = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    if content_id:
        (outside if outer.dialect.v4 else inside).append(f"Content-ID: {content_id}")
    body = answer.body + end if answer.body else b""
    headers = answer.headers | ({"Content-Length": str(len(body))} if body else {})
    inside += [f"{name}: {value}" for name, value in sorted(headers.items())]
    return "\r\n".join([*outside, "", *inside, "", ""]).encode() + body
