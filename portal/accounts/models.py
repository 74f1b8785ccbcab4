"""What the accounts room stores: counts of attempts, lists of visits, feeds."""

from __future__ import annotations

from django.db import models


class Attempt(models.Model):
    """How often something was tried in one window of time.

    `subject` is a keyed hash of what is limited, never an address or a name.
    """

    subject = models.CharField(max_length=64)
    window = models.BigIntegerField()
    count = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "window"], name="one_count_per_window"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} attempts"


class KeptList(models.Model):
    """A signed-in customer's list of requests, sealed; their visit holds the token."""

    token = models.CharField(max_length=22, primary_key=True)
    sealed_rows = models.TextField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"list until {self.expires_at:%H:%M}"


class Feed(models.Model):
    """A private feed of one request; its address is made from `nonce`."""

    brand_id = models.CharField(max_length=64)
    ticket_id = models.BigIntegerField()
    nonce = models.CharField(max_length=22)
    sealed_access_key = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["brand_id", "ticket_id"], name="feeds")]

    def __str__(self) -> str:
        return f"feed of request {self.ticket_id}"
