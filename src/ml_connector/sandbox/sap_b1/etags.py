"""ETags: a hash of the record's version only, so that records of equal version share it (vendors/sap_b1.md §8)."""

from __future__ import annotations

import hashlib

from ml_connector.sandbox.sap_b1.edm import EntityType, Row
from ml_connector.sandbox.sap_b1.errors import modified_meanwhile


def etag(version: int) -> str:
    """Such as W/"356A…" for 1."""
    return f'W/"{hashlib.sha1(str(version).encode(), usedforsecurity=False).hexdigest().upper()}"'


def etag_of(type_: EntityType, row: Row) -> str | None:
    """None for types without."""
    return etag(int(row["DataVersion"])) if type_.etag else None


def check(type_: EntityType, row: Row, if_match: str | None) -> None:
    """Raises 412 for another version; values that do not begin with W/ are not looked at."""
    known = etag_of(type_, row)
    if known is not None and if_match is not None and if_match.strip().startswith("W/") and if_match.strip() != known:
        raise modified_meanwhile()
