"""What the administrator does: users, and the push notifications of the company."""

from __future__ import annotations

from ml_connector.sandbox.acumatica import push
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.people.work import Order, People, Work
from ml_connector.sandbox.kit.vendor import Act, ActRefused

_PUSH = {
    "address": "where to post, a query string is allowed",
    "header_name?": "X-Webhook-Secret unless given",
    "header_value": "the shared secret",
    "query?": "bills unless given",
    "name?": "name of the definition; the same name replaces it",
    "tracked?": "list of columns; all columns unless given",
    "attributes?": "vendors only: list of attribute ids, columns of their own",
}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    user = {"user?": "connector unless given"}
    return {
        "lock_user": people.act("lock a user out", user, _lock(people, locked=True)),
        "unlock_user": people.act("let a locked user in", user, _lock(people, locked=False)),
        "register_push": people.act(
            f"define a push notification; queries: {', '.join(push.QUERIES)}", _PUSH, _register(people)
        ),
        "remove_push": people.act("delete a push notification", {"name": "its name"}, _remove(people)),
    }


def _lock(people: People, *, locked: bool) -> Work:
    def work(_desk: Desk, order: Order) -> object:
        gate = people.instance.gate
        name = str(order.get("user", "connector"))
        if name not in gate.users:
            raise ActRefused(f"there is no user {name!r}; there are: {', '.join(gate.users)}")
        gate.users[name].locked = locked
        if locked:
            gate.sessions.close_of_user(name)
        return {"user": name, "locked": locked}

    return work


def _register(people: People) -> Work:
    def work(_desk: Desk, order: Order) -> object:
        query = push.QUERIES.get(str(order.get("query", "bills")))
        if query is None:
            raise ActRefused(f"there is no query {order['query']!r}; there are: {', '.join(push.QUERIES)}")
        attributes = tuple(str(name) for name in order.get("attributes") or ())
        if attributes and query.kind != "Vendor":
            raise ActRefused("only vendors have attributes here")
        query = push.with_attributes(query, attributes)
        tracked = frozenset(str(column) for column in order.get("tracked") or ())
        if unknown := tracked - {*query.columns, *query.attributes}:
            raise ActRefused(f"the query has no column {min(unknown)}; there are: {', '.join(query.columns)}")
        name = str(order.get("name") or f"push-{order.get('query', 'bills')}")
        people.instance.push.register(
            push.Destination(
                name=name,
                address=str(order["address"]),
                header_name=str(order.get("header_name", "X-Webhook-Secret")),
                header_value=str(order["header_value"]),
                query=query,
                tracked=tracked,
            )
        )
        return {"name": name, "query": query.name, "columns": [*query.columns, *query.attributes]}

    return work


def _remove(people: People) -> Work:
    def work(_desk: Desk, order: Order) -> object:
        if not people.instance.push.remove(str(order["name"])):
            raise ActRefused(f"there is no definition {order['name']!r}")
        return {"names": people.instance.push.names()}

    return work
