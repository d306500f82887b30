"""The ASGI application of one vendor port: reads the call, applies a fault, answers, logs."""

from __future__ import annotations

import asyncio
import traceback
from email.utils import format_datetime

from starlette.types import Message, Receive, Scope, Send

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.calls import CallLog
from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.faults import Fault, Faults
from ml_connector.sandbox.kit.http import Answer, Call
from ml_connector.sandbox.kit.server import transport_of
from ml_connector.sandbox.kit.vendor import Vendor

_HTML = b"<!DOCTYPE html><html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


class Listener:
    """Serves one of a vendor's listeners."""

    def __init__(self, vendor: Vendor, name: str, clock: SandboxClock, faults: Faults, calls: CallLog) -> None:
        self._vendor = vendor
        self._name = name
        self._clock = clock
        self._faults = faults
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        call = await self._read(scope, receive)
        self._vendor.note(call)
        fault = self._faults.hit(call)
        at = self._clock.now()
        answer = await self._serve(call, fault)
        cut = fault is not None and fault.effect == "truncate"
        self._calls.add(at, call, None if answer is None else answer.status, 0 if answer is None else len(answer.body))
        if answer is None:
            transport_of(scope).abort()
            await asyncio.sleep(0)
        elif cut and fault is not None:
            await self._send_part(scope, send, answer, int(fault.arg("bytes", len(answer.body) // 2)))
        else:
            await send(self._start(answer))
            await send({"type": "http.response.body", "body": b"" if call.method == "HEAD" else answer.body})

    async def _read(self, scope: Scope, receive: Receive) -> Call:
        chunks = []
        while True:
            message = await receive()
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host, port = scope["server"]
        return Call(
            method=scope["method"],
            path=scope["path"],
            query_string=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=b"".join(chunks),
            listener=self._name,
            url=f"http://{headers.get('host') or f'{host}:{port}'}",
        )

    async def _serve(self, call: Call, fault: Fault | None) -> Answer | None:
        """None: cut the connection without an answer."""
        if fault is None:
            return await self._handle(call)
        match fault.effect:
            case "status":
                return _stated(fault)
            case "html_error":
                return Answer(status=int(fault.arg("status", 502)), body=_HTML, headers={"Content-Type": "text/html"})
            case "rate_limit":
                return self._vendor.rate_limited(call, fault.arg("retry_after"))
            case "drop_before_write":
                return None
            case "drop_after_write":
                await self._handle(call)
                return None
            case "delay_before_write":
                await asyncio.sleep(float(fault.arg("seconds")))
                return await self._handle(call)
            case "expire_token":
                self._vendor.expire_token(call)
        answer = await self._handle(call)
        if fault.effect == "delay_after_write":
            await asyncio.sleep(float(fault.arg("seconds")))
        return answer

    async def _handle(self, call: Call) -> Answer:
        try:
            answer = self._vendor.answer(call)
        except Exception:  # a defect of one handler must not end the process; the 500 shows it
            traceback.print_exc()
            return Answer(status=500, body=b"The sandbox failed: " + traceback.format_exc(limit=-3).encode())
        if answer.wait_s:
            await asyncio.sleep(answer.wait_s)
        return answer

    def _start(self, answer: Answer) -> Message:
        headers = {"Date": format_datetime(self._clock.now(), usegmt=True), **answer.headers}
        if answer.status >= 200 and answer.status not in (204, 304):
            headers["Content-Length"] = str(len(answer.body))
        encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        return {"type": "http.response.start", "status": answer.status, "headers": encoded}

    async def _send_part(self, scope: Scope, send: Send, answer: Answer, size: int) -> None:
        """The full length is announced, `size` bytes come, the connection closes."""
        await send(self._start(answer))
        await send({"type": "http.response.body", "body": answer.body[:size], "more_body": True})
        transport_of(scope).close()
        await asyncio.sleep(0)


def _stated(fault: Fault) -> Answer:
    body = fault.arg("body", "")
    headers = {str(name): str(value) for name, value in (fault.arg("headers") or {}).items()}
    if isinstance(body, str):
        return Answer(status=int(fault.arg("status")), body=body.encode(), headers=headers)
    known = {"Content-Type": "application/json"} | headers
    return Answer(status=int(fault.arg("status")), body=wire.encode(body), headers=known)
