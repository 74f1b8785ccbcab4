"""Compares what the portal told its customers with what the help desk has."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from browser import Told

RESTING = {"delivered", "held", "refused", "discarded"}
MARK = "May repeat"
# Waiting rows get older by this much at a time, so that a day's pauses fit a run.
PACE_SECONDS = 40


@contextmanager
def _database(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, timeout=20)) as database, database:
        yield database


def age_waiting(path: Path) -> None:
    """Make rows that wait for their next try or look older.

    Rows that somebody may be at work on keep their leases as they are. The odd last
    digit keeps a time from losing its fraction, which Django would write differently.
    """

    def earlier(column: str) -> str:
        moment = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '-{PACE_SECONDS} seconds')"
        return f"{column} = {moment} || '001'"

    with _database(path) as database:
        database.execute(
            f"UPDATE outbox_submission SET {earlier('due_at')},"  # noqa: S608
            f" {earlier('unknown_since')}"
            " WHERE lease_owner = '' AND attempts > 0 AND due_at IS NOT NULL"
            " AND state IN ('received', 'unknown')"
        )


def states(path: Path) -> dict[str, str]:
    """Return the state of each submission, by reference."""
    with _database(path) as database:
        return dict(database.execute("SELECT reference, state FROM outbox_submission"))


def waiting(path: Path) -> int:
    """Return how many submissions still need attention."""
    return sum(state not in RESTING for state in states(path).values())


@dataclass(frozen=True)
class Arrived:
    """One text on the help desk; `ticket_id` where it opens or belongs to a request."""

    text: str
    ticket_id: int | None


def arrived(path: Path) -> list[Arrived]:
    """Return all texts that the help desk has from customers."""
    with _database(path) as database:
        notes = database.execute("SELECT body, ticket_id FROM desk_note").fetchall()
        posts = database.execute("SELECT body FROM desk_post").fetchall()
    return [
        *(Arrived(text, number) for text, number in notes),
        *(Arrived(text, None) for (text,) in posts),
    ]


def judge(
    told: list[Told], portal: Path, desk: Path, *, is_exactly_once: bool
) -> dict[str, object]:
    """Return the counts, and each broken promise with what led to it."""
    kept, texts = states(portal), arrived(desk)
    broken: dict[str, list[str]] = {
        "lost": [],
        "doubled without mark": [],
        "wrongly reported": [],
    }
    doubled = delivered = 0
    for one in told:
        copies = [text for text in texts if one.canary in text.text]
        state = kept.get(one.reference, "")
        story = (
            f"{one.kind} {one.canary}: {one.outcome}, says {one.says or '-'}, "
            f"state {state or '-'}, {len(copies)} on the desk, answers {one.statuses}"
        )
        delivered += bool(copies)
        is_kept = state == "held" or (state and state not in RESTING)
        if one.outcome == "accepted" and not copies and not is_kept:
            broken["lost"].append(story)
        if len(copies) > 1:
            doubled += 1
            unmarked = sum(MARK not in text.text for text in copies)
            if is_exactly_once or unmarked > 1:
                broken["doubled without mark"].append(story)
        if _is_wrong(one, copies, state):
            broken["wrongly reported"].append(story)
    outcomes = Counter(one.outcome for one in told)
    return {
        "submitted": len(told),
        "accepted": outcomes["accepted"],
        "not sent": outcomes["not sent"],
        "unanswered": outcomes["unanswered"],
        "delivered": delivered,
        "held": sum(state == "held" for state in kept.values()),
        "lost": len(broken["lost"]),
        "doubled": doubled,
        "doubled without mark": len(broken["doubled without mark"]),
        "wrongly reported": len(broken["wrongly reported"]),
        "still waiting": waiting(portal),
        "status 500": sum(500 in one.statuses for one in told),
        "broken": broken,
    }


def _is_wrong(one: Told, copies: list[Arrived], state: str) -> bool:
    """Say whether a page or the outbox claims what the help desk contradicts."""
    if one.outcome == "not sent" or one.says == "refused":
        return bool(copies)
    if one.outcome != "accepted":
        return False
    if one.says.startswith("status "):
        return True
    claims_delivery = one.says == "delivered" or state == "delivered"
    if claims_delivery and not copies:
        return True
    return one.number is not None and one.number not in {
        copy.ticket_id for copy in copies
    }
