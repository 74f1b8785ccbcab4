"""The request queue, and each request's whole conversation on one page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max, Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import Truncator

from portal.desk.admin.guides import fill_document
from portal.desk.admin.rich_text import WithRichText, rich_text_field
from portal.desk.models import CustomValue, Document, Note, Ticket

LOGGED = {
    "category": "Category",
    "status": "Status",
    "assigned_to": "Assigned to",
    "is_urgent": "Urgent",
}


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; its value is a list."""

    widget = FilesInput(attrs={"multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """Return each file, checked as Django checks one."""
        return [super(FilesField, self).clean(one, initial) for one in data or []]


class TicketForm(forms.ModelForm[Ticket]):
    """What staff change in a request, and what they write into it."""

    note = rich_text_field(required=False, label="Write")
    audience = forms.ChoiceField(
        label="Who reads it",
        choices=[
            ("public", "Public reply: the customer sees it"),
            ("private", "Private note: staff only"),
        ],
        initial="public",
        widget=forms.RadioSelect,
        required=False,
    )
    uploads = FilesField(required=False, label="Files")
    # The last words of the customer's that are on the page.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Ticket
        fields = [
            "status",
            "category",
            "assigned_to",
            "is_urgent",
            "title",
            "first_name",
            "last_name",
            "email",
            "phone",
            "customer_id",
            "opened_via",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "assigned_to" in self.fields:
            staff = self.fields["assigned_to"]
            staff.queryset = User.objects.filter(is_staff=True)  # type: ignore[attr-defined]  # a model choice field
            staff.label_from_instance = _full_name  # type: ignore[attr-defined]  # a model choice field
        if not self.is_bound:
            self.initial["seen"] = _last_words_of_customer(self.instance)

    def clean(self) -> dict[str, Any]:
        """Ask for words where only files were chosen, and for a request's opening."""
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("note") and (cleaned.get("uploads") or not self.instance.pk):
            self.add_error("note", "Write a line.")
        self._look_for_what_came_meanwhile(cleaned.get("seen"))
        return cleaned

    def _look_for_what_came_meanwhile(self, seen: int | None) -> None:
        last = _last_words_of_customer(self.instance)
        if seen is not None and last > seen:
            self.add_error(
                None, "The customer wrote meanwhile. Read it, then save once more."
            )
            self.data = {**self.data, "seen": last}


def _last_words_of_customer(ticket: Ticket) -> int:
    # Asked by itself: in the queue a request has only its opening note at hand.
    words = Note.objects.filter(ticket=ticket.pk, author=None, is_public=True)
    return words.aggregate(last=Max("pk"))["last"] or 0


def _full_name(user: User) -> str:
    return user.get_full_name() or user.get_username()


class CustomValueInline(admin.TabularInline[CustomValue, Ticket]):
    """What the request says in custom fields."""

    model = CustomValue
    extra = 0


@admin.register(Ticket)
class TicketAdmin(WithRichText, admin.ModelAdmin[Ticket]):
    """The queue and its requests."""

    form = TicketForm
    change_form_template = "admin/desk/ticket/change_form.html"
    inlines = [CustomValueInline]
    list_display = [
        "number",
        "summary",
        "customer",
        "category",
        "status",
        "assigned_to",
        "is_urgent",
        "opened_at",
    ]
    list_display_links = ["number", "summary"]
    list_filter = [
        "is_open",
        "status",
        "category",
        ("assigned_to", admin.RelatedOnlyFieldListFilter),
        "is_urgent",
        "opened_via",
    ]
    list_select_related = ["category", "status", "assigned_to"]
    list_per_page = 50
    date_hierarchy = "opened_at"
    search_fields = ["=id", "title", "email", "first_name", "last_name", "notes__body"]
    fieldsets = [
        ("Reply", {"fields": ["note", "audience", "uploads", "seen"]}),
        (
            "Request",
            {"fields": ["status", "category", "assigned_to", "is_urgent", "title"]},
        ),
        (
            "Customer",
            {
                "fields": [
                    ("first_name", "last_name"),
                    ("email", "phone"),
                    ("customer_id", "opened_via"),
                ]
            },
        ),
    ]

    @admin.display(description="#", ordering="id")
    def number(self, ticket: Ticket) -> int:
        """Return the request's number."""
        return ticket.pk

    @admin.display(description="request")
    def summary(self, ticket: Ticket) -> str:
        """Return the subject, else the first words of the opening note."""
        opening = next(iter(ticket.notes.all()), None)
        return ticket.title or Truncator(opening.body if opening else "").words(12)

    @admin.display(description="customer", ordering="email")
    def customer(self, ticket: Ticket) -> str:
        """Return the customer's name, else the address."""
        return ticket.full_name.strip() or ticket.email or ticket.customer_id

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the requests with their opening notes, in one further query."""
        opening = Note.objects.filter(is_initial=True)
        return (
            super().get_queryset(request).prefetch_related(Prefetch("notes", opening))
        )

    def get_urls(self) -> list[URLPattern]:
        """Add the address of a request's files."""
        files = path(
            "files/<int:document_id>/",
            self.admin_site.admin_view(self.file_view),
            name="desk_ticket_file",
        )
        return [files, *super().get_urls()]

    def file_view(self, request: HttpRequest, document_id: int) -> HttpResponse:
        """Return a file of any note as a download."""
        document = get_object_or_404(Document, pk=document_id)
        return HttpResponse(
            bytes(document.content),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": content_disposition_header(
                    as_attachment=True, filename=document.filename
                )
                or "attachment"
            },
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the whole history above the form."""
        ticket = self.get_object(request, unquote(object_id))
        history = Note.objects.filter(ticket=ticket).select_related("author")
        documents = Document.objects.defer("content")
        context = {
            **(extra_context or {}),
            "notes": history.prefetch_related(Prefetch("documents", documents)),
        }
        return super().change_view(request, object_id, form_url, context)

    def save_model(
        self,
        request: HttpRequest,
        obj: Ticket,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save, log what changed, and store what was written, all or nothing."""
        with transaction.atomic():
            _open_or_close(obj)
            if not change:
                obj.opened_by = request.user  # type: ignore[assignment]  # staff are signed in
            super().save_model(request, obj, form, change)
            if change:
                _log_changes(obj, form, request.user)
            _write_note(obj, form.cleaned_data, request.user, is_initial=not change)


def _open_or_close(ticket: Ticket) -> None:
    ticket.is_open = not ticket.status.is_closed
    if ticket.is_open:
        ticket.closed_at = None
    elif ticket.closed_at is None:
        ticket.closed_at = timezone.now()


def _log_changes(ticket: Ticket, form: Any, staff: Any) -> None:
    for name in form.changed_data:
        if name in LOGGED:
            field = form.fields[name]
            before, after = form.initial.get(name), form.cleaned_data[name]
            if isinstance(field, forms.ModelChoiceField):
                before = field.queryset.filter(pk=before).first() or ""  # type: ignore[union-attr]  # each has one
            ticket.notes.create(
                author=staff,
                is_public=False,
                log=f'{LOGGED[name]} changed from "{before}" to "{after or ""}"',
            )


def _write_note(
    ticket: Ticket, written: dict[str, Any], staff: Any, *, is_initial: bool
) -> None:
    if not written.get("note"):
        return
    note = ticket.notes.create(
        author=staff,
        body=written["note"],
        is_html=True,
        is_public=written["audience"] != "private",
        is_initial=is_initial,
    )
    for upload in written["uploads"]:
        document = Document(note=note)
        fill_document(document, upload)
        document.save()
