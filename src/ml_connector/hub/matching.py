"""First-day matching: the same thing in both systems, found by what both say of it, accepted by a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import partial

from django.db import transaction
from msgspec import Struct

from ml_connector.hub import audit, clocks, connections, installations, twins
from ml_connector.hub.likeness import LEAST
from ml_connector.hub.models import AuditEntry, Installation, Match
from ml_connector.hub.problems import BadRows, WrongUse
from ml_connector.integrations.declaration import Entry, Matching, Side

NOBODY = "-"
"""Written for one key of a pair: the other one has no counterpart."""
_UNCERTAIN = 50

Score = Callable[[Entry, Entry], tuple[int, str]]
_Place = tuple[str, str, str]
"""A record that a pair may be of: kind, side ("left" or "right"), key."""


class Candidate(Struct, frozen=True):
    """A pair with a score of 0 to 100 and the reasons for it."""

    left: Entry
    right: Entry
    score: int
    reason: str


def candidates(left: Sequence[Entry], right: Sequence[Entry], score: Score, least: int = LEAST) -> list[Candidate]:
    """The best pairs, best scores first, each entry at most once; pairs that tie are all listed, for a person."""
    pairs = [Candidate(one, other, *score(one, other)) for one, other in _plausible(left, right)]
    pairs = sorted((pair for pair in pairs if pair.score >= least), key=lambda p: (-p.score, p.left.key, p.right.key))
    by_left: dict[str, list[Candidate]] = defaultdict(list)
    by_right: dict[str, list[Candidate]] = defaultdict(list)
    for pair in pairs:
        by_left[pair.left.key].append(pair)
        by_right[pair.right.key].append(pair)
    taken_left: dict[str, int] = {}
    taken_right: dict[str, int] = {}
    best = []
    for pair in pairs:
        if max(taken_left.get(pair.left.key, 0), taken_right.get(pair.right.key, 0)) <= pair.score:
            best.append(_marked_tie(pair, [*by_left[pair.left.key], *by_right[pair.right.key]]))
            taken_left[pair.left.key] = taken_right[pair.right.key] = pair.score
    return best


def _marked_tie(pair: Candidate, rivals: list[Candidate]) -> Candidate:
    """A pair that competes with another of the same score is no sure thing: at most 50."""
    as_close = [other for other in rivals if other is not pair and other.score == pair.score]
    if not as_close:
        return pair
    reason = f"{pair.reason}, but {len(as_close)} other is as close"
    return Candidate(pair.left, pair.right, min(pair.score, _UNCERTAIN), reason)


def _plausible(left: Sequence[Entry], right: Sequence[Entry]) -> Iterable[tuple[Entry, Entry]]:
    """Pairs that share a token, so that not all pairs need scoring."""
    by_token: dict[str, list[Entry]] = defaultdict(list)
    for entry in right:
        for token in entry.tokens:
            by_token[token].append(entry)
    for entry in left:
        for other in {one.key: one for token in entry.tokens for one in by_token.get(token, ())}.values():
            yield entry, other


def find_all(installation: Installation, progress: Callable[[str], None] = lambda text: None) -> dict[str, int]:
    """Look for pairs of every kind, in the declared order; returns how many are undecided, by kind."""
    found = {}
    for matching in installations.declaration(installation.integration).matchings:
        progress(f"reading {matching.kind} of both systems")
        found[matching.kind] = find(installation, matching)
    return found


def find(installation: Installation, matching: Matching) -> int:
    """Read both sides and store the candidates that are not decided yet; returns how many."""
    since = date.fromisoformat(installations.rule(installation, "cut_over") or date.min.isoformat())
    with connections.opened(installation.left) as (left_client, _):
        left = matching.left(left_client, since)
    with connections.opened(installation.right) as (right_client, _):
        right = matching.right(right_client, since)
    accepted = Match.objects.filter(installation=installation, kind=matching.kind).exclude(accepted_by="")
    done_left = set(accepted.values_list("left_key", flat=True)) | _taken(installation, matching.kind, "left")
    rule = partial(installations.rule, installation)
    done_right = set(accepted.values_list("right_key", flat=True)) | _taken(installation, matching.kind, "right")
    counterparts = _counterparts(installation)
    found = candidates(
        [one for one in left if one.key not in done_left and matching.meant(one.key, rule)],
        [one for one in right if one.key not in done_right],
        lambda one, other: matching.score(
            one.subject, other.subject, lambda kind, key: counterparts.get((kind, key), "")
        ),
    )
    with transaction.atomic():
        Match.objects.filter(installation=installation, kind=matching.kind, accepted_by="").delete()
        Match.objects.bulk_create(
            Match(
                tenant_id=installation.tenant_id, installation=installation, kind=matching.kind,
                left_key=pair.left.key, left_name=pair.left.name, right_key=pair.right.key,
                right_name=pair.right.name, score=pair.score, reason=pair.reason,
            )
            for pair in found
        )  # fmt: skip
        looked = Installation.objects.select_for_update().get(pk=installation.pk)
        looked.matched = installation.matched = {
            **looked.matched, matching.kind: clocks.clock().now().isoformat()
        }  # fmt: skip
        looked.save(update_fields=["matched"])
    return len(found)


def _sharing(installation: Installation, kind: str, side: str) -> list[str]:
    """Other kinds that list the same records on a side: one bill may be an invoice of one kind or of another."""
    matchings = installations.declaration(installation.integration).matchings
    mine = require_kind(kind, matchings)
    return [one.kind for one in matchings if one is not mine and getattr(one, side) is getattr(mine, side)]


def _taken(installation: Installation, kind: str, side: str) -> set[str]:
    """Keys of a side that are matched as another kind."""
    rows = Match.objects.filter(installation=installation, kind__in=_sharing(installation, kind, side))
    paired = rows.exclude(accepted_by="").exclude(left_key="").exclude(right_key="")
    return set(paired.values_list(f"{side}_key", flat=True))


def _counterparts(installation: Installation) -> dict[tuple[str, str], str]:
    """Left keys by kind and right key: of accepted pairs, or else of candidates that are as good as sure."""
    rows = Match.objects.filter(installation=installation).exclude(accepted_by="", score__lte=_UNCERTAIN)
    ordered = sorted(rows, key=lambda row: bool(row.accepted_by))
    return {(row.kind, row.right_key): row.left_key for row in ordered}


def accept_above(installation: Installation, least: int, by: str, kind: str = "") -> int:
    """Accept all candidates with at least this score, of one kind or of all, kind by kind; returns how many."""
    declared = installations.declaration(installation.integration).matchings
    count = 0
    for one in [kind] if kind else [matching.kind for matching in declared]:
        open_pairs = Match.objects.filter(installation=installation, kind=one, accepted_by="", score__gte=least)
        count += _accept(installation, list(open_pairs), by, clocks.clock().now())
    return count


def accept_pairs(installation: Installation, kind: str, pairs: Sequence[tuple[int, str, str]], by: str) -> int:
    """Accept pairs that a person lists as (line, left key, right key), candidates or not; "-" stands for nobody.

    Raises BadRows.
    """
    known = {(row.left_key, row.right_key): row for row in Match.objects.filter(installation=installation, kind=kind)}
    decided = [row for row in known.values() if row.accepted_by]
    of_left = {row.left_key: row.right_key for row in decided if row.left_key}
    of_right = {row.right_key: row.left_key for row in decided if row.right_key}
    taken = {side: _taken(installation, kind, side) for side in ("left", "right")}
    bad: list[tuple[int, str]] = []
    rows: list[Match] = []
    for line, left_text, right_text in pairs:
        left, right = ("" if text == NOBODY else text for text in (left_text, right_text))
        if not left_text or not right_text or not (left or right):
            bad.append((line, f"a pair needs a left and a right key ({NOBODY} for one that has no counterpart)"))
        elif left and of_left.get(left, right) != right:
            bad.append((line, f"{left} is matched with {of_left[left] or 'nobody'} already"))
        elif right and of_right.get(right, left) != left:
            bad.append((line, f"{right} is matched with {of_right[right] or 'nobody'} already"))
        elif left and right and (left in taken["left"] or right in taken["right"]):
            bad.append((line, f"{left if left in taken['left'] else right} is matched as another kind already"))
        else:
            if left:
                of_left[left] = right
            if right:
                of_right[right] = left
            rows.append(known.get((left, right)) or _by_hand(installation, kind, left, right))
    if bad:
        raise BadRows("nothing was accepted, these pairs are wrong", bad)
    return _accept(installation, [row for row in rows if not row.accepted_by], by, clocks.clock().now())


def _by_hand(installation: Installation, kind: str, left: str, right: str) -> Match:
    return Match(
        tenant_id=installation.tenant_id, installation=installation, kind=kind, left_key=left, left_name="",
        right_key=right, right_name="", score=100, reason="named by a person",
    )  # fmt: skip


def _accept(installation: Installation, rows: list[Match], by: str, now: datetime) -> int:
    """Accept pairs; a candidate that one before it ruled out is passed over."""
    flows = [flow for flow in installations.declaration(installation.integration).flows if flow.twin]
    with transaction.atomic():
        for kind in sorted({row.kind for row in rows}):
            twins.lock_kind(installation, kind)
        accepted = _possible(installation, rows)
        for row in accepted:
            row.accepted_by, row.accepted = by, now
        Match.objects.filter(pk__in=[row.pk for row in accepted if row.pk]).update(accepted_by=by, accepted=now)
        Match.objects.bulk_create([row for row in accepted if not row.pk])
        _drop_rivals(installation, accepted)
        AuditEntry.objects.bulk_create(
            audit.entry(
                "match.accepted", installation.pk, kind=row.kind, left=row.left_key, right=row.right_key,
                score=row.score, reason=row.reason,
            )
            for row in accepted
        )  # fmt: skip
        for flow in flows:
            of_kind = [row for row in rows if row.kind == flow.matching]
            is_left = flow.source_side is Side.LEFT
            twins.look_again(installation, flow, [row.left_key if is_left else row.right_key for row in of_kind])
    return len(accepted)


def _possible(installation: Installation, rows: Sequence[Match]) -> list[Match]:
    """The pairs without the candidates that are gone by now or that one before them rules out."""
    still = set(Match.objects.filter(pk__in=[row.pk for row in rows if row.pk]).values_list("pk", flat=True))
    taken: set[_Place] = set()
    possible = []
    for row in rows:
        if not row.pk or (row.pk in still and taken.isdisjoint(_places(row))):
            possible.append(row)
            taken |= _takes(installation, row)
    return possible


def _drop_rivals(installation: Installation, accepted: Sequence[Match]) -> None:
    """Candidates that accepted pairs rule out, of their kind and of those that list the same records."""
    taken: set[_Place] = set()
    for row in accepted:
        taken |= _takes(installation, row)
    open_pairs = Match.objects.filter(installation=installation, accepted_by="")
    rivals = [row.pk for row in open_pairs if not taken.isdisjoint(_places(row))]
    Match.objects.filter(pk__in=rivals).delete()


def _places(row: Match) -> set[_Place]:
    """What a pair is of: kind, side and key."""
    return {(row.kind, side, key) for side, key in (("left", row.left_key), ("right", row.right_key)) if key}


def _takes(installation: Installation, row: Match) -> set[_Place]:
    """What no other pair may be of once this one is accepted."""
    taken = _places(row)
    if row.left_key and row.right_key:
        taken |= {(kind, "left", row.left_key) for kind in _sharing(installation, row.kind, "left")}
        taken |= {(kind, "right", row.right_key) for kind in _sharing(installation, row.kind, "right")}
    return taken


def require_kind(kind: str, matchings: Sequence[Matching]) -> Matching:
    """A matching by kind. Raises WrongUse."""
    for matching in matchings:
        if matching.kind == kind:
            return matching
    raise WrongUse(f"there is no matching of {kind!r}; there are: {', '.join(one.kind for one in matchings)}")
