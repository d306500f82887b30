"""Keys as parts of addresses, and keys out of addresses (vendors/visma_net.md §5, §12)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final
from urllib.parse import unquote, urlsplit

_PLAIN: Final = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*", re.ASCII)


def address_of(*keys: str) -> str:
    """Keys as a path; one with other than plain characters goes as `b64(...)`."""
    return "".join(f"/{key if _PLAIN.fullmatch(key) else _encoded(key)}" for key in keys)


def number_of(location: str) -> str:
    """The last part of an address, decoded; the host that it names is of no interest."""
    last = unquote(urlsplit(location).path.rstrip("/").rpartition("/")[2])
    if not (last.startswith("b64(") and last.endswith(")")):
        return last
    inner = last[4:-1]
    try:
        return base64.urlsafe_b64decode(inner + "=" * (-len(inner) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _encoded(key: str) -> str:
    return f"b64({base64.urlsafe_b64encode(key.encode()).decode().rstrip('=')})"
