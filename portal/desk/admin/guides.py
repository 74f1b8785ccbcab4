"""Knowledge books, their chapters and their pages."""

from __future__ import annotations

import mimetypes
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile

from portal.desk.admin.rich_text import WithRichText, rich_text_field
from portal.desk.models import Book, Chapter, Document, Page, Tag


class ChapterInline(admin.TabularInline[Chapter, Book]):
    """A book's chapters in order."""

    model = Chapter
    extra = 1
    show_change_link = True


@admin.register(Book)
class BookAdmin(admin.ModelAdmin[Book]):
    """The books."""

    list_display = ["name", "order", "is_public"]
    list_editable = ["order"]
    inlines = [ChapterInline]


class PageInline(admin.TabularInline[Page, Chapter]):
    """A chapter's pages in order; their text is edited on their own."""

    model = Page
    fields = ["name", "order", "is_highlighted", "is_hidden"]
    extra = 0
    show_change_link = True


@admin.register(Chapter)
class ChapterAdmin(admin.ModelAdmin[Chapter]):
    """The chapters."""

    list_display = ["name", "book", "order", "is_appendix", "is_hidden"]
    list_editable = ["order"]
    list_filter = ["book"]
    search_fields = ["name"]
    inlines = [PageInline]


class PageForm(forms.ModelForm[Page]):
    """A page with rich text."""

    body = rich_text_field(required=False)

    class Meta:
        model = Page
        fields = [
            "chapter",
            "name",
            "body",
            "order",
            "is_highlighted",
            "is_hidden",
            "tags",
            "related",
        ]


class PageFileForm(forms.ModelForm[Document]):
    """A file at a page."""

    upload = forms.FileField(required=False)

    class Meta:
        model = Document
        fields: list[str] = []

    def save(self, commit: bool = True) -> Document:  # noqa: FBT001, FBT002 - Django's signature
        """Take name, type and content from the upload."""
        upload: UploadedFile[Any] | None = self.cleaned_data.get("upload")
        if upload:
            fill_document(self.instance, upload)
        document: Document = super().save(commit=commit)
        return document


def fill_document(document: Document, upload: UploadedFile[Any]) -> None:
    """Give a document the uploaded file's name, type and content; the caller saves."""
    name = upload.name or "file"
    content = upload.read()
    document.filename = name
    document.mime_type = (
        mimetypes.guess_type(name)[0]
        or upload.content_type
        or "application/octet-stream"
    )
    document.content = content
    document.size = len(content)


class PageFileInline(admin.TabularInline[Document, Page]):
    """A page's files, with the address that its text refers to them by."""

    model = Document
    form = PageFileForm
    fields = ["upload", "filename", "address"]
    readonly_fields = ["filename", "address"]
    extra = 1
    verbose_name = "file"

    @admin.display(description="address in the text")
    def address(self, document: Document) -> str:
        """Return the address as HelpSpot's own editor writes it."""
        return f"index.php?pg=file&from=2&id={document.pk}" if document.pk else "-"


@admin.register(Page)
class PageAdmin(WithRichText, admin.ModelAdmin[Page]):
    """The pages."""

    form = PageForm
    list_display = [
        "name",
        "chapter",
        "order",
        "is_highlighted",
        "is_hidden",
        "helpful",
        "not_helpful",
    ]
    list_filter = ["chapter__book", "is_highlighted", "is_hidden", "tags"]
    list_select_related = ["chapter__book"]
    search_fields = ["name", "body"]
    autocomplete_fields = ["chapter", "tags", "related"]
    readonly_fields = ["helpful", "not_helpful"]
    inlines = [PageFileInline]


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin[Tag]):
    """The tags."""

    search_fields = ["name"]
