"""What the kb room stores: what readers missed in guides."""

from __future__ import annotations

from typing import cast

from cryptography.fernet import InvalidToken
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.seals import keys_for

_PURPOSE = "portal.kb.feedback:1"


class Reason(models.TextChoices):
    """Why a guide did not help."""

    NOT_THERE = "not-there", _("I could not find what I need")
    HARD = "hard", _("It is hard to follow")
    WRONG = "wrong", _("It is wrong or out of date")
    ELSE = "else", _("Something else")


class Feedback(models.Model):
    """Why a guide did not help a reader, who is not named.

    `key` is the same for the same words of one reader on one day. The comment is
    sealed: readers write into such boxes what they should not.
    """

    key = models.CharField(max_length=64, unique=True)
    page_id = models.PositiveIntegerField(_("guide"))
    page_name = models.CharField(_("guide"), max_length=255)
    reason = models.CharField(
        _("reason"), max_length=20, choices=Reason.choices, blank=True
    )
    sealed_comment = models.BinaryField(default=b"")
    created_at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("answer on a guide")
        verbose_name_plural = _("answers on guides")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.page_name

    @property
    def comment(self) -> str:
        """Return what the reader wrote, "" where its seal cannot be opened."""
        sealed = bytes(cast("bytes", self.sealed_comment))
        try:
            return keys_for(_PURPOSE).decrypt(sealed).decode() if sealed else ""
        except InvalidToken:
            return ""

    @comment.setter
    def comment(self, text: str) -> None:
        self.sealed_comment = keys_for(_PURPOSE).encrypt(text.encode()) if text else b""
