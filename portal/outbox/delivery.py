"""Hands a submission to HelpSpot, once, and writes down what became of it.

The web request that took a submission and the worker both come through here. Whoever
is at work on a row holds its lease: every step is one UPDATE that only matches while
the lease is still theirs. `sending` is committed before the first byte leaves; from
there only an answer settles the row, and a process that dies leaves it `sending` with
a lease that runs out within a minute, which is read as "may or may not have been done".
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from copy import copy
from threading import Thread

from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from pydantic import ValidationError

from portal.helpspot import HelpSpot
from portal.helpspot.errors import (
    Disabled,
    NotFound,
    Problem,
    Rejected,
    Unavailable,
    Uncertain,
)
from portal.helpspot.types import Upload
from portal.outbox import seals
from portal.outbox.clock import now
from portal.outbox.contents import (
    Content,
    Errand,
    PostContent,
    ReplyContent,
    Sent,
    TicketContent,
    TopicContent,
    VoteContent,
)
from portal.outbox.errors import NoRoom
from portal.outbox.files import unattach, uploads
from portal.outbox.leases import keeping_lease
from portal.outbox.models import StagedFile, Submission, new_token
from portal.outbox.points import reached
from portal.outbox.schedule import LEASE, is_overdue, next_look, next_try
from portal.statements import update
from portal.turns import to_write

logger = logging.getLogger(__name__)

Kind = Submission.Kind
State = Submission.State

# How long each file may wait to be opened while many are: together no longer than a
# lease, and less where a customer waits for the page.
OPENING_SECONDS = 10.0
CUSTOMER_SECONDS = 2.0
# What HelpSpot answered is known for so long where the database cannot be told: less
# than what nobody knows is looked for before it is sent once more.
SETTLING_PAUSE_SECONDS = 1.0
SETTLING_TRIES = 120

CONTENTS: dict[str, type[Content]] = {
    content.kind: content
    for content in (TicketContent, ReplyContent, TopicContent, PostContent, VoteContent)
}


class Unreadable(Exception):
    """What was kept cannot be sent as it was meant; the words are for an operator."""


def takes_references(helpspot: HelpSpot) -> bool:
    """Say whether this help desk makes one request of the same reference twice."""
    is_ours = helpspot.connection.base_url.startswith("embedded:")
    return is_ours or bool(settings.HELPSPOT_KNOWS_REFERENCES)


# --------------------------------------------------------------------- leases


def claim(submission: Submission, state: Submission.State) -> bool:
    """Take the lease of a row just read, in the given state; False if it moved on."""
    unchanged = Submission.objects.filter(
        pk=submission.pk,
        state=submission.state,
        lease_owner=submission.lease_owner,
        due_at=submission.due_at,
    )
    return _change(
        unchanged,
        submission,
        state=state,
        lease_owner=new_token(),
        due_at=now() + LEASE,
    )


def advance(submission: Submission, **changes: object) -> bool:
    """Change a row while its lease is still ours; False if it no longer is."""
    return _change(_leased(submission), submission, **changes)


def release(submission: Submission, state: Submission.State, **changes: object) -> bool:
    """Change a row's state and give its lease back; without `due_at` it rests."""
    return advance(
        submission, **{"due_at": None, **changes}, state=state, lease_owner=""
    )


def _leased(submission: Submission) -> QuerySet[Submission]:
    return Submission.objects.filter(
        pk=submission.pk, state=submission.state, lease_owner=submission.lease_owner
    )


def _change(
    rows: QuerySet[Submission], submission: Submission, **changes: object
) -> bool:
    is_changed = rows.update(**changes) > 0
    if is_changed:
        take_over(submission, changes)
    return is_changed


def take_over(submission: Submission, changes: Mapping[str, object]) -> None:
    """Bring a submission up to date with changes that its row just got."""
    for name, value in changes.items():
        setattr(submission, name, value)


# ------------------------------------------------------------------- delivery


def deliver(submission: Submission, helpspot: HelpSpot) -> None:
    """Try once to hand a received submission to HelpSpot, and record the outcome.

    The submission given is brought up to date.
    """
    attempts = submission.attempts + 1
    if not claim(submission, State.CONNECTING):
        submission.refresh_from_db()
        return
    reached("connecting")
    try:
        content = unpack(submission)
    except Unreadable as exc:
        hold(submission, str(exc))
        return
    errand = _errand(submission, helpspot, OPENING_SECONDS)
    if not errand:
        return
    if not advance(
        submission, state=State.SENDING, attempts=attempts, due_at=now() + LEASE
    ):
        submission.refresh_from_db()
        return
    with keeping_lease(submission, _byte_count(submission)):
        _send(submission, helpspot, content, errand, is_interactive=False)


def hand_over(submission: Submission, content: Content, helpspot: HelpSpot) -> None:
    """Send what was just kept, whose lease is ours, while its customer waits.

    Then HelpSpot's refusal ends it (`refused`) because the form comes back; later it
    would wait for an operator. Whether an absent help desk is back, others find out.
    """
    with keeping_lease(submission, _byte_count(submission)):
        errand = _errand(submission, helpspot, CUSTOMER_SECONDS)
        if errand:
            _send(submission, helpspot.at_once, content, errand, is_interactive=True)


def _errand(
    submission: Submission, helpspot: HelpSpot, seconds: float
) -> Errand | None:
    """Return what goes with it, files opened; None, and recorded, where it cannot go.

    Each file may take so many seconds to be opened.
    """
    try:
        return errand_for(submission, helpspot, opening_seconds=seconds)
    except Unreadable as exc:
        hold(submission, str(exc))
    except NoRoom:
        # Many files at once. Nothing was sent: it is delivered when they are through.
        try_again(submission)
    return None


def _byte_count(submission: Submission) -> int:
    if not submission.file_count:
        return 0
    return sum(submission.files.values_list("size", flat=True))


def _send(
    submission: Submission,
    helpspot: HelpSpot,
    content: Content,
    errand: Errand,
    *,
    is_interactive: bool,
) -> None:
    reached("sending")
    try:
        with closing(errand):
            sent = content.send(helpspot, errand)
    except Rejected as exc:
        _refuse(submission, exc.problems, is_interactive=is_interactive)
    except NotFound:
        gone = Problem(0, _("The help desk no longer has what this belongs to."))
        _refuse(submission, (gone,), is_interactive=is_interactive)
    except (Unavailable, Disabled):
        try_again(submission)
    except Uncertain:
        presume_lost(submission, helpspot)
    except Exception as exc:
        # Only its name: its message may hold what the customer wrote.
        logger.error("%s: %s", submission, type(exc).__name__)  # noqa: TRY400 - a traceback would carry what the customer wrote
        presume_lost(submission, helpspot)
    else:
        reached("answered")
        _settle_surely(submission, sent)
    reached("settled")
    logger.info("%s (%s) is %s", submission, submission.kind, submission.state)


def _settle_surely(submission: Submission, sent: Sent) -> None:
    """Settle; where the database refuses, go on trying behind, and raise its error.

    Nobody else knows what HelpSpot answered: forgotten, it would be sent once more.
    """
    try:
        settle(submission, sent)
    except DatabaseError:
        # Whoever waits goes on with the submission as it is.
        args = (copy(submission), sent)
        Thread(target=_go_on_settling, args=args, name="settle", daemon=True).start()
        raise


def _go_on_settling(submission: Submission, sent: Sent) -> None:
    for _try in range(SETTLING_TRIES):
        time.sleep(SETTLING_PAUSE_SECONDS)
        try:
            settle(submission, sent)
        except DatabaseError:
            continue
        finally:
            connections.close_all()
        logger.info("%s (%s) is %s", submission, submission.kind, submission.state)
        return


def unpack(submission: Submission) -> Content:
    """Return what was kept; raises `Unreadable`."""
    try:
        with _opening():
            plain = seals.open_sealed(submission.sealed_content)
        return CONTENTS[submission.kind].from_json(plain)
    except (KeyError, ValidationError):
        # The validation error's text quotes what the customer wrote.
        raise Unreadable(_("This version of the portal cannot read it.")) from None


@contextmanager
def _opening() -> Iterator[None]:
    try:
        yield
    except seals.BrokenSeal:
        raise Unreadable(
            _("Its seal cannot be opened: was SECRET_KEY changed?")
        ) from None


def errand_for(
    submission: Submission, helpspot: HelpSpot, *, opening_seconds: float | None = None
) -> Errand:
    """Return what goes with what was kept; raises `Unreadable`.

    Its files come along only where it says how long each may take to be opened, and
    then it raises `NoRoom` where that is too short.
    """
    files: Sequence[Upload] = ()
    if submission.file_count and opening_seconds is not None:
        with _opening():
            files = uploads(submission, opening_seconds)
        if len(files) != submission.file_count:
            raise Unreadable(_("One of its files is gone."))
    return Errand(
        reference=submission.reference,
        since=submission.created_at,
        takes_references=takes_references(helpspot),
        is_repeat=submission.may_repeat,
        files=files,
    )


# ------------------------------------------------------------------- outcomes


def settle(submission: Submission, sent: Sent) -> bool:
    """Record that HelpSpot has it, and wipe what the customer wrote.

    HelpSpot's word counts whoever holds the lease. False if it was settled before.
    """
    changes: dict[str, object] = {
        "state": State.DELIVERED,
        "result_id": sent.id,
        "sealed_access_key": seals.seal_text(sent.access_key),
        "sealed_content": b"",
        "sealed_problems": b"",
        "remark": "",
        "settled_at": now(),
        "lease_owner": "",
        "due_at": None,
    }
    # A lone statement commits itself.
    with to_write(), transaction.atomic() if submission.file_count else nullcontext():
        undelivered = "id = %s AND state <> %s"
        is_news = update(
            Submission, changes, undelivered, [submission.pk, State.DELIVERED]
        )
        if is_news:
            take_over(submission, changes)
        reached("wiping")
        if is_news and submission.file_count:
            StagedFile.objects.filter(submission=submission).delete()
    return is_news


def try_again(submission: Submission) -> None:
    """Record that it is certain that nothing was done: it is tried again later."""
    moment = now()
    if is_overdue(submission, moment):
        hold(submission, _("The help desk could not be reached for too long."))
    else:
        due_at = moment + next_try(submission.attempts)
        release(submission, State.RECEIVED, due_at=due_at)


def presume_lost(submission: Submission, helpspot: HelpSpot) -> None:
    """Record that it may or may not have arrived.

    A help desk that takes references is simply told again. A vote carries none and is
    given up: it may be lost, but never counts twice.
    """
    if submission.kind == Kind.VOTE:
        discard(submission, _("Nobody knows whether it was counted."))
    elif takes_references(helpspot):
        try_again(submission)
    else:
        moment = now()
        release(
            submission,
            State.UNKNOWN,
            looks=0,
            unknown_since=moment,
            due_at=moment + next_look(0),
        )


def hold(submission: Submission, remark: str, **changes: object) -> None:
    """Leave it, content and all, to an operator; votes are not worth one."""
    if submission.kind == Kind.VOTE:
        discard(submission, remark)
    elif release(submission, State.HELD, remark=remark[:200], **changes):
        logger.warning("%s (%s) waits for an operator", submission, submission.kind)


def discard(submission: Submission, remark: str) -> bool:
    """Give it up for good, and wipe it; False if it is no longer as it was read."""
    with transaction.atomic():
        is_ours = release(
            submission,
            State.DISCARDED,
            remark=remark[:200],
            sealed_content=b"",
            sealed_problems=b"",
            settled_at=now(),
        )
        if is_ours:
            StagedFile.objects.filter(submission=submission).delete()
    return is_ours


def problems_of(submission: Submission) -> tuple[Problem, ...]:
    """Return HelpSpot's words from when it refused the submission."""
    if not submission.sealed_problems:
        return ()
    kept = json.loads(seals.open_text(submission.sealed_problems))
    return tuple(Problem(number, text) for number, text in kept)


def _refuse(
    submission: Submission, problems: Iterable[Problem], *, is_interactive: bool
) -> None:
    words = json.dumps([[problem.id, problem.text] for problem in problems])
    sealed_problems = seals.seal_text(words)
    comes_back = is_interactive and submission.kind != Kind.VOTE
    if not (comes_back and _give_back(submission, sealed_problems)):
        hold(
            submission,
            _("The help desk refused it."),
            sealed_problems=sealed_problems,
        )


def _give_back(submission: Submission, sealed_problems: bytes) -> bool:
    """Record a refusal whose form comes back; False where a page called it kept."""
    with transaction.atomic():
        is_given_back = _change(
            _leased(submission).filter(remark=""),
            submission,
            state=State.REFUSED,
            sealed_problems=sealed_problems,
            sealed_content=b"",
            file_count=0,
            settled_at=now(),
            lease_owner="",
            due_at=None,
        )
        if is_given_back:
            unattach(submission)
    return is_given_back


def call_kept(submission: Submission) -> None:
    """Note that a page says that it is kept, while another request hands it over.

    Whoever reads that page no longer waits for the form: refused, it is held. The
    submission is brought up to date.
    """
    at_work = Submission.objects.filter(
        pk=submission.pk, state__in=[State.CONNECTING, State.SENDING]
    )
    at_work.update(remark=_("A page told its customer that it is kept."))
    submission.refresh_from_db()
