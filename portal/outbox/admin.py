"""The operator's side of the outbox, in the staff admin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.outbox.clock import now
from portal.outbox.delivery import Unreadable
from portal.outbox.models import Submission
from portal.outbox.operating import discard_held, readable, send_again
from portal.outbox.seals import BrokenSeal

State = Submission.State

if TYPE_CHECKING:
    _Admin = admin.ModelAdmin[Submission]
else:
    _Admin = admin.ModelAdmin


class ReasonForm(ActionForm):
    """The action bar, with room to say why something is discarded."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


@admin.register(Submission)
class SubmissionAdmin(_Admin):
    """Shows what waits and why. What a customer wrote shows only where it is held."""

    list_display = ["reference", "kind", "state", "age", "attempts", "remark"]
    list_filter = ["state", "kind", "may_repeat"]
    search_fields = ["reference"]
    search_help_text = _("A reference such as R-7F3K-92QD")
    date_hierarchy = "created_at"
    ordering = ["-created_at"]
    action_form = ReasonForm
    actions = ["send_again_now", "discard_with_reason", "export_as_json"]
    fields = (
        "reference",
        "brand_id",
        "kind",
        "state",
        "remark",
        "attempts",
        "looks",
        "may_repeat",
        "result_id",
        "created_at",
        "due_at",
        "give_up_at",
        "unknown_since",
        "settled_at",
        "said",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Leave what is sealed in the database until it is asked for."""
        return super().get_queryset(request).defer("sealed_content")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only customers add submissions."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Submission | None = None
    ) -> bool:
        """Discarding says why; deleting would not."""
        return False

    @admin.display(description=_("age"), ordering="-created_at")
    def age(self, submission: Submission) -> str:
        """Return how long ago the customer sent it."""
        return timesince(submission.created_at, now())

    @admin.display(description=_("what it says"))
    def said(self, submission: Submission) -> str | SafeString:
        """Return what a held submission says; nothing of any other."""
        if submission.state != State.HELD:
            return gettext("Shown only while it is held.")
        try:
            content = readable(submission, with_files=False)
        except Unreadable as exc:
            return str(exc)
        except BrokenSeal:
            return gettext("Its seal cannot be opened.")
        return format_html("<pre>{}</pre>", _as_json(content))

    @admin.action(description=_("Send again now"), permissions=["change"])
    def send_again_now(
        self, request: HttpRequest, queryset: QuerySet[Submission]
    ) -> None:
        """Have held and waiting submissions sent by the worker's next round."""
        sent = [submission for submission in queryset if send_again(submission)]
        for submission in sent:
            self.log_change(request, submission, "Sent again.")
        self._report(request, len(sent), queryset.count())

    @admin.action(description=_("Discard (with reason)"), permissions=["change"])
    def discard_with_reason(
        self, request: HttpRequest, queryset: QuerySet[Submission]
    ) -> None:
        """Give held submissions up, once somebody says why."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, _("Say why they are discarded."), messages.ERROR)
            return
        gone = [
            submission for submission in queryset if discard_held(submission, reason)
        ]
        for submission in gone:
            self.log_change(request, submission, f"Discarded: {reason}")
        self._report(request, len(gone), queryset.count())

    @admin.action(description=_("Export as JSON"), permissions=["change"])
    def export_as_json(
        self, request: HttpRequest, queryset: QuerySet[Submission]
    ) -> HttpResponse | None:
        """Hand out what held submissions say, files included."""
        held = list(queryset.filter(state=State.HELD))
        try:
            content = _as_json([readable(submission) for submission in held])
        except (Unreadable, BrokenSeal):
            self.message_user(
                request, _("One among them cannot be read."), messages.ERROR
            )
            return None
        for submission in held:
            self.log_change(request, submission, "Exported.")
        return HttpResponse(
            content,
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="held.json"'},
        )

    def _report(self, request: HttpRequest, count: int, chosen: int) -> None:
        done = ngettext("%(count)d changed.", "%(count)d changed.", count)
        text = done % {"count": count}
        if count < chosen:
            left = chosen - count
            text += " " + ngettext(
                "%(count)d was not in a state for it.",
                "%(count)d were not in a state for it.",
                left,
            ) % {"count": left}
        self.message_user(
            request, text, messages.SUCCESS if count else messages.WARNING
        )


def _as_json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2)
