"""The routes of events, subscriptions and feedback, and the place of background calls (vendors/visma_net.md §8, §9)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.visma_net.errors import Refused
from ml_connector.sandbox.visma_net.web.request import Request
from ml_connector.sandbox.visma_net.web.router import Router

BACKGROUND: Final = "/v1/background"
_SUBSCRIPTION = "/v1/subscription"


def add(router: Router) -> None:
    """Background calls are served by the vendor itself: it holds the queue."""
    router.add("GET", f"{BACKGROUND}/{{id}}", _unserved)
    router.add("GET", f"{BACKGROUND}/{{id}}/content", _unserved)
    router.add("GET", "/v1/event", _events)
    router.add("GET", _SUBSCRIPTION, _list)
    router.add("POST", _SUBSCRIPTION, _post)
    router.add("GET", f"{_SUBSCRIPTION}/{{id}}", _get)
    router.add("PUT", f"{_SUBSCRIPTION}/{{id}}", _put)
    router.add("DELETE", f"{_SUBSCRIPTION}/{{id}}", _delete)
    router.add("POST", "/v1/webhooknotificationfeedback", _feedback)


def _unserved(request: Request, id: str) -> Answer:
    raise AssertionError("the vendor serves background calls")


def _open(request: Request) -> None:
    """Raises Refused where the endpoint is gone, as on today's host."""
    form = request.desk.switches["subscription_endpoint"]
    if form != "on":
        raise Refused(int(str(form)), "Subscriptions are made in the Developer Portal.")


def _company(request: Request) -> int:
    return request.desk.company.set_up.company


def _events(request: Request) -> Answer:
    _open(request)
    return json_answer(request.webhooks.events())


def _list(request: Request) -> Answer:
    _open(request)
    return json_answer([one.row() for one in request.webhooks.of(request.client, _company(request))])


def _post(request: Request) -> Answer:
    _open(request)
    made = request.webhooks.subscribe(request.client, _company(request), request.body())
    return json_answer(made.row(), status=201, headers={"Location": request.location(f"{_SUBSCRIPTION}/{made.id}")})


def _get(request: Request, id: str) -> Answer:
    _open(request)
    return json_answer(request.webhooks.get(request.client, _company(request), id).row())


def _put(request: Request, id: str) -> Answer:
    _open(request)
    request.webhooks.change(request.webhooks.get(request.client, _company(request), id), request.body())
    return Answer(status=204)


def _delete(request: Request, id: str) -> Answer:
    _open(request)
    request.webhooks.remove(request.webhooks.get(request.client, _company(request), id))
    return Answer(status=204)


def _feedback(request: Request) -> Answer:
    """What a receiver made of a notification; kept, and nothing follows from it."""
    body = request.body()
    key = str(len(request.desk.company["Feedback"]) + 1)
    request.desk.company.add("Feedback", key, dict(body) if isinstance(body, dict) else {})
    return Answer(status=201)
