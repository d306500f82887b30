"""Webhook hooks, triggers, events and the log of deliveries (vendors/procore.md §12)."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.kit.deliveries import Deliveries, Delivery, Retries
from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.procore import auth, lists, resources
from ml_connector.sandbox.procore.fields import Row, whole
from ml_connector.sandbox.procore.projects import PERSON, SERVICE_ACCOUNT
from ml_connector.sandbox.procore.refusals import Refusal, webhook
from ml_connector.sandbox.procore.request import Request
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import Change, World

VERSIONS = ("v2", "v3", "v4")
_NAMESPACE = re.compile(r"[a-z0-9-]+")
_LONGEST_PAUSE_S, _FLUSH_S = 3600, 12 * 3600
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def retries(switches: Switches) -> Retries:
    """5 s to answer; backoff from 1 s to 1 h; after 12 h the hook's queue is flushed."""

    def delay(failures: int, age: float) -> float | None:
        factor = switches.number("webhook_clock_factor")
        if age >= _FLUSH_S / factor:
            return None
        return float(min(2 ** (failures - 1), _LONGEST_PAUSE_S)) / factor

    return Retries(timeout_s=5.0, delay=delay, sequential=True)


class Events:
    """Makes an event of each change that a trigger asks for. Ids rise with each event."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._last = 123_456_000

    def tell(self, world: World, change: Change) -> None:
        resource = resources.OF_TABLE.get(change.table)
        if change.table == "requisitions" and world.switches.on("emit_payment_applications"):
            resource = "Payment Applications"
        if resource is None:
            return
        project = None if resource in resources.COMPANY else change.row.get("project_id")
        for hook in world.hooks:
            if (
                hook.get("status") != "disabled"
                and hook["project_id"] == project
                and _wanted(world, hook, resource, change.what)
            ):
                self._send(world, hook, resource, change)

    def _send(self, world: World, hook: Row, resource: str, change: Change) -> None:
        self._last += 1
        headers = {"Content-Type": "application/json", **hook["destination_headers"]}
        payload = _payload(world, hook, resource, change, self._last)
        self._deliveries.queue(
            hook=str(hook["id"]),
            event=str(self._last),
            destination=hook["destination_url"],
            headers=headers,
            body=wire.encode(payload),
        )


def _wanted(world: World, hook: Row, resource: str, what: str) -> bool:
    triggers = world.triggers.of("hook_id", hook["id"])
    return any((one["resource_name"], one["event_type"]) == (resource, what) for one in triggers)


def _payload(world: World, hook: Row, resource: str, change: Change, number: int) -> Row:
    now, row = world.clock.now(), change.row
    ulid = _ulid(int(now.timestamp() * 1000), number)
    user = SERVICE_ACCOUNT["id"] if change.by_app else PERSON["id"]
    company, project = world.company["id"], row.get("project_id")
    if resource == "Projects":
        project = row["id"]
    if hook["api_version"] == "v4":
        return {
            "id": ulid,
            "timestamp": iso(now, "microseconds"),
            "reason": change.what,
            "company_id": str(company),
            "project_id": None if project is None else str(project),
            "user_id": str(user),
            "resource_type": resource,
            "resource_id": str(row["id"]),
        }
    payload = {
        "id": number,
        "ulid": ulid,
        "timestamp": iso(now, "microseconds"),
        "metadata": {
            "source_user_id": user,
            "source_project_id": project,
            "source_operation_id": None,
            "source_company_id": company,
            "source_application_id": auth.CLIENT_ID if change.by_app else None,
        },
        "user_id": user,
        "company_id": company,
        "project_id": project,
        "api_version": hook["api_version"] + ".0",
        "event_type": change.what,
        "resource_name": resource,
        "resource_id": row["id"],
    }
    if hook["api_version"] == "v3":
        field, name = resources.PARENTS.get(resource, (None, None))
        payload["related_resources"] = [{"id": row[field], "name": name}] if field else []
    return payload


def _ulid(milliseconds: int, number: int) -> str:
    """Time, then the event's number spread over the random part."""
    value = (milliseconds << 80) | (number * 0x9E3779B97F4A7C15 % (1 << 80))
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


# hooks


def hook_wire(row: Row) -> Row:
    return {
        "id": row["id"],
        "api_version": row["api_version"],
        "namespace": row["namespace"],
        "destination_url": row["destination_url"],
        "destination_headers": row["destination_headers"],
        "owned_by_company_id": None if row["project_id"] else row["company_id"],
        "owned_by_project_id": row["project_id"],
        "owned_by_user_id": SERVICE_ACCOUNT["id"],
    }


def trigger_wire(world: World, row: Row) -> Row:
    hook = world.hooks.get(row["hook_id"]) or {}
    return {
        "id": row["id"],
        "webhook_hook_id": row["hook_id"],
        "resource_name": row["resource_name"],
        "resource_id": None,
        "event_type": row["event_type"].upper(),
        "company_id": None if hook.get("project_id") else hook.get("company_id"),
        "project_id": hook.get("project_id"),
        "user_id": SERVICE_ACCOUNT["id"],
    }


def _scope(request: Request) -> int | None:
    """The project, or None for the company: exactly one of both must be given."""
    company, project = request.given("company_id"), request.given("project_id")
    if (company is None) == (project is None):
        raise webhook(400, "bad_request", "Exactly one of company_id and project_id must be given")
    if project is not None:
        return int(request.project()["id"])
    request.company()
    return None


def list_hooks(request: Request) -> Answer:
    """Those of the caller's namespace; `*` for all. Not paged."""
    scope = _scope(request)
    namespace = request.call.param("namespace") or "procore"
    rows = [row for row in request.world.hooks if row["project_id"] == scope]
    return json_answer([hook_wire(row) for row in rows if namespace in ("*", row["namespace"])])


def create_hook(request: Request) -> Answer:
    scope = _scope(request)
    given = request.body.get("hook")
    if not isinstance(given, dict):
        raise webhook(400, "bad_request", "hook is required")
    values = {"namespace": "procore", "destination_headers": {}, **hook_values(given)}
    for name in ("api_version", "destination_url"):
        if name not in values:
            raise webhook(400, "bad_request", f"{name} is required")
    place = {"company_id": request.world.company["id"], "project_id": scope}
    row = request.world.create(request.world.hooks, place | values)
    return json_answer(hook_wire(row), 201)


def update_hook(request: Request) -> Answer:
    row = _hook(request, "id")
    request.world.update(request.world.hooks, row, hook_values(request.body.get("hook") or {}))
    return json_answer(hook_wire(row))


def delete_hook(request: Request) -> Answer:
    row = _hook(request, "id")
    remove_hook(request.world, row)
    return json_answer({})


def remove_hook(world: World, row: Row) -> None:
    for trigger in world.triggers.of("hook_id", row["id"]):
        world.triggers.remove(trigger)
    world.hooks.remove(row)


def hook_values(given: Row) -> Row:
    values = {name: given[name] for name in ("api_version", "namespace") if given.get(name) is not None}
    if values.get("api_version", "v2") not in VERSIONS:
        raise webhook(422, "unprocessable_entity", f"api_version must be one of {', '.join(VERSIONS)}")
    if not _NAMESPACE.fullmatch(str(values.get("namespace", "procore"))):
        raise webhook(422, "unprocessable_entity", "namespace may hold a-z, 0-9 and -")
    if given.get("destination_url") is not None:
        values["destination_url"] = _destination(str(given["destination_url"]))
    headers = given.get("destination_headers")
    if headers is not None:
        if not isinstance(headers, dict) or set(headers) - {"Authorization"}:
            raise webhook(422, "unprocessable_entity", "destination_headers may hold Authorization")
        values["destination_headers"] = {name: str(value) for name, value in headers.items()}
    return values


def _destination(url: str) -> str:
    """HTTPS; plain HTTP on loopback, so that rehearsals need no certificate."""
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise webhook(422, "unprocessable_entity", "destination_url must be an HTTPS address")
    return url


def _hook(request: Request, name: str) -> Row:
    scope = _scope(request)
    row = request.world.hooks.get(request.id(name))
    if row is None or row["project_id"] != scope:
        raise webhook(404, "not_found", "Hook not found")
    return row


# triggers


def list_triggers(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    rows = request.world.triggers.of("hook_id", hook["id"])
    return json_answer([trigger_wire(request.world, row) for row in rows])


def create_trigger(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    _same_version(request, hook)
    row = new_trigger(request.world, hook, request.body.get("trigger"))
    return json_answer(trigger_wire(request.world, row), 201)


def delete_trigger(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    row = request.world.triggers.get(request.id())
    if row is None or row["hook_id"] != hook["id"]:
        raise webhook(404, "not_found", "Trigger not found")
    request.world.triggers.remove(row)
    return json_answer({})


def bulk_create(request: Request) -> Answer:
    """200, or 207 when some failed."""
    hook = _hook(request, "hook_id")
    _same_version(request, hook)
    success, failed = [], []
    for given in _bulk(request):
        try:
            success.append(trigger_wire(request.world, new_trigger(request.world, hook, given)))
        except Refusal as refusal:
            words = refusal.body["error"] if isinstance(refusal.body, dict) else {}
            failed.append({**words, "trigger": given, "errors": {"event_type": words.get("message")}})
    if failed:
        return json_answer({"success": success, "failed": failed}, 207)
    return json_answer({"success": success})


def bulk_delete(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    success, failed = [], []
    for given in _bulk(request):
        row = request.world.triggers.get(whole(given))
        if row is None or row["hook_id"] != hook["id"]:
            failed.append({"code": "not_found", "trigger": given})
        else:
            request.world.triggers.remove(row)
            success.append(row["id"])
    if failed:
        return json_answer({"success": success, "failed": failed}, 207)
    return json_answer({"success": success})


def _bulk(request: Request) -> list[Any]:
    rows = request.body.get("triggers")
    if not isinstance(rows, list):
        raise webhook(400, "bad_request", "triggers is required")
    if len(rows) > 100:
        raise Refusal(413, {"errors": "Too many triggers in one request"})
    return rows


def _same_version(request: Request, hook: Row) -> None:
    if request.body.get("api_version") != hook["api_version"]:
        raise webhook(422, "unprocessable_entity", "api_version must be that of the hook")


def new_trigger(world: World, hook: Row, given: Any) -> Row:
    given = given if isinstance(given, dict) else {}
    name, event = given.get("resource_name"), str(given.get("event_type") or "").lower()
    offered = resources.PROJECT if hook["project_id"] else resources.COMPANY
    if name not in offered:
        raise webhook(422, "unprocessable_entity", f"resource_name {name!r} is not offered for this scope")
    if event not in offered[name]:
        raise webhook(422, "unprocessable_entity", f"event_type {event!r} is not offered for {name}")
    if _wanted(world, hook, name, event):
        raise webhook(422, "unprocessable_entity", "the trigger exists already")
    return world.create(world.triggers, {"hook_id": hook["id"], "resource_name": name, "event_type": event})


def list_resources(request: Request) -> Answer:
    scope = _scope(request)
    return json_answer(resources.listing(resources.PROJECT if scope else resources.COMPANY))


def list_versions(request: Request) -> Answer:
    _scope(request)
    return json_answer(list(VERSIONS))


# the log


def list_deliveries(request: Request, deliveries: Deliveries) -> Answer:
    """Oldest first; `page_start` is the last id seen, `page_size` at most 100."""
    hook = _hook(request, "hook_id")
    wanted = lists.filters(request).get("status", ["any"])[-1]
    after = whole(request.call.param("page_start")) or 0
    size = min(whole(request.call.param("page_size")) or 100, 100)
    rows = [row for one in deliveries.all if one.hook == str(hook["id"]) for row in _outcomes(one)]
    kept = [row for row in rows if row["event_id"] > after and _fits(row, wanted)]
    return json_answer(kept[:size])


def _fits(row: Row, wanted: str) -> bool:
    groups = {"successful": ("ok",), "failing": ("failed", "retried"), "discarded": ("discarded",)}
    return wanted == "any" or row["outcome"] in groups.get(wanted, ())


def _outcomes(one: Delivery) -> list[Row]:
    """A row per attempt; one that was discarded untried has a row too."""
    head = {"event_id": int(one.event), "event": wire.decode(one.body)}
    blank: Row = {"response_status": None, "response_headers": {}, "response_body": None, "response_error": None}
    if not one.attempts:
        return [{**head, **blank, "outcome": "discarded", "started_at": None, "completed_at": None}] * (
            one.state == "discarded"
        )
    rows = []
    for number, attempt in enumerate(one.attempts, 1):
        last = number == len(one.attempts)
        outcome = "retried"
        if last:
            outcome = {"delivered": "ok", "discarded": "discarded"}.get(one.state, "failed")
        rows.append(
            {
                **head,
                "outcome": outcome,
                "response_status": attempt.status,
                "response_headers": attempt.headers,
                "response_body": attempt.body,
                "response_error": attempt.error,
                "started_at": attempt.started_at,
                "completed_at": attempt.completed_at,
            }
        )
    return rows


def routes(deliveries: Deliveries) -> RouteTable:
    base = "/rest/v1.0/webhooks"
    triggers = f"{base}/hooks/{{hook_id:int}}/triggers"
    return [
        ("GET", f"{base}/hooks", list_hooks),
        ("POST", f"{base}/hooks", create_hook),
        ("PATCH", f"{base}/hooks/{{id:int}}", update_hook),
        ("DELETE", f"{base}/hooks/{{id:int}}", delete_hook),
        ("GET", triggers, list_triggers),
        ("POST", triggers, create_trigger),
        ("POST", f"{triggers}/bulk", bulk_create),
        ("DELETE", f"{triggers}/bulk", bulk_delete),
        ("DELETE", f"{triggers}/{{id:int}}", delete_trigger),
        ("GET", f"{base}/hooks/{{hook_id:int}}/deliveries", partial(list_deliveries, deliveries=deliveries)),
        ("GET", f"{base}/resources", list_resources),
        ("GET", f"{base}/resources/api_versions", list_versions),
    ]
