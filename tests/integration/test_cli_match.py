"""First-day matching on the command line: nothing is made before a person has looked, and decided of what is alike."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import RULES, World, install, world

FLOWS = ("vendors-to-procore", "vendors-to-acumatica")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The small month, in which people enter a vendor on each side that may be the same."""
    with world(tmp_path_factory.mktemp("match")) as one:
        vendor = {"id": "V90001", "name": "Northern Pile Driving Company", "city": "Erie"}
        one.order("acumatica", "act", {"action": "create_vendor", **vendor})
        fields = {"name": "Northern Pile Driving Marine"}
        one.order("procore", "act", {"action": "key_document", "kind": "vendor", "fields": fields})
        yield one


@pytest.fixture(scope="module")
def installed(made: World) -> str:
    """Vendor flows are on, and nobody has looked for matches."""
    installation = install(made)[2]
    made.done("rules", installation, *RULES)
    for flow in FLOWS:
        made.done("enable", installation, "--flow", flow)
    return installation


def vendors(made: World, system: str) -> dict[str, str]:
    """Names by key."""
    with urllib.request.urlopen(f"{made.ready[system]['control_url']}/state", timeout=60) as answer:
        state = json.load(answer)
    if system == "procore":
        return {str(row["id"]): row["name"] for row in state["vendors"]}
    return {row["VendorID"]["value"]: row["VendorName"]["value"] for row in state["Vendor"]}


def records(made: World, state: str) -> list[dict[str, Any]]:
    """Records in a state."""
    return [row for row in made.json("records") if row["state"] == state]


def given(made: World, text: str) -> str:
    """A file with pairs."""
    path = Path(made.folder) / "pairs.csv"
    path.write_text(text)
    return str(path)


def test_nothing_is_made_before_anybody_has_looked(made: World, installed: str) -> None:
    before = (vendors(made, "acumatica"), vendors(made, "procore"))
    ended = made.run("sync", installed)
    assert ended.returncode == 3
    assert (vendors(made, "acumatica"), vendors(made, "procore")) == before
    assert {row["cause"] for row in records(made, "held")} == {"no_match", "not_matched", "no_counterpart"}


def test_candidates_are_listed_with_score_and_reason(made: World, installed: str) -> None:
    found = made.json("match", installed, "--kind", "vendors")
    assert {row["kind"] for row in found} == {"vendors"}
    assert len([row for row in found if row["score"] >= 90]) >= 8
    alike = next(row for row in found if row["left"] == "V90001")
    assert 50 <= alike["score"] < 90
    assert alike["reason"] == "similar name"
    assert made.json("match", installed, "--kind", "vendors", "--accepted") == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,b\n1,2\n", "line 1: the header must name the columns left and right"),
        ("left,right\nV90001,\n", "line 2: a pair needs a left and a right key"),
        ("left,right\n-,-\n", "line 2: a pair needs a left and a right key"),
        ("left,right\nV90001,7\nV90001,8\n", "line 3: V90001 is matched with 7 already"),
        ("left,right\nV90001,7\nV90002,7\n", "line 3: 7 is matched with V90001 already"),
        ("left,right\nV90001,-\nV90001,7\n", "line 3: V90001 is matched with nobody already"),
        ("left,right,kind\nV90001,7,ships\n", "line 2: 'ships' is not matched here; kinds: vendors"),
    ],
)
def test_a_bad_pair_accepts_nothing_and_is_named(made: World, installed: str, text: str, why: str) -> None:
    ended = made.run("match", installed, "--accept", given(made, text))
    assert ended.returncode == 2
    assert why in ended.stderr
    assert made.json("match", installed, "--accepted") == []


def test_an_unknown_kind_is_wrong_use(made: World, installed: str) -> None:
    ended = made.run("match", installed, "--kind", "ships")
    assert ended.returncode == 2
    assert "there is no matching of 'ships'" in ended.stderr


def test_sure_pairs_are_accepted_by_score_and_the_rest_waits_for_a_word(made: World, installed: str) -> None:
    made.done("match", installed, "--accept", "all-above", "90")
    accepted = made.json("match", installed, "--kind", "vendors", "--accepted")
    assert len(accepted) >= 8
    assert "V90001" not in {row["left"] for row in accepted}
    before = set(vendors(made, "procore"))
    made.run("sync", installed)
    waiting = [row for row in records(made, "held") if row["source_key"] == "V90001"]
    assert [row["cause"] for row in waiting] == ["no_match"]
    assert "Northern Pile Driving Company" not in [
        name for key, name in vendors(made, "procore").items() if key not in before
    ]


def test_what_has_no_counterpart_is_made_once_a_person_says_so(made: World, installed: str) -> None:
    (alike,) = [row for row in made.json("match", installed, "--kind", "vendors") if row["left"] == "V90001"]
    text = f"left,right,kind\nV90001,-,vendors\n-,{alike['right']},vendors\n"
    told = made.json("match", installed, "--accept", given(made, text))
    assert told["accepted"] == 2
    assert told["released"] >= 1
    made.run("sync", installed)
    assert list(vendors(made, "procore").values()).count("Northern Pile Driving Company") == 1
    pairs = {row["left"]: row["right"] for row in made.json("match", installed, "--kind", "vendors", "--accepted")}
    assert vendors(made, "procore")[pairs["V90001"]] == "Northern Pile Driving Company"
    before = (vendors(made, "acumatica"), vendors(made, "procore"))
    made.run("sync", installed)
    assert (vendors(made, "acumatica"), vendors(made, "procore")) == before
