"""Calls that are queued with erp-api-background and asked for later (vendors/visma_net.md §8)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.kit.http import Answer, Call
from ml_connector.sandbox.visma_net.errors import Refused

KEPT: Final = timedelta(hours=24)


class Job(Struct):
    """A queued call, and its answer once it is done."""

    id: str
    call: Call
    client: str
    company: int
    scopes: tuple[str, ...]
    received: datetime
    polls: int = 0
    finished: datetime | None = None
    answer: Answer | None = None


class Background:
    """The queue of all companies."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}

    def queue(self, call: Call, client: str, company: int, scopes: tuple[str, ...], now: datetime) -> Job:
        """Accept a call."""
        job = Job(str(uuid.uuid4()), call, client, company, scopes, now)
        self._jobs[job.id] = job
        return job

    def due(self, now: datetime, after_ms: int) -> list[Job]:
        """Those that have waited long enough."""
        wait = timedelta(milliseconds=after_ms)
        return [job for job in self._jobs.values() if job.answer is None and now >= job.received + wait]

    def get(self, number: str, company: int, now: datetime) -> Job:
        """Raises Refused: 404 unknown, 403 of another company, 410 after a day."""
        job = self._jobs.get(number.lower())
        if job is None:
            raise Refused(404, "The background request cannot be found.")
        if job.company != company:
            raise Refused(403, "The background request is of another company.")
        if now >= job.received + KEPT:
            raise Refused(410, "The background request is no longer kept.")
        return job


def state(job: Job, base_url: str) -> dict[str, Any]:
    """What a poll answers."""
    done, at = job.answer, iso(job.received, "milliseconds")
    header = job.call.headers.get("erp-api-background", "")
    failed = done is not None and done.status >= 400
    return {
        "id": job.id,
        "status": "Started" if done is None else "Failed" if failed else "Finished",
        "statusCode": done.status if done else 0,
        "receivedUtc": at,
        "startedUtc": at,
        "finishedUtc": iso(job.finished, "milliseconds") if job.finished else None,
        "webhookAddress": header if header.lower().startswith("http") else None,
        "errorMessage": done.body.decode() if done is not None and failed else None,
        "reference": header,
        "originalUri": job.call.base_url + job.call.path,
        "hasResponseContent": bool(done and done.body),
        "hasRequestContent": bool(job.call.body),
        "contentLocation": f"{base_url}/v1/background/{job.id}/content" if done and done.body else None,
        "responseHeaders": dict(done.headers) if done else {},
    }
