"""Secrets exist in clear only in memory while they are used: a whole life of a hub, then everything is searched."""

from __future__ import annotations

import base64
import csv
import io
import json
import logging
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leaks import Finder, database_dump, printed_errors, printed_objects
from processes import serving, typed, wait_for
from rehearsal import RULES, Rehearsal, rehearsal

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Token
from ml_connector.hub import audit, connections, installations, keyring, replay, syncing, vault
from ml_connector.hub.models import Attempt, Connection, Event, Installation, Record, Secret
from ml_connector.hub.syncing import Wish
from ml_connector.hub.tokens import StoredTokens

WRONG = "Wrong/Secret+4711=&ä"


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    with rehearsal("small") as made:
        yield made


class Life:
    """One hub's life; `told` gathers what it said, by place."""

    def __init__(self, world: Rehearsal, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.finder = Finder()
        self.told: dict[str, str | bytes] = {}
        self.raised: list[BaseException] = []
        for sandbox in (world.procore, world.acumatica):
            for field in ("client_secret", "password"):
                if field in sandbox.ready:
                    self.finder.add(f"{field} of {sandbox.ready['base_url']}", sandbox.ready[field])
        self.finder.add("a wrong secret", WRONG)

    def type(self, *arguments: str, given: str = "", fails: bool = False) -> str:
        """A command line; all that it prints is kept, its standard output is returned."""
        ended = typed(*arguments, given=given)
        assert (ended.returncode in (0, 3)) != fails, (arguments, ended)
        place = f"the output of {' '.join(arguments[:3])}"
        self.told[place] = str(self.told.get(place, "")) + ended.stdout + ended.stderr
        return ended.stdout.strip()

    def learn(self) -> None:
        """Open everything that is stored now: these are secrets too."""
        for row in Secret.objects.select_related("connection"):
            value = vault.get(row.connection_id, row.name)
            assert value
            if row.name == "token":
                self.learn_token(json.loads(value))
            else:
                self.finder.add(f"{row.name} of {row.connection.name}", value)
        for name, key in keyring.load(fresh=True).keys.items():
            self.finder.add(f"master key {name}", key)
            self.finder.add(f"master key {name} as in its file", base64.b64encode(key))

    def learn_token(self, token: dict[str, Any]) -> None:
        for part in ("access", "refresh"):
            if token.get(part):
                self.finder.add(f"{part} token", token[part])


@pytest.fixture
def life(
    tenant: int, sandboxes: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Life:
    """A hub whose every error, token and log line is kept; lost answers are settled at once."""
    sandboxes.reset("small")
    sandboxes.acumatica.post("/switches", {"action_answer": "204"})
    made = Life(sandboxes, tmp_path)
    monkeypatch.setenv("ML_CONNECTOR_SETTLE_SECONDS", "0.1")
    caplog.set_level(logging.DEBUG)
    begin, save = errors.VendorError.__init__, StoredTokens.save

    def keep_error(self: errors.VendorError, *args: Any, **fields: Any) -> None:
        begin(self, *args, **fields)
        made.raised.append(self)

    def keep_token(self: StoredTokens, token: Token) -> None:
        made.learn_token({"access": token.access, "refresh": token.refresh})
        save(self, token)

    monkeypatch.setattr(errors.VendorError, "__init__", keep_error)
    monkeypatch.setattr(StoredTokens, "save", keep_token)
    return made


def set_up(life: Life) -> str:
    """Everything that a person types until it runs; returns the installation."""
    file = life.folder / "ready.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"acumatica": life.world.acumatica.ready, "procore": life.world.procore.ready}))
    ids = [life.type("connect", name, "--name", name, "--from-file", str(file)) for name in ("acumatica", "procore")]
    life.learn()
    life.type("ping")
    life.learn()
    row = life.type("install", "acumatica-procore", "--left", ids[0], "--right", ids[1])
    life.type("rules", row, *(f"{name}={value}" for name, value in RULES.items()))
    for table in ("projects", "coding"):
        life.type("mapping", "import", row, table, given=life.type("mapping", "suggest", row, table, "--found-only"))
    life.type("match", row, "--accept", "all-above", "90")
    life.type("enable", row)
    for name in ids:
        life.type("--json", "connection", "settings", name)
    return row


def wrong_credentials(life: Life) -> None:
    """A secret that is refused: prompted for, from a file, by ping, sync and with --debug; then the right one."""
    for name, sandbox in (("acumatica", life.world.acumatica), ("procore", life.world.procore)):
        life.type("connection", "settings", name, "--secret", "client_secret", given=f"{WRONG}\n")
        life.type("--debug", "ping", name, fails=True)
        with pytest.raises(errors.BadCredentials):
            _first_call(name)
        right = life.folder / "right.json"
        right.touch(mode=0o600)
        right.write_text(json.dumps({"client_secret": sandbox.ready["client_secret"]}))
        life.type("connection", "settings", name, "--from-file", str(right))
        life.type("ping", name)
        life.type("connection", "settings", name, f"client_secret={WRONG[:3]}", fails=True)
    for damaged in ("client_secret = {", '{"client_secret": "', f'client_secret = "{WRONG}'):
        broken = life.folder / "broken.toml"
        broken.touch(mode=0o600)
        broken.write_text(damaged + WRONG)
        life.type("connect", "procore", "--name", "broken", "--from-file", str(broken), fails=True)


def _first_call(name: str) -> None:
    with connections.opened(connections.find(name)) as (client, _):
        client.projects() if hasattr(client, "projects") else client.instance(signed_in=True)


def faults(life: Life, installation: str) -> None:
    """Vendors that fail, cut, talk nonsense, expire tokens, and repeat in their answers what was sent to them."""
    row = installations.find(installation)
    token = _access(row.left)
    echo = {
        "message": f"header Authorization: Bearer {token} was not understood",
        "exceptionMessage": f"client_secret={life.world.acumatica.ready['client_secret']}&password=sandbox-password",
        "access_token": token,
    }
    html = f"<html><pre>Authorization: Bearer {token}\nCookie: .ASPXAUTH={token}</pre></html>"
    erp, jobs = life.world.acumatica, life.world.procore
    for method, path in (("PUT", r"/Bill(\?|$)"), ("POST", "/Bill/ReleaseBill"), ("GET", r"/Bill(\?|$)")):
        for effect, args in (
            ("status", {"status": 500, "body": echo}), ("status", {"status": 422, "body": echo}),
            ("status", {"status": 503, "body": html, "headers": {"Content-Type": "text/html"}}),
            ("expire_token", {}), ("truncate", {"bytes": 20}), ("drop_after_write", {}),
        ):  # fmt: skip
            erp.fault(effect, method=method, path=path, **args)
            _round(life, row)
    for effect, args in (
        ("expire_token", {}), ("html_error", {}), ("truncate", {"bytes": 30}), ("rate_limit", {"retry_after": 1}),
        ("status", {"status": 400, "body": {"errors": f"Bearer {_access(row.right)}"}}),
    ):  # fmt: skip
        jobs.fault(effect, path="/requisitions", **args)
        _round(life, row)
    jobs.fault(
        "status", path="/requisitions", times="always", status=400, body={"errors": f"Bearer {_access(row.right)}"}
    )
    life.type("sync", installation, "--wait", "2")
    for sandbox in (erp, jobs):
        sandbox.post("/faults", None, method="DELETE")
    assert {type(one).__name__ for one in life.raised} >= {"AnswerLost", "RateLimited", "Refusal"}
    for connection in (row.left, row.right):
        wait_for(lambda side=connection: all(step.status != "failed" for step in connections.ping(side)), "a good ping")
    life.type("replay", "--cause", "refused")
    life.type("sync", installation, "--wait", "5")


def _round(life: Life, row: Installation) -> None:
    """One sync in trouble; then a person puts everything right for the next."""
    syncing.run(row, Wish(wait=1, sweep=True))
    for side in (row.left, row.right):
        connections.clear_trouble(connections.find(side.pk))
    replay.replay(list(Record.objects.filter(state="refused")))
    life.learn()


def _access(row: Connection) -> str:
    return str(json.loads(vault.get(row.pk, "token") or "{}")["access"])


def refused_tokens(life: Life, installation: str) -> None:
    """A 401 that a new token does not cure, and a login answer that makes no sense."""
    row = installations.find(installation)
    life.world.procore.fault("status", path="/projects", times=2, status=401, body={"message": "invalid"})
    with pytest.raises(errors.BadCredentials):
        _first_call("procore")
    for effect, args in (("html_error", {}), ("truncate", {"bytes": 40}), ("status", {"status": 500})):
        StoredTokens(row.left.pk).drop()
        life.world.acumatica.fault(effect, path="/identity/connect/token", **args)
        with pytest.raises(errors.VendorError), connections.opened(row.left) as (client, _):
            client.instance(signed_in=True)
    life.world.acumatica.post("/faults", None, method="DELETE")
    life.type("ping")
    life.learn()


def webhooks(life: Life, installation: str) -> None:
    """Real deliveries of both vendors to a running hub, with good, wrong and renewed secrets."""
    with serving(life.folder, "up", "--port", "0") as log:
        door = json.loads((life.folder / "serving.json").read_text())["url"]
        life.type("connection", "hook", "procore", "--base-url", door, "--register")
        life.type("connection", "hook", "procore", "--base-url", door, "--register", "--renew")
        secret_file = life.folder / "hook.secret"
        url = life.type("connection", "hook", "acumatica", "--base-url", door, "--secret-file", str(secret_file))
        life.learn()
        secret = secret_file.read_text().strip()
        push = {"action": "register_push", "address": url, "header_name": "X-Acumatica-Secret", "header_value": secret}
        life.world.acumatica.post("/act", push)
        _change_something(life.world)
        wait_for(lambda: set(Event.objects.values_list("connection__connector", flat=True)) == {"acumatica", "procore"},
                 "a delivery of each vendor")  # fmt: skip
        for headers in ({}, {"Authorization": f"Bearer {WRONG[:-1]}"}, {"X-Acumatica-Secret": secret[:-1] + "_"}):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                urllib.request.urlopen(urllib.request.Request(url, b'{"Id": "x", "Query": "y"}', headers))
        life.type("--json", "keys", "rotate")
        life.type("sync", installation, "--wait", "5")
        life.told["the log of up"] = log.read_bytes()
    life.learn()


def _change_something(world: Rehearsal) -> None:
    number = next(row["number"] for row in world.acumatica.get("/books") if row["status"] == "Open")
    world.acumatica.post("/act", {"action": "pay", "number": number})
    cost = world.procore.stored("direct_costs")[0]["id"]
    fields = {"description": "changed"}
    world.procore.post("/act", {"action": "edit", "kind": "direct_cost", "id": cost, "fields": fields, "unlock": True})


def look_at_everything(life: Life, installation: str) -> None:
    """All commands that show what is stored."""
    for command in (["connections"], ["--json", "runs"], ["records"], ["--json", "records"], ["audit", "verify"]):
        life.type(*command)
    for ref in Record.objects.exclude(state="posted").values_list("ref", flat=True)[:2]:
        life.type("--json", "show", ref)
    life.told["the audit export"] = life.type("audit", "export")
    exported = life.folder / "audit.jsonl"
    audit.export(exported)
    life.told["the audit export file"] = exported.read_bytes()


def gather(life: Life, logs: str) -> None:
    """Everything else that is left behind."""
    with (
        connections.opened(connections.find("acumatica")) as erp,
        connections.opened(connections.find("procore")) as jobs,
    ):
        held = [*erp, *jobs, erp[1].tokens.read(), jobs[1].tokens.read(), keyring.load(fresh=True)]
        held += [*Connection.objects.all(), *Secret.objects.all(), *Attempt.objects.all(), *Event.objects.all()]
        shown = printed_objects("ml_connector", "httpx2") + "\n".join(f"{one!r} {one}" for one in held)
    for word in ("Context(", "Session(", "Keyring(", "Token(", "Client("):
        assert word in shown
    life.told["the repr of living objects"] = shown
    life.told["errors"] = printed_errors(life.raised)
    life.told["the database"] = database_dump()
    life.told["the log"] = logs
    data = Path(keyring.path()).parent
    for file in data.iterdir():
        if file.is_file() and file != keyring.path():
            life.told[f"the file {file.name}"] = file.read_bytes()


@pytest.mark.timeout(180)
def test_no_secret_is_left_anywhere_after_a_whole_life(
    life: Life, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    installation = set_up(life)
    wrong_credentials(life)
    faults(life, installation)
    refused_tokens(life, installation)
    webhooks(life, installation)
    look_at_everything(life, installation)
    out, err = capfd.readouterr()
    gather(life, out + err + caplog.text)
    life.type("pause", installation)
    life.told["the database after everything was logged out"] = database_dump()
    for place in ("the log", "the log of up", "the audit export", "errors", "the database"):
        assert len(life.told[place]) > 1000, f"{place} is nearly empty: this proves nothing"
    names = set(life.finder.secrets.values())
    assert {"access token", "refresh token", "hook_secret of procore", "master key k1", "a wrong secret"} <= names
    leaks = [leak for place, content in life.told.items() for leak in life.finder.leaks(place, content)]
    assert not leaks, "\n".join(leaks)


def test_the_finder_finds_every_disguise() -> None:
    finder = Finder()
    finder.add("it", WRONG)
    secret = WRONG.encode()
    for before in (b"", b"u:", b"us:", b"user:"):
        for after in (b"", b"!", b"!!"):
            whole = before + secret + after
            for shape in (whole, base64.b64encode(whole), base64.urlsafe_b64encode(whole), whole.hex().encode()):
                assert finder.leaks("a place", b"text " + shape + b" text"), shape
    assert finder.leaks("a place", urllib.parse.quote(WRONG, safe=""))
    assert finder.leaks("a place", urllib.parse.urlencode({"x": WRONG}))
    assert finder.leaks("a place", json.dumps(WRONG))
    rows = io.StringIO()
    csv.writer(rows).writerow([WRONG, "x"])
    assert finder.leaks("a place", rows.getvalue())
    assert not finder.leaks("a place", "nothing of the kind")
