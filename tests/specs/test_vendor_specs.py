"""Sandboxes and connectors held against the vendors' published specifications, where those are at hand.

Run by CI with `VENDOR_SPECS` naming the folder; the specifications themselves are not part of the project.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ml_connector.connectors.acumatica.connector import acumatica
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.procore.connector import procore, requisitions, suppliers
from ml_connector.sandbox.run import running

SPECS = Path(os.environ["VENDOR_SPECS"])
BEYOND_THE_SPEC = {"_links", "RetainageDocuments", "BuildingName", "BuildingNumber", "StreetName"}
"""System fields that the document leaves out, and what came with a later endpoint version."""
OF_VALUE = {"string": str, "number": (int, float, Decimal), "integer": int, "boolean": bool}


@pytest.fixture(scope="module")
def ready() -> Iterator[dict[str, dict[str, Any]]]:
    with running(["procore", "acumatica"], "month", rate_limits=False) as entries:
        yield entries


def spec(name: str) -> dict[str, Any]:
    """A specification as JSON."""
    found: dict[str, Any] = json.loads((SPECS / name).read_text())
    return found


def control(entry: dict[str, Any], path: str) -> Any:
    """GET a control path."""
    with urllib.request.urlopen(f"{entry['control_url']}{path}", timeout=60) as answer:
        return json.loads(answer.read())


def properties(schemas: dict[str, Any], name: str) -> dict[str, Any]:
    """All properties of a schema, inherited ones too."""
    schema = schemas[name]
    found: dict[str, Any] = dict(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        found |= properties(schemas, part["$ref"].split("/")[-1]) if "$ref" in part else part.get("properties", {})
    return found


def complaints(schemas: dict[str, Any], name: str, record: dict[str, Any]) -> Iterator[str]:
    """What of a record the specification does not know, or knows as another type."""
    known = properties(schemas, name)
    for field, value in record.items():
        if field in BEYOND_THE_SPEC:
            continue
        if field not in known:
            yield f"{name}.{field} is unknown"
            continue
        wanted = known[field]
        if wanted.get("type") == "array" and isinstance(value, list):
            for row in value:
                yield from complaints(schemas, wanted["items"]["$ref"].split("/")[-1], row)
        elif "$ref" in wanted and isinstance(value, dict):
            yield from wrong_value(schemas, f"{name}.{field}", wanted["$ref"].split("/")[-1], value)


def wrong_value(schemas: dict[str, Any], place: str, kind: str, value: dict[str, Any]) -> Iterator[str]:
    """A wrapped value of another type than the specification's; a linked record is looked into."""
    if not kind.endswith("Value"):
        yield from complaints(schemas, kind, value)
        return
    inner = value.get("value")
    wanted = OF_VALUE[schemas[kind]["properties"]["value"]["type"]]
    if inner is not None and not isinstance(inner, wanted):
        yield f"{place} is {inner!r}, not {kind}"


def test_acumatica_s_records_have_the_published_fields_and_types(ready: dict[str, dict[str, Any]]) -> None:
    schemas = spec("acumatica.json")["components"]["schemas"]
    state = control(ready["acumatica"], "/state")
    checked, wrong = 0, set()
    for entity, records in state.items():
        for record in records:
            checked += 1
            wrong |= set(complaints(schemas, entity, record))
    assert checked > 1000
    assert wrong == set()


def test_the_connectors_call_published_paths_only(ready: dict[str, dict[str, Any]]) -> None:
    client = procore.open(Context(connection="spec", settings=settings(procore.fields, ready["procore"])))
    list(procore.ping(client))
    scope = requisitions.scopes(client)[0]
    requisitions.read(client, scope, None, None)
    suppliers(client)
    wbs = client.wbs_codes(scope.key)
    assert wbs
    erp = acumatica.open(Context(connection="spec", settings=settings(acumatica.fields, ready["acumatica"])))
    list(acumatica.ping(erp))
    for vendor, prefix in (("procore", ""), ("acumatica", "/inst/entity/Default/24.200.001")):
        published = {nameless(path) for path in spec(f"{vendor}.json")["paths"]}
        called = [row["path"] for row in control(ready[vendor], "/calls/counts")]
        ours = {nameless(path.removeprefix(prefix)) for path in called if path.startswith(prefix + "/")}
        unknown = {path for path in ours - published if "/oauth/" not in path and "/identity/" not in path}
        assert unknown <= {"/inst/entity"}, vendor
        assert len(ours) >= 2


def settings(fields: Any, entry: dict[str, Any]) -> dict[str, str]:
    """A filled form."""
    filled = {field.name: field.default for field in fields}
    return filled | {name: str(value) for name, value in entry.items() if name in filled}


def nameless(path: str) -> str:
    """A path pattern without its parameters' names."""
    return re.sub(r"\{[^}]+\}", "{}", path)
