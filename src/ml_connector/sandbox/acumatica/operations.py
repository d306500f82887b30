"""Long-running actions: started with 202, done later, asked for by status calls (vendors/acumatica.md §7.2)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from ml_connector.sandbox.acumatica.errors import Fault, FieldErrors


class Operation(Struct, kw_only=True):
    """A running or finished action. `failure` is what it ended with; `session` is the one that started it."""

    id: str
    kind: str
    action: str
    session: str
    due: datetime
    polls_left: int
    work: Callable[[], None]
    done: bool = False
    failure: Fault | FieldErrors | None = None


class Operations:
    """An operation's work happens when it is due, or when its last 202 has been given."""

    def __init__(self) -> None:
        self._all: dict[str, Operation] = {}
        self._running: list[Operation] = []

    def start(
        self, *, kind: str, action: str, session: str, now: datetime, ms: int, polls: int, work: Callable[[], None]
    ) -> Operation:
        """Begin; nothing is done yet."""
        operation = Operation(
            id=str(uuid.uuid4()),
            kind=kind,
            action=action,
            session=session,
            due=now + timedelta(milliseconds=ms),
            polls_left=polls,
            work=work,
        )
        self._all[operation.id] = operation
        self._running.append(operation)
        return operation

    def settle(self, now: datetime) -> None:
        """Do the work of what is due."""
        for operation in list(self._running):
            if operation.due <= now:
                self._finish(operation)

    def poll(self, operation_id: str) -> Operation | None:
        """A status call: one more 202, or the end."""
        operation = self._all.get(operation_id.lower())
        if operation is None:
            return None
        if not operation.done:
            if operation.polls_left <= 0:
                self._finish(operation)
            operation.polls_left -= 1
        return operation

    def busy(self, session: str, kind: str) -> bool:
        """Whether an action on the form runs in the session."""
        return any(one.session == session and one.kind == kind for one in self._running)

    def _finish(self, operation: Operation) -> None:
        self._running.remove(operation)
        work, operation.work, operation.done = operation.work, _nothing, True
        try:
            work()
        except (Fault, FieldErrors) as failure:
            operation.failure = failure


def _nothing() -> None:
    """What is left to do of an operation that is done."""
