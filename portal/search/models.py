"""What the search room stores: words of the same meaning, and what was not found."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.search.words import words_in

MOST_LETTERS = 100


def check_group(text: str) -> None:
    """Raise `ValidationError` where there are not two words to mean the same."""
    if sum(bool(words_in(part)) for part in text.split(",")) < 2:
        raise ValidationError(_("Enter at least two words with a comma between them"))


class Synonym(models.Model):
    """Words that mean the same to customers: whoever seeks one finds all."""

    words = models.CharField(
        _("words"),
        max_length=500,
        validators=[check_group],
        help_text=_("With commas between them, as in: wifi, wi-fi, wireless network"),
    )

    class Meta:
        verbose_name = _("words of the same meaning")
        verbose_name_plural = _("words of the same meaning")
        ordering = ["words"]

    def __str__(self) -> str:
        return self.words


class MissedSearch(models.Model):
    """How often some words were sought in vain on one day. Nobody is named."""

    words = models.CharField(_("words"), max_length=MOST_LETTERS)
    day = models.DateField(_("last on"), db_index=True)
    count = models.PositiveIntegerField(_("count"), default=1)

    class Meta:
        verbose_name = _("search that found nothing")
        verbose_name_plural = _("searches that found nothing")
        constraints = [
            models.UniqueConstraint(
                fields=["words", "day"], name="one_count_of_words_a_day"
            )
        ]

    def __str__(self) -> str:
        return self.words


class SolvedCount(models.Model):
    """How often a guide answered somebody while they wrote, on one day."""

    page_id = models.BigIntegerField(_("guide"))
    day = models.DateField(_("day"), db_index=True)
    count = models.PositiveIntegerField(_("count"), default=1)

    class Meta:
        verbose_name = _("request that a guide made needless")
        verbose_name_plural = _("requests that guides made needless")
        ordering = ["-day", "-count"]
        constraints = [
            models.UniqueConstraint(
                fields=["page_id", "day"], name="one_count_of_guide_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.page_id}: {self.count}"
