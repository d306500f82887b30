"""Records of the other side that a record without counterpart may be the same as."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import Any

import msgspec

from ml_connector.hub import installations, twins
from ml_connector.hub.models import Installation, Match
from ml_connector.integrations.declaration import Entry, Flow, Side

LEAST = 40
"""The score below which a pair is not even shown."""
_DOUBTFUL = 50
"""The score from which a new record waits until a person has decided: below it names are alike, but nothing else."""
_SURE = 80
"""The same for records of the other side that have a counterpart: the new one is probably that counterpart's double."""


class Lookalikes:
    """The other side's records of a flow, read once."""

    def __init__(self, installation: Installation, flow: Flow) -> None:
        integration = installations.declaration(installation.integration)
        self._matching = next(one for one in integration.matchings if one.kind == flow.matching)
        self._is_left = flow.source_side is Side.LEFT
        self._by_token: dict[str, list[Entry]] = defaultdict(list)
        assert self._matching.entry is not None
        self._taken = self._matched(installation)
        twin = integration.flow(flow.twin)
        rule = partial(installations.rule, installation)
        for key, text in twins.newest_documents(installation, twin.name).items():
            if not self._is_left and not self._matching.meant(key, rule):
                continue
            entry = self._matching.entry(msgspec.json.decode(text, type=twin.record_type))
            for token in entry.tokens:
                self._by_token[token].append(entry)

    def best(self, document: Any) -> str:
        """In words, the most similar record of the other side, or ""."""
        assert self._matching.entry is not None
        mine = self._matching.entry(document)
        free: tuple[int, str] = (0, "")
        taken: tuple[int, str] = (0, "")
        for other in {one.key: one for token in mine.tokens for one in self._by_token.get(token, ())}.values():
            left, right = (mine, other) if self._is_left else (other, mine)
            score, reason = self._matching.score(left.subject, right.subject, lambda kind, key: "")
            words = f"{other.name} ({other.key}), score {score}: {reason}"
            if matched := self._taken.get(other.key):
                taken = max(taken, (score, f"{words}, which is matched with {matched} already"))
            else:
                free = max(free, (score, words))
        if free[0] >= _DOUBTFUL:
            return free[1]
        return taken[1] if taken[0] >= _SURE else ""

    def _matched(self, installation: Installation) -> dict[str, str]:
        """The counterparts of the other side's records, by their keys there."""
        accepted = Match.objects.filter(installation=installation, kind=self._matching.kind).exclude(accepted_by="")
        names = ("right_key", "left_key") if self._is_left else ("left_key", "right_key")
        return dict(accepted.values_list(*names))
