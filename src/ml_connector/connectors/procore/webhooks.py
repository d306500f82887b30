"""Procore's webhooks: a shared secret in `Authorization`, thin payloads, hooks per company and project (§12)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit.declaration import Notice, Webhooks
from ml_connector.connectors.procore import objects
from ml_connector.connectors.procore.client import HOOK_VERSION, Client

_EVENTS: Final = ("create", "update", "delete")
COMPANY_TRIGGERS: Final = {
    "Company Vendors": ("create", "update"),
    "Projects": ("create", "update"),
    "Standard Cost Codes": _EVENTS,
    "Line Item Types": _EVENTS,
}
PROJECT_TRIGGERS: Final = dict.fromkeys(
    (
        "Payment Applications",
        "Direct Costs",
        "Direct Cost Line Items",
        "Work Order Contracts",
        "Work Order Contract Line Items",
        "Purchase Order Contracts",
        "Purchase Order Contract Line Items",
        "Change Order Packages",
        "Potential Change Orders",
        "Contract Payments",
        "Cost Codes",
        "Budget Line Items",
    ),
    _EVENTS,
)
"""Procore offers no events for requisitions. Payment Applications are the owner's invoices, and a commitment's totals
move with its requisitions: each is a reason to look at the project's requisitions, and nothing more is concluded."""


class Registered(Struct, frozen=True, kw_only=True):
    """A hook that is in place now; `refused` says which events Procore would not give, and why."""

    hook: int
    owner: str
    created: bool
    refused: tuple[str, ...] = ()


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether `Authorization` carries the secret, with or without `Bearer`. Procore signs nothing."""
    expected = secret.strip().removeprefix("Bearer ").encode()
    given = headers.get("authorization", "").strip().removeprefix("Bearer ").encode()
    return bool(expected) and hmac.compare_digest(given, expected)


def parse(body: bytes) -> list[Notice]:
    """The notice of one delivery, in payload version v2.0, v3.0 or v4.0. Raises ValueError for anything else."""
    try:
        payload = msgspec.json.decode(body, type=_Payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"no Procore event: {problem}") from None
    event, resource = payload.ulid or objects.text(payload.id), payload.resource_name or payload.resource_type
    if not event or not resource:
        raise ValueError("no Procore event: it has no id or names no resource")
    return [
        Notice(
            event=event, resource=resource, scope=objects.text(payload.project_id), at=objects.time(payload.timestamp)
        )
    ]


def ensure_hooks(client: Client, url: str, secret: str, projects: Sequence[str]) -> list[Registered]:
    """Have a company hook and one per project deliver to `url`; what is there already is left as it is.

    Safe to repeat, and to be repeated after AnswerLost. Raises NotPermitted when the service account lacks
    "Webhooks API: Standard".
    """
    company = _ensured(client, {"company_id": int(client.company)}, url, secret, COMPANY_TRIGGERS)
    owners = [{"project_id": int(key)} for key in projects]
    return [company, *(_ensured(client, owner, url, secret, PROJECT_TRIGGERS) for owner in owners)]


def register(client: Client, url: str, secret: str) -> list[str]:
    """Hooks of the company and of every active project, in words. Raises as `ensure_hooks`."""
    placed = ensure_hooks(client, url, secret, [str(project.id) for project in client.projects()])
    return [
        f"hook {one.hook} of {one.owner} {'made' if one.created else 'is in place'}"
        + (f", refused: {'; '.join(one.refused)}" if one.refused else "")
        for one in placed
    ]


def _ensured(
    client: Client, owner: dict[str, int], url: str, secret: str, wanted: Mapping[str, Sequence[str]]
) -> Registered:
    authorization = f"Bearer {secret.strip().removeprefix('Bearer ')}"
    hook = next((hook for hook in client.hooks(owner) if hook.destination_url == url), None)
    created = hook is None
    if hook is None:
        hook = client.create_hook(owner, url, authorization)
    elif not _has_secret(hook, authorization):
        client.update_hook(owner, hook.id, authorization)
    refused = _subscribed(client, owner, hook, wanted)
    return Registered(
        hook=hook.id, owner=" ".join(f"{k} {v}" for k, v in owner.items()), created=created, refused=refused
    )


def _subscribed(
    client: Client, owner: dict[str, int], hook: objects.WireHook, wanted: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    present = {(trigger.resource_name, trigger.event_type.lower()) for trigger in client.triggers(owner, hook.id)}
    missing = [(name, event) for name, events in wanted.items() for event in events if (name, event) not in present]
    if not missing:
        return ()
    answer = client.create_triggers(owner, hook.id, missing)
    return tuple(
        f"{failure.trigger.resource_name} {failure.trigger.event_type}: {failure.message or 'refused'}"
        if failure.trigger
        else failure.message or "refused"
        for failure in answer.failed
    )


def _has_secret(hook: objects.WireHook, authorization: str) -> bool:
    """Procore shows the last five characters only; they tell whether the secret was changed since."""
    shown = (hook.destination_headers.authorization if hook.destination_headers else None) or ""
    return bool(shown) and shown[-5:] == authorization[-5:]


class _Payload(Struct, frozen=True, kw_only=True):
    """v2.0 and v3.0 have `ulid` and `resource_name`, v4.0 a ULID as `id` and `resource_type`."""

    id: int | str | None = None
    ulid: str | None = None
    timestamp: str | None = None
    project_id: int | str | None = None
    resource_name: str | None = None
    resource_type: str | None = None


webhooks: Final = Webhooks(
    verify=verify,
    parse=parse,
    header="authorization",
    register=register,
    setup=(
        "The service account needs the permission Webhooks API: Standard; the hooks are then made from here, one for "
        f"the company and one per project (payload {HOOK_VERSION}), with the secret in the Authorization header. "
        "Procore has no events for subcontractor invoices: they are polled on the schedule."
    ),
)
