"""Line operations of documents: Insert, Update, Delete by line number (vendors/visma_net.md §5)."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.sandbox.visma_net.records import Record, Values


def merge(draft: Record, sent: list[Values], problems: list[str]) -> list[tuple[Values, frozenset[str]]]:
    """Apply the sent lines to a draft; returns those that were inserted or updated, with the names that were sent.

    The line's number is `lineNumber`; those of deleted lines are not given again.
    """
    touched = []
    for row in sent:
        line = {name: value for name, value in row.items() if name != "operation"}
        number = line.pop("lineNumber", None)
        if row["operation"] == "Insert":
            draft["_last_line"] = (draft["_last_line"] or 0) + 1
            new = {"lineNumber": draft["_last_line"], **line}
            draft.lines.append(new)
            touched.append((new, frozenset(line)))
            continue
        known = next((one for one in draft.lines if one["lineNumber"] == number), None)
        if known is None:
            problems.append(f"Line '{number if number is not None else ''}' cannot be found in the document.")
        elif row["operation"] == "Delete":
            draft.lines.remove(known)
        else:
            known.update(line)
            touched.append((known, frozenset(line)))
    return [(line, sent_names) for line, sent_names in touched if line in draft.lines]


def renamed(sent: list[Values], names: Mapping[str, str]) -> list[Values]:
    """Lines of a write form under the names that documents keep."""
    return [{names.get(name, name): value for name, value in row.items()} for row in sent]
