"""The PostgreSQL server that tests start for themselves."""

from __future__ import annotations

import psycopg


def do_not_wait_for_the_disk(superuser: str) -> None:
    """Tests kill hub processes, never the server: it need not sync."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET full_page_writes = off")
        connection.execute("SELECT pg_reload_conf()")
