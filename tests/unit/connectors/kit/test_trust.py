"""Certificates against a real TLS server on this machine."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from certificates import certificate
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.session import Session
from ml_connector.connectors.kit.trust import SYSTEM, Trust, complaint


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A refused certificate ends the connection; that is the client's word."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, dict[Path, str]]]:
    """Servers with three certificates: a good one, an expired one, one for another host; the address of each."""
    running, addresses = [], {}
    for path in (
        certificate(tmp_path, days=20),
        certificate(tmp_path, days=-5),
        certificate(tmp_path, days=20, host="10.0.0.9"),
    ):
        server = _Server(("127.0.0.1", 0), _Hello)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(path)
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        addresses[path] = f"https://127.0.0.1:{server.server_port}"
    yield tmp_path, addresses
    for server in running:
        server.shutdown()
        server.server_close()


def called(context: Context, address: str, trust: Trust) -> int:
    with Session(context, address, None, connector="acme", scope="x", trust=trust) as session:
        return session.call("things.list", "GET", "/", write=False).status


def test_a_certificate_of_the_customers_own_is_accepted_by_text_and_by_path(
    context: Context, served: tuple[Path, dict[Path, str]]
) -> None:
    path, address = next(iter(served[1].items()))
    text = path.read_text().partition("-----BEGIN PRIVATE KEY")[0]
    assert complaint(text, "ca_file") == complaint(str(path), "ca_file") == ""
    assert called(context, address, Trust(authority=text)) == 200
    assert called(context, address, Trust(authority=str(path))) == 200
    assert called(context, address, Trust(verify=False)) == 200


def test_what_is_wrong_with_a_certificate_is_told_and_nothing_is_sent(
    context: Context, served: tuple[Path, dict[Path, str]]
) -> None:
    _, (good, expired, other) = served[0], list(served[1])
    cases = ((good, SYSTEM, "authority"), (expired, None, "renewed"), (other, None, "name that the certificate is for"))
    for path, trust, words in cases:
        with pytest.raises(errors.BadConfiguration, match=words) as told:
            called(context, served[1][path], trust or Trust(authority=str(path)))
        assert "nothing was sent" in told.value.message


def test_files_that_are_none_are_refused_without_reading_them(tmp_path: Path) -> None:
    large = tmp_path / "large.pem"
    large.write_bytes(b"x" * 1_000_001)
    for path in (large, tmp_path, Path("/dev/zero"), tmp_path / "none.pem"):
        assert "ca_file" in complaint(str(path), "ca_file")
