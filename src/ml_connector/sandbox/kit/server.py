"""uvicorn, several servers in one event loop, with a way to cut a connection from inside a request."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_LONGEST_HEAD = 256 * 1024  # OData filters make long request lines


class _Protocol(H11Protocol):
    """Hands the connection's transport to the application in the request's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the servers."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def transport_of(scope: Scope) -> asyncio.Transport:
    transport = scope["state"]["transport"]
    assert isinstance(transport, asyncio.Transport)
    return transport


def listen(port: int) -> socket.socket:
    """A loopback socket that already takes connections; port 0 lets the system choose. Raises OSError."""
    sock = socket.create_server(("127.0.0.1", port), backlog=512)
    # Accepted connections inherit it; without, head and body in two segments wait 40 ms for a delayed ACK.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()
    return f"http://{host}:{port}"


def server(app: ASGIApp) -> uvicorn.Server:
    """Without uvicorn's own Date header: the application states the sandbox's time."""
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
        timeout_keep_alive=300,
        timeout_graceful_shutdown=1,
    )
    return _Server(config)
