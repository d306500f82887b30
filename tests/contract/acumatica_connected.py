"""The Acumatica connector at a running sandbox: forms, clients, steps, lost answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from acumatica_over_http import Instance
from msgspec import structs

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import acumatica
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.outcomes import Done, Finding, Outcome, Waiting
from ml_connector.connectors.kit.target import Item, Step


def form(erp: Instance, **changes: str) -> dict[str, str]:
    wanted = {field.name for field in acumatica.fields}
    return {name: str(entry) for name, entry in erp.ready.items() if name in wanted} | changes


def opened(erp: Instance, **changes: str) -> AcumaticaClient:
    """A client that is signed in; its calls from now on are counted."""
    client: AcumaticaClient = acumatica.open(Context(connection="c1", settings=form(erp, **changes)))
    client.instance(signed_in=True)
    forget_calls(erp)
    return client


def forget_calls(erp: Instance) -> None:
    erp.control.delete("/calls")


def count(erp: Instance, *methods: str) -> int:
    """How many calls with these methods there were."""
    rows = erp.control.get("/calls/counts").json()
    return sum(row["count"] for row in rows if row["method"] in methods)


def later(erp: Instance) -> datetime:
    """A time after everything that happened so far."""
    erp.order("/clock", {"advance_s": 120})
    return datetime.fromisoformat(erp.control.get("/clock").json()["now"]) - timedelta(seconds=60)


def run(step: Step, client: AcumaticaClient, item: Item) -> Outcome:
    """What a step answers, after it has been waited for."""
    (outcome,) = step.run(client, [item])
    return waited_for(step, client, item, outcome)


def waited_for(step: Step, client: AcumaticaClient, item: Item, outcome: Outcome) -> Outcome:
    for _ in range(20):
        if not isinstance(outcome, Waiting):
            return outcome
        assert step.poll is not None
        item = moved(item, outcome)
        outcome = step.poll(client, item)
    raise AssertionError(f"{step.name} does not end")


def look_up(step: Step, client: AcumaticaClient, item: Item) -> Finding:
    assert step.look_up is not None
    (finding,) = step.look_up(client, [item])
    return finding


def moved(item: Item, outcome: Outcome | Finding) -> Item:
    """The item as the next step gets it."""
    named = (
        {"key": outcome.key or item.key, "number": outcome.number or item.number} if isinstance(outcome, Done) else {}
    )
    memo = getattr(outcome, "memo", {})
    return structs.replace(item, memo={**item.memo, **memo}, **named)


def through(steps: tuple[Step, ...], client: AcumaticaClient, item: Item) -> Item:
    """The item after all steps, each of which must be done."""
    for step in steps:
        while True:
            outcome = run(step, client, item)
            assert isinstance(outcome, Done), (step.name, outcome)
            item = moved(item, outcome)
            if step.again is None or not step.again(item):
                break
    return item


def lost(erp: Instance, step: Step, client: AcumaticaClient, item: Item, *, method: str, path: str) -> Finding:
    """What is found out about a step whose call was done but whose answer was cut off."""
    erp.order("/faults", {"match": {"method": method, "path": path}, "effect": "drop_after_write"})
    with pytest.raises(errors.AnswerLost):
        step.run(client, [item])
    return look_up(step, client, item)


def value(record: dict[str, Any], name: str) -> Any:
    return record[name].get("value")
