"""The token of a connection: sealed in one row, renewed by one process at a time, used by all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
from django.db import connection as database
from django.db import transaction

from ml_connector.connectors.kit.context import Token
from ml_connector.hub import clocks, lanes, vault

NAME = "token"
_LOOK_AFTER = timedelta(seconds=60)


class StoredTokens:
    """A `kit.context.TokenStore` over the vault. A short memory saves a query per call; renewals ask the row.

    `logs_out`: the session is logged out after each cycle, so a lane that is due sees to it if this process does not.
    """

    def __init__(self, connection: str, *, logs_out: bool = False) -> None:
        self._connection = connection
        self._logs_out = logs_out
        self._known: Token | None = None

    def read(self) -> Token | None:
        if self._known is None:
            self._known = self._stored()
        return self._known

    @contextmanager
    def exclusive(self) -> Iterator[Token | None]:
        with transaction.atomic(durable=True):
            with database.cursor() as cursor:
                cursor.execute(
                    "SET LOCAL idle_in_transaction_session_timeout = '120s'"
                )  # the vendor is asked meanwhile
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"token:{self._connection}"])
            self._known = self._stored()
            yield self._known

    def save(self, token: Token) -> None:
        vault.put(self._connection, NAME, msgspec.json.encode(token).decode())
        if self._logs_out:
            keys = [lane.key for lane in lanes.of_connection(self._connection)]
            lanes.offer(keys, clocks.clock().now() + _LOOK_AFTER)
        self._known = token

    def drop(self) -> None:
        vault.remove(self._connection, NAME)
        self._known = None

    def _stored(self) -> Token | None:
        text = vault.get(self._connection, NAME)
        return msgspec.json.decode(text, type=Token) if text else None
