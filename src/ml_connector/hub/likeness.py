"""Records of the other side that a record without counterpart may be the same as."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from ml_connector.hub import installations, twins
from ml_connector.hub.models import Installation, Match
from ml_connector.integrations.declaration import Entry, Flow, Side

LEAST = 40
"""The score below which a pair is not even shown."""
_DOUBTFUL = 50
"""The score from which a new record waits until a person has decided: below it names are alike, but nothing else."""


class Lookalikes:
    """The other side's records of a flow that nobody has matched yet, read once."""

    def __init__(self, installation: Installation, flow: Flow) -> None:
        integration = installations.declaration(installation.integration)
        self._matching = next(one for one in integration.matchings if one.kind == flow.matching)
        self._is_left = flow.source_side is Side.LEFT
        self._by_token: dict[str, list[Entry]] = defaultdict(list)
        assert self._matching.entry is not None
        taken = self._taken(installation)
        twin = integration.flow(flow.twin)
        for key, read in twins.newest_documents(installation, twin.name).items():
            if key not in taken:
                entry = self._matching.entry(msgspec.json.decode(read.document, type=twin.record_type))
                for token in entry.tokens:
                    self._by_token[token].append(entry)

    def best(self, document: Any) -> str:
        """In words, the most similar record of the other side, or ""."""
        assert self._matching.entry is not None
        mine = self._matching.entry(document)
        best: tuple[int, str] = (0, "")
        for other in {one.key: one for token in mine.tokens for one in self._by_token.get(token, ())}.values():
            left, right = (mine, other) if self._is_left else (other, mine)
            score, reason = self._matching.score(left.subject, right.subject, lambda kind, key: "")
            best = max(best, (score, f"{other.name} ({other.key}), score {score}: {reason}"))
        return best[1] if best[0] >= _DOUBTFUL else ""

    def _taken(self, installation: Installation) -> set[str]:
        accepted = Match.objects.filter(installation=installation, kind=self._matching.kind).exclude(accepted_by="")
        return set(accepted.values_list("right_key" if self._is_left else "left_key", flat=True))
