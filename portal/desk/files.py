"""The desk's files, as HelpSpot's portal hands them out: `index.php?pg=file`."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from portal.desk.models import Document

FROM_PAGE, FROM_REQUEST = "2", "3"
NUMBER = re.compile(r"[0-9]{1,15}")


def send(request: HttpRequest) -> HttpResponse:
    """Return a file as a download, 404 where the address does not fit one.

    `from=3` is a file at a public note and needs its request and note; `from=2` is
    one of a page that customers may see.
    """
    document = _find(request) if request.GET.get("pg") == "file" else None
    if document is None:
        return HttpResponse(
            "Not found\n", status=404, content_type="text/plain; charset=UTF-8"
        )
    response = HttpResponse(bytes(document.content), content_type=document.mime_type)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=document.filename
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _find(request: HttpRequest) -> Document | None:
    kind = request.GET.get("from")
    documents = Document.objects.filter(pk=_number(request, "id"))
    if kind == FROM_REQUEST:
        return documents.filter(
            note=_number(request, "reqhisid"),
            note__ticket=_number(request, "reqid"),
            note__is_public=True,
        ).first()
    if kind == FROM_PAGE:
        return documents.filter(
            page__is_hidden=False,
            page__chapter__is_hidden=False,
            page__chapter__book__is_public=True,
        ).first()
    return None


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if NUMBER.fullmatch(text) else 0
