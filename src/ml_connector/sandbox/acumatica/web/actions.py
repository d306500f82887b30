"""Actions of the forms: started, polled, failed (vendors/acumatica.md §7.2)."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.sandbox.acumatica import contention, envelope, saving
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import Fault, FieldErrors, malformed, no_such_resource, not_found
from ml_connector.sandbox.acumatica.operations import Operations
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters
from ml_connector.sandbox.acumatica.web.entities import Place
from ml_connector.sandbox.kit.http import Answer, json_answer


def invoke(
    desk: Desk,
    place: Place,
    name: str,
    body: object,
    headers: Mapping[str, str],
    operations: Operations,
    session: str,
) -> Answer:
    """POST /{Entity}/{Action}. Raises Fault."""
    action = _action(place, name)
    if not isinstance(body, dict) or not isinstance(body.get("entity"), dict):
        raise malformed("invocation.entity", "The entity of the action is missing.")
    row = _record(desk, place, body["entity"], headers)
    parameters = _parameters(body.get("parameters"), action)
    location = f"{place.root}/{place.kind.name}"
    contention.claim(desk, row)
    is_long = action.long or desk.switches.on("all_actions_run_on")
    if is_long and desk.switches["action_answer"] == "202":
        operation = operations.start(
            kind=place.kind.name,
            action=name,
            session=session,
            now=desk.store.now(),
            ms=desk.switches.number("action_ms"),
            polls=desk.switches.number("action_polls"),
            work=lambda: action.perform(desk, row, parameters),
        )
        return Answer(status=202, headers={"Location": f"{location}/{name}/status/{operation.id}"})
    action.perform(desk, row, parameters)
    return Answer(status=204, headers={"Location": f"{location}/{row.id}"})


def status(desk: Desk, place: Place, operation_id: str, operations: Operations) -> Answer:
    """GET of a 202's Location. Raises Fault with what the action failed of."""
    operation = operations.poll(operation_id)
    if operation is None:
        raise no_such_resource("The operation is not known.")
    if not operation.done:
        location = f"{place.root}/{operation.kind}/{operation.action}/status/{operation.id}"
        return Answer(status=202, headers={"Location": location})
    failure = operation.failure
    if isinstance(failure, FieldErrors):
        empty = envelope.Change(place.kind.name)
        return json_answer(envelope.echo(failure.draft, empty, place.kinds, place.root), status=422)
    if failure is not None:
        raise Fault(int(str(desk.switches["action_failure_status"])), failure.text, failure.exception_type)
    return Answer(status=204)


def _action(place: Place, name: str) -> Action:
    listed = place.rules.actions.get(name) if name in place.kind.actions else None
    action = listed or place.rules.screen_actions.get(name)
    if action is None:
        raise no_such_resource(f"The action '{name}' of the entity '{place.kind.name}' does not exist.")
    return action


def _record(desk: Desk, place: Place, entity: object, headers: Mapping[str, str]) -> Row:
    change = envelope.read_change(entity, place.kind, place.kinds, "invocation.entity")
    row = saving.locate(desk, place.kind.name, place.rules, change, None)
    if row is not None and headers.get("if-none-match", "").strip() == "*":
        raise Fault(412, "The record already exists.")
    if row is None and headers.get("if-match", "").strip() == "*":
        raise Fault(412, "The record does not exist.")
    if row is None:
        raise not_found()
    return row


def _parameters(sent: object, action: Action) -> Parameters:
    if sent is None:
        return {}
    if not isinstance(sent, dict):
        raise malformed("invocation.parameters", "An object is expected.")
    return {
        name: envelope.read_value(sent[name], word, name, f"invocation.parameters.{name}")
        for name, word in action.parameters.items()
        if sent.get(name) not in (None, {})
    }
