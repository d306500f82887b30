"""Single records: `records`, `show`, `replay`, `set-aside`, `undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Waits
from ml_connector.cli.running import moment
from ml_connector.hub.problems import WrongUse

if TYPE_CHECKING:
    from ml_connector.hub.history import PostingRow, Story

_COLUMNS = {
    "record": "record", "flow": "flow", "state": "state", "cause": "cause", "number": "number", "date": "date",
    "amount": "amount", "currency": "", "target": "target", "title": "what",
}  # fmt: skip
_CORRECTIONS = {
    "repost": "its document is taken back, then the record is posted anew",
    "gone": "its document is taken back: it is gone at the source",
    "undo": "its document is taken back: a person undid it",
    "delta": "the difference is posted",
}
_RECORD = typer.Argument(metavar="RECORD", help="Its id, the beginning of one, or our reference in the target.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, command in (
        ("records", records),
        ("show", show),
        ("replay", replay),
        ("set-aside", set_aside),
        ("undo", undo),
    ):
        app.command(name, cls=boot.HubCommand)(command)


def records(
    state: str = typer.Option("", help="Only in this state."),
    flow: str = typer.Option("", help="Only of this flow."),
    cause: str = typer.Option("", help="Only those that wait for this cause."),
    installation: str = typer.Option("", metavar="ID", help="Only of this installation."),
    limit: int = typer.Option(200, help="At most so many."),
) -> None:
    """List records, those that changed last first."""
    from ml_connector.hub import lists

    wanted = lists.Filter(installation=installation, flow=flow, state=state, cause=cause)
    found, count = lists.record_rows(wanted, limit)
    printing.rows(found, _COLUMNS, "there are no such records")
    if count > len(found):
        printing.aside(f"{len(found)} of {count} records; --limit shows more")


def show(record: str = _RECORD) -> None:
    """Show a record: state and what to do, ids on both sides, versions, every call made, the audit trail."""
    from ml_connector.hub import history

    story = history.of_record(history.find(record))
    if printing.json_wanted:
        printing.json(story)
    else:
        _tell(story)


def _tell(story: Story) -> None:
    one = story.record
    print(f"{one.record}  {one.title}")
    facts = {
        "state": f"{one.state} {one.cause}".strip(),
        "what to do": one.message,
        "amount": printing.money({one.currency: one.amount}),
        "number": one.number,
        "date": one.date,
        "flow": f"{one.flow} of {one.installation}",
        "source": f"{story.source_key} in {story.scope}",
        "target": " ".join(part for part in (one.target, story.target_key) if part),
        "correction": _CORRECTIONS.get(story.correction, story.correction),
        "next step": story.step,
        "looked at": story.due,
        "versions": f"{story.version} at work, {story.newest} newest, {story.posted_version or 'none'} posted",
    }
    for name, value in facts.items():
        if value:
            print(f"  {name:<11} {value}")
    print("versions")
    versions = []
    for version in story.versions:
        amount = printing.money({version.currency: version.amount})
        modified = printing.cell(version.modified)
        versions.append([f"  {version.version}", f"run {version.run}", modified, amount, version.hash[:12]])
    printing.table(("  no.", "read by", "modified at the source", "amount", "hash"), versions)
    if story.postings:
        print("in the target")
        printing.table(
            ("  version", "is", "number", "since", "taken back by", ""), [_posted(one) for one in story.postings]
        )
    if story.attempts:
        print("calls")
    for call in story.attempts:
        begun = f"{call.started:%Y-%m-%d %H:%M:%S}"
        print(f"  {begun}  {call.step}  {call.state}  {call.reference}  sent {call.digest[:12]}")
        for text in (call.message, call.answer):
            if text:
                print(f"      {text}")
    print("audit")
    for entry in story.audit:
        detail = ", ".join(f"{name} {value}" for name, value in entry.detail.items() if value not in ("", None, {}))
        print(f"  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor}  {entry.action}  {detail}")


def _posted(one: PostingRow) -> list[str]:
    """One document of a record: what it is, its number, and what took it back."""
    kind = "keyed by hand" if one.kind == "adopted" else one.kind
    since = f"{one.at:%Y-%m-%d %H:%M:%S}"
    ended = f"{one.reversed_at:%Y-%m-%d %H:%M:%S}" if one.reversed_at else ""
    return [f"  {one.version}", kind, one.number, since, one.reversal, ended]


def replay(
    record: list[str] | None = typer.Argument(None, metavar="RECORD", help="Records by id."),
    cause: str | None = typer.Option(None, help="All that wait for this cause."),
    since: str | None = typer.Option(None, metavar="T", help="All that changed since then and wait."),
) -> None:
    """Send records on their way again: an ordinary delivery, so nothing is posted twice."""
    from ml_connector.hub import history, lists
    from ml_connector.hub import replay as of_hub

    named = [history.find(text).ref for text in record or []]
    chosen = of_hub.chosen(named, cause, moment(since) if since else None)
    gone, stayed = of_hub.replay(chosen)
    if printing.json_wanted:
        why = [{"record": one.ref, "state": one.state, "reason": reason} for one, reason in stayed]
        printing.json({"replayed": [lists.record_row(one) for one in gone], "stayed": why})
    else:
        for one in gone:
            print(f"{one.ref}  {one.title}: {one.state}")
        for one, reason in stayed:
            print(f"{one.ref}  {one.title}: stays, {reason}")
        print(f"{len(gone)} records are on their way again, {len(stayed)} stay; a worker or 'sync' delivers them")
    waiting = [one for one, _ in stayed if one.state in ("held", "refused", "unknown")]
    if waiting:
        raise Waits(f"{len(waiting)} records wait for a person")


def set_aside(
    record: str = _RECORD,
    why: str = typer.Option(..., metavar="TEXT", help="The reason, for the audit trail."),
) -> None:
    """Say that a held or refused record needs no posting (any more)."""
    from ml_connector.hub import history
    from ml_connector.hub import replay as of_hub

    if not why.strip():
        raise WrongUse("--why needs a reason: it is kept in the audit trail")
    found = history.find(record)
    of_hub.set_aside(found, why)
    printing.say(f"{found.ref}  {found.title}: set aside")


def undo(
    record: str = _RECORD,
    plan: bool = typer.Option(False, "--plan", help="Say what would be done, and by whom; change nothing."),
) -> None:
    """Take a posted record back by the target's own means; a paid one is left, and the record is held."""
    from ml_connector.hub import history
    from ml_connector.hub import undo as of_hub

    found = history.find(record)
    planned = of_hub.plan(found) if plan else of_hub.carry_out(found)
    if printing.json_wanted:
        printing.json(planned)
        return
    print(f"{found.ref}  {found.title}: {planned.state} {planned.target}".rstrip())
    if plan:
        for number, step in enumerate(planned.steps, start=1):
            print(f"  {number}. {step}")
        print(f"  afterwards: {planned.afterwards}")
        return
    print(f"  it is taken back now, in these steps: {', '.join(planned.by_hub)}; a worker or 'sync' takes them")
    print("  one that is paid, even in part, is left as it is, and the record is held (paid_there)")
    print(f"  afterwards: {planned.afterwards}; void or correct the document at the source as well")
