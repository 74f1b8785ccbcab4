"""Rich text in the admin: an editor that stores only what it sanitised."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django_prose_editor.fields import ProseEditorFormField
from js_asset.media import Media

# The style sheet that the editor writes into its page, and no other.
EDITOR_STYLES = ["'sha256-PlumsSlvJ7vvWzjqibGAYKq92O3y/4JTxWWsWJvyUYA='"]
EXTENSIONS = {
    "Blockquote": True,
    "Bold": True,
    "BulletList": True,
    "Code": True,
    "CodeBlock": True,
    "HardBreak": True,
    "Heading": {"levels": [2, 3, 4]},
    "HorizontalRule": True,
    "Italic": True,
    "Link": True,
    "ListItem": True,
    "OrderedList": True,
    "Table": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
}


def rich_text_field(**options: Any) -> ProseEditorFormField:
    """Return a form field with the editor; its value is sanitised HTML."""
    return ProseEditorFormField(extensions=EXTENSIONS, sanitize=True, **options)


class WithRichText:
    """Give the editor's scripts the page's nonce, which its import map needs."""

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Return Django's change form with nonced media."""
        context["media"] = Media.from_media(
            context["media"],
            nonce=str(request.csp_nonce),  # type: ignore[attr-defined]  # django-csp's
        )
        response: HttpResponse = super().render_change_form(  # type: ignore[misc]  # a mixin of ModelAdmin
            request, context, *args, **kwargs
        )
        # What django-csp's decorator sets; a decorator would cover the lists as well.
        response._csp_update = {"style-src": EDITOR_STYLES}  # type: ignore[attr-defined]  # read by django-csp
        return response
