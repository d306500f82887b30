"""What all reports of differences share."""

from __future__ import annotations

import base64
import hashlib

_ID_BYTES = 5


def id_of(*facts: object) -> str:
    """A short id of a difference that stays the same while its facts do; 40 bits, within one installation."""
    digest = hashlib.sha256("\x1f".join(map(str, facts)).encode()).digest()
    return f"D-{base64.b32encode(digest[:_ID_BYTES]).decode()}"
