"""The routes of segmented keys, whose lists and writes are unlike all others (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.visma_net.entities import dimensions
from ml_connector.sandbox.visma_net.web.request import Request, changed, shown
from ml_connector.sandbox.visma_net.web.router import Router


def add(router: Router) -> None:
    """The dimension routes."""
    router.add("GET", "/v1/dimension", lambda request: json_answer(dimensions.listing(request.desk)))
    router.add("GET", "/v1/dimension/{name}", _dimension)
    router.add("GET", "/v1/dimension/{name}/{segment}", _segment)
    router.add("PUT", "/v1/dimension/{name}/{segment}", _put)
    router.add("GET", "/v1/dimension/{name}/{segment}/{value}", _value)
    router.add("GET", "/v1/dimension/{name}/{segment}/publicid/{public}", _public)


def _dimension(request: Request, name: str) -> Answer:
    return json_answer(dimensions.dimension(request.desk, name, request.query))


def _segment(request: Request, name: str, segment: str) -> Answer:
    row = dimensions.segment(request.desk, name, segment)
    return shown(row, dimensions.show(request.desk, row, None))


def _put(request: Request, name: str, segment: str) -> Answer:
    row = dimensions.segment(request.desk, name, segment)
    request.guard(row)
    dimensions.change(request.desk, row, request.body())
    return changed(row)


def _value(request: Request, name: str, segment: str, value: str) -> Answer:
    row = dimensions.segment(request.desk, name, segment)
    return json_answer(dimensions.named_value(request.desk, row, value))


def _public(request: Request, name: str, segment: str, public: str) -> Answer:
    row = dimensions.segment(request.desk, name, segment)
    return json_answer(dimensions.public_value(request.desk, row, public))
