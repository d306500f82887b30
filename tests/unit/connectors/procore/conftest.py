"""A small Procore made by hand from the vendor's sheet: one company, one project, what a test puts into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.procore.client import Client

Reply = httpx2.Response | Callable[[httpx2.Request], httpx2.Response]


class Procore:
    """Answers `METHOD path` from `replies`; lists by default hold what `rows` has for the path."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.replies: dict[str, Reply] = {}
        self.clamp = 2000
        self.limits = {
            "X-Rate-Limit-Limit": "3600",
            "X-Rate-Limit-Remaining": "3599",
            "X-Rate-Limit-Reset": "1769864400",
        }
        self.requests: list[httpx2.Request] = []
        self.transport = httpx2.MockTransport(self._handle)

    def asked(self, path: str) -> list[dict[str, list[str]]]:
        """The queries of the calls to `path`."""
        return [parse_qs(request.url.query.decode()) for request in self.requests if request.url.path == path]

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        path = request.url.path
        if path == "/oauth/token":
            body = {"access_token": "jwt", "token_type": "bearer", "expires_in": 5400, "created_at": 1767225600}
            return httpx2.Response(200, json=body)
        if "authorization" not in request.headers:
            return httpx2.Response(401, json={"errors": "The access token is invalid"})
        reply = self.replies.get(f"{request.method} {path}")
        if reply is not None:
            return reply(request) if callable(reply) else reply
        if request.method == "GET" and path in self.rows:
            return self.page(request, self.rows[path])
        return httpx2.Response(404, json={"message": "Not found", "exception": "RecordNotFound"})

    def page(self, request: httpx2.Request, rows: list[dict[str, Any]]) -> httpx2.Response:
        query = parse_qs(request.url.query.decode())
        if ids := query.get("filters[id][]"):
            rows = [row for row in rows if str(row["id"]) in ids]
        size = min(int(query.get("per_page", ["30"])[0]), self.clamp)
        page = int(query.get("page", ["1"])[0])
        headers = {
            "Total": str(len(rows)),
            "Per-Page": str(size),
            "Date": "Sat, 31 Jan 2026 12:00:09 GMT",
            **self.limits,
        }
        if page * size < len(rows):
            following = re.sub(r"([?&])page=\d+", rf"\g<1>page={page + 1}", str(request.url))
            headers["Link"] = f'<{following}>; rel="next", <{request.url}>; rel="last"'
        return httpx2.Response(200, headers=headers, json=rows[(page - 1) * size : page * size])


@pytest.fixture
def server() -> Procore:
    return Procore()


@pytest.fixture
def client(server: Procore, context: Context) -> Iterator[Client]:
    context.settings = {
        "base_url": "https://api.procore.com/",
        "login_url": "https://login.procore.com",
        "client_id": "app",
        "client_secret": "s3cret",
        "company_id": "9001",
    }
    opened = Client(context, server.transport)
    yield opened
    opened.close()
