"""The audit trail: what a person with the owner's rights could do to it afterwards, and that it is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection, connections
from django.db.utils import ProgrammingError

from ml_connector.hub import audit, tenancy
from ml_connector.hub.models import AuditEntry, AuditSeal, Tenant
from ml_connector.hub.problems import Problem


@pytest.fixture(autouse=True)
def _no_exported_head(tenant: int) -> Iterator[None]:
    """Exported heads are files; they must not outlive the database that they were made from."""
    audit._head_file().unlink(missing_ok=True)
    yield
    audit._head_file().unlink(missing_ok=True)


@pytest.fixture
def ids(tenant: int) -> list[int]:
    """A trail of ten sealed entries, by id."""
    for number in range(10):
        audit.write("record.posted", f"REC{number}", amount=str(number), note="räksmörgås", nothing=None)
    assert audit.seal() == 10
    return list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))


def as_owner(statement: str, *values: object) -> None:
    """What an administrator of the database can do and the application cannot."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0


def test_an_untouched_trail_holds_and_tells_its_unsealed_tail(ids: list[int]) -> None:
    audit.write("flow.enabled", "I-1")
    audit.write("flow.enabled", "I-2")
    verdict = audit.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.broken) == (10, 2, "")
    assert audit.seal() == 2
    assert audit.verify().unsealed == 0
    assert audit.seal() == 0


@pytest.mark.parametrize(
    "change",
    [
        "at = at + interval '1 microsecond'", "actor = actor || ' '", "action = 'record.Posted'", "subject = 'REC6'",
        "detail = replace(detail, '5', '6')",
    ],
)  # fmt: skip
def test_one_changed_byte_names_the_entry(ids: list[int], change: str) -> None:
    as_owner(f"UPDATE hub_auditentry SET {change} WHERE id = %s", ids[5])
    as_owner(f"UPDATE hub_auditentry SET {change} WHERE id = %s", ids[5] + 3)
    assert audit.verify().broken.startswith(f"entry {ids[5]} (place 6, ")


def test_an_entry_moved_to_another_tenant_is_missed(ids: list[int]) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    as_owner("UPDATE hub_auditentry SET tenant_id = %s WHERE id = %s", other.pk, ids[4])
    assert audit.verify().broken == f"entry {ids[4]} (place 5) was removed"


def test_a_dropped_entry_is_named(ids: list[int]) -> None:
    as_owner("DELETE FROM hub_auditentry WHERE id = %s", ids[3])
    verdict = audit.verify()
    assert verdict.broken == f"entry {ids[3]} (place 4) was removed"
    assert verdict.unsealed == 0


def test_an_entry_dropped_with_its_seal_leaves_a_gap(ids: list[int]) -> None:
    as_owner("DELETE FROM hub_auditentry WHERE id = %s", ids[3])
    as_owner("DELETE FROM hub_auditseal WHERE entry_id = %s", ids[3])
    assert audit.verify().broken == "place 4 of the chain is missing"


def test_dropped_newest_entries_are_noticed_after_an_export(ids: list[int], tmp_path: Path) -> None:
    assert audit.export(tmp_path / "trail.jsonl") == 10
    as_owner("DELETE FROM hub_auditentry WHERE id >= %s", ids[8])
    as_owner("DELETE FROM hub_auditseal WHERE place >= 9")
    audit.write("record.posted", "REC99")
    audit.write("record.posted", "REC98")
    audit.seal()
    assert "as it was exported" in audit.verify().broken


def test_a_restored_backup_is_accepted_in_the_trail_itself(ids: list[int], tmp_path: Path) -> None:
    audit.export(tmp_path / "trail.jsonl")
    as_owner("DELETE FROM hub_auditentry WHERE id >= %s", ids[8])
    as_owner("DELETE FROM hub_auditseal WHERE place >= 9")
    audit.accept_restored()
    assert audit.verify().broken == ""
    told = AuditEntry.objects.get(action="audit.restored")
    assert json.loads(told.detail)["exported_place"] == 10
    audit.accept_restored()
    assert AuditEntry.objects.filter(action="audit.restored").count() == 1


def test_a_swapped_pair_is_noticed(ids: list[int]) -> None:
    as_owner(
        "UPDATE hub_auditentry e SET subject = o.subject, detail = o.detail FROM hub_auditentry o "
        "WHERE (e.id, o.id) IN ((%s, %s), (%s, %s))",
        ids[2], ids[3], ids[3], ids[2],
    )  # fmt: skip
    assert audit.verify().broken.startswith(f"entry {ids[2]} (place 3, ")


def test_swapped_places_are_noticed(ids: list[int]) -> None:
    as_owner("UPDATE hub_auditseal SET place = 1000 WHERE place = 7")
    as_owner("UPDATE hub_auditseal SET place = 7 WHERE place = 6")
    as_owner("UPDATE hub_auditseal SET place = 6 WHERE place = 1000")
    assert audit.verify().broken.startswith(f"entry {ids[6]} (place 6, ")


def test_a_changed_seal_names_its_entry(ids: list[int]) -> None:
    as_owner("UPDATE hub_auditseal SET hash = set_byte(hash, 31, get_byte(hash, 31) # 1) WHERE place = 8")
    assert audit.verify().broken.startswith(f"entry {ids[7]} (place 8, ")


def test_a_chain_computed_anew_over_a_changed_entry_is_noticed_after_an_export(ids: list[int], tmp_path: Path) -> None:
    audit.export(tmp_path / "trail.jsonl")
    as_owner("UPDATE hub_auditentry SET detail = '{}' WHERE id = %s", ids[0])
    as_owner("DELETE FROM hub_auditseal")
    assert audit.seal() == 10
    assert "as it was exported" in audit.verify().broken


def test_a_broken_trail_is_not_exported_over_the_good_one(ids: list[int], tmp_path: Path) -> None:
    audit.export(tmp_path / "trail.jsonl")
    as_owner("DELETE FROM hub_auditentry WHERE id = %s", ids[9])
    as_owner("DELETE FROM hub_auditseal WHERE place = 10")
    with pytest.raises(Problem, match="as it was exported"):
        audit.export(tmp_path / "again.jsonl")
    assert len((tmp_path / "again.jsonl").read_text().splitlines()) == 9
    assert "as it was exported" in audit.verify().broken


def test_an_export_can_be_checked_without_the_hub(ids: list[int], tmp_path: Path) -> None:
    audit.write("flow.enabled", "I-1", flow="requisitions")
    assert audit.export(tmp_path / "trail.jsonl") == 11
    before = b"\0" * 32
    for text in (tmp_path / "trail.jsonl").read_text().splitlines():
        line = json.loads(text)
        detail = json.dumps(line["detail"], sort_keys=True)
        fields = [line[name] for name in ("place", "entry", "tenant", "at", "actor", "action", "subject")]
        before = hashlib.sha256(before + json.dumps([*fields, detail]).encode()).digest()
        assert line["hash"] == before.hex()
    verdict = audit.verify()
    assert (verdict.head, verdict.broken) == (before.hex(), "")
    audit.write("flow.paused", "I-1")
    assert audit.export(tmp_path / "rest.jsonl", since=11) == 1
    assert audit.verify().broken == ""


@pytest.mark.parametrize("table", ["hub_auditentry", "hub_auditseal"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}",
        "ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "GRANT DELETE ON {} TO ml_connector_app",
    ],
)  # fmt: skip
def test_the_application_cannot_touch_what_is_written(ids: list[int], table: str, statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError):
        # the second statement is for GRANT, which without the right to grant is only a warning
        cursor.execute(f"{statement.format(table)}; DELETE FROM {table}")
    assert AuditEntry.objects.count() == AuditSeal.objects.count() == 10
    assert audit.verify().broken == ""


def test_two_threads_that_write_and_seal_make_one_chain(tenant: int) -> None:
    begin = Barrier(2)

    def work(name: str) -> None:
        try:
            with tenancy.of(tenant):
                begin.wait(10)
                for number in range(40):
                    audit.write("record.posted", f"{name}{number}")
                    audit.seal()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, ("A", "B")))
    verdict = audit.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.broken) == (80, 0, "")


def test_each_tenant_has_a_chain_of_its_own(ids: list[int]) -> None:
    other = Tenant.objects.create(slug="other", name="Other")
    before = audit.verify()
    with tenancy.of(other.pk):
        audit._head_file().unlink(missing_ok=True)
        audit.write("flow.enabled", "I-9")
        audit.seal()
        verdict = audit.verify()
        assert (verdict.sealed, verdict.broken) == (1, "")
    as_owner("UPDATE hub_auditentry SET detail = '{}' WHERE tenant_id = %s", other.pk)
    assert audit.verify() == before
