"""A caller of the SAP Business One sandbox for its tests: logs in, sends requests, gives orders to the control API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from sandbox_harness import served

from ml_connector.sandbox.kit.vendor import Options
from ml_connector.sandbox.month.build import build
from ml_connector.sandbox.sap_b1.server import SapB1


class Instance:
    """One running server; `http` carries the cookies of `log_in`."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self.host = ready["base_url"].removesuffix("/b1s/v2")
        self.http = httpx2.Client(base_url=self.host, trust_env=False, timeout=20)
        self.control = httpx2.Client(base_url=ready["control_url"], trust_env=False, timeout=20)

    # sessions

    def credentials(self, **changes: Any) -> dict[str, Any]:
        """The body of a login."""
        known = {
            "CompanyDB": self.ready["company_db"],
            "UserName": self.ready["username"],
            "Password": self.ready["password"],
        }
        return known | changes

    def login(self, version: str = "v2", **changes: Any) -> httpx2.Response:
        """A login with `changes` to the body; its cookies are not kept."""
        return httpx2.post(f"{self.host}/b1s/{version}/Login", json=self.credentials(**changes), trust_env=False)

    def log_in(self, **changes: Any) -> str:
        """The session that `http` uses from now on."""
        answer = self.login(**changes)
        assert answer.status_code == 200, answer.text
        session: str = answer.json()["SessionId"]
        self.http.headers["Cookie"] = f"B1SESSION={session}; ROUTEID=.node1"
        return session

    # requests

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str = "v2",
        content: bytes | None = None,
        **more: Any,
    ) -> httpx2.Response:
        """`more`: `headers` and `params` as httpx has them."""
        wanted = {"json": body} if body is not None else {"content": content} if content is not None else {}
        return self.http.request(method, f"/b1s/{version}/{path}", **wanted, **more)

    def get(
        self, path: str, *, version: str = "v2", headers: dict[str, str] | None = None, **options: str
    ) -> httpx2.Response:
        """`options` are query options without the $."""
        params = {f"${name}": value for name, value in options.items()}
        return self.call("GET", path, version=version, headers=headers, params=params)

    def rows(self, path: str, **options: str) -> list[dict[str, Any]]:
        """All rows of a list."""
        answer = self.get(path, headers={"Prefer": "odata.maxpagesize=0"}, **options)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["value"]
        return found

    def post(
        self, path: str, body: Any, *, version: str = "v2", headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        return self.call("POST", path, body, version=version, headers=headers)

    def patch(self, path: str, body: Any, *, headers: dict[str, str] | None = None) -> httpx2.Response:
        return self.call("PATCH", path, body, headers=headers)

    def saved(self, path: str, body: Any) -> dict[str, Any]:
        """A created record."""
        answer = self.post(path, body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    # records of a company as it is seeded

    def vendor(self) -> str:
        """A supplier that bills can be posted for; made when first asked for."""
        if self.get("BusinessPartners('V-TEST')").status_code == 404:
            self.saved("BusinessPartners", {"CardCode": "V-TEST", "CardName": "Test Ltd", "CardType": "cSupplier"})
        return "V-TEST"

    def account(self) -> str:
        """An expense account that can be posted to."""
        wanted = "AccountType eq 'at_Expenses' and ActiveAccount eq 'tYES' and LockManualTransaction eq 'tNO'"
        found: str = self.rows("ChartOfAccounts", filter=wanted, select="Code")[0]["Code"]
        return found

    def bill_body(self, **changes: Any) -> dict[str, Any]:
        """A service invoice of one line."""
        line = {"ItemDescription": "Concrete", "AccountCode": self.account(), "LineTotal": 100}
        return {"CardCode": self.vendor(), "DocType": "dDocument_Service", "DocumentLines": [line]} | changes

    def bill(self, **changes: Any) -> dict[str, Any]:
        """A posted invoice."""
        return self.saved("PurchaseInvoices", self.bill_body(**changes))

    # control

    def order(self, path: str, body: dict[str, Any]) -> Any:
        """A POST to the control API."""
        answer = self.control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, **values: Any) -> None:
        self.order("/switches", values)

    def advance(self, seconds: float) -> None:
        self.order("/clock", {"advance_s": seconds})

    def act(self, action: str, **fields: Any) -> Any:
        return self.order("/act", {"action": action, **fields})

    def reset(self) -> None:
        """As at start, and logged in."""
        self.order("/reset", {})
        self.log_in()


def error(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and text of a v2 refusal."""
    told = answer.json()["error"]
    assert isinstance(told["code"], str)
    return answer.status_code, told["code"], told["message"]


@contextmanager
def instance(seed: str = "empty", options: Options | None = None) -> Iterator[Instance]:
    """A server in this process."""
    with served([SapB1], build=build, seed=seed, options=options) as ready:
        yield Instance(ready["sap_b1"])
