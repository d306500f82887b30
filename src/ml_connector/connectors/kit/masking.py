"""Hides secrets and bank details in what vendors sent or received, before it is kept or shown."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

import msgspec

HIDDEN: Final = "***"
_KEYS: Final = (
    "client_secret|client_assertion|secret|password|passwd|access_token|refresh_token|id_token|api_key|apikey"
    "|authorization|cookie|set_cookie|session_id|sessionid|b1session"
    "|iban|bic|swift|swift_code|routing_number|account_number|bank_account|bank_account_number|bank_account_no"
    "|card_number|sort_code"
)
_KEY: Final = re.compile(rf"(?:{_KEYS})", re.IGNORECASE)
_LOOSE: Final = "|".join(name.replace("_", "[_-]?") for name in sorted(_KEYS.split("|"), key=len, reverse=True))
_PAIR: Final = re.compile(rf"""(?i)(["']?\b(?:{_LOOSE})["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s&,;}}\]"']+)""")
_BEARER: Final = re.compile(r"(?i)\b(bearer\s+(?=\S{6})|basic\s+(?=\S{12}))[A-Za-z0-9._~+/=-]+")
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def value(thing: Any) -> Any:
    """A copy of decoded JSON with every secret and bank detail replaced by `***`, at any depth."""
    if isinstance(thing, dict):
        return {key: HIDDEN if _is_secret(key) and _holds(entry) else value(entry) for key, entry in thing.items()}
    if isinstance(thing, list):
        return [value(entry) for entry in thing]
    return text(thing) if isinstance(thing, str) else thing


def text(words: str) -> str:
    """`words` with the values of secret keys (JSON, form or header style) and bearer tokens replaced by `***`."""
    return _PAIR.sub(rf"\1{HIDDEN}", _BEARER.sub(HIDDEN, words))


def body(content: bytes, limit: int = 20_000) -> str:
    """A request's or answer's body as masked text of at most `limit` characters."""
    try:
        shown = _ENCODER.encode(value(_DECODER.decode(content))).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError):
        shown = text(content.decode("utf-8", "replace"))
    return shown if len(shown) <= limit else shown[:limit] + " …"


def _is_secret(key: str) -> bool:
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[-\s]", "_", key)
    return bool(_KEY.fullmatch(plain) or _KEY.fullmatch(key))


def _holds(entry: Any) -> bool:
    return entry not in (None, "")
