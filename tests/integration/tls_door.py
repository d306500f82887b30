"""A TLS listener in front of a sandbox, as a company's own Service Layer has one with a certificate of its own."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def tls_door(certificate: Path, port: int) -> Iterator[str]:
    """Listen with a certificate (and its key, in one file), pass everything on to a local port; yields the address."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=_admit, args=(door, tls, port), daemon=True).start()
        yield f"https://127.0.0.1:{door.getsockname()[1]}"
        door.shutdown(socket.SHUT_RDWR)


def _admit(door: socket.socket, tls: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            raw, _ = door.accept()
        except OSError:  # the door is closed
            return
        threading.Thread(target=_serve, args=(raw, tls, port), daemon=True).start()


def _serve(raw: socket.socket, tls: ssl.SSLContext, port: int) -> None:
    """One connection; whoever does not accept the certificate hangs up, which is its word."""
    with (
        suppress(OSError),
        raw,
        tls.wrap_socket(raw, server_side=True) as guest,
        socket.create_connection(("127.0.0.1", port)) as inside,
    ):
        back = threading.Thread(target=_pass_on, args=(inside, guest), daemon=True)
        back.start()
        _pass_on(guest, inside)
        back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
