"""The database of a lane, and what is kept of it: copies of all rows, from which it is filled again in milliseconds."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import conninfo, sql

from ml_connector.hub import database

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
_COUNTERS = """
CREATE TABLE {counters} AS SELECT format('%I.%I', schemaname, sequencename) AS name,
    coalesce(last_value, start_value) AS value, last_value IS NOT NULL AS called
FROM pg_sequences WHERE schemaname = 'public'
"""
_SET_COUNTERS = "SELECT setval(name::regclass, value, called) FROM {counters}"
_VACUUM_EVERY = 20
"""Rows that are replaced again and again leave so much dead space that everything becomes slower and slower."""


class Store:
    """`keep` and `fill` are to be called while no hub process works; whoever is still connected is cut off."""

    def __init__(self, server: str, name: str) -> None:
        self._server = server
        self.name = name
        self._fillings: dict[str, sql.Composable] = {}
        self._vacuum: sql.Composable = sql.SQL("")
        self._filled = 0
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(database.OWNER_ROLE))
            )
        self.connection: psycopg.Connection[Any] = psycopg.connect(
            conninfo.make_conninfo(server, dbname=name), autocommit=True
        )
        # Rows are put back as they were: no trigger and no foreign key has anything to say about that.
        self.connection.execute("SET session_replication_role = replica")

    def close(self) -> None:
        """Leave the database."""
        self.connection.close()

    def url(self, role: str) -> str:
        """Where a role finds the database."""
        return conninfo.make_conninfo(self._server, dbname=self.name, user=role)

    def has(self, name: str) -> bool:
        """Whether something is kept under a name."""
        return name in self._fillings

    def keep(self, name: str) -> None:
        """Keep all rows, and where the numbering of rows stands, under a name."""
        schema, steps = f"kept {name}", []
        self.connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        tables = [table for (table,) in self.connection.execute(_TABLES)]
        for table in tables:
            kept, lived = sql.Identifier(schema, table), sql.Identifier("public", table)
            self.connection.execute(sql.SQL("CREATE TABLE {} AS TABLE {}").format(kept, lived))
            steps.append(sql.SQL("DELETE FROM {}").format(lived))
            steps.append(sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE TABLE {}").format(lived, kept))
        counters = sql.Identifier(schema, "counters of rows")
        self.connection.execute(sql.SQL(_COUNTERS).format(counters=counters))
        steps.append(sql.SQL(_SET_COUNTERS).format(counters=counters))
        self._fillings[name] = sql.SQL(";\n").join(steps)
        listed = sql.SQL(", ").join(sql.Identifier("public", table) for table in tables)
        self._vacuum = sql.SQL("VACUUM ANALYZE {}").format(listed)

    def fill(self, name: str) -> None:
        """All rows as they were kept, and no other ones. Raises KeyError."""
        self.connection.execute(_OTHERS)
        self.connection.execute(self._fillings[name])  # one message, and so one transaction
        self._filled += 1
        if self._filled % _VACUUM_EVERY == 0:
            self.connection.execute(self._vacuum)
