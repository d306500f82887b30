"""The PostgreSQL server that tests start for themselves."""

from __future__ import annotations

from functools import cache

import psycopg
from psycopg import sql

from ml_connector.hub import database

_OURS = """
SELECT array_agg(tablename), (
    SELECT array_agg(sequencename) FROM pg_sequences
    WHERE schemaname = 'public' AND sequencename ~ '^(hub|procrastinate)_'
)
FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^(hub|procrastinate)_'
"""


_COUNTED = """
SELECT string_agg(
    format('SELECT setval(%L, %s, %L)', sequencename, COALESCE(last_value, 1), last_value IS NOT NULL), ';'
)
FROM pg_sequences WHERE schemaname = 'public' AND sequencename ~ '^(hub|procrastinate)_'
"""
_NO_ROW = 21
"""Length of what COPY writes of a table without rows: a header of 19 octets and an end of two."""


def do_not_wait_for_the_disk(superuser: str) -> None:
    """Tests kill hub processes, never the server: it need not sync."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")


Rows = dict[str, bytes]
"""What tables hold, in COPY's binary form; under an empty name, how far sequences have counted."""


class Tables:
    """All tables of hub and queue, with no trigger or foreign key asked."""

    def __init__(self, superuser: str) -> None:
        self._connection = psycopg.connect(superuser, dbname=database.DATABASE, autocommit=True)
        self._connection.execute("SET session_replication_role = replica")
        self._names, sequences = self._connection.execute(_OURS).fetchone() or ([], [])
        deleting = [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in self._names]
        counting = [sql.SQL("SELECT setval({}, 1, false)").format(sql.Literal(name)) for name in sequences]
        self._emptying = sql.SQL(";").join([*deleting, *counting])

    def empty(self) -> None:
        """Take all rows away and begin to count anew.

        Rows are deleted: TRUNCATE makes a new file of each table and index, which takes a tenth of a second.
        """
        self._connection.execute(self._emptying)

    def take(self) -> Rows:
        """All rows as they are now."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            held = {}
            for name in self._names:
                with cursor.copy(sql.SQL("COPY {} TO STDOUT (FORMAT BINARY)").format(sql.Identifier(name))) as rows:
                    held[name] = b"".join(bytes(row) for row in rows)
            counted = cursor.execute(_COUNTED).fetchone()
        assert counted is not None
        return {**held, "": counted[0].encode()}

    def put(self, rows: Rows) -> None:
        """Have what was taken earlier, and nothing else."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.execute(self._emptying)
            for name in self._names:
                if len(rows[name]) > _NO_ROW:
                    copying = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(sql.Identifier(name))
                    with cursor.copy(copying) as copy:
                        copy.write(rows[name])
            cursor.execute(rows[""])


@cache
def tables() -> Tables:
    """Of this process's own server, which must have been started."""
    return Tables((database.data_folder() / "postgres-uri").read_text())
