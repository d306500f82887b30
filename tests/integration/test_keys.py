"""Master keys: rotated while everything runs, and useless without the file that holds them."""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections as databases
from processes import serving, typed, wait_for
from rehearsal import Rehearsal, rehearsal

from ml_connector.hub import connections, keyring, tenancy, vault
from ml_connector.hub.models import AuditEntry, Connection, FlowState, Record, Run, Secret, Tenant


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    """Tokens that last four seconds, so that they are renewed, and sealed, all the time."""
    with rehearsal("small", token_seconds=4) as made:
        yield made


@pytest.fixture
def world(tenant: int, sandboxes: Rehearsal) -> Rehearsal:
    sandboxes.reset("small")
    sandboxes.install()
    FlowState.objects.update(every=1)
    return sandboxes


def sealed_with() -> Counter[str]:
    """How many secrets each key seals."""
    return Counter(vault._key_of(bytes(sealed)) for sealed in Secret.objects.values_list("sealed", flat=True))


def deliveries(hooks: str) -> list[int]:
    """What the webhook door answers to one delivery to each connection."""
    answers = []
    for row in Connection.objects.order_by("connector"):
        path, secret = connections.hook(row)
        body = {"Id": "t", "Query": "Bills", "ulid": "u", "resource_name": "Direct Costs", "project_id": 4711}
        headers = {"X-Acumatica-Secret": secret, "Authorization": f"Bearer {secret}"}
        url = hooks.removesuffix("/hooks") + path
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)) as answer:
            answers.append(answer.status)
    return answers


@pytest.mark.parametrize("command", [("worker",), ("up", "--port", "0")], ids=["worker", "up"])
def test_rotation_does_not_disturb_running_processes(
    world: Rehearsal, tmp_path: Path, command: tuple[str, ...]
) -> None:
    before = dict(Secret.objects.values_list("pk", "sealed"))
    names = set(keyring.load(fresh=True).keys)
    with serving(tmp_path, *command) as log:
        hooks = json.loads((tmp_path / "serving.json").read_text()).get("hooks_url", "")
        assert not hooks or deliveries(hooks) == [200, 200]
        wait_for(lambda: Record.objects.filter(state="posted").exists(), "a bill")
        with ThreadPoolExecutor(2) as pool:  # two at once: neither key may be lost
            rotated = list(pool.map(lambda _: typed("keys", "rotate"), range(2)))
        rotated.append(typed("keys", "rotate"))
        assert [one.returncode for one in rotated] == [0, 0, 0], rotated
        assert not hooks or deliveries(hooks) == [202, 202]
        wait_for(lambda: Record.objects.filter(state="posted").count() == 5, "all bills")
        read = Run.objects.count()
        wait_for(lambda: Run.objects.filter(ended__isnull=False).count() > read + 4, "reads with renewed tokens")
        printed = re.sub(r".* Python threads, .*", "", log.read_text())  # the web server's advice on two cores
    assert not any(word in printed.lower() for word in ("error", "traceback", "warning")), printed
    assert set(Connection.objects.values_list("trouble", flat=True)) == {""}
    assert not AuditEntry.objects.filter(action="connection.broken").exists()
    assert Counter(Record.objects.values_list("state", flat=True))["posted"] == 5
    assert len([bill for bill in world.bills() if bill["status"] == "Open"]) == 5
    ring = keyring.load(fresh=True)
    assert len(ring.keys) == len(names) + 3
    assert names < set(ring.keys)
    assert sealed_with() == Counter({ring.active: Secret.objects.count()})
    for pk, sealed in before.items():  # a backup of the database can still be opened
        row = Secret.objects.get(pk=pk)
        assert vault._open(bytes(sealed), vault._bound_to(row.connection_id, row.name))


def as_owner(statement: str, *values: object) -> None:
    with databases["owner"].cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1


@pytest.fixture
def pair(tenant: int) -> tuple[Connection, Connection]:
    """Two connections of a vendor with equal fields."""
    form = {"client_id": "a", "client_secret": "the-first", "company_id": "1"}
    declared = connections.declaration("procore")
    one = connections.create(declared, "one", form)
    return one, connections.create(declared, "two", {**form, "client_secret": "the-second"})


_MOVE = """
UPDATE hub_secret SET sealed = (SELECT sealed FROM hub_secret WHERE connection_id = %s AND name = %s)
WHERE connection_id = %s AND name = %s
"""


def test_a_value_moved_to_another_connection_or_name_cannot_be_opened(pair: tuple[Connection, Connection]) -> None:
    one, two = pair
    as_owner(_MOVE, one.pk, "client_secret", two.pk, "client_secret")
    with pytest.raises(vault.Unopenable, match="belongs elsewhere"):
        vault.get(two.pk, "client_secret")
    as_owner(_MOVE, one.pk, "client_secret", one.pk, "hook_secret")
    with pytest.raises(vault.Unopenable, match="belongs elsewhere"):
        vault.get(one.pk, "hook_secret")
    assert vault.get(one.pk, "client_secret") == "the-first"


def test_a_value_moved_to_another_tenant_cannot_be_opened(pair: tuple[Connection, Connection]) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    as_owner("UPDATE hub_connection SET tenant_id = %s WHERE id = %s", other.pk, pair[0].pk)
    as_owner(
        "UPDATE hub_secret SET tenant_id = %s WHERE connection_id = %s AND name = 'client_secret'", other.pk, pair[0].pk
    )
    with tenancy.of(other.pk), pytest.raises(vault.Unopenable, match="belongs elsewhere"):
        vault.get(pair[0].pk, "client_secret")


def test_no_byte_of_a_sealed_value_can_be_changed(pair: tuple[Connection, Connection]) -> None:
    row = Secret.objects.get(connection=pair[0], name="client_secret")
    bound = vault._bound_to(pair[0].pk, "client_secret")
    sealed = bytes(row.sealed)
    assert vault._open(sealed, bound) == "the-first"
    changed = [sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :] for place in range(len(sealed))]
    cut = [sealed[:length] for length in range(len(sealed))]
    for damaged in [*changed, *cut]:
        with pytest.raises(vault.Unopenable):
            vault._open(damaged, bound)


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key file of its own for the hub in this process."""
    file = tmp_path / "keys.json"
    file.write_text((keyring.path()).read_text())
    file.chmod(0o600)
    monkeypatch.setenv("ML_CONNECTOR_KEY_FILE", str(file))
    yield file
    monkeypatch.undo()
    keyring.load(fresh=True)


DAMAGED = [
    "", "{", "[]", "{}", '{"active": "k1"}', '{"active": "k1", "keys": {}}', '{"active": "k1", "keys": []}',
    '{"active": "k2", "keys": {"k1": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}',
    '{"active": "k1", "keys": {"k1": "AAAA"}}', '{"active": "k1", "keys": {"k1": 5}}',
    '{"active": "k1", "keys": {"k1": "not base64!"}}', "\udcff",
]  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_key_file_says_so_and_is_left_alone(key_file: Path, content: str) -> None:
    damaged = content.encode("utf-8", "surrogateescape")
    key_file.write_bytes(damaged)
    for use in (lambda: keyring.load(fresh=True), keyring.rotate):
        with pytest.raises(keyring.BadKeyFile, match=r"is damaged: restore it from your copy") as raised:
            use()
        assert str(key_file) in str(raised.value)
        assert "AAAA" not in str(raised.value)
    assert key_file.read_bytes() == damaged


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_key_file_that_others_may_read_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(keyring.BadKeyFile, match=f"run 'chmod 600 {key_file}'"):
        keyring.load(fresh=True)


def test_a_missing_key_file_is_not_made_anew_where_one_was_named(key_file: Path) -> None:
    key_file.unlink()
    with pytest.raises(keyring.BadKeyFile, match="does not exist: restore it, or unset ML_CONNECTOR_KEY_FILE"):
        keyring.load(fresh=True)
    assert not key_file.exists()


def test_the_command_line_says_in_one_line_what_to_do(pair: tuple[Connection, Connection], key_file: Path) -> None:
    for damage, advice in (
        (lambda: key_file.chmod(0o644), "chmod 600"),
        (lambda: (key_file.chmod(0o600), key_file.write_text("{")), "restore it from your copy"),
        (key_file.unlink, "restore it, or unset"),
    ):
        damage()
        for command in (("connection", "settings", pair[0].pk), ("keys", "rotate")):
            ended = typed(*command)
            assert (ended.returncode, ended.stdout) == (1, "")
            assert advice in ended.stderr
            assert len(ended.stderr.strip().splitlines()) == 1


def test_a_new_key_under_the_old_name_opens_nothing(pair: tuple[Connection, Connection], key_file: Path) -> None:
    """As when the file in the data folder was lost and a new one was made in its place."""
    ring = json.loads(key_file.read_text())
    ring["keys"] = dict.fromkeys(ring["keys"], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    key_file.write_text(json.dumps(ring))
    keyring.load(fresh=True)
    with pytest.raises(vault.Unopenable, match=f"if {key_file} was lost or replaced, restore it from your copy"):
        vault.get(pair[0].pk, "client_secret")


def test_a_key_that_the_file_lacks_is_named(pair: tuple[Connection, Connection], key_file: Path) -> None:
    active = keyring.load(fresh=True).active
    key_file.write_text(json.dumps({"active": "z", "keys": {"z": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}))
    keyring.load(fresh=True)
    with pytest.raises(vault.Unopenable, match=f"sealed with key {active}, which {key_file} lacks"):
        vault.get(pair[0].pk, "client_secret")


def test_a_new_key_file_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: int) -> None:
    monkeypatch.setattr(keyring.database, "data_folder", lambda: tmp_path)
    old = os.umask(0)
    try:
        ring = keyring.load(fresh=True)
        keyring.rotate()
    finally:
        os.umask(old)
    assert (tmp_path / "master-key.json").stat().st_mode & 0o777 == 0o600
    assert ring.keys["k1"] == keyring.load(fresh=True).keys["k1"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["master-key.README", "master-key.json"]
    monkeypatch.undo()
    keyring.load(fresh=True)
