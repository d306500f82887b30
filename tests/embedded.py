"""The PostgreSQL server that tests start for themselves."""

from __future__ import annotations

import psycopg
from psycopg import sql

from ml_connector.hub import database

_OURS = """
SELECT array_agg(tablename), (
    SELECT array_agg(sequencename) FROM pg_sequences WHERE schemaname = 'public' AND sequencename ~ '^(hub|procrastinate)_'
)
FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^(hub|procrastinate)_'
"""


def do_not_wait_for_the_disk(superuser: str) -> None:
    """Tests kill hub processes, never the server: it need not sync."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


class Emptying:
    """Takes all rows of hub and queue away and begins to count anew; no trigger or foreign key is asked.

    Rows are deleted: TRUNCATE makes a new file of each table and index, which takes a tenth of a second.
    """

    def __init__(self, superuser: str) -> None:
        self._connection = psycopg.connect(superuser, dbname=database.DATABASE, autocommit=True)
        self._connection.execute("SET session_replication_role = replica")
        tables, sequences = self._connection.execute(_OURS).fetchone() or ([], [])
        deleting = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables]
        counting = [sql.SQL("SELECT setval({}, 1, false)").format(sql.Literal(name)) for name in sequences]
        self._statements = sql.SQL(";").join([*deleting, *counting])

    def __call__(self) -> None:
        self._connection.execute(self._statements)
