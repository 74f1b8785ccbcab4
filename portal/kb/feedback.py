"""What readers missed in a guide: to staff as requests, or kept for them to read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import outbox
from portal.accounts.limits import Limit, spend, visitor_network
from portal.helpspot.errors import Rejected
from portal.helpspot.types import Page
from portal.http import PortalRequest
from portal.kb.models import Feedback, Reason
from portal.kb.voting import todays_visitor
from portal.seals import digests

MOST_LETTERS = 5000
FEW_A_DAY = (Limit(5, 24 * 60 * 60),)
THIRTY_AN_HOUR = (Limit(30, 60 * 60),)


class CommentField(forms.CharField):
    """Words over several lines, whose ends count as one letter, as in browsers."""

    def to_python(self, value: Any) -> Any:
        """Return the text with one kind of line end."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if text else text


class FeedbackForm(forms.Form):
    """Why a guide did not help; nothing of it must be answered."""

    reason = forms.ChoiceField(choices=Reason.choices, required=False)
    comment = CommentField(required=False, max_length=MOST_LETTERS)


def take_feedback(
    request: PortalRequest, page: Page, address: str, *, reason: str, comment: str
) -> None:
    """Bring to staff why a guide did not help; the same words once a day.

    `address` is the guide's. Where no category is set for it, or HelpSpot refuses it
    there, it is kept for the operator. Raises `TooManyAttempts` where the visitor
    says too much.
    """
    if not reason and not comment:
        return
    visitor = todays_visitor(request)
    spend(
        (f"feedback:{page.id}", visitor, FEW_A_DAY),
        ("feedback", visitor_network(request), THIRTY_AN_HOUR),
    )
    said = "\n".join((visitor, str(page.id), reason, comment))
    key, *earlier_keys = keys = digests("portal.kb.feedback", said)
    if Feedback.objects.filter(key__in=keys).exists():
        return
    if settings.FEEDBACK_CATEGORY is not None:
        try:
            outbox.submit(
                request.brand,
                request.helpspot,
                outbox.TicketContent(
                    category_id=settings.FEEDBACK_CATEGORY,
                    first_name=_("A reader"),
                    note=_note(page, address, reason, comment),
                ),
                key=outbox.known_key(request.brand, earlier_keys) or key,
            )
        except (Rejected, outbox.NotStored):
            pass  # as by a category that asks for more than readers are asked
        else:
            return
    kept = Feedback(key=key, page_id=page.id, page_name=page.name[:255], reason=reason)
    kept.comment = comment
    Feedback.objects.bulk_create([kept], ignore_conflicts=True)


def purge() -> None:
    """Forget what was said too long ago."""
    oldest = timezone.now() - timedelta(days=settings.FEEDBACK_DAYS)
    Feedback.objects.filter(created_at__lt=oldest).delete()


def _note(page: Page, address: str, reason: str, comment: str) -> str:
    title = _("The guide “%(name)s” did not help.") % {"name": page.name}
    parts = [title, address, str(Reason(reason).label) if reason else "", comment]
    return "\n\n".join(part for part in parts if part)
