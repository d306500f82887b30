"""Both systems' people edit the same vendors while the hub works: nothing is lost, nothing echoes, nothing doubles."""

from __future__ import annotations

from random import Random

import pytest
from pairs import FIELDS, Desk, Invention, Pair, edit, look, pair_of
from rehearsal import Rehearsal

from ml_connector.hub import clocks

AT_ONCE = 20
"""Interleavings that share the hub's steps: each has a vendor of its own, edited at times of its own."""
STEPS = 10
_DELAYS = (0, 0, 1, 2, 45, 400)


@pytest.fixture
def desk(tenant: int, both_sandboxes: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Nobody knows any vendor yet; hub and sandboxes share a clock."""
    made = Desk(both_sandboxes)
    monkeypatch.setattr(clocks, "clock", lambda: made.clock)
    return made


def matched(desk: Desk, rng: Random) -> list[Pair]:
    """Vendors that both sides know, on which they agree."""
    news = [Invention(rng, place) for place in range(1, AT_ONCE + 1)]
    values = [new.vendor() for new in news]
    lefts = [desk.make("left", each) for each in values]
    rights = [desk.make("right", each) for each in values]
    desk.install()
    assert desk.pairs() == dict(zip(lefts, rights, strict=True))
    desk.sync()
    held = desk.all("left")
    assert list(desk.all("right").values()) == list(held.values())
    return [pair_of(left, right, held[left], new) for left, right, new in zip(lefts, rights, news, strict=True)]


def hub_step(desk: Desk, rng: Random) -> tuple[str, bool]:
    """The hub does something; returns what, and whether all answers came."""
    step = rng.choice(("read", "read", "read", "deliver", "deliver", "deliver", "lose", "settle", "sync", "nothing"))
    side = rng.choice(("left", "right"))
    answered = True
    match step:
        case "read":
            desk.read(side)
        case "deliver":
            desk.deliver(side)
        case "lose":
            desk.lose(rng.choice(("drop_before_write", "drop_after_write")), times=rng.choice((1, 3)))
            desk.deliver(side)
            answered = not desk.heal()
        case "settle":
            desk.clock.sleep(3600)
            desk.deliver(side)
        case "sync":
            desk.sync()
    return f"{step} {side}", answered


@pytest.mark.parametrize("seed", range(10))
def test_edits_on_both_sides_at_random(desk: Desk, seed: int) -> None:
    rng = Random(seed)
    pairs = matched(desk, rng)
    made: dict[str, tuple[str, str]] = {}
    for _ in range(STEPS):
        for pair in pairs:
            if rng.random() < 0.4:
                edit(desk, rng, pair)
        if rng.random() < 0.5:
            _new_vendor(desk, rng, made)
        desk.clock.sleep(rng.choice(_DELAYS))
        step, answered = hub_step(desk, rng)
        look(desk, pairs, step, answered=answered)
    desk.sync()
    look(desk, pairs, "sync", answered=True)
    desk.sync()
    look(desk, pairs, "sync", answered=True)
    _assert_alike(desk, pairs, made)
    desk.writes()
    desk.clock.sleep(1)
    desk.sync()
    assert desk.writes() == {}
    _assert_alike(desk, pairs, made)


def _new_vendor(desk: Desk, rng: Random, made: dict[str, tuple[str, str]]) -> None:
    """Somebody enters a vendor on one side, or renames one that was entered before."""
    new = Invention(rng, 500 + len(made) + rng.randrange(400))
    if made and rng.random() < 0.3:
        name = rng.choice(sorted(made))
        side, key = made.pop(name)
        renamed = new.value("name")
        desk.edit(side, key, name=renamed)
        made[renamed] = (side, key)
    else:
        side, values = rng.choice(("left", "right")), new.vendor()
        made[values["name"]] = (side, desk.make(side, values))


def _assert_alike(desk: Desk, pairs: list[Pair], made: dict[str, tuple[str, str]]) -> None:
    """Each vendor is on both sides, once, with the same values; edits that nothing stood against are there."""
    left, right = desk.all("left"), desk.all("right")
    matches = desk.pairs()
    assert len(left) == len(right) == len(matches) == len(pairs) + len(made)
    for pair in pairs:
        assert matches[pair.left] == pair.right
        for name in FIELDS:
            one, other = left[pair.left][name], right[pair.right][name]
            assert one == other, "\n".join((f"{name}: {one!r} and {other!r}", *pair.story))
    for name, (side, key) in made.items():
        one = key if side == "left" else desk.left_of(key)
        assert left[one] == right[matches[one]]
        assert left[one]["name"] == " ".join(name.split())
