"""The next page, from whatever the vendor says about it."""

from __future__ import annotations

import pytest

from ml_connector.connectors.kit import paging

NEXT = '<https://v.example/x?page=3&per_page=300>; rel="next", <https://v.example/x?page=9>; rel="last"'


@pytest.mark.parametrize(
    ("headers", "page", "rows", "expected"),
    [
        ({"link": NEXT, "total": "1"}, 2, 5, 3),
        ({"link": '<https://v.example/x?page=1>; rel="first"', "total": "5000"}, 2, 300, None),
        ({"link": '<https://v.example/x?page=2>; rel="next"'}, 2, 300, None),
        ({"total": "700", "per-page": "300"}, 2, 300, 3),
        ({"total": "600", "per-page": "300"}, 2, 300, None),
        ({"total": "4001"}, 2, 2000, 3),
        ({"total": "9000", "per-page": "300"}, 2, 0, None),
        ({"per-page": "300"}, 1, 300, 2),
        ({}, 1, 2000, 2),
        ({}, 1, 1999, None),
        ({"total": "many"}, 1, 12, None),
    ],
)
def test_the_next_page(headers: dict[str, str], page: int, rows: int, expected: int | None) -> None:
    assert paging.next_page(headers, page=page, asked=2000, rows=rows) == expected


def test_links_are_read_by_relation() -> None:
    assert paging.links({"link": NEXT})["last"] == "https://v.example/x?page=9"


def test_batches_hold_everything_once() -> None:
    assert [list(part) for part in paging.batches([1, 2, 3, 4, 5], 2)] == [[1, 2], [3, 4], [5]]
