"""The master keys: a file with mode 0600 that only the hub reads.

The file is JSON, `{"active": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}`. Old keys stay in it so that backups of
the database can still be opened.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import threading
from pathlib import Path

from msgspec import Struct

from ml_connector.hub import database

_cached: Keyring | None = None
_lock = threading.Lock()

NOTE = """The file master-key.json opens every credential that ml-connector stores.
Keep a copy of it apart from the backups of the database: without it the credentials must be entered anew,
with it and a backup anybody can read them. Its mode must stay 0600.
"""


class Keyring(Struct, frozen=True):
    """All master keys by id, and the id of the one that seals new values. Never printed."""

    active: str
    keys: dict[str, bytes]

    def __repr__(self) -> str:
        return f"Keyring(active={self.active!r}, {len(self.keys)} keys)"


class BadKeyFile(RuntimeError):
    """The key file is missing where one was named, readable by others, or not what it must be."""


def path() -> Path:
    """The key file: `ML_CONNECTOR_KEY_FILE`, else one in the data folder."""
    named = os.environ.get("ML_CONNECTOR_KEY_FILE")
    return Path(named) if named else database.data_folder() / "master-key.json"


def load(*, fresh: bool = False) -> Keyring:
    """The keys; `fresh` reads the file again (another process may have rotated them). Raises BadKeyFile."""
    global _cached
    with _lock:
        if fresh or _cached is None:
            _cached = _read()
        return _cached


def rotate() -> str:
    """Add a new key, make it the active one and return its id; existing values are sealed anew by the vault."""
    global _cached
    with _lock:
        old = _read()
        name = f"k{len(old.keys) + 1}"
        new = Keyring(name, {**old.keys, name: secrets.token_bytes(32)})
        _write(new)
        _cached = new
        return name


def _read() -> Keyring:
    file = path()
    if not file.exists():
        if os.environ.get("ML_CONNECTOR_KEY_FILE"):
            raise BadKeyFile(f"the key file {file} does not exist: restore it, or unset ML_CONNECTOR_KEY_FILE")
        _write(Keyring("k1", {"k1": secrets.token_bytes(32)}), new=True)
        file.with_name("master-key.README").write_text(NOTE)
    if file.stat().st_mode & 0o077:
        raise BadKeyFile(f"the key file {file} can be read by others: run 'chmod 600 {file}'")
    try:
        content = json.loads(file.read_text())
        keys = {name: base64.b64decode(key, validate=True) for name, key in content["keys"].items()}
        if any(len(key) != 32 for key in keys.values()) or content["active"] not in keys:
            raise ValueError("a key is not 32 bytes long, or the active one is missing")
        return Keyring(content["active"], keys)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadKeyFile(f"the key file {file} is damaged: restore it from your copy") from None


def _write(keyring: Keyring, *, new: bool = False) -> None:
    """Write atomically; with `new`, a file that another process made meanwhile is left alone."""
    file = path()
    content = {
        "active": keyring.active,
        "keys": {name: base64.b64encode(key).decode() for name, key in keyring.keys.items()},
    }
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    with draft.open("w") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    try:
        if new:
            os.link(draft, file)
        else:
            os.replace(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
