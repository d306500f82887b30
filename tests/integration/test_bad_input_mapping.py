"""Mapping files with bad rows: all or nothing, and every bad row is named."""

from __future__ import annotations

import pytest
from stage import SOUND, Stage

from ml_connector.hub import mapping
from ml_connector.hub.models import MappingRow
from ml_connector.hub.problems import BadRows
from ml_connector.integrations.catalogue import INTEGRATIONS

HEADER = "source,source_name,target,target_name,valid_from,valid_to\n"
GOOD = "03-300.S,Concrete,54000|000000|03|03-300,,,\n"
TABLE = mapping.table_of(INTEGRATIONS["acumatica-procore"], "coding")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (HEADER + GOOD + ",,54000|000000|03|03-300,,,\n", 3, "the source is empty"),
        (HEADER + GOOD + "03-310.S,,,,,\n", 3, "fill it in, or remove the row"),
        (HEADER + GOOD + "03-310.S,,54000,,,\n", 3, "write account|subaccount|task|cost code"),
        (HEADER + GOOD + "03-310.S,,54000|000000|03|03-310,,2026-13-01,\n", 3, "are dates, YYYY-MM-DD"),
        (HEADER + GOOD + "03-310.S,,54000|0|03|03-310,,2026-02-01,2026-01-01\n", 3, "valid_to is before valid_from"),
        (HEADER + GOOD + "03-310.S,,54000\n", 3, "3 cells, 6 are needed"),
        (HEADER + GOOD + GOOD, 3, "in force at the same time in line 2"),
        (HEADER + GOOD + '"03-310.S,,54000|0|03|03-310,,,\n', 3, "no CSV row"),
        ("von,nach\n" + GOOD, 1, "the header must be source,source_name,"),
        ("", 1, "the header must be source,source_name,"),
    ],
)
def test_a_file_with_a_bad_row_changes_nothing_and_names_it(stage: Stage, content: str, line: int, words: str) -> None:
    row = stage.install()
    before = mapping.export_csv(row, TABLE)
    with pytest.raises(BadRows, match="nothing was imported into coding") as refused:
        mapping.import_csv(row, TABLE, content.encode())
    ((where, complaint),) = refused.value.rows
    assert where == line
    assert words in complaint
    assert mapping.export_csv(row, TABLE) == before


def test_every_bad_row_is_named_at_once(stage: Stage) -> None:
    row = stage.install()
    content = HEADER + "a,,54000,,,\n" + GOOD + "b,,,,,\n" + ",,54000|0|03|03-300,,,\n"
    with pytest.raises(BadRows) as refused:
        mapping.import_csv(row, TABLE, content.encode())
    assert [line for line, _ in refused.value.rows] == [2, 4, 5]


def test_a_file_that_is_not_utf_8_says_so(stage: Stage) -> None:
    row = stage.install()
    with pytest.raises(BadRows) as refused:
        mapping.import_csv(row, TABLE, (HEADER + "03-300.S,Beläge,54000|0|03|03-300,,,\n").encode("latin-1"))
    assert "not UTF-8: save it as such" in refused.value.rows[0][1]


def test_a_table_that_was_refused_goes_on_posting_as_before(stage: Stage) -> None:
    row = stage.install()
    with pytest.raises(BadRows):
        mapping.import_csv(row, TABLE, (HEADER + "03-300.S,,,,,\n").encode())
    stage.sync()
    stage.assert_posted_once()


def test_a_mapping_that_is_not_in_force_on_the_day_is_a_gap(stage: Stage) -> None:
    row = stage.install()
    line = stage.requisition("INV-8800101")["items"][0]["wbs_code"]["flat_code"]
    target = MappingRow.objects.get(installation=row, table="coding", source=line).target
    stage.fill("coding", f"{line},,{target},,2026-02-01,", without=line)
    stage.sync()
    held = stage.record("INV-8800101")
    assert held.cause == "unmapped"
    assert line in held.message
    assert set(stage.bills()) <= SOUND - {"INV-8800101"}
    stage.fill("coding", f"{line},,{target},,2026-01-01,", without=line)
    for number in SOUND - set(stage.bills()):
        stage.replayed(number)
    stage.sync()
    stage.assert_posted_once()
