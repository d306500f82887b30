"""What is typed wrongly is answered by one line and an exit code, and nothing happens."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_world import World, world


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="ml-connector-cli-", dir="/tmp") as folder, world(Path(folder)) as one:
        yield one


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from ml_connector.cli.main import main; main(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('django', 'psycopg', 'httpx2', 'starlette', 'cryptography')))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "sync" in ended.stdout


def test_points_need_no_database(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "ML_CONNECTOR_DATA": str(tmp_path / "none")}
    command = [sys.executable, "-m", "ml_connector.cli.main", "points"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    names = set(ended.stdout.split())
    assert {"intent.before_commit", "outcome.after_commit", "page.read", "call.acumatica.bills.create.before"} <= names
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("bogus", "No such command 'bogus'"),
        ("sync", "Missing argument 'ID'"),
        ("sync I-NONE", "there is no installation 'I-NONE'"),
        ("show NOSUCH", "there is no record"),
        ("records --state lost", "there is no state 'lost'"),
        ("--tenant nope connections", "there is no tenant 'nope'"),
        ("connections --tenant nope", "there is no tenant 'nope'"),
        ("replay", "name records, --cause C or --since T"),
        ("tenant add Bad_Slug", "is no slug"),
    ],
)
def test_wrong_use_exits_with_2_and_one_line(made: World, line: str, why: str) -> None:
    ended = made.run(*line.split())
    assert (ended.returncode, ended.stdout) == (2, "")
    assert why in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_credentials_file_that_others_may_read_is_refused(made: World) -> None:
    file = made.folder / "open.json"
    file.write_text(made.ready_file.read_text())
    file.chmod(0o644)
    ended = made.run("connect", "acumatica", "--name", "Open", "--from-file", str(file))
    assert ended.returncode == 2
    assert f"chmod 600 {file}" in ended.stderr
    assert made.json("connections") == []


def test_a_broken_credentials_file_is_refused_without_quoting_it(made: World) -> None:
    file = made.folder / "broken.toml"
    file.touch(mode=0o600)
    file.write_text('client_secret = "opensesame\n')
    ended = made.run("connect", "acumatica", "--name", "Broken", "--from-file", str(file))
    assert ended.returncode == 2
    assert "opensesame" not in ended.stderr


def test_a_toml_file_with_a_wrong_secret_connects_but_does_not_ping(made: World) -> None:
    stated = made.ready["acumatica"] | {"client_secret": "wrong"}
    file = made.folder / "wrong.toml"
    file.touch(mode=0o600)
    file.write_text("".join(f'{name} = "{value}"\n' for name, value in stated.items()))
    connection = made.done("connect", "acumatica", "--name", "Wrong", "--from-file", str(file))
    ended = made.run("ping", connection)
    assert ended.returncode == 1
    assert "authenticated" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_tenant_sees_nothing_of_another(made: World) -> None:
    made.done("tenant", "add", "acme", "--name", "Acme Inc")
    made.done("connect", "procore", "--name", "Theirs", "--from-file", str(made.ready_file), "--tenant=acme")
    theirs = made.json("--tenant", "acme", "connections")
    ours = made.json("connections")
    assert [row["name"] for row in theirs] == ["Theirs"]
    assert "Theirs" not in {row["name"] for row in ours}
    assert made.run("ping", theirs[0]["id"]).returncode == 2


def test_prompts_ask_for_what_is_missing_and_hide_secrets(made: World) -> None:
    entry = made.ready["procore"]
    answers = "\n".join(
        str(entry[name]) for name in ("base_url", "login_url", "token_url", "client_id", "client_secret", "company_id")
    )
    ended = made.run("connect", "procore", "--name", "Typed", given=answers + "\n\n\n\n")
    assert ended.returncode == 0, ended.stderr
    assert entry["client_secret"] not in ended.stdout + ended.stderr
    assert made.run("ping", ended.stdout.strip()).returncode == 0


def test_a_database_that_does_not_answer_is_one_line(made: World) -> None:
    ended = made.run("connections", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("ml-connector: the database does not answer")
