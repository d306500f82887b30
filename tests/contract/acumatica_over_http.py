"""A caller of the Acumatica sandbox for its tests: signs in, sends records, gives orders to the control API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from sandbox_harness import served

from ml_connector.sandbox.acumatica.web.server import Acumatica
from ml_connector.sandbox.kit.vendor import Options
from ml_connector.sandbox.month.build import build

ENDPOINT = "/entity/Default/24.200.001"


class Instance:
    """One running instance; `http` carries the token of `sign_in`."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.ready = ready
        self.http = httpx2.Client(base_url=ready["base_url"], trust_env=False, timeout=20)
        self.control = httpx2.Client(base_url=ready["control_url"], trust_env=False, timeout=20)

    # signing in

    def grant(self, **changes: str) -> httpx2.Response:
        """A password grant with `changes` to the form; an empty change leaves the field out."""
        form = {
            "grant_type": "password",
            "client_id": self.ready["client_id"],
            "client_secret": self.ready["client_secret"],
            "username": self.ready["username"],
            "password": self.ready["password"],
            "scope": "api offline_access",
        }
        form |= changes
        sent = {name: value for name, value in form.items() if value}
        return httpx2.post(self.ready["token_url"], data=sent, trust_env=False)

    def sign_in(self, **changes: str) -> dict[str, Any]:
        """The token answer; `http` uses the token from now on."""
        answer = self.grant(**changes)
        assert answer.status_code == 200, answer.text
        token: dict[str, Any] = answer.json()
        self.http.headers["Authorization"] = f"Bearer {token['access_token']}"
        return token

    def login(self, **changes: str) -> httpx2.Response:
        """A cookie login."""
        body = {"name": self.ready["username"], "password": self.ready["password"], "tenant": "U100"} | changes
        return httpx2.post(self.ready["login_url"], json=body, trust_env=False)

    # records

    def get(self, path: str, **query: str) -> httpx2.Response:
        return self.http.get(f"{ENDPOINT}/{path}", params={f"${name}": value for name, value in query.items()})

    def record(self, path: str, **query: str) -> dict[str, Any]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    def put(self, entity: str, body: Any, *, headers: dict[str, str] | None = None, **query: str) -> httpx2.Response:
        params = {f"${name}": value for name, value in query.items()}
        return self.http.put(f"{ENDPOINT}/{entity}", json=body, params=params, headers=headers)

    def saved(self, entity: str, body: Any, **query: str) -> dict[str, Any]:
        answer = self.put(entity, body, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def bill(self, **changes: Any) -> dict[str, Any]:
        """A stored bill, off hold unless `changes` say so."""
        return self.saved("Bill", bill_body(**changes), expand="Details")

    def start(self, entity: str, action: str, number: str, kind: str = "Bill", **parameters: Any) -> httpx2.Response:
        body: dict[str, Any] = {"entity": wrapped(Type=kind, ReferenceNbr=number)}
        if parameters:
            body["parameters"] = wrapped(**parameters)
        return self.http.post(f"{ENDPOINT}/{entity}/{action}", json=body)

    def poll(self, answer: httpx2.Response) -> httpx2.Response:
        """Ask for the end of a 202, at most ten times."""
        location = httpx2.URL(self.ready["base_url"]).join(answer.headers["Location"])
        for _ in range(10):
            status = self.http.get(location)
            if status.status_code != 202:
                return status
        raise AssertionError("the action does not end")

    def run(self, entity: str, action: str, number: str, kind: str = "Bill", **parameters: Any) -> httpx2.Response:
        """Start an action and wait for its end."""
        answer = self.start(entity, action, number, kind, **parameters)
        return self.poll(answer) if answer.status_code == 202 else answer

    def release(self, number: str, kind: str = "Bill") -> None:
        assert self.run("Bill", "ReleaseBill", number, kind).status_code == 204

    def released(self, **changes: Any) -> str:
        """The number of a bill that is entered and released."""
        number: str = self.bill(**changes)["ReferenceNbr"]["value"]
        self.release(number)
        return number

    # the control API

    def order(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.control.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def switch(self, **values: Any) -> None:
        self.order("/switches", values)

    def act(self, action: str, **fields: Any) -> Any:
        return self.order("/act", {"action": action, **fields})

    def books(self, document: str = "bill") -> list[dict[str, Any]]:
        return [row for row in self.control.get("/books").json() if row["document"] == document]

    def book(self, number: str, kind: str = "Bill", document: str = "bill") -> dict[str, Any]:
        return next(row for row in self.books(document) if row["number"] == number and row["kind"] == kind)

    def reset(self) -> None:
        """As at start, without a token."""
        self.order("/reset", {})
        self.http.headers.pop("Authorization", None)
        self.http.cookies.clear()


def wrapped(**values: Any) -> dict[str, Any]:
    """Values in their envelope; lists and None are left as they are."""
    return {name: value if isinstance(value, list) else {"value": value} for name, value in values.items()}


def line(**changes: Any) -> dict[str, Any]:
    """A bill line on a project; None leaves a field out."""
    values = {
        "Account": "54000",
        "ExtendedCost": 1250.50,
        "TransactionDescription": "Slab level 2",
        "Project": "TOWER1",
        "ProjectTask": "03",
        "CostCode": "03-300",
    } | changes
    return wrapped(**{name: value for name, value in values.items() if value is not None})


def bill_body(**changes: Any) -> dict[str, Any]:
    """A bill; `custom` and nested objects go in as they are, None leaves a field out."""
    values = {
        "Type": "Bill",
        "Vendor": "V00001",
        "VendorRef": "REQ-7-0003",
        "Date": "2026-01-31",
        "Hold": False,
        "Description": "ML-abc-1-bill: Pay app 3",
        "Details": [line()],
    } | changes
    bare = {name: values.pop(name) for name in ("id", "custom", "TaxDetails") if name in values}
    return wrapped(**{name: value for name, value in values.items() if value is not None}) | bare


def retained(body: dict[str, Any], amount: float) -> dict[str, Any]:
    """A line with retainage, which the contract has only as a form field."""
    field = {"type": "CustomDecimalField", "value": amount}
    return body | {"custom": {"Transactions": {"CuryRetainageAmt": field}}}


@contextmanager
def instance(*, rate_limits: bool = False) -> Iterator[Instance]:
    """An instance with a dozen requisitions, for the block."""
    with served([Acumatica], build, "small", Options(rate_limits=rate_limits)) as ready:
        running = Instance(ready["acumatica"])
        yield running
        running.http.close()
        running.control.close()
