"""What every connector must fulfil; a connector's test file calls these with its declaration."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path

from ml_connector import points
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.declaration import PING_STEPS, Connector, PingStatus

FILES = {"__init__.py", "connector.py", "auth.py", "client.py", "objects.py", "README.md"}


def folder(connector: Connector) -> Path:
    package = importlib.import_module(f"ml_connector.connectors.{connector.name}")
    return Path(str(package.__file__)).parent


def check_files(connector: Connector) -> None:
    """The same file names in each folder, none over 500 lines, a README that cites the vendor's sheet."""
    home = folder(connector)
    assert {path.name for path in home.iterdir()} >= FILES | ({"webhooks.py"} if connector.webhooks else set())
    for module in home.glob("*.py"):
        text = module.read_text()
        assert text.startswith('"""'), f"{module.name} does not say what it is for"
        assert text.count("\n") <= 500, f"{module.name} is too long"
    assert f"vendors/{connector.name}.md" in (home / "README.md").read_text()


def check_declaration(connector: Connector, settings: Mapping[str, str]) -> None:
    """A form that explains itself, and complaints that name what is missing."""
    assert connector.title
    names = [field.name for field in connector.fields]
    assert len(names) == len(set(names))
    assert all(field.label for field in connector.fields)
    assert any(field.secret for field in connector.fields)
    assert connector.check(settings) == []
    for field in connector.fields:
        if field.required:
            complaints = connector.check({**settings, field.name: ""})
            assert any(complaint.startswith(field.name) for complaint in complaints), f"{field.name} is not missed"
    assert connector.lanes(settings)
    scopes = [window.scope for window in connector.windows(settings)]
    assert all(settings[name] not in " ".join(scopes) for name in _secrets(connector) if settings.get(name))


def check_points(connector: Connector) -> None:
    """Every vendor call can be killed before and after it is made."""
    assert connector.operations
    assert len(connector.operations) == len(set(connector.operations))
    known = set(points.names())
    for operation in connector.operations:
        assert {f"call.{connector.name}.{operation}.{side}" for side in ("before", "after")} <= known


def check_ping_never_raises(connector: Connector, context: Context) -> None:
    """With nothing reachable at the address, every step is told, in order, and the first one says what to do."""
    client = connector.open(context)
    steps = list(connector.ping(client))
    client.close()
    assert tuple(step.name for step in steps) == PING_STEPS
    assert steps[0].status is PingStatus.FAILED
    assert steps[0].todo
    assert all(step.found for step in steps)


def check_no_secret_is_printed(connector: Connector, context: Context) -> None:
    """Neither the context nor a client shows a secret."""
    client = connector.open(context)
    shown = f"{context!r} {client!r}"
    client.close()
    for name in _secrets(connector):
        assert context.settings[name] not in shown


def check_webhooks(connector: Connector, secret: str) -> None:
    """Forged deliveries are refused, nonsense is a ValueError."""
    hooks = connector.webhooks
    if hooks is None:
        return
    assert hooks.header == hooks.header.lower()
    assert hooks.setup
    for headers in ({}, {hooks.header: ""}, {hooks.header: secret + "x"}, {hooks.header: secret[:-1]}):
        assert not hooks.verify(headers, b"{}", secret)
    assert not hooks.verify({hooks.header: ""}, b"{}", "")
    for body in (b"", b"[]", b"{}", b"\xff\xfe", b"<html>", b'{"id": {}}'):
        try:
            hooks.parse(body)
        except ValueError:
            continue
        raise AssertionError(f"{body!r} was taken for an event")


def _secrets(connector: Connector) -> list[str]:
    return [field.name for field in connector.fields if field.secret]
