"""Webhook deliveries: queued by a vendor, posted in the background on the sandbox clock, repeated by its rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import httpx2
from msgspec import Struct

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.clock import SandboxClock, iso

State = Literal["pending", "retrying", "delivered", "discarded", "dropped", "held"]
_POSTABLE = ("pending", "retrying")
_OPEN = (*_POSTABLE, "held")
_LOOK_S = 0.05  # how late a due time may be noticed


class BadEvent(ValueError):
    """An order on /events that cannot be followed; the text says what is allowed."""


class Retries(Struct, frozen=True, kw_only=True):
    """A vendor's delivery rules.

    `delay` gets the number of failed attempts and the seconds since the first of them, and says after how many
    seconds to try again; None gives up. `sequential`: one at a time per hook, a failing one holds the hook's queue
    back, and giving up flushes it. `sign` makes headers anew for each attempt (time-stamped signatures).
    """

    timeout_s: float = 5.0
    delay: Callable[[int, float], float | None] = lambda failures, age: None
    sequential: bool = False
    sign: Callable[[bytes, datetime], dict[str, str]] | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One post. `status` None: no answer, and `error` says why."""

    started_at: str
    completed_at: str
    status: int | None
    headers: dict[str, str]
    body: str
    error: str | None


class Delivery(Struct, kw_only=True):
    """One event on its way to one destination."""

    number: int
    hook: str
    event: str
    destination: str
    headers: dict[str, str]
    body: bytes
    state: State
    due: datetime
    attempts: list[Attempt]
    once: bool = False
    """Forged ones: no second attempt, and their failure holds nothing back."""
    failing_since: datetime | None = None


class Deliveries:
    """All deliveries of a vendor, in the order of queueing."""

    def __init__(self, clock: SandboxClock, retries: Retries) -> None:
        self.all: list[Delivery] = []
        self._open: list[Delivery] = []  # those that may still be posted, in the order of posting
        self._clock = clock
        self._retries = retries
        self._wake = asyncio.Event()
        self._busy: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._drops = 0
        self._reorder = 0
        clock.watch(self._wake.set)

    def queue(self, *, hook: str, event: str, destination: str, headers: dict[str, str], body: bytes) -> Delivery:
        """Send an event soon; `event` is the vendor's id of it."""
        delivery = self._new(hook=hook, event=event, destination=destination, headers=headers, body=body)
        if self._drops:
            self._drops -= 1
            delivery.state = "dropped"
        elif self._reorder:
            delivery.state = "held"
            if len(self._held()) == self._reorder:
                self._reorder = 0
                self._release_reversed()
        return delivery

    def clear(self) -> None:
        """Forget everything; what is on the wire is not recorded."""
        self.all = []
        self._open = []
        self._drops = self._reorder = 0

    # what the control API orders

    def deliver_now(self, numbers: list[int] | None) -> int:
        """Let the waiting deliveries (or those numbered) be due; returns how many."""
        waiting = [d for d in self._open if d.state in _OPEN]
        if numbers is not None:
            waiting = [self._numbered(number) for number in numbers]
        for delivery in waiting:
            if delivery not in self._open:
                raise BadEvent(f"delivery {delivery.number} is {delivery.state}; repeat sends it again")
            delivery.due = self._clock.now()
            delivery.state = "retrying" if delivery.attempts else "pending"
        self._reorder = 0
        self._wake.set()
        return len(waiting)

    def repeat(self, number: int | None) -> Delivery:
        """Send the newest delivery, or the one numbered, a second time."""
        first = self._newest() if number is None else self._numbered(number)
        return self._new(
            hook=first.hook, event=first.event, destination=first.destination, headers=first.headers, body=first.body
        )

    def reorder(self, count: int) -> None:
        """Hold the next `count` events back and send them newest first."""
        if count < 2:
            raise BadEvent("reorder needs a count of 2 or more")
        self._reorder = count

    def drop(self, count: int, number: int | None) -> None:
        """Lose the next `count` events, or the waiting delivery numbered."""
        if number is None:
            self._drops += count
        else:
            self._numbered(number).state = "dropped"

    def forge(self, destination: str | None, body: bytes | None, headers: dict[str, str] | None) -> Delivery:
        """Post once what no system sent; what is not given is taken from the newest delivery, its secrets spoiled."""
        if destination is None or body is None or headers is None:
            newest = self._newest()
            destination, body = destination or newest.destination, newest.body if body is None else body
            if headers is None:
                headers = dict.fromkeys(newest.headers, "forged") | {"Content-Type": "application/json"}
        return self._new(hook="forged", event="forged", destination=destination, headers=headers, body=body, once=True)

    def rows(self) -> list[dict[str, Any]]:
        return [_row(delivery) for delivery in self.all]

    # the background

    async def run(self) -> None:
        """Post what is due until cancelled."""
        async with httpx2.AsyncClient(trust_env=False, timeout=self._retries.timeout_s) as client:
            while True:
                for delivery in self._due():
                    self._busy.add(id(delivery))
                    task = asyncio.create_task(self._post(client, delivery))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                await self._rest()

    async def _rest(self) -> None:
        self._wake.clear()
        waiting = [d.due for d in self._open if d.state in _POSTABLE and id(d) not in self._busy]
        pause = max((min(waiting) - self._clock.now()).total_seconds(), _LOOK_S) if waiting else None
        try:
            await asyncio.wait_for(self._wake.wait(), pause)
        except TimeoutError:
            return

    def _due(self) -> list[Delivery]:
        now = self._clock.now()
        due, queues = [], set()
        self._open = [delivery for delivery in self._open if delivery.state in _OPEN]
        for delivery in self._open:
            if delivery.state not in _POSTABLE:
                continue
            behind = self._retries.sequential and not delivery.once and delivery.hook in queues
            if not delivery.once:
                queues.add(delivery.hook)
            if delivery.due <= now and id(delivery) not in self._busy and not behind:
                due.append(delivery)
        return due

    async def _post(self, client: httpx2.AsyncClient, delivery: Delivery) -> None:
        started = self._clock.now()
        headers = delivery.headers
        if self._retries.sign and not delivery.once:
            headers = headers | self._retries.sign(delivery.body, started)
        status, answer_headers, text, error = None, {}, "", None
        try:
            answer = await client.post(delivery.destination, content=delivery.body, headers=headers)
            status, answer_headers, text = answer.status_code, dict(answer.headers), answer.text[:2000]
        except (httpx2.HTTPError, httpx2.InvalidURL) as failure:
            error = f"{type(failure).__name__}: {failure}"
        finally:
            self._busy.discard(id(delivery))
            self._wake.set()
        ended = self._clock.now()
        delivery.attempts.append(
            Attempt(
                started_at=iso(started, "milliseconds"),
                completed_at=iso(ended, "milliseconds"),
                status=status,
                headers=answer_headers,
                body=text,
                error=error,
            )
        )
        self._settle(delivery, ended, taken=status is not None and 200 <= status < 300)

    def _settle(self, delivery: Delivery, now: datetime, *, taken: bool) -> None:
        if taken:
            delivery.state = "delivered"
            return
        delivery.failing_since = delivery.failing_since or now
        age = (now - delivery.failing_since).total_seconds()
        delay = None if delivery.once else self._retries.delay(len(delivery.attempts), age)
        if delay is not None:
            delivery.state, delivery.due = "retrying", now + timedelta(seconds=delay)
            return
        delivery.state = "discarded"
        if self._retries.sequential and not delivery.once:
            for behind in self._open:
                if behind.hook == delivery.hook and behind.state in _POSTABLE:
                    behind.state = "discarded"

    # pieces

    def _new(
        self, *, hook: str, event: str, destination: str, headers: dict[str, str], body: bytes, once: bool = False
    ) -> Delivery:
        delivery = Delivery(
            number=len(self.all) + 1,
            hook=hook,
            event=event,
            destination=destination,
            headers=headers,
            body=body,
            state="pending",
            due=self._clock.now(),
            attempts=[],
            once=once,
        )
        self.all.append(delivery)
        self._open.append(delivery)
        self._wake.set()
        return delivery

    def _held(self) -> list[Delivery]:
        return [delivery for delivery in self._open if delivery.state == "held"]

    def _release_reversed(self) -> None:
        held = self._held()
        for delivery in held:
            delivery.state = "pending"
            self._open.remove(delivery)
        self._open += reversed(held)
        self._wake.set()

    def _newest(self) -> Delivery:
        if not self.all:
            raise BadEvent("nothing was delivered yet; give destination, body and headers")
        return self.all[-1]

    def _numbered(self, number: int) -> Delivery:
        found = next((delivery for delivery in self.all if delivery.number == number), None)
        if found is None:
            raise BadEvent(f"no delivery {number}; GET /events lists them")
        return found


def _row(delivery: Delivery) -> dict[str, Any]:
    try:
        body = wire.decode(delivery.body)
    except wire.MalformedJson:
        body = delivery.body.decode("utf-8", "replace")
    return {
        "id": delivery.number,
        "hook": delivery.hook,
        "event": delivery.event,
        "destination": delivery.destination,
        "body": body,
        "state": delivery.state,
        "due": iso(delivery.due, "milliseconds"),
        "attempts": delivery.attempts,
    }
