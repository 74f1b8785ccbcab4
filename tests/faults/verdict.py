"""Compares what the portal told its customers with what the help desk has."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass

from tests.faults.browser import Told, content_of
from tests.faults.databases import Database

RESTING = {"delivered", "held", "refused", "discarded"}
MARK = "May repeat"
# Waiting rows get older by this much at a time, so that a day's pauses fit a run.
PACE_SECONDS = 40
AGE_EVERY_SECONDS = 1.0


def age_waiting(database: Database) -> None:
    """Make rows that wait for their next try or look older.

    Rows that somebody may be at work on keep their leases as they are.
    """
    database.change(
        "UPDATE outbox_submission"  # noqa: S608 - our own words
        f" SET {database.earlier('due_at', PACE_SECONDS)},"
        f" {database.earlier('unknown_since', PACE_SECONDS)}"
        " WHERE lease_owner = '' AND attempts > 0 AND due_at IS NOT NULL"
        " AND state IN ('received', 'unknown')"
    )


class Clock(threading.Thread):
    """Lets the portal's waiting rows age while the run goes on."""

    def __init__(self, portal: Database) -> None:
        super().__init__(daemon=True)
        self._portal = portal
        self._stop_it = threading.Event()

    def run(self) -> None:
        while not self._stop_it.wait(AGE_EVERY_SECONDS):
            age_waiting(self._portal)

    def stop(self) -> None:
        self._stop_it.set()
        self.join()


def wait_until_settled(database: Database, ends_at: float) -> None:
    """Wait until nothing needs attention any more, or until it is too late."""
    while waiting(database) and time.monotonic() < ends_at:
        time.sleep(0.5)


def states(database: Database) -> dict[str, str]:
    """Return the state of each submission, by reference."""
    return dict(database.rows("SELECT reference, state FROM outbox_submission"))


def waiting(database: Database) -> int:
    """Return how many submissions still need attention."""
    return sum(state not in RESTING for state in states(database).values())


@dataclass(frozen=True)
class Arrived:
    """One text on the help desk; `ticket_id` where it opens or belongs to a request."""

    text: str
    ticket_id: int | None
    files: list[bytes]


def arrived(desk: Database) -> list[Arrived]:
    """Return all texts that the help desk has from customers, with their files."""
    files: dict[int, list[bytes]] = {}
    for note, content in desk.rows("SELECT note_id, content FROM desk_document"):
        files.setdefault(note, []).append(bytes(content))
    notes = desk.rows("SELECT id, body, ticket_id FROM desk_note")
    return [
        *(Arrived(text, ticket, files.get(id_, [])) for id_, text, ticket in notes),
        *(
            Arrived(text, None, [])
            for (text,) in desk.rows("SELECT body FROM desk_post")
        ),
    ]


def judge(
    told: list[Told],
    portal: Database,
    desk: Database,
    *,
    is_exactly_once: bool,
    is_held: bool,
) -> dict[str, object]:
    """Return the counts, and each broken promise with what led to it.

    `is_exactly_once` says that the help desk knows references; `is_held` that what
    nobody can know was left to an operator. Replies and posts can be read back: they
    are never there twice.
    """
    kept, texts = states(portal), arrived(desk)
    broken: dict[str, list[str]] = {
        "lost": [],
        "doubled without mark": [],
        "wrongly reported": [],
        "doubled against a promise": [],
        "files wrong": [],
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
            if is_exactly_once or is_held or one.kind != "ticket":
                broken["doubled against a promise"].append(story)
        wanted = [content_of(one.canary)] if one.has_file else []
        if any(copy.files != wanted for copy in copies):
            broken["files wrong"].append(story)
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
        "doubled against a promise": len(broken["doubled against a promise"]),
        "with a file": sum(one.has_file for one in told),
        "files wrong": len(broken["files wrong"]),
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
