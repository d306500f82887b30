"""Secrets at rest: AES-256-GCM, bound to tenant, connection and name, so that a value cannot be moved elsewhere.

Envelope: one byte version (1), one byte length of the key id, the key id, 12 bytes nonce, ciphertext with tag.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection as database
from django.db import transaction

from ml_connector.hub import keyring, tenancy
from ml_connector.hub.models import Connection, Secret

_VERSION = 1
_NONCE = 12
_KEYS_LOCK = 77_121


class Unopenable(RuntimeError):
    """A stored secret cannot be opened: its key is not in the key file, or the value was tampered with."""


def put(connection: str, name: str, value: str) -> None:
    """Store a secret of a connection, in place of an earlier one."""
    with transaction.atomic():
        _lock("SELECT pg_advisory_xact_lock_shared(%s)")
        Secret.objects.update_or_create(
            connection_id=connection, name=name, defaults={"sealed": _seal(value, _bound_to(connection, name))}
        )


def get(connection: str, name: str) -> str | None:
    """A secret in clear, or None. Raises Unopenable."""
    row = Secret.objects.filter(connection_id=connection, name=name).first()
    return _open(bytes(row.sealed), _bound_to(connection, name)) if row else None


def holds(connection: str, name: str) -> bool:
    """Whether there is such a secret, without opening it."""
    return Secret.objects.filter(connection_id=connection, name=name).exists()


def remove(connection: str, name: str) -> None:
    """Forget a secret."""
    Secret.objects.filter(connection_id=connection, name=name).delete()


def of_connection(connection: str, names: set[str]) -> dict[str, str]:
    """Several secrets of a connection at once, in clear. Raises Unopenable."""
    rows = Secret.objects.filter(connection_id=connection, name__in=names)
    return {row.name: _open(bytes(row.sealed), _bound_to(connection, row.name)) for row in rows}


def new_key() -> str:
    """Make a new master key the active one and return its id; `reseal_all` then seals every stored value with it.

    Waits for values that are just being stored with the old key, and two rotations do not overwrite each other's key.
    """
    with transaction.atomic():
        _lock("SELECT pg_advisory_xact_lock(%s)")
        return keyring.rotate()


def _lock(statement: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(statement, [_KEYS_LOCK])


def reseal_all() -> int:
    """Seal every secret of the current tenant with the active key; returns how many were changed."""
    changed = 0
    active = keyring.load(fresh=True).active
    for connection in Connection.objects.values_list("id", flat=True):
        for pk in Secret.objects.filter(connection_id=connection).values_list("pk", flat=True):
            changed += _reseal(pk, active)
    return changed


def _reseal(pk: int, active: str) -> int:
    with transaction.atomic():
        row = Secret.objects.select_for_update().filter(pk=pk).first()
        if row is None or _key_of(bytes(row.sealed)) == active:
            return 0
        bound = _bound_to(row.connection_id, row.name)
        row.sealed = _seal(_open(bytes(row.sealed), bound), bound)
        row.save(update_fields=["sealed"])
        return 1


def _bound_to(connection: str, name: str) -> bytes:
    return f"{tenancy.current()}\x1f{connection}\x1f{name}".encode()


def _key_of(sealed: bytes) -> str:
    if len(sealed) < 2 or sealed[0] != _VERSION:
        raise Unopenable("a stored secret is damaged: enter the credentials anew")
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")


def _seal(value: str, bound: bytes) -> bytes:
    ring = keyring.load(fresh=True)  # another process may have made a new key
    nonce = secrets.token_bytes(_NONCE)
    key_id = ring.active.encode()
    return (
        bytes([_VERSION, len(key_id)])
        + key_id
        + nonce
        + AESGCM(ring.keys[ring.active]).encrypt(nonce, value.encode(), bound)
    )


def _open(sealed: bytes, bound: bytes) -> str:
    key_id = _key_of(sealed)
    ring = keyring.load()
    if key_id not in ring.keys:
        ring = keyring.load(fresh=True)
    if key_id not in ring.keys:
        raise Unopenable(f"a secret was sealed with key {key_id}, which {keyring.path()} lacks: restore the file")
    start = 2 + len(key_id.encode())
    nonce, rest = sealed[start : start + _NONCE], sealed[start + _NONCE :]
    try:
        return AESGCM(ring.keys[key_id]).decrypt(nonce, rest, bound).decode()
    except (InvalidTag, ValueError):
        raise Unopenable(
            f"a stored secret cannot be opened: if {keyring.path()} was lost or replaced, restore it from your copy; "
            "otherwise the secret was changed or belongs elsewhere: enter the credentials anew"
        ) from None
