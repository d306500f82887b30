"""Files on supplier invoices and journal transactions (vendors/visma_net.md §6)."""

from __future__ import annotations

import uuid
from email import policy
from email.parser import BytesParser

from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.visma_net.entities import invoices
from ml_connector.sandbox.visma_net.errors import malformed, not_found
from ml_connector.sandbox.visma_net.records import Record
from ml_connector.sandbox.visma_net.web.request import Request
from ml_connector.sandbox.visma_net.web.router import Router


def add(router: Router) -> None:
    """The attachment routes."""
    router.add("POST", "/v1/supplierInvoice/{key}/attachment", _to_invoice)
    router.add("POST", "/v1/supplierInvoice/documentType/{documentType}/{number}/attachment", _to_typed)
    router.add("POST", "/v2/journaltransaction/module/{module}/{number}/attachment", _to_journal)
    router.add("GET", "/v1/attachment/{key}", _get)


def _to_invoice(request: Request, key: str) -> Answer:
    return _attach(request, invoices.INVOICES.get(request.desk, key))


def _to_typed(request: Request, documentType: str, number: str) -> Answer:  # noqa: N803
    return _attach(request, invoices.INVOICES.get(request.desk, f"{documentType} {number}"))


def _to_journal(request: Request, module: str, number: str) -> Answer:
    record = request.desk.find("Journal", f"{module.upper().removeprefix('MODULE')} {number}")
    if record is None:
        raise not_found(f"Journal transaction '{number}'")
    return _attach(request, record)


def _attach(request: Request, record: Record) -> Answer:
    request.guard(record)
    name, content = _file(request)
    key = str(uuid.uuid4())
    request.desk.company.add("Attachment", key, {"name": name, "content": content})
    record["attachments"] = [*(record["attachments"] or []), {"name": name, "id": key, "revision": 1}]
    request.desk.company.touch(record)
    return Answer(status=201, headers={"Location": request.location(f"/v1/attachment/{key}"), "ETag": record.etag})


def _file(request: Request) -> tuple[str, bytes]:
    """The first part of the form that has a file name. Raises Refused."""
    head = f"Content-Type: {request.call.content_type}\r\n\r\n".encode()
    for part in BytesParser(policy=policy.HTTP).parsebytes(head + request.call.body).iter_parts():
        content = part.get_payload(decode=True)
        if part.get_filename() and isinstance(content, bytes):
            return str(part.get_filename()), content
    raise malformed("A multipart form with a file is expected.")


def _get(request: Request, key: str) -> Answer:
    found = request.desk.find("Attachment", key)
    if found is None:
        raise not_found(f"Attachment '{key}'")
    headers = {"Content-Type": "application/octet-stream"}
    return Answer(body=found["content"], headers=headers)
