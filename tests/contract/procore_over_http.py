"""Procore's connector on the small known month, over HTTP: the sandbox, a client, and what the calls cost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from procore_month import COMPANY, Api, month
from sandbox_harness import served

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.source import Page, Scope, Source, Window
from ml_connector.connectors.procore.client import Client
from ml_connector.sandbox.procore.vendor import Procore


class World:
    """The sandbox as people and other programs use it (`api`), and as the connector does (`client`)."""

    def __init__(self, api: Api) -> None:
        self.api = api
        names = ("base_url", "login_url", "token_url", "client_id", "client_secret")
        settings = {name: str(api.entry.get(name) or "") for name in names}
        self.client = Client(Context(connection="c1", settings={**settings, "company_id": str(COMPANY)}))

    def fresh(self) -> None:
        """Everything as at start; the client has its token already."""
        self.api.fresh()
        self.client.context.tokens.drop()
        self.client.me()
        self.forget_calls()

    def forget_calls(self) -> None:
        self.api.control.delete("/calls")

    def calls(self) -> list[str]:
        """Method and path of the calls since the last look, without versions and ids."""
        answer = self.api.control.get("/calls").json()
        self.forget_calls()
        return [f"{call['method']} {_short(call['path'])}" for call in answer]

    def fault(self, effect: str, method: str = "", path: str = "", **args: Any) -> None:
        """The next matching call fails so."""
        match = {name: value for name, value in (("method", method), ("path", path)) if value}
        answer = self.api.control.post("/faults", json={"match": match, "effect": effect, "times": 1, "args": args})
        assert answer.status_code == 200, answer.text

    def advance(self, seconds: float) -> None:
        """Move the vendor's clock; the tokens live on."""
        assert self.api.control.post("/clock", json={"advance_s": seconds}).status_code == 200

    def state(self, entity: str) -> dict[Any, dict[str, Any]]:
        """What the vendor holds, by id."""
        return {row["id"]: row for row in self.api.control.get("/state").json()[entity]}


def _short(path: str) -> str:
    return re.sub(r"/\d+", "", re.sub(r"^/rest/v\d\.\d", "", path))


@contextmanager
def world() -> Iterator[World]:
    with served([Procore], month, "known") as ready:
        made = World(Api(ready["procore"]))
        yield made
        made.client.close()


def walked(source: Source, client: Client, scope: Scope, window: Window | None = None) -> list[Page]:
    """All pages of a scope."""
    pages = [source.read(client, scope, window, None)]
    while pages[-1].position is not None:
        pages.append(source.read(client, scope, window, pages[-1].position))
    return pages


def documents(pages: list[Page]) -> dict[str, Any]:
    """The documents of a walk by key; nothing in it may be unreadable."""
    assert [bad.message for page in pages for bad in page.unreadable] == []
    return {row.key: row.document for page in pages for row in page.rows}
