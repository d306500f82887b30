"""First-day matching: the same vendor in both systems, found by tax id, name and address, accepted by a person."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from msgspec import Struct

from ml_connector.hub import audit, clocks, connections
from ml_connector.hub.models import Installation, Match
from ml_connector.hub.problems import BadRows, WrongUse
from ml_connector.integrations.declaration import Matching
from ml_connector.records.documents import Supplier

_LEGAL_FORMS = frozenset(
    ("inc", "llc", "ltd", "co", "corp", "corporation", "company", "incorporated", "limited", "lp", "llp", "as", "ab")
)
_WORDS = {"&": " and ", "+": " and "}


class Candidate(Struct, frozen=True):
    """A pair with a score of 0 to 100 and the reasons for it."""

    left: Supplier
    right: Supplier
    score: int
    reason: str


def words_of(name: str) -> frozenset[str]:
    """A name's words without case, punctuation and legal form."""
    lowered = name.casefold()
    for sign, word in _WORDS.items():
        lowered = lowered.replace(sign, word)
    words = re.findall(r"\w+", lowered.replace("'", "").replace(".", ""))
    return frozenset(word for word in words if word not in _LEGAL_FORMS) or frozenset(words)


def tax_digits(tax_id: str) -> str:
    """A tax id without separators."""
    return re.sub(r"\W", "", tax_id).upper()


def score(left: Supplier, right: Supplier) -> tuple[int, str]:
    """How surely two suppliers are the same, 0 to 100, and why.

    Tax ids decide (95), names come next (up to 80), an equal address adds 10. Different tax ids cap at 40.
    """
    reasons = []
    total = 0
    one, other = tax_digits(left.tax_id), tax_digits(right.tax_id)
    left_words, right_words = words_of(left.name), words_of(right.name)
    shared = len(left_words & right_words) / max(len(left_words | right_words), 1)
    if one and one == other:
        total, reasons = 90, [f"tax id {left.tax_id}"]
        if shared >= 0.5:
            total += 5
            reasons.append("similar name")
    else:
        total = round(80 * shared) if shared >= 0.5 else 0
        reasons.append("same name" if shared == 1 else "similar name")
    if total and _same_address(left, right):
        total = min(total + 10, 100)
        reasons.append("same address")
    if one and other and one != other:
        total = min(total, 40)
        reasons.append("but different tax ids")
    return total, ", ".join(reasons)


def _same_address(left: Supplier, right: Supplier) -> bool:
    one = (left.postal_code.strip().casefold(), words_of(left.address))
    return bool(left.postal_code and left.address) and one == (
        right.postal_code.strip().casefold(), words_of(right.address)
    )  # fmt: skip


def candidates(left: Sequence[Supplier], right: Sequence[Supplier], least: int = 40) -> list[Candidate]:
    """The best pairs, each supplier at most once, best scores first; equal scores are left to a person as ties."""
    pairs = [Candidate(one, other, *score(one, other)) for one, other in _plausible(left, right)]
    pairs = sorted((pair for pair in pairs if pair.score >= least), key=lambda p: (-p.score, p.left.key, p.right.key))
    taken_left: set[str] = set()
    taken_right: set[str] = set()
    best = []
    for pair in pairs:
        if pair.left.key not in taken_left and pair.right.key not in taken_right:
            best.append(_marked_tie(pair, pairs))
            taken_left.add(pair.left.key)
            taken_right.add(pair.right.key)
    return best


def _marked_tie(pair: Candidate, pairs: list[Candidate]) -> Candidate:
    """A pair that competes with another of the same score is no sure thing: at most 50."""
    rivals = [
        other
        for other in pairs
        if other is not pair
        and other.score == pair.score
        and (other.left.key == pair.left.key or other.right.key == pair.right.key)
    ]
    if not rivals:
        return pair
    return Candidate(pair.left, pair.right, min(pair.score, 50), f"{pair.reason}, but {len(rivals)} other is as close")


def _plausible(left: Sequence[Supplier], right: Sequence[Supplier]) -> Iterable[tuple[Supplier, Supplier]]:
    """Pairs that share a tax id or a word of the name, so that not all pairs need scoring."""
    by_word: dict[str, list[Supplier]] = defaultdict(list)
    for supplier in right:
        for word in words_of(supplier.name) | ({tax_digits(supplier.tax_id)} - {""}):
            by_word[word].append(supplier)
    for supplier in left:
        seen = set()
        for word in words_of(supplier.name) | ({tax_digits(supplier.tax_id)} - {""}):
            for other in by_word.get(word, ()):
                if other.key not in seen:
                    seen.add(other.key)
                    yield supplier, other


def find(installation: Installation, matching: Matching) -> int:
    """Read both sides and store the candidates that are not decided yet; returns how many."""
    with connections.opened(installation.left) as (left_client, _):
        left = matching.left(left_client)
    with connections.opened(installation.right) as (right_client, _):
        right = matching.right(right_client)
    accepted = Match.objects.filter(installation=installation, kind=matching.kind).exclude(accepted_by="")
    done_left = set(accepted.values_list("left_key", flat=True))
    done_right = set(accepted.values_list("right_key", flat=True))
    found = candidates(
        [one for one in left if one.key not in done_left], [one for one in right if one.key not in done_right]
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
    return len(found)


def accept_above(installation: Installation, least: int, by: str) -> int:
    """Accept all candidates with at least this score; returns how many."""
    open_pairs = Match.objects.filter(installation=installation, accepted_by="", score__gte=least)
    return _accept(installation, list(open_pairs), by, clocks.clock().now())


def accept_pairs(installation: Installation, kind: str, pairs: Sequence[tuple[int, str, str]], by: str) -> int:
    """Accept pairs that a person lists as (line, left key, right key), candidates or not. Raises BadRows."""
    known = {(row.left_key, row.right_key): row for row in Match.objects.filter(installation=installation, kind=kind)}
    taken = {row.left_key: row for row in known.values() if row.accepted_by}
    bad: list[tuple[int, str]] = []
    rows: list[Match] = []
    for line, left, right in pairs:
        other = taken.get(left)
        if not left or not right:
            bad.append((line, "a pair needs a left and a right key"))
        elif other is not None and other.right_key != right:
            bad.append((line, f"{left} is matched with {other.right_key} already"))
        else:
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
    with transaction.atomic():
        for row in rows:
            row.accepted_by, row.accepted = by, now
            row.save()
            audit.write(
                "match.accepted", installation.pk, kind=row.kind, left=row.left_key, right=row.right_key,
                score=row.score, reason=row.reason,
            )  # fmt: skip
    return len(rows)


def require_kind(kind: str, matchings: Sequence[Matching]) -> Matching:
    """A matching by kind. Raises WrongUse."""
    for matching in matchings:
        if matching.kind == kind:
            return matching
    raise WrongUse(f"there is no matching of {kind!r}; there are: {', '.join(one.kind for one in matchings)}")
