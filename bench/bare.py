"""The same vendor calls without a hub: a loop over httpx2 that keeps nothing; prints its times as JSON.

`python bench/bare.py READY BODIES`: the sandboxes' ready-file, and the bills to post, one JSON body per line.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import msgspec

_BATCH = 50


def read(ready: dict[str, Any]) -> int:
    """Every project's requisitions with their items, decoded."""
    with httpx2.Client(base_url=ready["base_url"], timeout=60) as client:
        form = {"grant_type": "client_credentials", **{name: ready[name] for name in ("client_id", "client_secret")}}
        token = client.post("/oauth/token", data=form).raise_for_status().json()["access_token"]
        company = str(ready["company_id"])
        client.headers.update({"Authorization": f"Bearer {token}", "Procore-Company-Id": company})
        params = {"company_id": company, "filters[by_status]": "Active", "per_page": "300"}
        projects = client.get("/rest/v1.1/projects", params=params).raise_for_status().json()
        return sum(_requisitions(client, project["id"]) for project in projects)


def _requisitions(client: httpx2.Client, project: int) -> int:
    page, total = 1, 0
    while True:
        params = {"project_id": project, "view": "items", "page": page, "per_page": 2000}
        rows = msgspec.json.decode(client.get("/rest/v1.1/requisitions", params=params).raise_for_status().content)
        total += len(rows)
        if len(rows) < 2000:
            return total
        page += 1


def post(ready: dict[str, Any], bodies: list[bytes]) -> int:
    """Look up by number, create, release, read back: the calls that the hub makes, none of its bookkeeping."""
    form = {
        "grant_type": "password", "scope": "api offline_access",
        **{name: ready[name] for name in ("client_id", "client_secret", "username", "password")},
    }  # fmt: skip
    with httpx2.Client(base_url=ready["base_url"], timeout=60) as client:
        token = client.post("/identity/connect/token", data=form).raise_for_status().json()["access_token"]
        client.headers.update({"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        entity = f"/entity/Default/{ready['endpoint_version']}"
        for start in range(0, len(bodies), _BATCH):
            _post_batch(client, entity, bodies[start : start + _BATCH])
    return len(bodies)


def _post_batch(client: httpx2.Client, entity: str, bodies: list[bytes]) -> None:
    numbers = [msgspec.json.decode(body)["VendorRef"]["value"] for body in bodies]
    _look_up(client, entity, "VendorRef", numbers)
    created = []
    for body in bodies:
        answer = client.put(f"{entity}/Bill", content=body, params={"$expand": "Details,TaxDetails"}).raise_for_status()
        created.append(msgspec.json.decode(answer.content)["ReferenceNbr"]["value"])
        key = {"entity": {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": created[-1]}}}
        client.post(f"{entity}/Bill/ReleaseBill", content=msgspec.json.encode(key)).raise_for_status()
    _look_up(client, entity, "ReferenceNbr", created)


def _look_up(client: httpx2.Client, entity: str, field: str, values: list[str]) -> None:
    either = " or ".join(f"{field} eq '{value}'" for value in values)
    client.get(f"{entity}/Bill", params={"$filter": f"Type eq 'Bill' and ({either})"}).raise_for_status()


def main() -> None:
    ready = json.loads(Path(sys.argv[1]).read_text())
    bodies = Path(sys.argv[2]).read_bytes().splitlines()
    phases = {}
    for name, work in (
        ("read", lambda: read(ready["procore"])),
        ("post", lambda: post(ready["acumatica"], bodies)),
    ):
        started = time.monotonic()
        records = work()
        phases[name] = {"seconds": time.monotonic() - started, "records": records}
    phases["read"]["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(phases))


if __name__ == "__main__":
    main()
