"""Finding the next page in what vendors say about paging, and cutting key lists into calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import parse_qs, urlsplit

T = TypeVar("T")
_LINK: Final = re.compile(r'<([^>]*)>\s*;[^,]*?\brel="?([\w-]+)"?')


def links(headers: Mapping[str, str]) -> dict[str, str]:
    """The addresses of a `Link` header by their relation (`next`, `last`)."""
    return {relation: url for url, relation in _LINK.findall(headers.get("link", ""))}


def number(headers: Mapping[str, str], name: str) -> int | None:
    """A header's whole number; None where it is missing or no number."""
    value = headers.get(name, "").strip()
    return int(value) if re.fullmatch(r"\d{1,18}", value, re.ASCII) else None


def next_page(headers: Mapping[str, str], *, page: int, asked: int, rows: int) -> int | None:
    """The number of the page after `page`, for lists with `Link`, `Total` and `Per-Page` headers.

    `asked` is the page size that was asked for; the vendor may have used a smaller one. Without any header a full
    page means that there may be another one.
    """
    if "link" in headers:
        following = links(headers).get("next", "")
        told = parse_qs(urlsplit(following).query).get("page", [""])[0]
        return int(told) if told.isdigit() and int(told) > page else None
    total, size = number(headers, "total"), number(headers, "per-page")
    if rows == 0:
        return None
    if total is not None:
        return page + 1 if page * (size or asked) < total else None
    return page + 1 if rows == (size or asked) else None


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in parts of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
