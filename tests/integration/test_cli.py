"""The whole story of an installation, typed."""

from __future__ import annotations

import csv
import io
import json
import stat
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cli_world import World, install, prepare, world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="ml-connector-cli-", dir="/tmp") as folder, world(Path(folder)) as one:
        yield one


@pytest.fixture(scope="module")
def ids(made: World) -> tuple[str, str, str]:
    return install(made)


@pytest.fixture(scope="module")
def planned(made: World, ids: tuple[str, str, str]) -> dict[str, Any]:
    """Everything prepared, nothing posted: what a sync would do."""
    prepare(made, ids[2])
    plan: dict[str, Any] = made.json("sync", ids[2], "--plan")
    assert made.bills() == {}
    assert made.json("runs") == []
    assert made.json("records") == []
    return plan


@pytest.fixture(scope="module")
def synced(made: World, ids: tuple[str, str, str], planned: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """The first sync, after the plan."""
    return made.run("sync", ids[2])


def test_every_step_of_ping_is_told(made: World, ids: tuple[str, str, str]) -> None:
    steps = made.json("ping")
    names = ["reachable", "authenticated", "company", "version", "permissions", "webhooks", "limits"]
    assert [step["step"] for step in steps] == names * 2
    assert {step["status"] for step in steps} == {"ok", "not offered"}


def test_secrets_are_never_shown(made: World, ids: tuple[str, str, str]) -> None:
    shown = made.done("connection", "settings", ids[0]) + made.done("--json", "connection", "settings", ids[1])
    shown += made.done("audit", "export") + made.done("connections", "--json")
    for vendor in ("acumatica", "procore"):
        assert made.ready[vendor]["client_secret"] not in shown
    assert made.ready["acumatica"]["password"] not in shown


def test_a_secret_on_the_command_line_is_refused(made: World, ids: tuple[str, str, str]) -> None:
    ended = made.run("connection", "settings", ids[0], "password=opensesame")
    assert ended.returncode == 2
    assert "--secret password" in ended.stderr
    assert "opensesame" not in ended.stderr


def test_the_hook_secret_goes_into_a_closed_file(made: World, ids: tuple[str, str, str]) -> None:
    file = made.folder / "hook.secret"
    url = made.done("connection", "hook", ids[1], "--secret-file", str(file), "--base-url", "https://hub.example/")
    assert url.startswith("https://hub.example/hooks/")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().strip()) >= 32


def test_a_missing_choice_prevents_switching_on_and_says_what_to_choose(made: World, ids: tuple[str, str, str]) -> None:
    right = made.done("install", "acumatica-procore", "--left", ids[0], "--right", ids[1])
    ended = made.run("enable", right)
    assert ended.returncode == 1
    assert "cut_over: From which date on" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_bad_row_imports_nothing_and_is_named(made: World, ids: tuple[str, str, str]) -> None:
    header = "source,source_name,target,target_name,valid_from,valid_to\n"
    made.done("mapping", "import", ids[2], "tax", given=header + "requisition,,EXEMPT,,,\n")
    before = made.done("mapping", "export", ids[2], "tax")
    ended = made.run("mapping", "import", ids[2], "tax", given=header + "a,,T,,,\nb,,,,,\nc,,T,,2026-13-01,\n")
    assert ended.returncode == 2
    assert "line 3: the target is empty" in ended.stderr
    assert "line 4: valid_from" in ended.stderr
    assert made.done("mapping", "export", ids[2], "tax") == before


def test_a_plan_names_what_the_sync_then_posts(
    made: World, planned: dict[str, Any], synced: subprocess.CompletedProcess[str]
) -> None:
    documents = [one["document"] for one in planned["planned"] if one["document"]]
    assert {one["reference"]: Decimal(one["total"]) for one in documents} == {
        reference: Decimal(total) for reference, (total, _) in made.bills().items()
    }
    assert len(documents) == 6


def test_a_sync_ends_with_a_statement_that_adds_up_and_says_what_waits(
    made: World, synced: subprocess.CompletedProcess[str]
) -> None:
    assert synced.returncode == 3, synced.stderr
    assert "12 read = 12 accounted for: adds up" in synced.stdout
    held = made.json("records", "--state", "held")
    assert {one["cause"] for one in held} == {"unmapped", "keyed_by_hand", "does_not_add_up", "waits_for_approval"}
    assert synced.stderr.splitlines()[-1] == f"ml-connector: {len(held)} records wait for a person"
    for one in held:
        assert one["message"] in synced.stdout


def test_what_was_approved_is_in_the_target_once_or_held_by_name(
    made: World, synced: subprocess.CompletedProcess[str]
) -> None:
    approved = {
        book["number"]: Decimal(book["total"])
        for book in made.books("procore")
        if book["document"] == "requisition" and book["status"].startswith("approved") and book["date"] >= "2026-01-01"
    }
    records = {one["source_key"]: one for one in made.json("records")}
    bills = made.bills().items()
    released = {reference.split("-")[1]: Decimal(total) for reference, (total, status) in bills if status == "Open"}
    posted = {records[key]["record"]: total for key, total in approved.items() if records[key]["state"] == "posted"}
    assert posted == released
    assert {records[key]["state"] for key in approved} == {"posted", "held"}


def test_a_second_sync_posts_nothing(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    before = made.bills()
    ended = made.json("sync", ids[2], "--sweep")
    assert [line["what"] for line in ended["statements"][0]["lines"]] == ["unchanged"]
    assert ended["statements"][0]["read"] == 12
    assert made.bills() == before


def test_show_tells_what_was_sent_and_what_came_back(made: World, synced: subprocess.CompletedProcess[str]) -> None:
    posted = made.json("records", "--state", "posted")[0]
    story = made.json("show", posted["record"][:6])
    assert story["record"]["record"] == posted["record"]
    assert [call["step"] for call in story["attempts"]] == ["create", "release"]
    assert story["attempts"][0]["reference"] in made.bills()
    assert story["versions"][0]["target"]["reference"] == story["attempts"][0]["reference"]
    assert story["audit"][-1]["action"] == "record.posted"
    text = made.done("show", story["attempts"][0]["reference"])
    assert posted["target"] in text


def test_a_gap_that_is_filled_in_lets_its_record_through(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    held = made.json("records", "--cause", "unmapped")[0]
    (gap,) = made.json("mapping", "gaps", ids[2])
    assert (gap["table"], gap["records"]) == ("coding", 1)
    assert Decimal(gap["money"]["USD"]) > 0
    missing = list(csv.DictReader(io.StringIO(made.done("mapping", "gaps", ids[2], "coding"))))
    assert [row["source"] for row in missing] == [gap["source"]]
    table = made.done("mapping", "export", ids[2], "coding")
    filled = f"{table}\n{gap['source']},,54000||02|02-410,,,\n"
    assert "1 records that waited" in made.done("mapping", "import", ids[2], "coding", given=filled)
    before = made.bills()
    made.json("sync", ids[2])
    (new,) = set(made.bills()) - set(before)
    assert new.split("-")[1] == held["record"]


def test_a_replay_of_what_is_still_wrong_is_held_again(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    before = made.bills()
    replayed = made.json("replay", "--cause", "does_not_add_up")
    assert [one["state"] for one in replayed["replayed"]] == ["new"]
    assert made.run("sync", ids[2]).returncode == 3
    (again,) = made.json("records", "--cause", "does_not_add_up")
    assert again["record"] == replayed["replayed"][0]["record"]
    assert made.bills() == before


def test_a_posted_record_is_not_replayed(made: World, synced: subprocess.CompletedProcess[str]) -> None:
    posted = made.json("records", "--state", "posted")[0]
    answer = made.json("replay", posted["record"])
    assert answer["replayed"] == []
    assert posted["target"] in answer["stayed"][0]["reason"]


def test_setting_aside_needs_a_reason_and_ends_the_wait(made: World, synced: subprocess.CompletedProcess[str]) -> None:
    (held,) = made.json("records", "--cause", "keyed_by_hand")
    assert made.run("set-aside", held["record"]).returncode == 2
    made.done("set-aside", held["record"], "--why", "keyed in January")
    (aside,) = made.json("records", "--cause", "set_aside")
    assert (aside["record"], aside["state"], aside["message"]) == (held["record"], "skipped", "keyed in January")


def test_undo_plans_and_refuses_what_is_not_in_the_target(
    made: World, synced: subprocess.CompletedProcess[str]
) -> None:
    posted = made.json("records", "--state", "posted", "--flow", "requisitions")[0]
    assert f"the hub takes bill {posted['target']}" in made.done("undo", posted["record"], "--plan")
    held = made.json("records", "--cause", "does_not_add_up")[0]
    refused = made.run("undo", held["record"])
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "nothing of it is in the target" in refused.stderr


def test_the_audit_trail_holds_and_is_exported(made: World, synced: subprocess.CompletedProcess[str]) -> None:
    lines = [json.loads(line) for line in made.done("audit", "export").splitlines()]
    assert [line["place"] for line in lines] == list(range(1, len(lines) + 1))
    assert {line["actor"] for line in lines} <= {"hub", f"cli:{_user()}"}
    verdict = made.json("audit", "verify")
    assert (verdict["sealed"], verdict["broken"]) == (len(lines), "")


def test_keys_are_rotated_and_connections_still_work(made: World, ids: tuple[str, str, str]) -> None:
    rotated = made.json("keys", "rotate")
    assert rotated["resealed"] >= 4
    assert {step["status"] for step in made.json("ping", ids[0])} <= {"ok", "not offered"}


def test_schedules_and_lists(made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]) -> None:
    made.done("schedule", ids[2], "--flow", "requisitions", "--every", "15m")
    rows = {row["id"]: row for row in made.json("installations")}
    assert {row["flow"]: row["every"] for row in rows[ids[2]]["flows"]}["requisitions"] == 900
    assert made.run("schedule", ids[2], "--flow", "requisitions", "--every", "soon").returncode == 2
    unknown = made.run("schedule", ids[2], "--flow", "requisitions", "--on", "full-moon")
    assert (unknown.returncode, "period-closed" in unknown.stderr) == (2, True)
    made.done("schedule", ids[2], "--flow", "direct-costs", "--on", "period-closed")
    assert "on period-closed" in made.done("installations")
    assert made.run("schedule", ids[2], "--flow", "nothing", "--every", "5m").returncode == 2
    assert "adds up" in made.done("runs", "1")


def test_after_a_restored_backup_everything_is_looked_up_before_anything_is_created(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    """The backup was taken before the first sync: the hub remembers nothing of what it posted."""
    before = made.bills()
    posted = {one["record"] for one in made.json("records", "--state", "posted")}
    uri = (made.data() / "postgres-uri").read_text()
    with psycopg.connect(uri, dbname="ml_connector") as owner:
        owner.execute("TRUNCATE hub_attempt, hub_posting, hub_version, hub_record, hub_run, hub_scopestate")
    (found,) = made.json("recover", ids[2])
    assert found["finished"]
    assert set(found["adopted"]) == posted
    assert found["created"] == []
    assert made.bills() == before


def test_month_end_agrees_to_the_cent_apart_from_named_causes(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    def total(found: dict[str, Any], place: str) -> Decimal:
        return sum((Decimal(line[place]) for line in found["lines"]), Decimal(0))

    found = made.json("reconcile", ids[2], "--period", "2026-01")
    books = made.books("procore")
    approved = [book for book in books if book["document"] == "requisition" and book["period"] == "2026-01"]
    approved += [
        book for book in books if book["document"] == "direct_cost" and (book["date"] or "").startswith("2026-01")
    ]
    due = sum((Decimal(book["total"]) for book in approved if book["status"].startswith("approved")), Decimal(0))
    released = sum((Decimal(amount) for amount, status in made.bills().values() if status == "Open"), Decimal(0))
    assert (total(found, "approved"), total(found, "posted"), total(found, "ledger")) == (due, released, released)
    assert total(found, "unexplained") == 0
    assert all(line["reasons"] for line in found["lines"] if Decimal(line["difference"]))
    (draft,) = (book["number"] for book in approved if book["status"] == "draft" and book["document"] == "requisition")
    made.order("procore", "act", {"action": "approve", "kind": "requisition", "id": int(draft)})
    later = made.json("reconcile", ids[2], "--period", "2026-01")
    reasons = [reason for line in later["lines"] for reason in line["reasons"]]
    new = [reason for reason in reasons if reason["cause"] == "approved since the last read"]
    assert sum(Decimal(reason["amount"]) for reason in new) == total(later, "approved") - due > 0


def test_a_broken_connection_fails_the_sync_once_and_goes_on_when_mended(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    secret = made.ready["procore"]["client_secret"]
    made.done("connection", "settings", ids[1], "--secret", "client_secret", given="wrong\n")
    ended = made.run("sync", ids[2])
    assert ended.returncode == 1
    assert f"connection {ids[1]} (Jobs) does not work" in ended.stderr.splitlines()[-1]
    (broken,) = (row for row in made.json("connections") if row["id"] == ids[1])
    assert "client" in broken["trouble"]
    made.done("connection", "settings", ids[1], "--secret", "client_secret", given=f"{secret}\n")
    assert made.run("sync", ids[2]).returncode == 3


def test_a_paused_installation_does_not_sync(
    made: World, ids: tuple[str, str, str], synced: subprocess.CompletedProcess[str]
) -> None:
    made.done("pause", ids[2])
    ended = made.run("sync", ids[2])
    assert ended.returncode == 1
    assert "is paused" in ended.stderr
    made.done("enable", ids[2])


def _user() -> str:
    import getpass

    return getpass.getuser()
