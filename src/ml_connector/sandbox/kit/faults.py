"""Faults that the control API plans for vendor calls, and the choice of the one that hits a call."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Call

EFFECTS = {
    "status": ("status", "body", "headers"),
    "delay_before_write": ("seconds",),
    "delay_after_write": ("seconds",),
    "drop_before_write": (),
    "drop_after_write": (),
    "truncate": ("bytes",),
    "html_error": ("status",),
    "rate_limit": ("retry_after",),
    "expire_token": (),
}
"""Effect -> the names of its args."""
_REQUIRED = {"delay_before_write": "seconds", "delay_after_write": "seconds", "status": "status"}


class BadFault(ValueError):
    """A fault that cannot be planned; the text says what is allowed."""


class Match(Struct, forbid_unknown_fields=True):
    """Which calls: method (any if absent), path as a regular expression searched in the path and in path?query."""

    method: str | None = None
    path: str = ""
    nth: int = 1


class Plan(Struct, forbid_unknown_fields=True):
    """The body of POST /faults."""

    effect: str
    match: Match = msgspec.field(default_factory=Match)
    times: int | Literal["always"] = 1
    args: dict[str, Any] = {}


class Fault:
    """A planned fault with its counters."""

    def __init__(self, number: int, plan: Plan) -> None:
        self.number = number
        self.plan = plan
        self.seen = 0
        self.hits = 0
        self._path = re.compile(plan.match.path)

    @property
    def effect(self) -> str:
        return self.plan.effect

    def arg(self, name: str, default: Any = None) -> Any:
        return self.plan.args.get(name, default)

    def fits(self, call: Call) -> bool:
        method = self.plan.match.method
        if method is not None and method.upper() != call.method:
            return False
        return bool(self._path.search(call.path) or self._path.search(f"{call.path}?{call.query_string}"))

    @property
    def spent(self) -> bool:
        return self.plan.times != "always" and self.hits >= self.plan.times

    def row(self) -> dict[str, object]:
        plan = msgspec.to_builtins(self.plan)
        return {"id": self.number, **plan, "seen": self.seen, "hits": self.hits}


class Faults:
    """In the order of planning; the first that is due for a call hits it, and only that one."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._last = 0

    def plan(self, body: bytes) -> Fault:
        """Raises BadFault."""
        try:
            plan = msgspec.convert(wire.decode(body), Plan)
            _check(plan)
            self._last += 1
            fault = Fault(self._last, plan)
        except re.error as error:
            raise BadFault(f"match.path is no regular expression: {error}") from error
        except msgspec.MsgspecError as error:
            raise BadFault(
                f'{error}; a fault is {{match: {{method, path, nth}}, effect, times: n or "always", args}}'
            ) from error
        self._faults.append(fault)
        return fault

    def hit(self, call: Call) -> Fault | None:
        """Count the call on every fault that fits it; return the first that is due."""
        chosen = None
        for fault in self._faults:
            if fault.spent or not fault.fits(call):
                continue
            fault.seen += 1
            if chosen is None and fault.seen >= fault.plan.match.nth:
                fault.hits += 1
                chosen = fault
        return chosen

    def remove(self, number: int | None = None) -> int:
        """Forget one fault, or all; returns how many there were."""
        kept = [] if number is None else [fault for fault in self._faults if fault.number != number]
        removed = len(self._faults) - len(kept)
        self._faults = kept
        return removed

    def rows(self) -> list[dict[str, object]]:
        return [fault.row() for fault in self._faults]


def _check(plan: Plan) -> None:
    allowed = EFFECTS.get(plan.effect)
    if allowed is None:
        raise BadFault(f"no effect {plan.effect!r}; there are: {', '.join(EFFECTS)}")
    if unknown := set(plan.args) - set(allowed):
        raise BadFault(f"effect {plan.effect} takes the args {list(allowed)}, not {sorted(unknown)}")
    if (required := _REQUIRED.get(plan.effect)) and required not in plan.args:
        raise BadFault(f"effect {plan.effect} needs args.{required}")
    for name in ("status", "seconds", "bytes", "retry_after"):
        value = plan.args.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | Decimal | None) or (value or 0) < 0:
            raise BadFault(f"args.{name} is a number")
    if plan.match.nth < 1 or (plan.times != "always" and plan.times < 1):
        raise BadFault('match.nth is 1 or more, times is 1 or more or "always"')
