"""One call of the API with the desk that it works at."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.errors import Refused, malformed
from ml_connector.sandbox.visma_net.records import Record
from ml_connector.sandbox.visma_net.web.query import Query
from ml_connector.sandbox.visma_net.webhooks import Webhooks

OTHER_HOST = "https://integration.visma.net/API/controller/api"


def is_queued(call: Call) -> bool:
    """Whether the caller wants the call to be done in the background."""
    return call.headers.get("erp-api-background", "").strip().lower() not in ("", "none")


class Request(Struct, frozen=True):
    """Passed to every handler. `client` is the application that calls."""

    call: Call
    desk: Desk
    query: Query
    client: str
    webhooks: Webhooks

    @property
    def background(self) -> bool:
        """Whether the call was queued with erp-api-background."""
        return is_queued(self.call)

    def body(self) -> Any:
        """Raises Refused."""
        if not self.call.body.strip():
            return {}
        try:
            return self.call.json()
        except wire.MalformedJson as error:
            raise malformed(f"The request body is no JSON: {error}") from None

    def location(self, path: str) -> str:
        """The address of a created record, which need not be on the host that was called (vendors/visma_net.md §12)."""
        form = self.desk.switches["location_form"]
        if form == "other_host":
            return OTHER_HOST + path
        return f"{self.call.base_url}{'/API/controller/api' if form == 'old_path' else ''}{path}"

    def guard(self, record: Record) -> None:
        """If-Match, with or without quotes. Raises Refused with 412."""
        wanted = self.call.headers.get("if-match", "").strip()
        if wanted and wanted != "*" and wanted.removeprefix("W/").strip('"') != record.stamp:
            raise Refused(412, "The record has been changed by another process.")


def created(request: Request, record: Record, path: str) -> Answer:
    """201 without a body; the number is the last part of Location."""
    return Answer(status=201, headers={"Location": request.location(path), "ETag": record.etag})


def changed(record: Record) -> Answer:
    """204 with the new ETag."""
    return Answer(status=204, headers={"ETag": record.etag})


def shown(record: Record, form: dict[str, Any]) -> Answer:
    """One record."""
    return json_answer(form, headers={"ETag": record.etag})
