"""What the accounts room stores: counts of attempts."""

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
