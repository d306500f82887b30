"""The token of a connection: sealed in one row, renewed by one process at a time, used by all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
from django.db import connection as database
from django.db import transaction

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Token
from ml_connector.hub import clocks, lanes, vault

NAME = "token"
_REFUSED = "refused"
"""What the vendor said when it refused the credentials."""
_LOOK_AFTER = timedelta(seconds=60)


class StoredTokens:
    """A `kit.context.TokenStore` over the vault. A short memory saves a query per call; renewals ask the row.

    `logs_out`: the session is logged out after each cycle, so a lane that is due sees to it if this process does not.
    `is_current`: whether the settings that this store was opened with still hold; with others nobody logs in, since
    all would use that session, perhaps of another company.
    """

    def __init__(
        self, connection: str, *, logs_out: bool = False, is_current: Callable[[], bool] = lambda: True
    ) -> None:
        self._connection = connection
        self._logs_out = logs_out
        self._is_current = is_current
        self._known: Token | None = None

    def read(self) -> Token | None:
        if self._known is None:
            self._known = self._stored()
        return self._known

    @contextmanager
    def exclusive(self) -> Iterator[Token | None]:
        """Refused credentials are not tried again before a person has said so: many vendors lock the user otherwise."""
        try:
            with transaction.atomic(durable=True):
                lock(self._connection)
                self._allow()
                self._known = self._stored()
                yield self._known
        except errors.BadCredentials as refused:
            self._remember(refused.message)
            raise

    def save(self, token: Token) -> None:
        vault.put(self._connection, NAME, msgspec.json.encode(token).decode())
        if self._logs_out:
            keys = [lane.key for lane in lanes.of_connection(self._connection)]
            lanes.offer(keys, clocks.clock().now() + _LOOK_AFTER)
        self._known = token

    def drop(self) -> None:
        """Another token, which another process has stored meanwhile, stays."""
        with transaction.atomic():
            lock(self._connection)
            if self._known is None or self._stored() == self._known:
                vault.remove(self._connection, NAME)
        self._known = None

    def _allow(self) -> None:
        """Raises TryLater or BadCredentials when nobody may log in now with what this store was opened with."""
        if not self._is_current():
            what = f"the settings of connection {self._connection} were changed meanwhile"
            raise errors.TryLater(f"{what}: it goes on with the new ones")
        if said := vault.get(self._connection, _REFUSED):
            again = f"it is tried again after 'ml-connector ping {self._connection}', or with other settings"
            raise errors.BadCredentials(f"{said}; {again}")

    def _remember(self, said: str) -> None:
        """What the vendor said of these credentials; nothing when others have been entered meanwhile."""
        with transaction.atomic():
            lock(self._connection)
            if self._is_current() and not vault.holds(self._connection, _REFUSED):
                vault.put(self._connection, _REFUSED, said)

    def _stored(self) -> Token | None:
        text = vault.get(self._connection, NAME)
        return msgspec.json.decode(text, type=Token) if text else None


def allow(connection: str) -> None:
    """A person says that refused credentials may be tried again."""
    vault.remove(connection, _REFUSED)


def lock(connection: str) -> None:
    """Be the only one to get, replace or forget the token, until the transaction ends."""
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '120s'")  # the vendor is asked meanwhile
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"token:{connection}"])
