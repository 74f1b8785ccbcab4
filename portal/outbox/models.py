"""What the outbox stores: submissions and the files that wait for one.

Everything a customer wrote is sealed. The states and how one follows another:

    received ──► connecting ──► sending ──► delivered
       ▲             │             ├──────► refused    the form came back
       │             │             ├──────► held       an operator decides
       ├─────────────┴─────────────┤                   certain that nothing was done
       └──────── unknown ◄─────────┘                   looked for, then sent once more

`due_at` says when a row needs attention next, in whatever state it is: the next try,
the next look for evidence, or the end of the lease of whoever is at work on it. Rows
that need no more attention have none.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.outbox import seals

# Nothing that is read out or typed wrongly: no 0/O, 1/I/L, U.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCES = len(REFERENCE_ALPHABET) ** 8
REFERENCE_PATTERN = rf"R-[{REFERENCE_ALPHABET}]{{4}}-[{REFERENCE_ALPHABET}]{{4}}"


def new_reference() -> str:
    """Return a new random reference such as `R-7F3K-92QD`."""
    number, size = secrets.randbelow(_REFERENCES), len(REFERENCE_ALPHABET)
    letters = "".join(REFERENCE_ALPHABET[number // size**at % size] for at in range(8))
    return f"R-{letters[:4]}-{letters[4:]}"


def new_token() -> str:
    """Return 128 random bits as text."""
    return secrets.token_urlsafe(16)


class Submission(models.Model):
    """Something a customer sent, from the moment it is kept until it is history."""

    class Kind(models.TextChoices):
        TICKET = "ticket", _("request")
        REPLY = "reply", _("reply")
        TOPIC = "topic", _("topic")
        POST = "post", _("post")
        VOTE = "vote", _("vote")

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        CONNECTING = "connecting", _("connecting")
        SENDING = "sending", _("sending")
        DELIVERED = "delivered", _("delivered")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("unknown")
        HELD = "held", _("held")
        DISCARDED = "discarded", _("discarded")

    key = models.CharField(max_length=64)
    reference = models.CharField(max_length=11, unique=True, default=new_reference)
    brand_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    sealed_content = models.BinaryField(default=b"")
    # A keyed hash of the content: tells the same words again once they are wiped.
    digest = models.CharField(max_length=32, blank=True, default="")
    # The same of each file. The database's own default is for processes of the version
    # before, which run on for a while after a migration.
    file_digests = models.TextField(blank=True, default="", db_default="")
    file_count = models.PositiveSmallIntegerField(default=0)
    result_id = models.BigIntegerField(null=True)
    sealed_access_key = models.BinaryField(default=b"")
    # HelpSpot's own words when it refused; they may quote what the customer wrote.
    sealed_problems = models.BinaryField(default=b"")
    remark = models.CharField(max_length=200, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    may_repeat = models.BooleanField(default=False)
    lease_owner = models.CharField(max_length=22, blank=True, default="")
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    give_up_at = models.DateTimeField()
    unknown_since = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand_id", "key"], name="one_submission_per_key"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="due_submissions",
                condition=models.Q(due_at__isnull=False),
            ),
            models.Index(fields=["state", "created_at"], name="submissions_by_state"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def is_delivered(self) -> bool:
        """Say whether HelpSpot is known to have it."""
        return self.state == self.State.DELIVERED

    @property
    def access_key(self) -> str | None:
        """Return the new request's access key.

        None where there is none (yet), or none that can be opened any more.
        """
        try:
            return seals.open_text(self.sealed_access_key) or None
        except seals.BrokenSeal:
            return None

    @property
    def delivered_at(self) -> datetime | None:
        """Return when HelpSpot was known to have it."""
        return self.settled_at if self.is_delivered else None


class StagedFile(models.Model):
    """A file kept before, and then with, the submission that carries it."""

    token = models.CharField(max_length=22, unique=True, default=new_token)
    filename = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sealed_content = models.BinaryField()
    # A hash of the content: tells the same file again when it is uploaded anew. Sealed
    # and not keyed, so that it tells as much after SECRET_KEY was changed. Without a
    # default, so that SQLite need not copy all files to add it.
    sealed_hash = models.BinaryField(null=True)
    submission = models.ForeignKey(
        Submission, models.CASCADE, null=True, related_name="files"
    )
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.token

    @property
    def fingerprint(self) -> str:
        """Return what files of the same content have in common, and no others.

        Where the content's hash is missing, or can no longer be opened, the file is
        like itself alone: rather sent twice and marked so than taken for another.
        """
        try:
            return seals.open_text(self.sealed_hash or b"") or self.token
        except seals.BrokenSeal:
            return self.token
