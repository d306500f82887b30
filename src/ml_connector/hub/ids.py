"""Short ids that people can read out: Crockford's base 32, no look-alike letters."""

from __future__ import annotations

import hashlib
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RECORD_LENGTH = 12


def new(prefix: str, length: int = 6) -> str:
    """A random id such as `C-7K2QX9`."""
    return f"{prefix}-" + "".join(secrets.choice(_ALPHABET) for _ in range(length))


def of_record(installation: str, flow: str, key: str) -> str:
    """The id of a source record's life in one flow: always the same for the same record.

    It travels in our reference, so a record is found again in the target even when the hub's own database was lost
    and restored; 60 bits, so that a million records collide with a chance of one in two million.
    """
    digest = hashlib.sha256(f"{installation}\x1f{flow}\x1f{key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big")
    letters = []
    for _ in range(_RECORD_LENGTH):
        number, rest = divmod(number, 32)
        letters.append(_ALPHABET[rest])
    return "".join(letters)


def reference(record: str, version: int) -> str:
    """Our mark in a target document, `ML-7K2QX9M4T0AB-1`: record and version."""
    return f"{record_mark(record)}{version}"


def record_mark(record: str) -> str:
    """What the references of all versions of a record begin with."""
    return f"ML-{record}-"


def record_of(reference_text: str) -> str:
    """The record's id in a reference of ours, or "" when it is none."""
    parts = reference_text.split("-")
    return parts[1] if len(parts) == 3 and parts[0] == "ML" and len(parts[1]) == _RECORD_LENGTH else ""
