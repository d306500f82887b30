"""The control API of a vendor: time, switches, faults, calls, state, books, people's acts, webhook events, sessions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ml_connector.sandbox.kit import books, wire
from ml_connector.sandbox.kit.clock import SandboxClock, iso
from ml_connector.sandbox.kit.deliveries import BadEvent
from ml_connector.sandbox.kit.faults import BadFault
from ml_connector.sandbox.kit.keeping import NotKeepable
from ml_connector.sandbox.kit.station import Station
from ml_connector.sandbox.kit.switches import BadSwitch
from ml_connector.sandbox.kit.vendor import Act, ActRefused


class BadRequest(ValueError):
    """A control call that cannot be understood; the text says what is allowed."""


_EVENTS = {
    "deliver": {"ids?": "the waiting deliveries by number; all without it"},
    "repeat": {"id?": "a delivery's number; the newest without it"},
    "reorder": {"count?": "so many next events are held back and then sent newest first (2)"},
    "drop": {"count?": "so many next events are lost (1)", "id?": "a waiting delivery's number"},
    "forge": {
        "destination?": "where to post; the newest delivery's without it",
        "body?": "JSON to post; the newest delivery's without it",
        "headers?": "name to value; without it the newest delivery's names with spoiled values",
    },
}


class Control:
    """The routes for one vendor."""

    def __init__(
        self,
        station: Station,
        clock: SandboxClock,
        reset: Callable[[str | None], None],
        restore: Callable[[str], None],
    ) -> None:
        self._station = station
        self._vendor = station.vendor
        self._clock = clock
        self._reset = reset
        self._restore = restore

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Callable[[Request, bytes], object]]] = [
            ("POST", "/reset", self._post_reset),
            ("POST", "/keep", self._post_keep),
            ("GET", "/clock", lambda request, body: self._time()),
            ("POST", "/clock", self._post_clock),
            ("GET", "/switches", lambda request, body: self._vendor.switches.listed()),
            ("POST", "/switches", self._post_switches),
            ("GET", "/faults", lambda request, body: self._station.faults.rows()),
            ("POST", "/faults", lambda request, body: {"id": self._station.faults.plan(body).number}),
            ("DELETE", "/faults", lambda request, body: {"removed": self._station.faults.remove()}),
            ("DELETE", "/faults/{id}", self._delete_fault),
            ("GET", "/calls", self._get_calls),
            ("DELETE", "/calls", lambda request, body: self._station.calls.clear()),
            ("GET", "/calls/counts", lambda request, body: self._station.calls.counts()),
            ("GET", "/state", self._get_state),
            ("GET", "/books", lambda request, body: books.rows(self._vendor.books())),
            ("GET", "/act", lambda request, body: [_act_row(n, a) for n, a in self._vendor.acts().items()]),
            ("POST", "/act", self._post_act),
            (
                "GET",
                "/events",
                lambda request, body: {"actions": _EVENTS, "deliveries": self._vendor.deliveries.rows()},
            ),
            ("POST", "/events", self._post_event),
            ("GET", "/sessions", lambda request, body: self._vendor.sessions()),
        ]
        return [Route(path, _endpoint(handler), methods=[method]) for method, path, handler in table]

    def _post_reset(self, request: Request, body: bytes) -> object:
        wanted = _object(body)
        _only(wanted, "seed", "kept")
        if "kept" in wanted:
            return self._begin_at_kept(_typed(wanted, "kept", str, ""))
        try:
            self._reset(wanted.get("seed"))
        except ValueError as error:
            raise BadRequest(f"{error}; seeds are month, empty, small and scale:N") from error
        return self._time()

    def _begin_at_kept(self, name: str) -> object:
        try:
            self._restore(name)
        except KeyError:
            raise BadRequest(
                f"nothing is kept as {name!r}; kept: {', '.join(self._station.kept) or 'nothing'}"
            ) from None
        return self._time()

    def _post_keep(self, request: Request, body: bytes) -> object:
        """Data, tokens, sessions, switches and the time; not faults, counters and deliveries."""
        wanted = _object(body)
        _only(wanted, "name")
        if not (name := _typed(wanted, "name", str, "")):
            raise BadRequest("keep needs a name")
        try:
            self._station.keep(name)
        except NotKeepable as error:
            raise ActRefused(str(error)) from error
        return self._time()

    def _time(self) -> dict[str, object]:
        return {"now": iso(self._clock.now(), "milliseconds"), "offset_s": self._clock.offset_s}

    def _post_clock(self, request: Request, body: bytes) -> object:
        wanted = _object(body)
        _only(wanted, "advance_s")
        try:
            self._clock.advance(float(msgspec.convert(wanted.get("advance_s"), int | Decimal)))
        except msgspec.ValidationError as error:
            raise BadRequest("advance_s is a number of seconds") from error
        except (ValueError, OverflowError) as error:
            raise BadRequest(str(error)) from error
        return self._time()

    def _post_switches(self, request: Request, body: bytes) -> object:
        self._vendor.switches.set(_object(body))
        return self._vendor.switches.listed()

    def _delete_fault(self, request: Request, body: bytes) -> object:
        number = request.path_params["id"]
        if not number.isdigit() or not self._station.faults.remove(int(number)):
            return Response(f'{{"error": "no fault {number}"}}', 404, media_type="application/json")
        return {"removed": 1}

    def _get_calls(self, request: Request, body: bytes) -> object:
        since = request.query_params.get("since", "0")
        if not since.isdigit():
            raise BadRequest("since is the number of a call")
        return self._station.calls.since(int(since))

    def _get_state(self, request: Request, body: bytes) -> object:
        """Every entity, or those that `only` names, with commas between them."""
        state = self._vendor.state()
        wanted = request.query_params.get("only")
        names = wanted.split(",") if wanted else list(state)
        if unknown := [name for name in names if name not in state]:
            raise BadRequest(f"no entity {', '.join(unknown)}; there are: {', '.join(state)}")
        return {name: state[name] for name in names}

    def _post_act(self, request: Request, body: bytes) -> object:
        wanted = _object(body)
        acts = self._vendor.acts()
        name = wanted.pop("action", None)
        act = acts.get(name)
        if act is None:
            raise BadRequest(f"no action {name!r}; there are: {', '.join(acts)}")
        _only(wanted, *act.fields)
        if missing := [field for field in act.fields if not field.endswith("?") and field not in wanted]:
            raise BadRequest(f"action {name} needs {', '.join(missing)}; GET /act lists all fields")
        return act.do(wanted)

    def _post_event(self, request: Request, body: bytes) -> object:
        wanted = _object(body)
        name = wanted.pop("action", None)
        if name not in _EVENTS:
            raise BadRequest(f"no action {name!r}; there are: {', '.join(_EVENTS)}")
        _only(wanted, *_EVENTS[name])
        return self._order(name, wanted)

    def _order(self, name: str, wanted: dict[str, Any]) -> object:
        deliveries = self._vendor.deliveries
        match name:
            case "deliver":
                return {"due": deliveries.deliver_now(_typed(wanted, "ids", list[int], None))}
            case "repeat":
                return {"id": deliveries.repeat(_typed(wanted, "id", int, None)).number}
            case "reorder":
                deliveries.reorder(_typed(wanted, "count", int, 2))
                return {}
            case "drop":
                deliveries.drop(_typed(wanted, "count", int, 1), _typed(wanted, "id", int, None))
                return {}
        body = wire.encode(wanted["body"]) if "body" in wanted else None
        headers = _typed(wanted, "headers", dict[str, str], None)
        return {"id": deliveries.forge(_typed(wanted, "destination", str, None), body, headers).number}


def _endpoint(handler: Callable[[Request, bytes], object]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        try:
            result = handler(request, body)
        except (BadRequest, BadSwitch, BadFault, BadEvent, msgspec.MsgspecError) as error:
            return Response(wire.encode({"error": str(error)}), 400, media_type="application/json")
        except ActRefused as error:
            return Response(wire.encode({"error": str(error)}), 409, media_type="application/json")
        if isinstance(result, Response):
            return result
        return Response(wire.encode({} if result is None else result), media_type="application/json")

    return endpoint


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = wire.decode(body) if body.strip() else {}
    except wire.MalformedJson as error:
        raise BadRequest(f"the body is no JSON: {error}") from error
    if not isinstance(decoded, dict):
        raise BadRequest("the body must be a JSON object")
    return decoded


def _only(wanted: dict[str, Any], *names: str) -> None:
    allowed = {name.rstrip("?") for name in names}
    if unknown := sorted(set(wanted) - allowed):
        raise BadRequest(f"unknown field {', '.join(unknown)}; allowed: {', '.join(sorted(allowed)) or 'none'}")


def _typed(wanted: dict[str, Any], name: str, kind: Any, default: Any) -> Any:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(wanted[name], kind) if name in wanted else default


def _act_row(name: str, act: Act) -> dict[str, object]:
    fields = [
        {"name": field.rstrip("?"), "required": not field.endswith("?"), "meaning": meaning}
        for field, meaning in act.fields.items()
    ]
    return {"action": name, "meaning": act.meaning, "fields": fields}
