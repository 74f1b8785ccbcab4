"""Takes what customers send: kept first, then handed over, in the same request.

Nothing here judges what is sent; the form has. The key is the form's: the same words
under the same key are one submission, however often and however concurrently they
arrive. Other words or more files under it are sent as well, and name the submission
that they may repeat; after HelpSpot refused one, they take its place.

`admit` is asked within the transaction that keeps something to send, and only then: it
raises where a limit is reached, and what it counts counts only for what is kept.
"""

from __future__ import annotations

import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils.crypto import salted_hmac

from portal.brands import Brand
from portal.helpspot import HelpSpot
from portal.helpspot.errors import Rejected
from portal.outbox import seals
from portal.outbox.clock import now
from portal.outbox.contents import Content, VoteContent
from portal.outbox.delivery import call_kept, hand_over, problems_of, take_over
from portal.outbox.errors import NoRoom, NotStored, PerhapsStored
from portal.outbox.files import attach
from portal.outbox.models import (
    REFERENCE_PATTERN,
    StagedFile,
    Submission,
    new_token,
)
from portal.outbox.points import reached
from portal.outbox.room import has_room
from portal.outbox.schedule import LEASE, horizon
from portal.seals import secret_keys
from portal.statements import insert
from portal.turns import to_write

logger = logging.getLogger(__name__)

Kind = Submission.Kind
State = Submission.State

Admit = Callable[[], None]


def anyone() -> None:
    """Let a submission in."""


AT_WORK = {State.CONNECTING, State.SENDING}
FOLLOW_EVERY_SECONDS = 0.1


def new_key() -> str:
    """Return a new key for a form's hidden field: 128 random bits."""
    return new_token()


def find(reference: str) -> Submission:
    """Return the submission with this reference; raises `Submission.DoesNotExist`."""
    reference = reference.strip().upper()
    if not re.fullmatch(REFERENCE_PATTERN, reference):
        raise Submission.DoesNotExist
    return Submission.objects.get(reference=reference)


def known_key(brand: Brand, keys: Collection[str]) -> str | None:
    """Return the one of the keys that something was sent under; raises `NotStored`.

    Keys made with SECRET_KEY change with it: what may have been sent before it was
    changed is asked for here. Asks nothing where there are no keys.
    """
    try:
        sent = Submission.objects.filter(brand_id=brand.id, key__in=keys)
        return sent.values_list("key", flat=True).first()
    except DatabaseError as exc:
        raise NotStored from exc


def is_taken(brand: Brand, key: str) -> bool:
    """Say whether something was sent under the key that HelpSpot did not refuse.

    Where the database cannot tell, nothing was.
    """
    try:
        sent = Submission.objects.filter(brand_id=brand.id, key=key)
        return sent.exclude(state=State.REFUSED).exists()
    except DatabaseError:
        return False


def submit(
    brand: Brand,
    helpspot: HelpSpot,
    content: Content,
    *,
    key: str,
    files: Sequence[StagedFile] = (),
    admit: Admit = anyone,
) -> Submission:
    """Keep it and hand it over; raises `Rejected` and `NotStored`."""
    if not key:
        raise ValueError("A submission needs a key.")
    submission, ours = _keep(brand, key, content, files, admit)
    reached("kept")
    try:
        if ours:
            hand_over(submission, ours, helpspot)
        else:
            _follow(submission)
    except DatabaseError as exc:
        # It is kept: whatever else the database refuses now, the worker does later.
        logger.error("%s: %s", submission, type(exc).__name__)  # noqa: TRY400 - a traceback would carry what the customer wrote
    if submission.state == State.REFUSED:
        raise Rejected(submission.kind, problems_of(submission))
    return submission


def cast_vote(
    brand: Brand,
    helpspot: HelpSpot,
    *,
    page_id: int,
    is_helpful: bool,
    key: str = "",
    admit: Admit = anyone,
) -> Submission:
    """Keep a vote on a guide and hand it over; raises `NotStored`.

    It may get lost on a bad day, and never counts twice. A key that tells the voter and
    the page lets `change_vote` find it while it waits.
    """
    content = VoteContent(page_id=page_id, is_helpful=is_helpful)
    return submit(brand, helpspot, content, key=key or new_key(), admit=admit)


def change_vote(brand: Brand, *, key: str, page_id: int, is_helpful: bool) -> bool:
    """Change a vote that waits for the help desk; False where it was sent, or is none.

    The new token makes a worker that just read the old vote read again.
    """
    content = VoteContent(page_id=page_id, is_helpful=is_helpful)
    waiting = Submission.objects.filter(
        brand_id=brand.id, key=key, kind=Kind.VOTE, state=State.RECEIVED
    )
    changed = waiting.update(
        sealed_content=_sealed(content),
        digest=_digest(content),
        lease_owner=new_token(),
    )
    return changed == 1


def _keep(
    brand: Brand,
    key: str,
    content: Content,
    files: Sequence[StagedFile],
    admit: Admit,
) -> tuple[Submission, Content | None]:
    """Return the key's submission, and what it says where this call brought that."""
    said = content
    try:
        fresh = _fresh(content, files)
        while True:
            # Refused where the key is known: then another call's row is there to find.
            with suppress(IntegrityError):
                return _insert(brand, key, content.kind, fresh, files, admit), said
            known = Submission.objects.get(brand_id=brand.id, key=key)
            is_refused = known.state == State.REFUSED
            if not is_refused and _has_all(known, content, files):
                return known, None
            after = _key_after(brand, key, content)
            # While it was on its way, these very words may have gone out after it.
            if is_refused and known_key(brand, [after]) is None:
                if _reopen(known, fresh, files, admit):
                    return known, said
                continue  # another call just did, perhaps with other words
            # The same form with more in it: somebody went back and wrote on. What
            # comes again after that takes the same way from key to key.
            key = after
            said = content.repeating(known.reference)
            fresh["sealed_content"] = _sealed(said)
    except (DatabaseError, Submission.DoesNotExist) as exc:
        raise NotStored from exc


def _has_all(known: Submission, content: Content, files: Sequence[StagedFile]) -> bool:
    """Say whether a submission has these words and each of these files.

    It may have more: a form that comes again no longer finds the files that it gave.
    """
    if not known.digest:
        return True
    kept = Counter(known.file_digests.split())
    return any(
        known.digest == _digest(content, secret)
        and not Counter(_file_digest(file, secret) for file in files) - kept
        for secret in secret_keys()
    )


def _key_after(brand: Brand, key: str, content: Content) -> str:
    """Return the key for words whose form's own key is taken by something else."""
    todays, *before = (
        _keyed(key, _digest(content, secret), secret) for secret in secret_keys()
    )
    return known_key(brand, before) or todays


def _fresh(content: Content, files: Sequence[StagedFile]) -> dict[str, object]:
    """Return a row's values at the moment it is kept, claimed by this request.

    It is kept as `sending`: its commit comes before the first byte leaves, and saves
    a second one. Whoever dies in between leaves it to be looked for.
    """
    moment = now()
    return {
        "state": State.SENDING,
        "sealed_content": _sealed(content),
        "digest": _digest(content),
        "file_digests": " ".join(map(_file_digest, files)),
        "sealed_problems": b"",
        "file_count": len(files),
        "attempts": 1,
        "lease_owner": new_token(),
        "created_at": moment,
        "give_up_at": moment + horizon(),
        "due_at": moment + LEASE,
        "settled_at": None,
    }


def _sealed(content: Content) -> bytes:
    return seals.seal(content.model_dump_json().encode())


def _digest(content: Content, secret: str | None = None) -> str:
    """Return what tells the same words again once they are wiped."""
    return _keyed("outbox.digest", content.words(), secret)[:32]


def _file_digest(file: StagedFile, secret: str | None = None) -> str:
    """Return what tells the same file again, uploaded anew or long sent."""
    # A browser that sends a form again may upload its files again: other tokens.
    told_by = f"{file.fingerprint} {file.mime_type} {file.filename}"
    return _keyed("outbox.file", told_by, secret)[:32]


def _keyed(salt: str, text: str, secret: str | None) -> str:
    return salted_hmac(salt, text, secret, algorithm="sha256").hexdigest()


def _insert(
    brand: Brand,
    key: str,
    kind: Submission.Kind,
    fresh: Mapping[str, object],
    files: Sequence[StagedFile],
    admit: Admit,
) -> Submission:
    with _keeping():
        submission = Submission(brand_id=brand.id, key=key, kind=kind, **fresh)
        insert(submission)
        # Asked last: what is kept already needs no room.
        if not has_room():
            raise NoRoom
        admit()
        attach(files, submission)
    return submission


@contextmanager
def _keeping() -> Iterator[None]:
    """Commit what is done inside; raises `PerhapsStored` where that is in doubt."""
    in_commit: object = None
    try:
        # Durable: inside somebody else's transaction nothing would be kept yet.
        with to_write(), transaction.atomic(durable=True):
            yield
            in_commit = connection.connection
    except DatabaseError as exc:
        # A connection that is lost in the commit itself takes the answer with it.
        if in_commit and connection.connection is not in_commit:
            raise PerhapsStored from exc
        raise


def _reopen(
    refused: Submission,
    fresh: Mapping[str, object],
    files: Sequence[StagedFile],
    admit: Admit,
) -> bool:
    """Put corrected content into a refused row; False if another call just did."""
    with _keeping():
        rows = Submission.objects.filter(pk=refused.pk, state=State.REFUSED)
        is_ours = rows.update(**fresh) == 1
        if is_ours:
            admit()
            attach(files, refused)
    if is_ours:
        take_over(refused, fresh)
    return is_ours


def _follow(submission: Submission) -> None:
    """Wait a little for the same form's other request, to show how it ended."""
    ends_at = time.monotonic() + settings.OUTBOX_FOLLOW_SECONDS
    while _is_being_handed_over(submission) and time.monotonic() < ends_at:
        time.sleep(FOLLOW_EVERY_SECONDS)
        submission.refresh_from_db()
    # Also where its lease ended: whoever had it may still hear a refusal.
    if submission.state in AT_WORK:
        call_kept(submission)


def _is_being_handed_over(submission: Submission) -> bool:
    is_at_work = submission.state in AT_WORK
    return is_at_work and submission.due_at is not None and submission.due_at > now()
