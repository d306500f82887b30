"""What a translation may look up: the installation's choices, mapping tables, pairs, and what was posted before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from ml_connector.hub import ids, installations, siblings, twins
from ml_connector.hub.likeness import Lookalikes
from ml_connector.hub.mapping import Gap, Tables
from ml_connector.hub.models import Approval, Installation, Match, Posting, Record, Version
from ml_connector.hub.states import Held
from ml_connector.integrations.declaration import Flow, Hold, Origin, Sibling, Side, Twin
from ml_connector.records.masters import overlaid


class InstallationDesk:
    """An `integrations.declaration.Desk` that reads everything once, for one batch of translations of one flow."""

    def __init__(self, installation: Installation, flow: Flow) -> None:
        self._installation = installation
        self._flow = flow
        self._rules: dict[str, str] = {}
        self.tables = Tables(installation)
        self._pairs = _pairs(installation, flow.source_side)
        self._documents: dict[str, str] | None = None
        self._changed: set[str] | None = None
        self._approved: set[str] | None = None
        self._lookalikes: Lookalikes | None = None
        self._twin_was_read: bool | None = None
        self._candidates: dict[str, str] | None = None
        self._siblings: dict[tuple[str, str], list[Sibling]] = {}
        self._records: dict[tuple[str, str], Sibling | None] = {}
        self._named: dict[str, set[str]] = {}
        self._adopting = [
            matching.kind
            for matching in installations.declaration(installation.integration).matchings
            if matching.adopts == flow.name
        ]
        self.gaps: list[Gap] = []

    def rule(self, name: str) -> str:
        if name not in self._rules:
            self._rules[name] = installations.rule(self._installation, name)
        return self._rules[name]

    def map(self, table: str, value: str, *, name: str, day: date, money: Decimal) -> str:
        target = self.tables.find(table, value, day)
        if not target:
            self.gaps.append(Gap(table, value, name, money))
        return target

    def lack(self, table: str, target: str, *, name: str, money: Decimal) -> None:
        self.gaps.append(Gap(table, "", name, money, target))

    def find(self, table: str, value: str, *, day: date) -> str:
        return self.tables.find(table, value, day)

    def sources(self, table: str, target: str, *, day: date) -> list[str]:
        return self.tables.sources(table, target, day)

    def matched(self, kind: str) -> bool:
        return kind in self._installation.matched

    def counterpart(self, kind: str, key: str) -> str:
        found = self._pairs.get((kind, key))
        return found.key if found else ""

    def twin(self, kind: str, key: str) -> Twin | None:
        found = self._pairs.get((kind, key))
        if found is None or not found.key:
            return None
        document = None if self._is_overtaken(key) else self._other(found)
        gone = document is None and twins.is_gone(self._installation, self._flow.twin, found.key)
        return Twin(key=found.key, base=found.base, document=document, gone=gone)

    def as_it_stands(self, key: str, document: Any) -> Any:
        """A record of the flow's source with what we wrote to it since it was read."""
        found = self._pairs.get((self._flow.matching, key))
        if found is None or not found.sent:
            return document
        return overlaid(document, twins.sent_to(found.sent, self._flow.source_side))

    def lookalike(self, kind: str, key: str, document: Any) -> str:
        if (kind, key) in self._pairs:
            return ""
        if self._twin_was_read is None:
            self._twin_was_read = twins.was_read(self._installation, self._flow.twin)
        if not self._twin_was_read:
            raise Hold(
                Held.NOT_READ,
                "what the other system holds has not been read yet: it goes on after that "
                f"(flow {self._flow.twin} must be switched on too)",
            )
        if self._lookalikes is None:
            self._lookalikes = Lookalikes(self._installation, self._flow)
        return self._lookalikes.best(document)

    def made(self, mark: str, key: str) -> bool:
        found = Record.objects.filter(
            installation=self._installation, flow=self._flow.twin, ref=ids.record_of(f"{mark}-")
        )
        return found.filter(target_key__in=("", key)).exists()

    def origin(self, number: str) -> Origin | None:
        found = Posting.objects.filter(
            number=number, record__installation=self._installation,
            record__flow__in=installations.ledger_flows(self._installation),
        )  # fmt: skip
        posting = found.select_related("record").order_by("-pk").first()
        if posting is None:
            return None
        flow = installations.declaration(self._installation.integration).flow(posting.record.flow)
        version = Version.objects.get(record=posting.record, number=posting.record.newest)
        document = msgspec.json.decode(version.document, type=flow.record_type)
        return Origin(flow=flow.name, key=posting.record.source_key, document=document)

    def siblings(self, scope: str, flow: str = "") -> list[Sibling]:
        if (flow, scope) not in self._siblings:
            declared = installations.declaration(self._installation.integration).flow(flow) if flow else self._flow
            self._siblings[flow, scope] = siblings.of_scope(self._installation, declared, scope)
        return self._siblings[flow, scope]

    def record(self, flow: str, key: str) -> Sibling | None:
        if (flow, key) not in self._records:
            declared = installations.declaration(self._installation.integration).flow(flow)
            self._records[flow, key] = siblings.of_key(self._installation, declared, key)
        return self._records[flow, key]

    def named(self, flow: str, key: str) -> bool:
        if flow not in self._named:
            declared = installations.declaration(self._installation.integration).flow(flow)
            assert declared.names is not None
            documents = twins.newest_documents(self._installation, flow).values()
            read = (msgspec.json.decode(text, type=declared.record_type) for text in documents)
            self._named[flow] = {declared.names(document, self) for document in read}
        return key in self._named[flow]

    def approved(self, difference: str) -> bool:
        if self._approved is None:
            rows = Approval.objects.filter(installation=self._installation)
            self._approved = set(rows.values_list("difference", flat=True))
        return difference in self._approved

    def adopted(self, key: str) -> str:
        """The number of the target's document that a person matched with the source record `key`, or ""."""
        return next((number for kind in self._adopting if (number := self.counterpart(kind, key))), "")

    def undecided(self, key: str) -> str:
        """In words, the target's document that the source record `key` may be, though nobody has decided; or ""."""
        if self._candidates is None:
            rows = Match.objects.filter(installation=self._installation, kind__in=self._adopting, accepted_by="")
            is_left = self._flow.source_side is Side.LEFT
            self._candidates = {
                row.left_key if is_left else row.right_key: (
                    f"{row.right_name if is_left else row.left_name} (score {row.score}: {row.reason})"
                )
                for row in rows
            }
        return self._candidates.get(key, "")

    def _is_overtaken(self, key: str) -> bool:
        """Whether we changed the other side's record as a whole since its flow was last read to the end."""
        if self._flow.differences is None:
            return False
        if self._changed is None:
            self._changed = twins.changed_since_read(self._installation, self._flow)
        return key in self._changed

    def _other(self, pair: _Pair) -> Any:
        if self._documents is None:
            self._documents = twins.newest_documents(self._installation, self._flow.twin)
        read = self._documents.get(pair.key)
        if read is None:
            return None
        flow = installations.declaration(self._installation.integration).flow(self._flow.twin)
        document = msgspec.json.decode(read, type=flow.record_type)
        return overlaid(document, twins.sent_to(pair.sent, flow.source_side))


class _Pair(msgspec.Struct, frozen=True):
    """The other side's key ("" when a person decided that there is none); `base` and `sent` as in Match."""

    key: str
    base: dict[str, str]
    sent: dict[str, Any]


def _pairs(installation: Installation, source_side: Side) -> dict[tuple[str, str], _Pair]:
    accepted = Match.objects.filter(installation=installation).exclude(accepted_by="")
    found = {}
    for row in accepted:
        mine, other = (row.left_key, row.right_key) if source_side is Side.LEFT else (row.right_key, row.left_key)
        if mine:
            found[row.kind, mine] = _Pair(other, row.base, row.sent)
    return found
